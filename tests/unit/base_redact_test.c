/* Secrets: in every form, at every chunk boundary, no byte of one gets through, and nothing else is lost. */
#include <base/mem.h>
#include <base/redact.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CANARY "p@ss w/\"q'$1<\xc3\xa9>"

static void collect(void *arg, const char *data, size_t len)
{
    rbk_buf_append(arg, data, len);
}

static struct rbk_redactor *with_secret(const char *secret)
{
    struct rbk_redactor *r = rbk_redactor_new();
    assert_true(rbk_redactor_add(r, secret, strlen(secret)));
    return r;
}

static void assert_redacted(const struct rbk_redactor *r, const char *text, const char *expected)
{
    struct rbk_buf whole = {0};
    rbk_redact(r, text, strlen(text), &whole);
    assert_string_equal(whole.data, expected);
    rbk_buf_fini(&whole);
    assert_int_equal(rbk_redact_matches(r, text, strlen(text)), strcmp(text, expected) != 0);
    for (size_t cut = 0; cut <= strlen(text); cut++) {
        struct rbk_buf out = {0};
        struct rbk_redact_stream s;
        rbk_redact_stream_init(&s, r);
        rbk_redact_feed(&s, text, cut, collect, &out);
        rbk_redact_feed(&s, text + cut, strlen(text) - cut, collect, &out);
        rbk_redact_flush(&s, collect, &out);
        assert_string_equal(out.data, expected);
        rbk_redact_stream_fini(&s);
        rbk_buf_fini(&out);
    }
}

/* Each of these was made by the program named beside it from the canary. */
static void every_common_form_is_found(void **state)
{
    (void)state;
    static const char *const forms[] = {
        CANARY,                                             /* as it is */
        "cEBzcyB3LyJxJyQxPMOpPg==",                         /* base64 */
        "cEBzcyB3LyJxJyQxPMOpPg",                           /* base64 without padding */
        "cEBzcyB3LyJxJyQxPMOpP",                            /* base64 of more than the secret, cut */
        "7040737320772f22712724313cc3a93e",                 /* xxd -p */
        "7040737320772F22712724313CC3A93E",                 /* hex, upper case */
        "p%40ss%20w%2F%22q%27%241%3C%C3%A9%3E",             /* Python quote(safe="") */
        "p%40ss%20w/%22q%27%241%3C%C3%A9%3E",               /* Python quote */
        "p%40ss+w%2F%22q%27%241%3C%C3%A9%3E",               /* Python quote_plus */
        "p%40ss%20w%2F%22q'%241%3C%C3%A9%3E",               /* JavaScript encodeURIComponent */
        "p%40ss%20w%2f%22q%27%241%3c%c3%a9%3e",             /* lower case */
        "%70%40%73%73%20%77%2F%22%71%27%24%31%3C%C3%A9%3E", /* every byte in percent */
        "%70%40%73%73%20%77%2f%22%71%27%24%31%3c%c3%a9%3e", /* the same, lower case */
        "p@ss w/\\\"q'$1<\xc3\xa9>",                        /* JSON */
        "p@ss w/\\\"q'$1<\\u00e9>",                         /* JSON, Python json.dumps */
        "p@ss w\\/\\\"q'$1<\\u00e9>",                       /* JSON, PHP */
        "p@ss w/\\\"q'$1\\u003c\xc3\xa9\\u003e",            /* JSON, Go */
        "p@ss w/\"q'\\''$1<\xc3\xa9>",                      /* sh, single quotes */
        "p@ss w/\"q'\"'\"'$1<\xc3\xa9>",                    /* Python shlex.quote */
        "p@ss w/\\\"q'\\$1<\xc3\xa9>",                      /* sh, double quotes */
        "p@ss\\ w/\\\"q\\'\\$1\\<\xc3\xa9\\>",              /* bash printf %q */
        "p@ss w/\"q\\'$1<\\303\\251>",                      /* bash $'...' */
        "p@ss w/&quot;q'$1&lt;\xc3\xa9&gt;",                /* XML attribute */
        "p@ss w/\"q'$1&lt;\xc3\xa9&gt;",                    /* XML text */
    };
    struct rbk_redactor *r = with_secret(CANARY);
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        char *text = rbk_asprintf("before '%s' after", forms[i]);
        assert_redacted(r, text, "before '***' after");
        free(text);
    }
    rbk_redactor_free(r);
}

static char *base64(const unsigned char *data, size_t len, const char *last_two)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    struct rbk_buf out = {0};
    for (size_t bit = 0; bit < len * 8; bit += 6) {
        unsigned v = 0;
        for (size_t b = bit; b < bit + 6; b++)
            v = v << 1 | (b < len * 8 ? data[b / 8] >> (7 - b % 8) & 1 : 0);
        rbk_buf_putc(&out, v < 62 ? letters[v] : last_two[v - 62]);
    }
    return rbk_buf_take(&out);
}

/* Whatever stands before and after the secret, at most its first and last partial character of base64 remain. */
static void base64_is_found_at_every_alignment(void **state)
{
    (void)state;
    static const char secret[] = "\xfb\xef\xbe+hunter2?>~";
    struct rbk_redactor *r = with_secret(secret);
    for (int before = 0; before < 7; before++) {
        for (int alphabet = 0; alphabet < 2; alphabet++) {
            char *plain = rbk_asprintf("%.*s%s%s", before, "user:xyz", secret, "tail");
            char *text = base64((unsigned char *)plain, strlen(plain), alphabet ? "-_" : "+/");
            struct rbk_buf out = {0};
            rbk_redact(r, text, strlen(text), &out);
            const char *stars = strstr(out.data, "***");
            assert_non_null(stars);
            size_t kept = strlen(out.data) - 3, secret_chars = strlen(secret) * 8 / 6;
            assert_true(strlen(text) - kept >= secret_chars - 1);
            assert_redacted(r, text, out.data);
            rbk_buf_fini(&out);
            free(text);
            free(plain);
        }
    }
    rbk_redactor_free(r);
}

/* As base64 and xxd -p write what is longer than a line. */
static void long_encodings_are_found_across_their_line_ends(void **state)
{
    (void)state;
    static const char secret[] = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P";
    struct rbk_redactor *r = with_secret(secret);
    for (int before = 0; before < 80; before++) {
        char *plain = rbk_asprintf("%0*d%s%s", before + 1, 0, secret, "and what follows it");
        char *encoded = base64((unsigned char *)plain, strlen(plain), "+/");
        struct rbk_buf wrapped = {0}, out = {0};
        for (size_t i = 0; encoded[i]; i++) {
            rbk_buf_puts(&wrapped, i && i % 76 == 0 ? (before % 2 ? "\n" : "\r\n") : "");
            rbk_buf_putc(&wrapped, encoded[i]);
        }
        rbk_redact(r, wrapped.data, wrapped.len, &out);
        assert_non_null(strstr(out.data, "***"));
        /* at most a broken-off start of four characters and the two partial ones are left */
        assert_true(out.len - 3 <= wrapped.len - strlen(secret) * 8 / 6 + 6);
        assert_redacted(r, wrapped.data, out.data);
        rbk_buf_fini(&out);
        rbk_buf_fini(&wrapped);
        free(encoded);
        free(plain);
    }
    struct rbk_buf hex = {0};
    for (size_t i = 0; secret[i]; i++)
        rbk_buf_printf(&hex, "%s%02x", i && i % 30 == 0 ? "\n" : "", (unsigned char)secret[i]);
    assert_redacted(r, hex.data, "***");
    rbk_buf_fini(&hex);
    rbk_redactor_free(r);
}

static void lines_of_a_long_secret_are_secrets(void **state)
{
    (void)state;
    struct rbk_redactor *r =
        with_secret("-----BEGIN KEY-----\nMIIEpAIBAAKCAQEA\nshort\nqwertyuiop\n-----END KEY-----\n");
    assert_redacted(r, "log: MIIEpAIBAAKCAQEA\r\nshort\r\nlog: qwertyuiop\r\n", "log: ***\r\nshort\r\nlog: ***\r\n");
    assert_redacted(r, "x-----BEGIN KEY-----\nMIIEpAIBAAKCAQEA\nshort\nqwertyuiop\n-----END KEY-----x", "x***x");
    rbk_redactor_free(r);
}

static void overlapping_occurrences_never_leak(void **state)
{
    (void)state;
    struct rbk_redactor *r = with_secret("abcab");
    assert_true(rbk_redactor_add(r, "cabXY", 5));
    assert_redacted(r, "-abcabcab-", "-***-");
    assert_redacted(r, "-abcabXY-", "-***-");
    assert_redacted(r, "-abcab-abca", "-***-abca");
    rbk_redactor_free(r);
    r = with_secret("aaaa");
    assert_redacted(r, "aaaaaaaaaaaaaa b aaa", "*** b aaa");
    rbk_redactor_free(r);
}

static void the_longest_secret_wins(void **state)
{
    (void)state;
    struct rbk_redactor *r = with_secret("token");
    assert_true(rbk_redactor_add(r, "token-with-a-tail", 17));
    assert_redacted(r, "token-with-a-tail.", "***.");
    assert_redacted(r, "token-with-a-tai.", "***-with-a-tai.");
    rbk_redactor_free(r);
}

static void short_secrets_are_refused(void **state)
{
    (void)state;
    struct rbk_redactor *r = rbk_redactor_new();
    assert_false(rbk_redactor_add(r, "abc", 3));
    assert_false(rbk_redactor_add(r, "abc\n\n", 5));
    assert_false(rbk_redactor_add(r, "", 0));
    assert_true(rbk_redactor_empty(r));
    assert_redacted(r, "abc", "abc");
    assert_redacted(NULL, "abc", "abc");
    assert_true(rbk_redactor_add(r, "abcd\n", 5));
    assert_false(rbk_redactor_empty(r));
    assert_redacted(r, "abcd\n", "***\n");
    rbk_redactor_free(r);
    rbk_redactor_free(NULL);
}

static void count_calls(void *arg, const char *data, size_t len)
{
    const char **seen = arg;
    (void)len;
    *seen = data;
}

static void without_secrets_nothing_is_copied_and_with_them_no_line_waits(void **state)
{
    (void)state;
    static const char text[] = "ready to serve\n";
    struct rbk_redact_stream s;
    const char *seen = NULL;
    rbk_redact_stream_init(&s, NULL);
    rbk_redact_feed(&s, text, sizeof text - 1, count_calls, &seen);
    assert_ptr_equal(seen, text);
    rbk_redact_stream_fini(&s);

    struct rbk_redactor *r = with_secret("a-very-long-secret-that-would-hold-back-a-line-if-streams-were-lazy");
    struct rbk_buf out = {0};
    rbk_redact_stream_init(&s, r);
    rbk_redact_feed(&s, text, sizeof text - 1, collect, &out);
    assert_string_equal(out.data, text);
    rbk_redact_stream_fini(&s);
    rbk_buf_fini(&out);
    rbk_redactor_free(r);
}

static void a_broken_off_secret_is_ordinary_text(void **state)
{
    (void)state;
    struct rbk_redactor *r = with_secret("hunter2hunter3");
    assert_redacted(r, "hunter2hunter", "hunter2hunter");
    assert_redacted(r, "hunter2hunter2hunter3", "hunter2***");
    rbk_redactor_free(r);
}

static uint64_t next_random(uint64_t *s)
{
    *s ^= *s << 13; /* xorshift64, Marsaglia 2003 */
    *s ^= *s >> 7;
    *s ^= *s << 17;
    return *s;
}

/* The definition, slowly: every byte of every occurrence of a plain secret is covered. */
static bool holds_a_secret(const char *text, char secrets[][16], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strstr(text, secrets[i]))
            return true;
    return false;
}

/* Small alphabets make overlaps likely. However the text is cut, the result is the same and holds no secret. */
static void random_cuts_never_change_the_result(void **state)
{
    (void)state;
    uint64_t seed = 88172645463325252u;
    for (int round = 0; round < 3000; round++) {
        struct rbk_redactor *r = rbk_redactor_new();
        char secrets[3][16] = {{0}};
        for (size_t i = 0; i < 3; i++) {
            size_t len = 4 + next_random(&seed) % 9;
            for (size_t j = 0; j < len; j++)
                secrets[i][j] = (char)('a' + next_random(&seed) % 2);
            assert_true(rbk_redactor_add(r, secrets[i], len));
        }
        char text[200];
        size_t len = next_random(&seed) % (sizeof text - 1);
        for (size_t j = 0; j < len; j++)
            text[j] = (char)('a' + next_random(&seed) % 3);
        text[len] = '\0';
        struct rbk_buf whole = {0}, cut = {0};
        rbk_redact(r, text, len, &whole);
        struct rbk_redact_stream s;
        rbk_redact_stream_init(&s, r);
        for (size_t at = 0; at < len;) {
            size_t n = 1 + next_random(&seed) % 7;
            n = n < len - at ? n : len - at;
            rbk_redact_feed(&s, text + at, n, collect, &cut);
            at += n;
        }
        rbk_redact_flush(&s, collect, &cut);
        assert_int_equal(whole.len, cut.len);
        if (whole.len) {
            assert_string_equal(whole.data, cut.data);
            assert_false(holds_a_secret(whole.data, secrets, 3));
        }
        rbk_redact_stream_fini(&s);
        rbk_buf_fini(&whole);
        rbk_buf_fini(&cut);
        rbk_redactor_free(r);
    }
}

static void many_secrets_over_much_text(void **state)
{
    (void)state;
    struct rbk_redactor *r = rbk_redactor_new();
    char secret[64];
    for (int i = 0; i < 200; i++) {
        int n = snprintf(secret, sizeof secret, "secret-number-%d-%d", i, i * 7919);
        assert_true(rbk_redactor_add(r, secret, (size_t)n));
    }
    struct rbk_buf text = {0}, out = {0};
    for (int i = 0; i < 20000; i++)
        rbk_buf_printf(&text, "line %d of a log that says secret-number-%d-%d and goes on\n", i, i % 200,
                       i % 200 * 7919);
    rbk_redact(r, text.data, text.len, &out);
    assert_null(strstr(out.data, "secret-number-1"));
    assert_non_null(strstr(out.data, "line 19999 of a log that says *** and goes on\n"));
    rbk_buf_fini(&text);
    rbk_buf_fini(&out);
    rbk_redactor_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_common_form_is_found),
        cmocka_unit_test(base64_is_found_at_every_alignment),
        cmocka_unit_test(long_encodings_are_found_across_their_line_ends),
        cmocka_unit_test(lines_of_a_long_secret_are_secrets),
        cmocka_unit_test(overlapping_occurrences_never_leak),
        cmocka_unit_test(the_longest_secret_wins),
        cmocka_unit_test(short_secrets_are_refused),
        cmocka_unit_test(without_secrets_nothing_is_copied_and_with_them_no_line_waits),
        cmocka_unit_test(a_broken_off_secret_is_ordinary_text),
        cmocka_unit_test(random_cuts_never_change_the_result),
        cmocka_unit_test(many_secrets_over_much_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
