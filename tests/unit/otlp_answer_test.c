/* What a collector's answer means for the message: taken, to be sent again and when, or not. */
#include <base/buf.h>
#include <otlp/push.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define NOW INT64_C(1795335731000) /* Sun, 22 Nov 2026 08:22:11 GMT */

static struct rbk_otlp_answer answer(int status, const char *retry_after, const char *body)
{
    struct rbk_strv headers = {0};
    struct rbk_otlp_answer a;
    if (retry_after)
        rbk_strv_add(&headers, retry_after);
    struct rbk_http_response r = {.status = status, .headers = &headers, .body = body, .body_len = strlen(body)};
    rbk_otlp_answer_read(&r, NOW, &a);
    rbk_strv_fini(&headers);
    return a;
}

static void only_four_statuses_are_tried_again(void **state)
{
    (void)state;
    for (int status = 200; status < 600; status++) {
        bool again = status == 429 || status == 502 || status == 503 || status == 504;
        enum rbk_sent wanted = status < 300 ? RBK_SENT_ACCEPTED : again ? RBK_SENT_RETRY : RBK_SENT_DEAD;
        assert_int_equal(answer(status, NULL, "").sent, wanted);
    }
}

static void a_collector_says_when_to_come_back(void **state)
{
    static const struct {
        const char *header;
        int64_t ms;
    } rows[] = {
        {"retry-after: 7", 7000},
        {"retry-after: 0", 0},
        {"retry-after: -5", 0},
        {"retry-after: soon", 0},
        {"retry-after: Sun, 22 Nov 2026 08:22:41 GMT", 30000},
        {"retry-after: Sun, 22 Nov 2026 08:22:01 GMT", 0},
        {NULL, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(answer(503, rows[i].header, "").retry_after_ms, rows[i].ms);
    assert_int_equal(answer(500, "retry-after: 7", "").retry_after_ms, 0);
}

static void what_was_taken_in_part_is_not_sent_again(void **state)
{
    (void)state;
    struct rbk_otlp_answer a =
        answer(200, NULL, "{\"partialSuccess\":{\"rejectedSpans\":\"3\",\"errorMessage\":\"too old\"}}");
    assert_int_equal(a.sent, RBK_SENT_DEAD);
    assert_true(a.bad_data);
    assert_non_null(strstr(a.error, "3"));
    assert_non_null(strstr(a.error, "too old"));
    a = answer(200, NULL, "{\"partialSuccess\":{\"rejectedDataPoints\":2}}");
    assert_int_equal(a.sent, RBK_SENT_DEAD);
    a = answer(200, NULL, "{\"partialSuccess\":{\"rejectedSpans\":0,\"errorMessage\":\"use gzip\"}}");
    assert_int_equal(a.sent, RBK_SENT_ACCEPTED);
    a = answer(200, NULL, "{\"partialSuccess\":{}}");
    assert_int_equal(a.sent, RBK_SENT_ACCEPTED);
}

static void a_refusal_says_why(void **state)
{
    (void)state;
    struct rbk_otlp_answer a = answer(400, NULL, "{\"code\":3,\"message\":\"no such field\"}");
    assert_true(a.bad_data);
    assert_string_equal(a.error, "the collector answered 400: no such field");
    assert_false(answer(401, NULL, "").bad_data);
    assert_string_equal(answer(401, NULL, "<html>").error, "the collector answered 401");
    assert_int_equal(answer(200, NULL, "[1").sent, RBK_SENT_ACCEPTED);
    assert_int_equal(answer(200, NULL, "[]").sent, RBK_SENT_ACCEPTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_four_statuses_are_tried_again),
        cmocka_unit_test(a_collector_says_when_to_come_back),
        cmocka_unit_test(what_was_taken_in_part_is_not_sent_again),
        cmocka_unit_test(a_refusal_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
