/* Schedules for other schedulers. Each can say less than we can; what it cannot say is written as a comment that tells
 * why, never as something near. */
#ifndef RBK_SCHEDULE_EXPORT_H
#define RBK_SCHEDULE_EXPORT_H

#include <base/buf.h>
#include <schedule/entry.h>

struct rbk_export_place {
    const char *program; /* absolute path */
    const char *project; /* folder, or NULL */
    int64_t now_ms;
};

/* Appends one schedule. */
typedef void rbk_export_fn(struct rbk_buf *out, const struct rbk_entry *e, const struct rbk_export_place *place);
rbk_export_fn rbk_export_crontab, rbk_export_systemd, rbk_export_kubernetes, rbk_export_github;
/* The unit of the daemon, which needs none of the above. */
void rbk_export_unit(struct rbk_buf *out, const struct rbk_export_place *place);

/* export_cron.c: five fields that every cron understands; false when there are none. `weekday` is set to the one
 * weekday (0 = Sunday) that must be asked for beside them, -1 when none must. */
bool rbk_export_fields(const rbk_calendar *c, char out[256], int *weekday);

/* The command of a run, quoted for a shell. */
void rbk_export_command(struct rbk_buf *out, const struct rbk_entry *e, const struct rbk_export_place *place);

#endif
