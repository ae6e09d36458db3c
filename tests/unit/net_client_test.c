/* The front of the room and the module behind it, as C callers use them: signatures, places, headers. */
#include <net/net.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct house {
    struct rbk_loop *loop;
    struct rbk_config *config;
    struct rbk_net *net;
};

static int set_up(void **state)
{
    struct house *h = calloc(1, sizeof *h);
    *state = h;
    return rbk_loop_new(&h->loop, NULL) < 0 || rbk_config_parse("t", "", 0, &h->config, NULL) < 0 ||
           rbk_net_new(h->loop, h->config, &h->net, NULL) < 0;
}

static int tear_down(void **state)
{
    struct house *h = *state;
    rbk_net_free(h->net);
    int unclosed = (int)rbk_loop_unclosed(h->loop);
    rbk_loop_free(h->loop);
    rbk_config_free(h->config);
    free(h);
    return unclosed;
}

/* RFC 4231, test cases 1, 2 and 6. */
static void signatures_are_those_of_the_standard(void **state)
{
    struct house *h = *state;
    char out[65], key[131];
    memset(key, 0x0b, 20);
    assert_int_equal(rbk_net_hmac_sha256(h->net, key, 20, "Hi There", 8, out, NULL), 0);
    assert_string_equal(out, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    assert_int_equal(rbk_net_hmac_sha256(h->net, "Jefe", 4, "what do ya want for nothing?", 28, out, NULL), 0);
    assert_string_equal(out, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, 131);
    assert_int_equal(
        rbk_net_hmac_sha256(h->net, key, 131, "Test Using Larger Than Block-Size Key - Hash Key First", 54, out, NULL),
        0);
    assert_string_equal(out, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void a_place_holds_no_secret(void **state)
{
    static const char *const rows[][2] = {
        {"https://hooks.example.org/services/T/B/x", "https://hooks.example.org"},
        {"https://user:pass@example.org:8443/x?token=1#f", "https://example.org:8443"},
        {"https://a@b@example.org/", "https://example.org"},
        {"https://example.org?token", "https://example.org"},
        {"https://example.org\\@x", "https://example.org"},
        {"smtp://127.0.0.1:25", "smtp://127.0.0.1:25"},
        {"nonsense", "(no URL)"},
        {"", "(no URL)"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *place = rbk_net_place(rows[i][0]);
        assert_string_equal(place, rows[i][1]);
        free(place);
    }
}

static void headers_are_found_by_their_name(void **state)
{
    char *lines[] = {"x-retry: 1", "retry-after:  120", "empty:", NULL};
    struct rbk_strv headers = {.items = lines, .count = 3};
    struct rbk_http_response r = {.headers = &headers};
    (void)state;
    assert_string_equal(rbk_http_header(&r, "Retry-After"), "120");
    assert_string_equal(rbk_http_header(&r, "empty"), "");
    assert_null(rbk_http_header(&r, "retry"));
    assert_null(rbk_http_header(&(struct rbk_http_response){0}, "retry"));
}

static void a_receiver_says_when_it_wants_to_be_asked_again(void **state)
{
    enum { NOW = 1795335731 }; /* 2026-11-22T08:22:11Z */
    static const struct {
        const char *after, *date;
        int64_t ms;
    } rows[] = {
        {"retry-after: 7", NULL, 7000},
        {"retry-after: 0", NULL, 0},
        {"retry-after: 1.5", NULL, 1500},
        {"retry-after: -5", NULL, -1},
        {"retry-after: soon", NULL, -1},
        {"retry-after:", NULL, -1},
        {"retry-after: 1e99", NULL, -1},
        {"retry-after: nan", NULL, -1},
        {"retry-after: Sun, 22 Nov 2026 08:22:41 GMT", NULL, 30000},
        {"retry-after: Sun, 22 Nov 2026 08:22:01 GMT", NULL, 0},
        {"retry-after: Sun, 22 Nov 2026 08:22:41 GMT", "date: Sun, 22 Nov 2026 08:22:36 GMT", 5000},
        {"retry-after: Sun, 22 Nov 2026 08:22:41", NULL, -1},
        {"x-retry: 1", NULL, -1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rbk_strv headers = {0};
        struct rbk_http_response r = {.headers = &headers};
        rbk_strv_add(&headers, rows[i].after);
        if (rows[i].date)
            rbk_strv_add(&headers, rows[i].date);
        assert_int_equal(rbk_http_retry_after_ms(&r, NOW * INT64_C(1000)), rows[i].ms);
        rbk_strv_fini(&headers);
    }
}

static void fail_if_called(void *arg, const struct rbk_http_response *r, enum rbk_net_failure failure,
                           const struct rbk_error *failed)
{
    (void)arg, (void)r, (void)failure, (void)failed;
    fail_msg("a transfer that was given up told of its end");
}

static void what_is_under_way_ends_with_the_client_without_a_word(void **state)
{
    struct house *h = *state;
    struct rbk_transfer *t = NULL, *cancelled = NULL;
    struct rbk_http_request refused = {.url = "http://169.254.169.254/"}, begun = {.url = "http://127.0.0.1:1/"};
    assert_int_equal(rbk_net_http(h->net, &begun, fail_if_called, NULL, &t, NULL), 0);
    assert_int_equal(rbk_net_http(h->net, &refused, fail_if_called, NULL, &t, NULL), 0);
    assert_int_equal(rbk_net_http(h->net, &refused, fail_if_called, NULL, &cancelled, NULL), 0);
    rbk_transfer_cancel(cancelled);
    rbk_transfer_cancel(NULL);
}

static void note_failure(void *arg, const struct rbk_http_response *r, enum rbk_net_failure failure,
                         const struct rbk_error *failed)
{
    (void)r;
    assert_non_null(failed);
    *(enum rbk_net_failure *)arg = failure;
}

static void a_refusal_is_told_later_and_never_at_once(void **state)
{
    struct house *h = *state;
    struct rbk_transfer *t = NULL;
    enum rbk_net_failure seen = RBK_NET_UNKNOWN;
    struct rbk_http_request request = {.url = "http://169.254.169.254/"};
    assert_int_equal(rbk_net_http(h->net, &request, note_failure, &seen, &t, NULL), 0);
    assert_int_equal(seen, RBK_NET_UNKNOWN);
    assert_int_equal(rbk_loop_run(h->loop, NULL), 0); /* nothing is left to wait for afterwards */
    assert_int_equal(seen, RBK_NET_NEVER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(signatures_are_those_of_the_standard, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_place_holds_no_secret, set_up, tear_down),
        cmocka_unit_test_setup_teardown(headers_are_found_by_their_name, set_up, tear_down),
        cmocka_unit_test(a_receiver_says_when_it_wants_to_be_asked_again),
        cmocka_unit_test_setup_teardown(what_is_under_way_ends_with_the_client_without_a_word, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_refusal_is_told_later_and_never_at_once, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
