/* Schedules from any bytes: what is refused says where and how to mend it; what is taken has one spelling that reads
 * back as itself, and its next due time lies ahead and fits the zone's clocks. */
#include <base/mem.h>
#include <runbook/schedule.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_spelling(const rbk_calendar *c)
{
    rbk_calendar *again = NULL;
    char *text = rbk_calendar_text(c);
    struct rbk_error err;
    if (strlen(text) <= 500) {
        if (rbk_calendar_parse(text, &again, &err) != 0)
            abort();
        char *same = rbk_calendar_text(again);
        if (strcmp(text, same) != 0)
            abort();
        free(same);
    }
    rbk_calendar_free(again);
    free(text);
}

static void check_next(const rbk_calendar *c)
{
    rbk_zones *zones = rbk_zones_new(NULL);
    const rbk_zone *zone;
    int64_t at = 1774700000, next;
    if (rbk_zones_get(zones, "Europe/Berlin", &zone, NULL) == 0 || rbk_zones_get(zones, "UTC", &zone, NULL) == 0)
        for (int i = 0; i < 4 && rbk_calendar_next(c, zone, NULL, at, &next, NULL) == 0; i++, at = next)
            if (next <= at)
                abort();
    rbk_zones_free(zones);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rbk_calendar *c = NULL;
    struct rbk_error err = {0};
    char *text = rbk_strndup((const char *)data, size);
    if (rbk_calendar_parse(text, &c, &err) == 0) {
        check_spelling(c);
        check_next(c);
    } else if (!err.hint[0] || err.column < 1) {
        abort();
    }
    rbk_calendar_free(c);
    free(text);
    return 0;
}
