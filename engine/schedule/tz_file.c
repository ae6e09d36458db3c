/* Zone files: TZif, versions 1 to 4, as RFC 9636 lays them out. A file of version 2 or later holds everything twice,
 * with 32-bit and with 64-bit times; only the second is read. Every count is checked against the bytes that are there.
 */
#include <base/mem.h>
#include <schedule/zone.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER_SIZE = 44, COUNT_MAX = 20000, TYPES_MAX = 256 };

/* The six counts of a header, in the order of the file. */
struct tz_header {
    int version;
    uint32_t isut, isstd, leap, time, type, chars;
};

struct tz_bytes {
    const unsigned char *data;
    size_t len;
};

static uint32_t read_u32(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t read_i64(const unsigned char *p)
{
    return (int64_t)((uint64_t)read_u32(p) << 32 | read_u32(p + 4));
}

static bool read_header(struct tz_bytes b, struct tz_header *h)
{
    if (b.len < HEADER_SIZE || memcmp(b.data, "TZif", 4) != 0)
        return false;
    h->version = b.data[4] ? b.data[4] - '0' : 1;
    uint32_t *const counts[] = {&h->isut, &h->isstd, &h->leap, &h->time, &h->type, &h->chars};
    for (int i = 0; i < 6; i++) {
        *counts[i] = read_u32(b.data + 20 + 4 * i);
        if (*counts[i] > COUNT_MAX)
            return false;
    }
    return h->type > 0 && h->type <= TYPES_MAX && h->chars > 0;
}

/* The size of what follows the header, with times of `time_size` bytes. */
static size_t body_size(const struct tz_header *h, size_t time_size)
{
    return h->time * (time_size + 1) + (size_t)h->type * 6 + h->chars + h->leap * (time_size + 4) + h->isstd + h->isut;
}

static const char *read_types(rbk_zone *zone, const struct tz_header *h, const unsigned char *p)
{
    const unsigned char *names = p + (size_t)h->type * 6;
    zone->types = rbk_alloc(h->type * sizeof *zone->types);
    zone->type_count = h->type;
    for (size_t i = 0; i < h->type; i++, p += 6) {
        struct rbk_offset *type = &zone->types[i];
        type->seconds = (int32_t)read_u32(p);
        type->dst = p[4] != 0;
        if (type->seconds < -26 * 3600 || type->seconds > 26 * 3600)
            return "an offset of more than a day";
        if (p[5] >= h->chars)
            return "a name outside the file";
        size_t room = h->chars - p[5], len = strnlen((const char *)names + p[5], room);
        if (len >= sizeof type->name)
            return "a name that is too long";
        memcpy(type->name, names + p[5], len);
    }
    return NULL;
}

static const char *read_changes(rbk_zone *zone, const struct tz_header *h, const unsigned char *p, size_t time_size)
{
    const unsigned char *types = p + h->time * time_size;
    zone->changes = h->time ? rbk_alloc(h->time * sizeof *zone->changes) : NULL;
    zone->change_count = h->time;
    for (size_t i = 0; i < h->time; i++) {
        const unsigned char *at = p + i * time_size;
        zone->changes[i].at = time_size == 8 ? read_i64(at) : (int32_t)read_u32(at);
        zone->changes[i].type = types[i];
        if (types[i] >= h->type)
            return "a change to a type that is not there";
        if (i && zone->changes[i].at <= zone->changes[i - 1].at)
            return "changes that are not in order";
    }
    return NULL;
}

/* The footer stands between two newlines; an empty one means that nothing is known of later times. */
static const char *read_footer(rbk_zone *zone, struct tz_bytes rest)
{
    if (rest.len < 2 || rest.data[0] != '\n')
        return "no footer";
    const unsigned char *end = memchr(rest.data + 1, '\n', rest.len - 1);
    if (!end)
        return "a footer that does not end";
    size_t len = (size_t)(end - rest.data) - 1;
    if (len && !tz_rule_parse((const char *)rest.data + 1, len, &zone->rule))
        return "a footer that is no rule";
    return NULL;
}

static const char *read_body(rbk_zone *zone, const struct tz_header *h, struct tz_bytes body, size_t time_size)
{
    size_t size = body_size(h, time_size);
    if (body.len < size)
        return "an end that is missing";
    if (h->leap)
        return "leap seconds, which schedules do not count";
    const char *wrong = read_changes(zone, h, body.data, time_size);
    if (!wrong)
        wrong = read_types(zone, h, body.data + h->time * (time_size + 1));
    if (!wrong && time_size == 8)
        wrong = read_footer(zone, (struct tz_bytes){body.data + size, body.len - size});
    return wrong;
}

static const char *read_file(rbk_zone *zone, struct tz_bytes b)
{
    struct tz_header h = {0};
    if (!read_header(b, &h))
        return "no header of a zone file";
    struct tz_bytes body = {b.data + HEADER_SIZE, b.len - HEADER_SIZE};
    if (h.version < 2)
        return read_body(zone, &h, body, 4);
    size_t first = body_size(&h, 4);
    if (body.len < first)
        return "an end that is missing";
    struct tz_bytes second = {body.data + first, body.len - first};
    if (!read_header(second, &h))
        return "no second header";
    return read_body(zone, &h, (struct tz_bytes){second.data + HEADER_SIZE, second.len - HEADER_SIZE}, 8);
}

int tz_file_parse(const char *name, const unsigned char *data, size_t len, rbk_zone **out, struct rbk_error *err)
{
    rbk_zone *zone = rbk_alloc(sizeof *zone);
    zone->name = rbk_strdup(name);
    const char *wrong = read_file(zone, (struct tz_bytes){data, len});
    if (!wrong) {
        *out = zone;
        return 0;
    }
    tz_zone_free(zone);
    rbk_error_set(err, RBK_EMALFORMED, "the file of the time zone \"%.64s\" cannot be used: it has %s", name, wrong);
    return rbk_error_hint(err, "install the package tzdata again");
}

void tz_zone_free(rbk_zone *zone)
{
    if (!zone)
        return;
    free(zone->name);
    free(zone->changes);
    free(zone->types);
    free(zone);
}
