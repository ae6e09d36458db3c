/* Commands: the processes of a step. This is the one place where they are spawned, and where their output is redacted
 * before it goes to the log, to whoever watches, and to whoever asked for it. */
#include <run/machine.h>

#include <base/fs.h>
#include <string.h>

enum { STEP_CAPTURE_MAX = 1 << 20 };

struct rbk_job_stream {
    struct rbk_job *job;
    enum rbk_stream which;
    struct rbk_redact_stream redact;
    struct rbk_buf kept; /* the first capture_max bytes */
};

struct rbk_job {
    struct rbk_job *next;
    struct rbk_step *step;
    struct rbk_proc *proc;
    struct rbk_job_stream out, err;
    size_t capture_max;
    bool quiet, truncated;
    int64_t started_ms;
    char *line, *input;
    rbk_command_fn *fn; /* NULL: nobody wants to know any more */
    void *arg;
};

static void keep(struct rbk_buf *buf, size_t max, const char *data, size_t len, bool *truncated)
{
    size_t room = buf->len < max ? max - buf->len : 0;
    if (len > room) {
        *truncated = true;
        len = room;
    }
    if (len > 0)
        rbk_buf_append(buf, data, len);
}

static void keep_for_capture(struct rbk_step *step, const char *data, size_t len)
{
    bool beyond;
    if (step->node->capture_count > 0)
        keep(&step->out, STEP_CAPTURE_MAX, data, len, &beyond);
}

void rbk_command_take(struct rbk_step *step, const char *data, size_t len)
{
    if (len == 0)
        return;
    keep_for_capture(step, data, len);
    rbk_step_output_write(step, RBK_STDOUT, data, len, true);
    if (data[len - 1] != '\n')
        rbk_step_output_write(step, RBK_STDOUT, "\n", 1, true);
}

/* What is free of secrets. */
static void on_clean(void *arg, const char *data, size_t len)
{
    struct rbk_job_stream *stream = arg;
    struct rbk_job *job = stream->job;
    struct rbk_step *step = job->step;
    if (job->capture_max > 0)
        keep(&stream->kept, job->capture_max, data, len, &job->truncated);
    if (stream->which == RBK_STDOUT)
        keep_for_capture(step, data, len);
    rbk_step_output_write(step, (int)stream->which, data, len, job->quiet);
}

static void on_output(void *arg, enum rbk_stream which, const char *data, size_t len, int64_t wall_ms)
{
    struct rbk_job *job = arg;
    struct rbk_job_stream *stream = which == RBK_STDOUT ? &job->out : &job->err;
    (void)wall_ms;
    rbk_redact_feed(&stream->redact, data, len, on_clean, stream);
}

static void stream_init(struct rbk_job *job, struct rbk_job_stream *stream, enum rbk_stream which)
{
    stream->job = job;
    stream->which = which;
    rbk_redact_stream_init(&stream->redact, job->step->run->session->o.redactor);
}

static void stream_fini(struct rbk_job_stream *stream)
{
    rbk_redact_stream_fini(&stream->redact);
    rbk_buf_fini(&stream->kept);
}

static void job_free(struct rbk_job *job)
{
    stream_fini(&job->out);
    stream_fini(&job->err);
    free(job->line);
    free(job->input);
    free(job);
}

static void unlink_job(struct rbk_job *job)
{
    struct rbk_job **at = &job->step->jobs;
    while (*at != job)
        at = &(*at)->next;
    *at = job->next;
}

/* What a verb does behind the one that failed, such as putting its reports away, is not what a person wants to repeat.
 */
static void choose_to_show(struct rbk_step *step, const struct rbk_command_row *row)
{
    bool failed = rbk_command_row_failed(row);
    if (step->command_failed && !failed)
        return;
    free(step->command);
    step->command = rbk_strdup(row->argv);
    step->command_failed = failed;
}

static void record(const struct rbk_job *job, const struct rbk_proc_result *r)
{
    static const char *const ends[] = {
        [RBK_END_EXIT] = "exit",     [RBK_END_SIGNAL] = "signal", [RBK_END_TIMEOUT] = "timeout",
        [RBK_END_CANCEL] = "cancel", [RBK_END_CPU_LIMIT] = "cpu", [RBK_END_MEMORY_LIMIT] = "memory"};
    char end[16];
    snprintf(end, sizeof end, "%s", ends[r->end]);
    struct rbk_command_row row = {.argv = job->line,
                                  .exit_code = r->exit_code,
                                  .signal = r->signal,
                                  .started_ms = job->started_ms,
                                  .duration_ms = r->duration_ms,
                                  .cpu_ms = r->cpu_ms,
                                  .max_rss_kb = r->max_rss_kb,
                                  .leftovers = r->leftovers,
                                  .end = end};
    rbk_record_command(job->step, &row);
    choose_to_show(job->step, &row);
}

/* What a step used is the sum of its commands' CPU time and the largest of their peaks. */
static void account(struct rbk_step *step, const struct rbk_proc_result *r)
{
    if (r->cpu_ms >= 0)
        step->row.cpu_ms = (step->row.cpu_ms > 0 ? step->row.cpu_ms : 0) + r->cpu_ms;
    if (r->max_rss_kb > step->row.max_rss_kb)
        step->row.max_rss_kb = r->max_rss_kb;
    step->row.session = 0;
    if (r->leftovers > 0) {
        rbk_step_note(step, "%d process%s that it left running %s ended", r->leftovers, r->leftovers == 1 ? "" : "es",
                      r->leftovers == 1 ? "was" : "were");
    }
    if (r->survivors > 0) {
        rbk_step_note(step, "%d process%s could not be ended: of another user, or stuck in the kernel", r->survivors,
                      r->survivors == 1 ? "" : "es");
    }
}

static void on_exit_of(void *arg, const struct rbk_proc_result *r)
{
    struct rbk_job *job = arg;
    struct rbk_step *step = job->step;
    rbk_redact_flush(&job->out.redact, on_clean, &job->out);
    rbk_redact_flush(&job->err.redact, on_clean, &job->err);
    unlink_job(job);
    record(job, r);
    account(step, r);
    struct rbk_command_result result = {.proc = *r,
                                        .out = job->out.kept.data ? job->out.kept.data : "",
                                        .err = job->err.kept.data ? job->err.kept.data : "",
                                        .out_len = job->out.kept.len,
                                        .err_len = job->err.kept.len,
                                        .truncated = job->truncated};
    if (job->fn)
        job->fn(job->arg, &result, NULL);
    job_free(job);
    rbk_perform_settle(step);
}

static int working_folder(struct rbk_step *step, const char *wanted, char **out, struct rbk_error *err)
{
    const char *root = step->run->session->o.config->root;
    char *text = NULL;
    if (!wanted && step->node->cwd) {
        int rc = rbk_subst_text(step->node->cwd, rbk_fact_lookup, step, &text, err);
        if (rc < 0)
            return rc;
        wanted = text;
    }
    *out = wanted ? rbk_path_join(root, wanted) : rbk_strdup(root);
    free(text);
    return 0;
}

/* The shell of a step, with the flags that make it stop at the first failing command. */
static void shell_argv(const struct rbk_step *step, const char *text, const char *argv[8])
{
    const char *shell = step->node->shell ? step->node->shell : "sh";
    size_t n = 0;
    if (strcmp(shell, "sh") == 0) {
        argv[n++] = "/bin/sh";
        argv[n++] = "-eu";
    } else {
        argv[n++] = shell;
        argv[n++] = "-euo";
        argv[n++] = "pipefail";
    }
    argv[n++] = "-c";
    argv[n++] = text;
    argv[n++] = "runbook"; /* $0 */
    argv[n] = NULL;
}

static struct rbk_proc_limits limits_of(const struct rbk_step *step, int64_t wall_ms)
{
    const struct rbk_limits *own = &step->node->limits;
    const struct rbk_config *config = step->run->session->o.config;
    return (struct rbk_proc_limits){
        .wall_ms = wall_ms,
        .cpu_ms = own->cpu_ms,
        .memory_process = own->memory_process ? own->memory_process : config->memory_process,
        .memory_tree = own->memory_tree ? own->memory_tree : config->memory_total,
    };
}

static struct rbk_job *job_new(struct rbk_step *step, const struct rbk_command *c, rbk_command_fn *fn, void *arg)
{
    struct rbk_job *job = rbk_alloc(sizeof *job);
    job->step = step;
    job->capture_max = c->capture_max;
    job->quiet = c->quiet;
    job->fn = fn;
    job->arg = arg;
    job->started_ms = rbk_clock_wall_ms();
    stream_init(job, &job->out, RBK_STDOUT);
    stream_init(job, &job->err, RBK_STDERR);
    if (c->input)
        job->input = rbk_strndup(c->input, c->input_len);
    char *line = c->argv ? rbk_shell_join(c->argv) : rbk_strdup(c->shell);
    job->line = rbk_step_output_redacted(step->run->session, line);
    free(line);
    return job;
}

static int spawn(struct rbk_job *job, const struct rbk_command *c, const struct rbk_strv *env, const char *cwd,
                 struct rbk_error *err)
{
    struct rbk_step *step = job->step;
    const struct rbk_session *s = step->run->session;
    const char *shell[8];
    if (!c->argv)
        shell_argv(step, c->shell, shell);
    char *marker = rbk_asprintf("RUNBOOK_MARK=%s/%s", s->root->row.id, step->row.key);
    struct rbk_proc_options options = {
        .argv = c->argv ? c->argv : (char *const *)(void *)shell,
        .env = env->items,
        .cwd = cwd,
        .marker = marker,
        .input = c->input          ? RBK_INPUT_BYTES
                 : step->node->tty ? RBK_INPUT_TTY
                                   : RBK_INPUT_NULL,
        .input_data = job->input,
        .input_len = c->input_len,
        .limits = limits_of(step, c->timeout_ms),
        .on_output = on_output,
        .on_exit = on_exit_of,
        .arg = job,
    };
    int rc = rbk_proc_spawn(s->o.loop, &options, &job->proc, err);
    free(marker);
    return rc;
}

int rbk_command_start(struct rbk_step *step, const struct rbk_command *c, rbk_command_fn *fn, void *arg,
                      struct rbk_error *err)
{
    struct rbk_strv env = {0};
    char *cwd = NULL;
    struct rbk_job *job = job_new(step, c, fn, arg);
    int rc = working_folder(step, c->cwd, &cwd, err);
    if (rc == 0)
        rc = rbk_environ_build(step, c->argv ? NULL : c->shell, c->env, &env, err);
    if (rc == 0)
        rc = spawn(job, c, &env, cwd, err);
    free(cwd);
    rbk_strv_fini(&env);
    if (rc < 0) {
        job_free(job);
        return rc;
    }
    job->next = step->jobs;
    step->jobs = job;
    step->row.session = rbk_proc_session(job->proc);
    return 0;
}

void rbk_command_stop_all(struct rbk_step *step, enum rbk_proc_end reason, bool now)
{
    for (struct rbk_job *job = step->jobs; job; job = job->next)
        rbk_proc_cancel(job->proc, reason, now);
}

void rbk_command_forget_all(struct rbk_step *step)
{
    for (struct rbk_job *job = step->jobs; job; job = job->next)
        job->fn = NULL;
}

static int over_cpu(const struct rbk_proc_result *r, struct rbk_error *err)
{
    char limit[64];
    rbk_quantity_format((struct rbk_quantity){(double)r->exceeded / 1000.0, RBK_UNIT_SECONDS}, limit, sizeof limit);
    return rbk_error_set(err, RBK_EFAIL, "stopped: used more than %s of processor time (limits.cpu)", limit);
}

static int over_memory(const struct rbk_proc_result *r, struct rbk_error *err)
{
    char limit[64];
    rbk_quantity_format((struct rbk_quantity){(double)r->exceeded, RBK_UNIT_BYTES}, limit, sizeof limit);
    const char *by = r->memory_by[0] ? r->memory_by : "proc";
    if (r->by_process)
        return rbk_error_set(err, RBK_EFAIL,
                             "stopped: one process took more than %s of memory (limits.memory_process, watched by %s)",
                             limit, by);
    return rbk_error_set(
        err, RBK_EFAIL, "stopped: its processes took more than %s of memory (limits.memory, watched by %s)", limit, by);
}

int rbk_command_failure(const struct rbk_proc_result *r, struct rbk_error *err)
{
    switch (r->end) {
    case RBK_END_EXIT:
        return r->exit_code == 0 ? 0 : rbk_error_set(err, RBK_EFAIL, "exit status %d", r->exit_code);
    case RBK_END_SIGNAL:
        return rbk_error_set(err, RBK_EFAIL, "killed by signal %d (%s)", r->signal, strsignal(r->signal));
    case RBK_END_TIMEOUT:
        return rbk_error_set(err, RBK_ETIMEOUT, "its time was up");
    case RBK_END_CPU_LIMIT:
        return over_cpu(r, err);
    case RBK_END_MEMORY_LIMIT:
        return over_memory(r, err);
    default:
        return rbk_error_set(err, RBK_ECANCELLED, "cancelled");
    }
}
