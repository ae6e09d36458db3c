/* Schedules for other schedulers. Each can say less than we can; what it cannot say is written as a comment that tells
 * why, never as something near. */
#ifndef RBK_SCHEDULE_EXPORT_H
#define RBK_SCHEDULE_EXPORT_H

#include <base/buf.h>
#include <base/str.h>
#include <schedule/entry.h>

struct rbk_export_place {
    const char *program; /* absolute path */
    const char *project; /* folder, or NULL */
    const char *user;    /* whom the daemon is to run as */
    int64_t now_ms;
    const struct rbk_entries *all; /* whose names must differ */
};

/* Appends one schedule. */
typedef void rbk_export_fn(struct rbk_buf *out, const struct rbk_entry *e, const struct rbk_export_place *place);
rbk_export_fn rbk_export_crontab, rbk_export_systemd, rbk_export_kubernetes, rbk_export_github;
/* The unit of the daemon, which needs none of the above. */
void rbk_export_unit(struct rbk_buf *out, const struct rbk_export_place *place);

/* ---- export_fields.c: what they share ---- */

/* The nth line of five fields that every cron understands; false when there is none (for the first: when cron cannot
 * say it). `weekday` is set to the one weekday (0 = Sunday) that must be asked for beside them, -1 when none must. */
bool rbk_export_fields(const rbk_calendar *c, int n, char out[256], int *weekday);
/* Days and weekdays are both restricted, and one begins with a star: here both must fit, elsewhere one may be enough.
 */
bool rbk_export_star_counts(const rbk_calendar *c);
/* "# a/b: cron cannot say .." */
void rbk_export_cannot(struct rbk_buf *out, const struct rbk_entry *e, const char *who);
/* Policies of the entry that are not carried over, as a comment. */
enum { RBK_EXPORT_MISSED = 1, RBK_EXPORT_OVERLAP = 2, RBK_EXPORT_JITTER = 4, RBK_EXPORT_TIMEOUT = 8 };
void rbk_export_left_out(struct rbk_buf *out, const struct rbk_entry *e, const char *who, unsigned carried);
/* export_name.c: a/b_c as a-b-c: a name in Kubernetes (a label of RFC 1123: lower-case letters, digits and hyphens), in
 * systemd and of a file. What is longer than `most`, or would be the name of another one, ends in a hash of the
 * runbook's id. Heap. */
char *rbk_export_name(const struct rbk_export_place *place, const char *runbook, size_t most);
enum { RBK_EXPORT_NAME_MAX = 200 }; /* of a file */
/* The words behind the program, and the whole command quoted for a shell. */
void rbk_export_words(struct rbk_strv *out, const struct rbk_entry *e, const struct rbk_export_place *place);
void rbk_export_command(struct rbk_buf *out, const struct rbk_entry *e, const struct rbk_export_place *place);

#endif
