/* What any collector may answer: two bytes of status, a line that is its Retry-After, and a body. A message is tried
 * again only for the four statuses that are worth it, never at once for ever, and what is told of it is one short text.
 */
#include <base/mem.h>
#include <otlp/push.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge(int status, const char *line, size_t line_len, const char *body, size_t body_len)
{
    struct rbk_strv headers = {0};
    struct rbk_otlp_answer answer;
    rbk_strv_take(&headers, rbk_asprintf("retry-after: %.*s", (int)line_len, line));
    struct rbk_http_response r = {.status = status, .headers = &headers, .body = body, .body_len = body_len};
    rbk_otlp_answer_read(&r, INT64_C(1795335731123), &answer);
    bool again = status == 429 || (status >= 502 && status <= 504);
    if ((answer.sent == RBK_SENT_RETRY) != again || answer.retry_after_ms < 0)
        abort();
    if (answer.sent == RBK_SENT_ACCEPTED && (status < 200 || status > 299 || answer.bad_data))
        abort();
    if (answer.sent != RBK_SENT_ACCEPTED && !answer.error[0])
        abort();
    rbk_strv_fini(&headers);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    const char *rest = (const char *)data + 2;
    const char *end = memchr(rest, '\n', size - 2);
    size_t line = end ? (size_t)(end - rest) : size - 2;
    size_t body = end ? size - 2 - line - 1 : 0;
    judge(100 + (data[0] * 256 + data[1]) % 500, rest, line, end ? end + 1 : "", body);
    return 0;
}
