/* ULIDs: 48 bits of time and 80 random bits in Crockford's base 32 (https://github.com/ulid/spec). Within one thread a
 * later one is greater: in the same millisecond, or when the clock stepped back, the last one is counted up. */
#include <base/clock.h>

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/random.h>

enum { ULID_BYTES = 16, ULID_TIME_BYTES = 6 };

static int fill_random(unsigned char *out, size_t len, struct rbk_error *err)
{
    size_t n = 0;
    while (n < len) {
        ssize_t got = getrandom(out + n, len - n, 0);
        if (got < 0 && errno != EINTR)
            return rbk_error_errno(err, RBK_ESTORE, "the system gives no random bytes");
        n += got > 0 ? (size_t)got : 0;
    }
    return RBK_OK;
}

static void put_time(unsigned char *bytes, int64_t ms)
{
    for (int i = ULID_TIME_BYTES - 1; i >= 0; i--, ms >>= 8)
        bytes[i] = (unsigned char)(ms & 0xff);
}

/* As one 128-bit number, so that even a run-over of the random part stays in order. */
static void count_up(unsigned char *bytes)
{
    for (int i = ULID_BYTES - 1; i >= 0 && ++bytes[i] == 0; i--)
        ;
}

static void encode_base32(const unsigned char *bytes, char out[RBK_ULID_SIZE])
{
    static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";
    /* 130 bits of text for 128 of number: the first character holds three. */
    for (int i = 0; i < RBK_ULID_SIZE - 1; i++) {
        unsigned value = 0;
        for (int bit = i * 5 - 2; bit < i * 5 + 3; bit++)
            value = value << 1 | (bit < 0 ? 0 : (unsigned)bytes[bit / 8] >> (7 - bit % 8) & 1);
        out[i] = alphabet[value];
    }
    out[RBK_ULID_SIZE - 1] = '\0';
}

int rbk_ulid_new(char out[RBK_ULID_SIZE], struct rbk_error *err)
{
    static _Thread_local unsigned char last[ULID_BYTES];
    unsigned char now[ULID_TIME_BYTES];
    put_time(now, rbk_clock_wall_ms());
    if (memcmp(now, last, ULID_TIME_BYTES) > 0) {
        unsigned char random[ULID_BYTES - ULID_TIME_BYTES];
        int rc = fill_random(random, sizeof random, err);
        if (rc != RBK_OK)
            return rc;
        memcpy(last, now, sizeof now);
        memcpy(last + ULID_TIME_BYTES, random, sizeof random);
    } else {
        count_up(last);
    }
    encode_base32(last, out);
    return RBK_OK;
}
