/* Secrets: looked up when the first step asks for one, once per process, from where the configuration says: an
 * environment variable, a file or a command. From then on every byte that is printed passes the redactor that knows
 * it. They go into the environment of the step's commands (its body, its verify, its undo) and nowhere else. */
#include <run/machine.h>

#include <base/fs.h>
#include <stdlib.h>
#include <string.h>

enum { SECRET_MAX = 64 * 1024, COMMAND_MS = 30000 };

struct secret_command {
    struct rbk_step *step;
    const char *name;
    rbk_secret_fn *then;
    struct rbk_buf out;
};

static void add_secret(struct rbk_session *s, const char *name, const char *value, size_t len)
{
    while (len > 0 && (value[len - 1] == '\n' || value[len - 1] == '\r'))
        len--;
    rbk_redactor_add(s->o.redactor, value, len);
    rbk_map_set(s->secrets, name, rbk_string_new_len(value, len));
}

/* The items of a list are secret one by one as well. */
void rbk_secret_hide(const struct rbk_session *s, const rbk_value *v)
{
    char *text = rbk_value_text(v);
    rbk_redactor_add(s->o.redactor, text, strlen(text));
    free(text);
    for (size_t i = 0; rbk_value_type(v) == RBK_LIST && i < rbk_value_length(v); i++)
        rbk_secret_hide(s, rbk_list_at(v, i));
}

static int refuse(const char *name, const char *why, struct rbk_error *err)
{
    return rbk_error_set(err, RBK_EINVAL, "secret \"%s\": %s", name, why);
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
    rbk_secret_fn *then = c->then;
    struct rbk_error why = {0};
    int rc = rbk_command_failure(r, &why);
    if (rc == 0 && c->out.len > 0)
        add_secret(step->run->session, c->name, c->out.data, c->out.len);
    else
        rc = refuse(c->name, rc == 0 ? "its command printed nothing" : why.message, &why);
    rbk_buf_fini(&c->out);
    free(c);
    step->secret = NULL;
    if (rc == 0)
        rc = rbk_secret_lookup(step, then, &why);
    if (rc != 0)
        then(step, rc < 0 ? &why : NULL);
}

static int run_command(struct rbk_step *step, const char *name, const rbk_value *words, rbk_secret_fn *then,
                       struct rbk_error *err)
{
    struct rbk_session *s = step->run->session;
    struct secret_command *c = rbk_alloc(sizeof *c);
    *c = (struct secret_command){.step = step, .name = name, .then = then};
    struct rbk_strv argv = {0};
    for (size_t i = 0; i < rbk_value_length(words); i++)
        rbk_strv_add(&argv, rbk_value_string(rbk_list_at(words, i)));
    char *marker = rbk_asprintf("RUNBOOK_MARK=%s/%s", s->root->row.id, step->row.key);
    struct rbk_proc_options options = {.argv = argv.items,
                                       .cwd = s->o.config->root,
                                       .marker = marker,
                                       .limits = {.wall_ms = COMMAND_MS},
                                       .on_output = on_command_output,
                                       .on_exit = on_command_exit,
                                       .arg = c};
    int rc = argv.count ? rbk_proc_spawn(s->o.loop, &options, &step->secret, err)
                        : rbk_error_set(err, RBK_EINVAL, "its command is empty");
    rbk_strv_fini(&argv);
    free(marker);
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
static int look_up(struct rbk_step *step, const char *name, rbk_secret_fn *then, struct rbk_error *err)
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
        return run_command(step, name, command, then, err);
    return rbk_error_set(err, RBK_EINVAL, "the configuration has none of that name (secrets:)");
}

int rbk_secret_lookup(struct rbk_step *step, rbk_secret_fn *then, struct rbk_error *err)
{
    struct rbk_error why = {0};
    int rc = 1;
    for (size_t i = 0; i < step->node->secret.count && rc > 0; i++) {
        const char *name = step->node->secret.items[i];
        rc = look_up(step, name, then, &why);
        if (rc < 0)
            refuse(name, why.message, err);
    }
    return rc;
}
