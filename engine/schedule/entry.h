/* One schedule of one runbook: when it is due and what its policies are, from runbook.yaml or the runbook's header. */
#ifndef RBK_SCHEDULE_ENTRY_H
#define RBK_SCHEDULE_ENTRY_H

#include <config/config.h>
#include <runbook/schedule.h>

enum rbk_missed { RBK_MISSED_SKIP, RBK_MISSED_ONE, RBK_MISSED_ALL };
enum rbk_overlap { RBK_OVERLAP_SKIP, RBK_OVERLAP_QUEUE, RBK_OVERLAP_REPLACE, RBK_OVERLAP_ALLOW };

struct rbk_entry {
    char *runbook, *text;
    char *source; /* the file that says it */
    rbk_calendar *calendar;
    const rbk_zone *zone; /* borrowed from the zones it was read with */
    struct rbk_dst_policy dst;
    enum rbk_missed missed;
    int catch_up; /* with RBK_MISSED_ALL: at most so many */
    enum rbk_overlap overlap;
    bool allow_refused; /* with RBK_OVERLAP_ALLOW: the runbook's header forbids it, so it counts as RBK_OVERLAP_SKIP */
    int queue;          /* with RBK_OVERLAP_QUEUE: at most so many wait */
    int64_t jitter_ms, timeout_ms; /* 0 = none */
    bool paused;                   /* what is due is recorded as skipped */
    rbk_value *params;             /* map of scalars, or NULL */
};

struct rbk_entries {
    struct rbk_entry *items; /* sorted by runbook */
    size_t count, cap;
};

/* What a runbook's file says. */
struct rbk_entry_header {
    const char *runbook, *path;
    const char *schedule; /* or NULL */
    bool overlap_allow;
};
/* Adds the schedule of one runbook: what the configuration says of it, else its header, else nothing. A mistake names
 * the file and the runbook. */
int rbk_entries_add(struct rbk_entries *e, const struct rbk_config *config, rbk_zones *zones,
                    const struct rbk_entry_header *header, struct rbk_error *err);
/* RBK_EINVAL when the configuration wants runs to overlap that the runbook's header forbids. */
int rbk_entry_check_allow(const struct rbk_entry *e, const struct rbk_config *config, struct rbk_error *err);
const struct rbk_entry *rbk_entries_find(const struct rbk_entries *e, const char *runbook); /* NULL */
void rbk_entries_fini(struct rbk_entries *e);

const char *rbk_missed_name(enum rbk_missed m);
const char *rbk_overlap_name(enum rbk_overlap o);
/* The first due time after `after_ms`, in milliseconds; INT64_MAX when there is none. */
int64_t rbk_entry_next(const struct rbk_entry *e, int64_t after_ms);
/* How many due times there are after `after_ms` up to `until_ms`; quick for years, too. */
int64_t rbk_entry_count(const struct rbk_entry *e, int64_t after_ms, int64_t until_ms);
/* The due time before `due_ms` of those that begin with `first_ms`, which is an earlier one. */
int64_t rbk_entry_before(const struct rbk_entry *e, int64_t first_ms, int64_t due_ms);
/* A moment between the two after which there are `wanted` due times, and not many more; `after_ms` when there are not
 * so many. */
int64_t rbk_entry_newest(const struct rbk_entry *e, int64_t after_ms, int64_t until_ms, size_t wanted);
/* When the firing of a due time begins: the due time and the entry's jitter, always the same for the same due time. */
int64_t rbk_entry_start(const struct rbk_entry *e, int64_t due_ms);

#endif
