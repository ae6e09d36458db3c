/* Zone files from any bytes: what is taken answers every question within bounds, at both ends of time too. */
#include <schedule/zone.h>

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const rbk_zone *zone, int64_t at)
{
    struct rbk_offset o;
    struct rbk_civil c;
    int64_t first, second, change;
    char text[RBK_ZONED_SIZE];
    rbk_zone_at(zone, at, &o);
    if (o.seconds < -26 * 3600 || o.seconds > 26 * 3600)
        abort();
    rbk_zone_civil(zone, at, &c);
    rbk_zone_instants(zone, &c, &first, &second);
    if (first > second)
        abort();
    rbk_zone_format(zone, at, text);
    if (rbk_zone_next_change(zone, at, &change) && change <= at)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int64_t times[] = {INT64_C(-60000000000), -1, 0, 1774746000, 1792888200, 4118256000,
                                    INT64_C(250000000000)};
    rbk_zone *zone = NULL;
    struct tz_rule rule;
    struct rbk_error err;
    tz_rule_parse((const char *)data, size, &rule);
    if (tz_file_parse("X", data, size, &zone, &err) != 0)
        return 0;
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        ask(zone, times[i]);
    tz_zone_free(zone);
    return 0;
}
