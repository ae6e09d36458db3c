/* A reader per step log, opened as the steps appear in the journal; polled four times a second while following. */
#include <cli/log_follow.h>

#include <base/clock.h>
#include <base/fs.h>
#include <base/mem.h>
#include <cli/step_number.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POLL_MS = 250 };

struct followed {
    char *key, *title;
    struct rbk_log_reader *reader;
};

struct following {
    struct rbk_cli *cli;
    const struct rbk_log_follow_options *o;
    struct followed *logs;
    size_t count, cap;
    size_t last; /* 1 + index of the log whose heading was printed last; 0 = none */
    struct rbk_buf out;
    bool final, exists; /* exists: the step that is wanted has begun */
    int rc;
    struct rbk_error *err;
};

static bool step_wanted(const struct following *f, const char *key, const char *id)
{
    const char *step = f->o->step;
    if (!step || strcmp(step, key) == 0 || strcmp(step, id) == 0)
        return true;
    char *number = rbk_step_number(f->o->plan, key);
    bool wanted = strcmp(step, number) == 0;
    free(number);
    return wanted;
}

static bool is_known(const struct following *f, const char *key)
{
    for (size_t i = 0; i < f->count; i++)
        if (strcmp(f->logs[i].key, key) == 0)
            return true;
    return false;
}

static int add_log(void *arg, const struct rbk_step_row *r)
{
    struct following *f = arg;
    if (!step_wanted(f, r->key, r->id))
        return 0;
    f->exists = true;
    if (!r->log || is_known(f, r->key))
        return 0;
    struct rbk_log_reader *reader = NULL;
    char *logs = rbk_path_join(rbk_store_dir(f->cli->store), "logs");
    char *path = rbk_path_join(logs, r->log);
    if (rbk_log_reader_open(path, &reader, NULL) == 0) {
        RBK_GROW(f->logs, f->count, f->cap);
        f->logs[f->count++] = (struct followed){rbk_strdup(r->key), rbk_strdup(r->title), reader};
    }
    free(path);
    free(logs);
    return 0;
}

struct line_context {
    struct following *f;
    const struct followed *log;
};

static void put_json_line(struct following *f, const struct followed *log, int64_t wall_ms, int stream,
                          const char *line, size_t len)
{
    char when[RBK_TIME_SIZE];
    static const char *const streams[] = {"", "stdout", "stderr", "runbook"};
    rbk_value *v = rbk_map_new();
    rbk_time_rfc3339(wall_ms, when);
    rbk_map_set_string(v, "step", log->key);
    rbk_map_set_string(v, "time", when);
    rbk_map_set_string(v, "stream", streams[stream >= 1 && stream <= 3 ? stream : 0]);
    rbk_map_set(v, "text", rbk_string_new_len(line, len));
    char *text = rbk_value_to_json(v, 0);
    rbk_buf_printf(&f->out, "%s\n", text);
    free(text);
    rbk_value_free(v);
}

static void put_text_line(struct following *f, const struct followed *log, int64_t wall_ms, const char *line,
                          size_t len)
{
    char when[RBK_TIME_SIZE];
    size_t mine = (size_t)(log - f->logs) + 1;
    if (f->last != mine && !f->o->step) {
        rbk_style_put(&f->cli->out, &f->out, RBK_BOLD, "== ");
        rbk_style_put(&f->cli->out, &f->out, RBK_BOLD, log->title);
        rbk_buf_putc(&f->out, '\n');
    }
    f->last = mine;
    if (f->o->times) {
        rbk_time_local_hms(wall_ms, when);
        rbk_buf_printf(&f->out, "%s  ", when);
    }
    if (f->cli->out.terminal)
        rbk_escape_terminal(&f->out, line, len);
    else
        rbk_buf_append(&f->out, line, len);
    rbk_buf_putc(&f->out, '\n');
}

/* The reader went away, or the disk is full: a log may be long, and a run that is followed longer. */
static bool nobody_reads(const struct following *f)
{
    return f->cli->out.lost && *f->cli->out.lost;
}

static int put_line(void *arg, int64_t wall_ms, int stream, const char *line, size_t len)
{
    struct line_context *c = arg;
    if (c->f->cli->json)
        put_json_line(c->f, c->log, wall_ms, stream, line, len);
    else
        put_text_line(c->f, c->log, wall_ms, line, len);
    if (c->f->out.len > 65536)
        rbk_style_write(&c->f->cli->out, &c->f->out);
    return nobody_reads(c->f);
}

static int print_what_is_there(struct following *f)
{
    int rc = rbk_journal_steps(f->cli->store, f->o->run, add_log, f, f->err);
    for (size_t i = 0; rc == 0 && i < f->count; i++) {
        struct line_context c = {f, &f->logs[i]};
        rc = rbk_log_reader_poll(f->logs[i].reader, f->final, put_line, &c, f->err);
    }
    rbk_style_write(&f->cli->out, &f->out);
    return rc < 0 ? rc : 0; /* more than 0: nobody reads */
}

static int run_is_over(struct following *f, bool *over)
{
    struct rbk_run_row row = {0};
    int rc = rbk_journal_run_get(f->cli->store, f->o->run, &row, f->err);
    if (rc == 0)
        rc = rbk_report_state(f->cli->store, &row, f->err);
    *over = row.state != RBK_RUN_RUNNING;
    rbk_run_row_fini(&row);
    return rc;
}

/* One look: the state first, then the logs, so that nothing printed before the end is missed. */
static void follow_tick(void *arg)
{
    struct following *f = arg;
    bool over = false;
    f->rc = run_is_over(f, &over);
    f->final = over || !f->o->follow;
    if (f->rc == 0)
        f->rc = print_what_is_there(f);
    if (f->rc < 0 || f->final || nobody_reads(f))
        rbk_loop_stop(f->cli->loop);
}

/* A step may have printed nothing, or not have begun: that is no mistake of the person who asks. */
static int say_why_nothing(const struct following *f, struct rbk_error *err)
{
    bool planned = false;
    for (size_t i = 0; !planned && i < rbk_value_length(f->o->plan); i++) {
        const rbk_value *entry = rbk_list_at(f->o->plan, i);
        planned = step_wanted(f, rbk_map_get_string(entry, "key"), rbk_map_get_string(entry, "id"));
    }
    if (f->exists || planned) {
        fprintf(stderr, "step \"%s\" %s\n", f->o->step, f->exists ? "printed nothing" : "has not begun");
        return 0;
    }
    rbk_error_set(err, RBK_ENOENT, "this run has no step \"%s\"", f->o->step);
    return rbk_error_hint(err, "`runbook status %.12s` shows the steps", f->o->run);
}

int rbk_log_follow(struct rbk_cli *cli, const struct rbk_log_follow_options *o, struct rbk_error *err)
{
    struct following f = {.cli = cli, .o = o, .err = err};
    int rc = rbk_cli_loop(cli, err);
    if (rc < 0)
        return rc;
    struct rbk_timer *timer = rbk_timer_start(cli->loop, 0, POLL_MS, follow_tick, &f);
    rc = rbk_loop_run(cli->loop, err);
    rbk_timer_cancel(&timer);
    rc = rc < 0 ? rc : f.rc;
    if (rc == 0 && o->step && !f.count)
        rc = say_why_nothing(&f, err);
    for (size_t i = 0; i < f.count; i++) {
        rbk_log_reader_close(f.logs[i].reader);
        free(f.logs[i].key);
        free(f.logs[i].title);
    }
    free(f.logs);
    rbk_buf_fini(&f.out);
    return rc;
}
