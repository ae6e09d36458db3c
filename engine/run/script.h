/* The door between the step machine and the script host, seen from both sides.
 *
 * run calls the host through struct rbk_script_ops. The host, while it performs a body, acts on the world only through
 * the rbk_perform_* functions: that is where recording, redaction, limits, markers and cancellation are, each written
 * once. */
#ifndef RBK_RUN_SCRIPT_H
#define RBK_RUN_SCRIPT_H

#include <loop/proc.h>
#include <net/net.h>
#include <run/plan.h>

struct rbk_perform;     /* one body being performed: run's side */
struct rbk_script_call; /* the host's side of the same */
struct rbk_loop;
struct rbk_store;
struct rbk_config;

struct rbk_script_ops {
    /* Starts performing a FUNCTION or ACTION body; `options` are its options with $name replaced (ACTION; else NULL).
     * The end is told once through rbk_perform_done, never from inside start. */
    int (*start)(void *host, const struct rbk_body *body, const rbk_value *options, struct rbk_perform *perform,
                 struct rbk_script_call **out, struct rbk_error *err);
    /* Asks it to stop: whatever it waits for is ended, then rbk_perform_done is called. */
    void (*cancel)(void *host, struct rbk_script_call *call);
    /* The first match of a pattern of the script language: 1 and *out (heap), 0 no match, negative: bad pattern. */
    int (*match)(void *host, const char *pattern, const char *text, size_t len, char **out, struct rbk_error *err);
    /* Loads another runbook, for `call`. The plan is the caller's. RBK_ENOENT with the nearest name. */
    int (*load)(void *host, const char *id, struct rbk_plan **out, struct rbk_error *err);
};

/* ---- what the host may do during a body ----------------------------------------------------------------------------
 */

struct rbk_command {   /* a process within the step; strings are borrowed during the call */
    char *const *argv; /* NULL: run `shell` text under the step's shell */
    const char *shell;
    const char *cwd;      /* relative to the project's root; NULL = the step's */
    const rbk_value *env; /* map of strings added to the step's, or NULL */
    const char *input;
    size_t input_len;   /* stdin; NULL = /dev/null */
    int64_t timeout_ms; /* 0 = what is left of the step's */
    size_t capture_max; /* bytes of stdout and of stderr to return; 0 = 1 MiB */
    bool quiet;         /* not shown live (it is still logged) */
};
struct rbk_command_result {
    struct rbk_proc_result proc;
    const char *out, *err; /* redacted text, NUL-terminated; borrowed during the callback */
    size_t out_len, err_len;
    bool truncated;
};
/* `failed` is NULL, or why the process could not be started. */
typedef void rbk_command_fn(void *arg, const struct rbk_command_result *result, const struct rbk_error *failed);
int rbk_perform_exec(struct rbk_perform *p, const struct rbk_command *command, rbk_command_fn *fn, void *arg,
                     struct rbk_error *err);

/* A header with a secret of the configuration, which the step has named in its `secret`: the script never holds it. */
struct rbk_secret_header {
    const char *name, *prefix, *secret; /* "Authorization", "Bearer ", "api_token" */
};
struct rbk_step_request {
    struct rbk_http_request http;
    const struct rbk_secret_header *secrets;
    size_t secret_count;
    bool writes; /* a crash during it leaves the step in doubt */
};
/* A request of the step. What comes back is redacted; the log gets a line (without the path, which may be a secret) and
 * the body. `fn` is not called any more once it was cancelled, or the body has ended. */
struct rbk_request;
int rbk_perform_http(struct rbk_perform *p, const struct rbk_step_request *request, rbk_net_fn *fn, void *arg,
                     struct rbk_request **out, struct rbk_error *err);
void rbk_perform_http_cancel(struct rbk_request *request);

/* Facts. `set` takes v. Names that the action did not declare (and a function's any valid name) are accepted; a
 * parameter's name is RBK_EINVAL. `get` borrows; NULL = never set. */
int rbk_perform_set(struct rbk_perform *p, const char *name, rbk_value *v, struct rbk_error *err);
const rbk_value *rbk_perform_get(struct rbk_perform *p, const char *name);
/* One line under the step, for people ("6 of 412 failing"). */
void rbk_perform_note(struct rbk_perform *p, const char *text);
/* The text without the secrets of the run. Heap; NULL gives NULL. */
char *rbk_perform_redacted(struct rbk_perform *p, const char *text);
/* A line for the step's log and the live view. */
void rbk_perform_log(struct rbk_perform *p, const char *text, size_t len);
/* Marks that something was done, so that a crash leaves the step in doubt rather than untouched (commands do it
 * themselves). */
int rbk_perform_intent(struct rbk_perform *p, struct rbk_error *err);
/* What is left of the time of the step, of the groups that it is in and of its runs; INT64_MAX without a limit. */
int64_t rbk_perform_left_ms(struct rbk_perform *p);
/* The body has ended: failed NULL = well. Its message is the step's error. The perform is the machine's from here on.
 */
void rbk_perform_done(struct rbk_perform *p, const struct rbk_error *failed);

struct rbk_loop *rbk_perform_loop(struct rbk_perform *p);
struct rbk_store *rbk_perform_store(struct rbk_perform *p);
const struct rbk_config *rbk_perform_config(struct rbk_perform *p);
const char *rbk_perform_run_id(struct rbk_perform *p);
const char *rbk_perform_runbook(struct rbk_perform *p); /* its id */
const char *rbk_perform_step_key(struct rbk_perform *p);
/* A folder for this step's scratch files (reports): made on first use under the state folder, 0700. Borrowed. */
const char *rbk_perform_scratch(struct rbk_perform *p, struct rbk_error *err);

#endif
