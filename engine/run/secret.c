/* Secrets: looked up when the first step asks for one, once per process, from where the configuration says: an
 * environment variable, a file or a command. From then on every byte that is printed passes the redactor that knows
 * it. They go into the environment of the step's commands and nowhere else. */
#include <run/machine.h>

#include <base/fs.h>
#include <stdlib.h>
#include <string.h>

enum { SECRET_MAX = 64 * 1024, COMMAND_MS = 30000 };

struct secret_command {
    struct rbk_step *step;
    const char *name;
    struct rbk_buf out;
};

static void add_secret(struct rbk_session *s, const char *name, const char *value, size_t len)
{
    while (len > 0 && (value[len - 1] == '\n' || value[len - 1] == '\r'))
        len--;
    rbk_redactor_add(s->o.redactor, value, len);
    rbk_map_set(s->secrets, name, rbk_string_new_len(value, len));
}

static void fail(struct rbk_step *step, const char *name, const char *why)
{
    char *text = rbk_asprintf("secret \"%s\": %s", name, why);
    rbk_step_end(step, RBK_STEP_FAILED, text);
    free(text);
}

static void on_command_output(void *arg, enum rbk_stream stream, const char *data, size_t len, int64_t wall_ms)
{
    struct secret_command *c = arg;
    (void)wall_ms;
    if (stream == RBK_STDOUT && c->out.len + len <= SECRET_MAX)
        rbk_buf_append(&c->out, data, len);
}

static void on_command_exit(void *arg, const struct rbk_proc_result *r)
{
    struct secret_command *c = arg;
    struct rbk_step *step = c->step;
    struct rbk_error why = {0};
    const char *name = c->name;
    bool good = rbk_command_failure(r, &why) == 0;
    if (good && c->out.len > 0)
        add_secret(step->run->session, name, c->out.data, c->out.len);
    rbk_buf_fini(&c->out);
    free(c);
    step->secret = NULL;
    if (step->stop)
        rbk_step_end_stopped(step);
    else if (!good || !rbk_map_get(step->run->session->secrets, name))
        fail(step, name, good ? "its command printed nothing" : why.message);
    else
        rbk_step_go(step);
}

static int run_command(struct rbk_step *step, const char *name, const rbk_value *words, struct rbk_error *err)
{
    struct rbk_session *s = step->run->session;
    struct secret_command *c = rbk_alloc(sizeof *c);
    *c = (struct secret_command){.step = step, .name = name};
    struct rbk_strv argv = {0};
    for (size_t i = 0; i < rbk_value_length(words); i++)
        rbk_strv_add(&argv, rbk_value_string(rbk_list_at(words, i)));
    struct rbk_proc_options options = {.argv = argv.items,
                                       .cwd = s->o.config->root,
                                       .limits = {.wall_ms = COMMAND_MS},
                                       .on_output = on_command_output,
                                       .on_exit = on_command_exit,
                                       .arg = c};
    int rc = argv.count ? rbk_proc_spawn(s->o.loop, &options, &step->secret, err)
                        : rbk_error_set(err, RBK_EINVAL, "its command is empty");
    rbk_strv_fini(&argv);
    if (rc < 0)
        free(c);
    return rc;
}

static int from_file(struct rbk_session *s, const char *name, const char *file, struct rbk_error *err)
{
    struct rbk_buf text = {0};
    char *path = rbk_path_join(s->o.config->root, file);
    int rc = rbk_file_read(path, SECRET_MAX, &text, err);
    if (rc == 0)
        add_secret(s, name, text.data ? text.data : "", text.len);
    rbk_buf_fini(&text);
    free(path);
    return rc;
}

static int from_env(struct rbk_session *s, const char *name, const char *variable, struct rbk_error *err)
{
    const char *value = getenv(variable);
    if (!value)
        return rbk_error_set(err, RBK_EINVAL, "the environment variable %s is not set", variable);
    add_secret(s, name, value, strlen(value));
    return 0;
}

/* 1 when it is there, 0 when it will be (a command runs), negative when it cannot be had. */
static int look_up(struct rbk_step *step, const char *name, struct rbk_error *err)
{
    struct rbk_session *s = step->run->session;
    if (rbk_map_get(s->secrets, name))
        return 1;
    const rbk_value *source = rbk_map_get(s->o.config->secrets, name);
    const char *env = rbk_map_get_string(source, "env"), *file = rbk_map_get_string(source, "file");
    const rbk_value *command = rbk_map_get(source, "command");
    if (env)
        return from_env(s, name, env, err) < 0 ? RBK_EINVAL : 1;
    if (file)
        return from_file(s, name, file, err) < 0 ? RBK_EINVAL : 1;
    if (command)
        return run_command(step, name, command, err);
    return rbk_error_set(err, RBK_EINVAL, "the configuration has none of that name (secrets:)");
}

/* The secrets phase. A command's answer comes back to it: what was found is not looked for again. */
bool rbk_secret_lookup(struct rbk_step *step)
{
    struct rbk_error why = {0};
    for (size_t i = 0; i < step->node->secret.count; i++) {
        const char *name = step->node->secret.items[i];
        int rc = look_up(step, name, &why);
        if (rc < 0)
            fail(step, name, why.message);
        if (rc <= 0)
            return false;
    }
    return true;
}
