/* Where goes what a step prints, once it is free of secrets: the step's log, and whoever watches. The log is made with
 * the first byte, so that a silent step leaves no file. */
#include <run/machine.h>

#include <base/fs.h>
#include <string.h>

static mode_t folder_mode(const struct rbk_session *s)
{
    return s->o.config->state_group ? 02770 : 0700;
}

/* A step's key as a file name. */
static char *file_stem(const struct rbk_step *step)
{
    char *stem = rbk_strdup(step->row.key);
    for (char *c = stem; *c; c++)
        if (*c == '/')
            *c = '.';
    return stem;
}

static char *run_folder(struct rbk_step *step, struct rbk_error *err)
{
    struct rbk_session *s = step->run->session;
    char *dir = rbk_asprintf("%s/logs/%s", rbk_store_dir(s->o.store), step->run->row.id);
    if (rbk_mkdirs(dir, folder_mode(s), err) < 0) {
        free(dir);
        return NULL;
    }
    return dir;
}

char *rbk_step_output_folder(struct rbk_step *step, const char *suffix, struct rbk_error *err)
{
    char *dir = run_folder(step, err);
    if (!dir)
        return NULL;
    char *stem = file_stem(step), *path = rbk_asprintf("%s/%s%s", dir, stem, suffix);
    free(stem);
    free(dir);
    if (rbk_mkdirs(path, folder_mode(step->run->session), err) < 0) {
        free(path);
        path = NULL;
    }
    return path;
}

static int64_t log_bound(const struct rbk_step *step)
{
    int64_t own = step->node->limits.output;
    return own > 0 ? own : step->run->session->o.config->log_max_bytes;
}

static int open_log(struct rbk_step *step, struct rbk_error *err)
{
    struct rbk_session *s = step->run->session;
    char *dir = run_folder(step, err);
    if (!dir)
        return RBK_ESTORE;
    char *stem = file_stem(step), *path = rbk_asprintf("%s/%s.log", dir, stem);
    struct rbk_log_options options = {
        .path = path, .max_bytes = log_bound(step), .mode = s->o.config->state_group ? 0660 : 0600};
    int rc = rbk_log_open(&options, &step->log, err);
    if (rc == 0) {
        free(step->row.log);
        step->row.log = rbk_asprintf("%s/%s.log", step->run->row.id, stem);
        free(step->log_path);
        step->log_path = path;
        path = NULL;
        rbk_record_step(step, RBK_RECORD_SOON); /* so that `logs -f` finds it */
    }
    free(path);
    free(stem);
    free(dir);
    return rc;
}

/* A log that cannot be written is a store that cannot be written. */
static int give_up(struct rbk_step *step, const struct rbk_error *err)
{
    struct rbk_recorder *rec = &step->run->session->recorder;
    if (!rec->failed) {
        rec->failed = true;
        rec->failure = *err;
        rbk_session_fail(step->run->session);
    }
    return RBK_ESTORE;
}

int rbk_step_output_write(struct rbk_step *step, int stream, const char *data, size_t len, bool quiet)
{
    struct rbk_error err = {0};
    if (len == 0 || step->run->session->recorder.failed)
        return 0;
    if (!step->log && open_log(step, &err) < 0)
        return give_up(step, &err);
    if (rbk_log_write(step->log, stream, data, len, rbk_clock_wall_ms(), &err) < 0)
        return give_up(step, &err);
    if (!quiet)
        rbk_observe_output(step, stream, data, len);
    return 0;
}

void rbk_step_output_close(struct rbk_step *step)
{
    struct rbk_error err = {0};
    struct rbk_log *log = step->log;
    step->log = NULL;
    if (log && rbk_log_close(log, &err) < 0)
        give_up(step, &err);
}

char *rbk_step_output_redacted(const struct rbk_session *s, const char *text)
{
    if (!text || rbk_redactor_empty(s->o.redactor))
        return rbk_strdup(text);
    struct rbk_buf out = {0};
    rbk_redact(s->o.redactor, text, strlen(text), &out);
    return rbk_buf_take(&out);
}
