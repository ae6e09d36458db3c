/* Retry-After (RFC 9110, 10.2.3): a number of seconds, or a date, which counts from the receiver's own clock where it
 * tells that. One place for everything that asks others. */
#include <net/net.h>

#include <math.h>
#include <stdlib.h>
#include <time.h>

static const double seconds_max = 1e7;

/* "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7); -1 = it is none. */
static int64_t date_ms(const char *text)
{
    struct tm date = {0};
    const char *rest = text ? strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &date) : NULL;
    return rest && *rest == '\0' ? (int64_t)timegm(&date) * 1000 : -1;
}

int64_t rbk_http_retry_after_ms(const struct rbk_http_response *r, int64_t now_ms)
{
    const char *text = rbk_http_header(r, "retry-after");
    char *end = NULL;
    if (!text)
        return -1;
    double seconds = strtod(text, &end);
    if (end != text && *end == '\0')
        return seconds >= 0 && seconds < seconds_max ? llround(seconds * 1000) : -1;
    int64_t at_ms = date_ms(text), theirs_ms = date_ms(rbk_http_header(r, "date"));
    if (at_ms < 0)
        return -1;
    int64_t wait_ms = at_ms - (theirs_ms < 0 ? now_ms : theirs_ms);
    return wait_ms > 0 ? wait_ms : 0;
}
