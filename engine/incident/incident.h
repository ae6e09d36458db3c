/* Incidents: something is wrong, and somebody is called until somebody acts. An incident has a key (what it is about),
 * a priority (a row of the escalation matrix), a state, a level (how many contacts of its chain were called), a
 * timeline and the runs that have to do with it. At most one incident of a key is open; opening it again adds to its
 * timeline.
 *
 * Every change writes its line of the timeline and publishes its event (notify/notify.h) in the transaction of its
 * caller, so none of the three exists without the others. */
#ifndef RBK_INCIDENT_INCIDENT_H
#define RBK_INCIDENT_INCIDENT_H

#include <config/config.h>
#include <store/store.h>

extern const struct rbk_schema rbk_incident_schema;

enum rbk_incident_state { RBK_INCIDENT_OPEN, RBK_INCIDENT_ACKNOWLEDGED, RBK_INCIDENT_RESOLVED };
const char *rbk_incident_state_name(enum rbk_incident_state s);

struct rbk_incident { /* strings owned; rbk_incident_fini */
    int64_t id;
    char *key, *title, *priority;
    char *contact; /* who is called first, NULL = as the matrix says */
    char *runbook; /* that deals with it, NULL */
    enum rbk_incident_state state;
    int level;    /* from 1 */
    char *called; /* whom the last call went to, as people read it; NULL = nobody */
    int64_t opened_ms, acked_ms, resolved_ms;
    int64_t due_ms; /* when the next level is called; 0 = not at all */
    char *opened_by, *acked_by, *resolved_by;
};
void rbk_incident_fini(struct rbk_incident *i);

/* [A-Za-z0-9] then [A-Za-z0-9._:/@+-], at most 200 bytes, and not digits alone (that is an id). */
bool rbk_incident_key_ok(const char *key);
/* The key of the incident of a runbook: its id, or runbook/ID where that alone would be no key (digits). Heap. */
char *rbk_incident_key_of(const char *runbook);

/* ---- changes: inside a transaction; `by` is who did it, all strings are free of secrets ---- */

struct rbk_incident_opening { /* all borrowed */
    const char *key, *title;  /* title NULL = the key */
    const char *priority;     /* NULL = medium; RBK_EINVAL when the matrix has no such row */
    const char *contact;      /* who is called first; NULL = as the matrix says */
    const char *text;         /* what happened; NULL */
    const char *by;
    const char *run, *runbook; /* NULL */
    const rbk_value *oncall;   /* what commands said (rbk_oncall_ask), NULL */
    bool escalate;             /* it is open already: call the next level now */
    int64_t now_ms;
};
/* Opens it, or adds to the open one: a more urgent priority raises it. *out (may be NULL) is the caller's. */
int rbk_incident_open(struct rbk_store *s, const struct rbk_config *config, const struct rbk_incident_opening *o,
                      struct rbk_incident *out, struct rbk_error *err);

struct rbk_incident_change { /* all borrowed */
    int64_t id;
    const char *by, *text; /* text NULL = none; a note needs one */
    int64_t now_ms;
};
/* Nobody else is called. Of one that somebody else has acknowledged: who takes over. 1 = whoever says so has it
 * already: only what they say besides is noted. RBK_EINVAL when it is resolved. */
int rbk_incident_ack(struct rbk_store *s, const struct rbk_config *config, const struct rbk_incident_change *c,
                     struct rbk_error *err);
int rbk_incident_note(struct rbk_store *s, const struct rbk_config *config, const struct rbk_incident_change *c,
                      struct rbk_error *err);
/* RBK_EINVAL when it is resolved already. */
int rbk_incident_resolve(struct rbk_store *s, const struct rbk_config *config, const struct rbk_incident_change *c,
                         struct rbk_error *err);

/* Whether anybody is told of it: a channel of whoever was called, or a rule that is about it. */
bool rbk_incident_is_heard(const struct rbk_config *config, const struct rbk_incident *i, int64_t now_ms);

/* ---- escalation ---- */

/* Calls the next level of every open incident that was not acknowledged in time, each in a transaction of its own and
 * once, whoever else does the same. *next_ms (may be NULL): the next time that one is due, 0 = none. A look at an index
 * when nothing is. Not inside a transaction; may run the commands of rotas. */
int rbk_incident_tick(struct rbk_store *s, const struct rbk_config *config, int64_t now_ms, int64_t *next_ms,
                      struct rbk_error *err);

/* When the next one is due, 0 = none. */
int rbk_incident_next(struct rbk_store *s, int64_t *next_ms, struct rbk_error *err);

/* ---- reading ---- */

/* By id, or by key: the open one of that key, else the latest. RBK_ENOENT. */
int rbk_incident_find(struct rbk_store *s, const char *key_or_id, struct rbk_incident *out, struct rbk_error *err);
/* The unresolved one of that key: 1 = there is one, 0 = none. */
int rbk_incident_find_open(struct rbk_store *s, const char *key, struct rbk_incident *out, struct rbk_error *err);
/* When the latest incident of that key was last opened or resolved; 0 = never. */
int rbk_incident_last_ms(struct rbk_store *s, const char *key, int64_t *out, struct rbk_error *err);
/* Newest first; fn borrows the row, non-zero stops and is returned. */
typedef int rbk_incident_fn(void *arg, const struct rbk_incident *i);
int rbk_incident_list(struct rbk_store *s, bool with_resolved, rbk_incident_fn *fn, void *arg, struct rbk_error *err);
struct rbk_incident_line { /* of a timeline; strings borrowed */
    int64_t id, at_ms;
    const char *kind; /* opened again raised escalated acknowledged noted resolved refused */
    const char *by, *text;
};
typedef int rbk_incident_line_fn(void *arg, const struct rbk_incident_line *l);
int rbk_incident_timeline(struct rbk_store *s, int64_t id, rbk_incident_line_fn *fn, void *arg, struct rbk_error *err);
/* Adds the ids of its runs, first one first. */
int rbk_incident_runs(struct rbk_store *s, int64_t id, struct rbk_strv *runs, struct rbk_error *err);

/* ---- for script hosts (by_value.c) ---- */

/* `what` is open {key, title, priority, contact, text}, note {key, text} or resolve {key, text}; strings are free of
 * secrets. In a transaction of its own; `run` (NULL = none) is linked. *out, the caller's: {id, key, priority, state,
 * level, called}, empty when there was nothing to resolve. */
int rbk_incident_do_value(struct rbk_store *s, const struct rbk_config *config, const char *run, const char *what,
                          const rbk_value *asked, rbk_value **out, struct rbk_error *err);

/* ---- remediation ---- */

struct rbk_remediation { /* all borrowed */
    const char *key, *run, *runbook, *step, *by;
    const char *priority; /* of the incident that is opened when the budget is used up; NULL = medium */
    int64_t now_ms;
};
/* Counts one remediation of that key, in a transaction of its own. RBK_EBUSY when the budget (incidents.remediation) is
 * used up: then the incident is opened or escalated instead. */
int rbk_incident_remediate(struct rbk_store *s, const struct rbk_config *config, const struct rbk_remediation *r,
                           struct rbk_error *err);

/* ---- post-mortem ---- */

/* Markdown with the timeline, the runs and their steps filled in, and headings for what people must write. Heap. */
int rbk_postmortem_text(struct rbk_store *s, const struct rbk_config *config, const struct rbk_incident *i, char **out,
                        struct rbk_error *err);

#endif
