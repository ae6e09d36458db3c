/* One time zone in memory: the changes that its file lists, and the rule that goes on after the last of them. */
#ifndef RBK_SCHEDULE_ZONE_H
#define RBK_SCHEDULE_ZONE_H

#include <runbook/schedule.h>
#include <stddef.h>

/* "the last Sunday of March at 02:00", as POSIX writes it: M3.5.0/2, J60, 59 (XBD 8.3, TZ). */
struct tz_date {
    enum { TZ_MONTH_WEEK, TZ_JULIAN, TZ_DAY } kind;
    int month, week, weekday;
    int day;
    int32_t seconds; /* after midnight; RFC 9636 allows -167 to 167 hours */
};

/* The footer of a zone file: standard time, and when there is one, summer time and its two changes. */
struct tz_rule {
    bool there, has_dst;
    struct rbk_offset std, dst;
    struct tz_date dst_begins, dst_ends;
};

struct tz_change {
    int64_t at;
    size_t type;
};

struct rbk_zone {
    char *name;
    struct tz_change *changes; /* ascending */
    size_t change_count;
    struct rbk_offset *types; /* at least one; the first holds before the first change */
    size_t type_count;
    struct tz_rule rule;
};

/* Reads a whole file. RBK_EMALFORMED says what is wrong with it. */
int tz_file_parse(const char *name, const unsigned char *data, size_t len, rbk_zone **out, struct rbk_error *err);
void tz_zone_free(rbk_zone *zone);

/* Reads a POSIX TZ string; false when it is not one. */
bool tz_rule_parse(const char *text, size_t len, struct tz_rule *out);
void tz_rule_at(const struct tz_rule *rule, int64_t at, struct rbk_offset *out);
/* The first change after `after`; false when the rule has none. */
bool tz_rule_next(const struct tz_rule *rule, int64_t after, int64_t *at);

/* The name nearest to `name` among the files below `dir`; heap, NULL when none is near. */
char *tz_names_suggest(const char *dir, const char *name);

#endif
