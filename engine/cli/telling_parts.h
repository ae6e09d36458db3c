/* What the files of telling share: the events that a run waits to record, and what they are made of. */
#ifndef RBK_CLI_TELLING_PARTS_H
#define RBK_CLI_TELLING_PARTS_H

#include <cli/event_text.h>
#include <cli/telling.h>

struct told { /* an event that the next write records */
    struct rbk_buf text;
    int64_t at_ms;
};
struct ran { /* the command to show of a step that has not ended */
    char *step, *command;
    bool failed;
};

/* What was asked of the rules for one run, and the members that all its events begin with. */
enum { ANSWERS = 8 };
struct answer {
    const char *event, *status; /* as in struct telling_occasion: texts of the program */
    bool wanted;
};
struct about_run {
    char run[RBK_ULID_SIZE];
    struct answer answers[ANSWERS];
    int count;
    struct rbk_buf head;
};

struct rbk_telling {
    const struct rbk_config *config;
    struct rbk_store *store;
    const char *priority;
    struct told *events;
    size_t event_count, event_cap;
    struct ran *ran;
    size_t ran_count, ran_cap;
    struct about_run about;
    struct rbk_buf failed;                          /* what the last failed step said, for the run's own event */
    char root[RBK_ULID_SIZE], brief[RBK_ULID_SIZE]; /* the short id of the last run that was asked for */
    int recorded;
};

/* What rules are asked of an event: `priority` NULL = the runbook's. */
struct telling_occasion {
    const char *event, *status, *priority;
    int64_t attempt, attempts;
};

/* Begins an event with what all of them say; NULL = no rule wants it. Its end is the caller's, rbk_event_end. */
struct rbk_buf *rbk_telling_begin(struct rbk_telling *t, const struct rbk_run_row *run,
                                  const struct telling_occasion *o);
/* That something is over only matters where it had begun: it was told or counted as wrong, or may yet be. */
bool rbk_telling_is_open(const struct rbk_telling *t, const char *key);
/* The run that a person knows: the caller of the others. */
const char *rbk_telling_root(const struct rbk_run_row *run);
/* Members. The last lines of a log are read when the rules are asked. */
void rbk_telling_put_log(const struct rbk_telling *t, struct rbk_buf *event, const char *log);
/* The commands to type. `step` and `waiting` may be NULL. */
void rbk_telling_put_next(struct rbk_telling *t, struct rbk_buf *event, const struct rbk_run_row *run,
                          enum rbk_run_state state, const char *step, const rbk_value *waiting);
/* What a step said, in its own event and in that of its run. */
void rbk_telling_put_said(const struct rbk_telling *t, struct rbk_buf *event, const struct rbk_step_row *step,
                          const char *error);
/* Its last command is of no interest any more. */
void rbk_telling_step_ended(struct rbk_telling *t, const char *step);

#endif
