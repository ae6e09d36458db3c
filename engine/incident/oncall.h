/* Who is called: rotas, contacts, and the chain of contacts of a priority. All of it is configuration; the store knows
 * nothing of it. */
#ifndef RBK_INCIDENT_ONCALL_H
#define RBK_INCIDENT_ONCALL_H

#include <config/config.h>
#include <runbook/schedule.h>

/* ---- rotas ---- */

struct rbk_turn {
    char *who;                  /* owned */
    int64_t until_ms;           /* when somebody else takes over; 0 = not known, or never */
    char until[RBK_ZONED_SIZE]; /* the same by the clocks of the rota's zone: "2026-11-16T09:00:00+01:00" */
    char *next;                 /* who that is, NULL; owned */
    const char *from;           /* "rotation", "override" or "command" */
};
void rbk_turn_fini(struct rbk_turn *t);
/* Who has the turn by members and overrides. RBK_ENOENT: no such rota, RBK_EINVAL: a zone that does not exist, or a
 * rota that is a command. */
int rbk_rota_at(const struct rbk_config *config, const char *rota, int64_t now_ms, struct rbk_turn *out,
                struct rbk_error *err);
/* Runs the command of a rota and waits for it, at most its timeout: the first line that it prints. Heap. */
int rbk_rota_ask(const struct rbk_config *config, const char *rota, char **who, struct rbk_error *err);
bool rbk_rota_is_command(const struct rbk_config *config, const char *rota);

/* ---- contacts ---- */

struct rbk_contact {     /* owned */
    char *name;          /* as the matrix has it: "On-call engineer" */
    char *person;        /* who it is just now, NULL when no rota says */
    char *address;       /* NULL */
    char *problem;       /* why it is not known who it is; NULL */
    rbk_value *channels; /* list of names, or NULL */
};
void rbk_contact_fini(struct rbk_contact *c);
/* "Engineering lead" -> "engineering-lead": under this name contacts and rotas are looked up. Heap. */
char *rbk_contact_slug(const char *name);
/* The rota of a contact; NULL = none. Borrowed from the configuration. */
const char *rbk_contact_rota(const struct rbk_config *config, const char *name);
/* `asked` is a map of what commands of rotas said, by rota; NULL = none: no command is run here. Always succeeds. */
void rbk_contact_resolve(const struct rbk_config *config, const char *name, int64_t now_ms, const rbk_value *asked,
                         struct rbk_contact *out);
/* "alice (On-call engineer), +49 30 1234". Heap. */
char *rbk_contact_text(const struct rbk_contact *c);
/* If the contact's rota is a command: runs it and keeps in `asked` what it says; what goes wrong too, as {problem}. */
void rbk_oncall_ask(const struct rbk_config *config, const char *contact, rbk_value *asked);

/* ---- chains ---- */

struct rbk_chain {
    struct rbk_strv contacts; /* level 1 first; never empty */
    int64_t wait_ms;          /* how long each level has, but the last */
    int64_t repeat_ms;        /* how long until the last is called again */
};
void rbk_chain_fini(struct rbk_chain *c);
/* `first` (may be NULL) stands in for the contact of the priority's row. */
void rbk_chain_of(const struct rbk_config *config, const char *priority, const char *first, struct rbk_chain *out);
const char *rbk_chain_at(const struct rbk_chain *c, int level);
int64_t rbk_chain_wait(const struct rbk_chain *c, int level);
/* The row of a priority; NULL. */
const struct rbk_escalation *rbk_priority_row(const struct rbk_config *config, const char *priority);
/* Whether `a` must be answered sooner than `b`. */
bool rbk_priority_above(const struct rbk_config *config, const char *a, const char *b);

#endif
