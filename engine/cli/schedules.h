/* All schedules of a project: what the headers of its runbooks and runbook.yaml declare. */
#ifndef RBK_CLI_SCHEDULES_H
#define RBK_CLI_SCHEDULES_H

#include <cli/args.h>
#include <cli/context.h>
#include <schedule/firing.h>

struct rbk_plan;
struct rbk_schedules {
    rbk_zones *zones;
    struct rbk_entries entries;
};

/* Reads them all. A schedule or runbook that cannot be read is told on stderr and left out, so that one mistake does
 * not stop the others. */
int rbk_schedules_load(struct rbk_cli *cli, struct rbk_schedules *out, struct rbk_error *err);
/* The schedules of runbook.yaml whose runbook is not among those that are known. */
typedef void rbk_schedules_problem_fn(void *arg, const struct rbk_error *problem);
void rbk_schedules_unknown(const struct rbk_config *config, const struct rbk_strv *known, rbk_schedules_problem_fn *fn,
                           void *arg);
/* What a scheduled run is given: read as on the command line, where 5 is a text as well as a number. */
int rbk_schedules_bind(const struct rbk_entry *entry, const struct rbk_plan *plan, rbk_value **out,
                       struct rbk_error *err);
/* Only that of one runbook, which is loaded already; none when it has none. */
int rbk_schedules_of(struct rbk_cli *cli, const struct rbk_plan *plan, struct rbk_schedules *out,
                     struct rbk_error *err);
void rbk_schedules_fini(struct rbk_schedules *s);
/* The schedule of one runbook; RBK_ENOENT says how to declare one. */
int rbk_schedules_find(const struct rbk_schedules *s, const char *runbook, const struct rbk_entry **out,
                       struct rbk_error *err);
/* Whether the words of a command from `first` on name a runbook, as itself or by a pattern: 'daily/' and a star. */
bool rbk_schedules_named(const struct rbk_args *args, size_t first, const char *runbook);
/* Each of these words names one at least; RBK_ENOENT says which does not. */
int rbk_schedules_check_names(const struct rbk_schedules *s, const struct rbk_args *args, size_t first,
                              struct rbk_error *err);
/* Its state in the store; off when there is no store yet. */
int rbk_schedules_state(struct rbk_cli *cli, const char *runbook, struct rbk_schedule_state *out,
                        struct rbk_error *err);
/* The folder in the state folder whose file `changed` tells a running daemon that something was switched. Heap. */
char *rbk_schedules_mark_dir(struct rbk_cli *cli);
/* "Mon 2026-11-23 08:00 +01:00" for people, in the zone. */
void rbk_schedules_time(const rbk_zone *zone, int64_t at_ms, char out[RBK_ZONED_SIZE]);
/* rbk_time_parse, where a time without an offset is one of the zone. */
int rbk_schedules_time_parse(const char *text, const rbk_zone *zone, int64_t now_ms, int64_t *out_ms,
                             struct rbk_error *err);
/* RFC 3339 with the zone's offset; null for 0 and INT64_MAX. */
rbk_value *rbk_schedules_time_value(const rbk_zone *zone, int64_t at_ms);
/* One row of runbook.schedule.list/1. */
rbk_value *rbk_schedules_row(const struct rbk_entry *e, const struct rbk_schedule_state *state, int64_t now_ms);

#endif
