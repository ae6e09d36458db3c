/* A rota that is a command: another system knows who is on call. It is run in the project's folder, waited for, and
 * the first line that it prints is the name. */
#include <incident/oncall.h>

#include <base/mem.h>
#include <loop/proc.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { OUTPUT_MAX = 4096, NAME_MAX_BYTES = 200 };

struct asking {
    struct rbk_buf out;
    struct rbk_proc_result result;
};

static void on_output(void *arg, enum rbk_stream stream, const char *data, size_t len, int64_t wall_ms)
{
    struct asking *a = arg;
    size_t room = OUTPUT_MAX - a->out.len;
    (void)wall_ms;
    if (stream == RBK_STDOUT)
        rbk_buf_append(&a->out, data, len < room ? len : room);
}

static void on_exit_of(void *arg, const struct rbk_proc_result *result)
{
    struct asking *a = arg;
    a->result = *result;
}

static int run_command(const struct rbk_config *config, const rbk_value *row, struct asking *a, struct rbk_error *err)
{
    const rbk_value *words = rbk_map_get(row, "command");
    struct rbk_strv argv = {0};
    struct rbk_loop *loop = NULL;
    struct rbk_proc *proc = NULL;
    for (size_t i = 0; i < rbk_value_length(words); i++)
        rbk_strv_add(&argv, rbk_value_string(rbk_list_at(words, i)));
    struct rbk_proc_options o = {.argv = argv.items,
                                 .cwd = config->root,
                                 .limits.wall_ms = llround(rbk_value_number(rbk_map_get(row, "timeout")) * 1000),
                                 .grace_ms = 500,
                                 .on_output = on_output,
                                 .on_exit = on_exit_of,
                                 .arg = a};
    int rc = rbk_loop_new(&loop, err);
    if (rc == 0)
        rc = rbk_proc_spawn(loop, &o, &proc, err);
    if (rc == 0)
        rc = rbk_loop_run(loop, err);
    if (loop)
        rbk_loop_free(loop);
    rbk_strv_fini(&argv);
    return rc;
}

/* The first line that says something, without the blanks around it. */
static char *first_line(const struct rbk_buf *out)
{
    const char *at = out->data ? out->data + strspn(out->data, " \t\r\n") : "";
    size_t len = strcspn(at, "\r\n");
    while (len > 0 && (at[len - 1] == ' ' || at[len - 1] == '\t'))
        len--;
    struct rbk_buf clean = {0};
    rbk_escape_terminal(&clean, at, len < NAME_MAX_BYTES ? len : NAME_MAX_BYTES);
    return rbk_buf_take(&clean);
}

static int failure(const char *rota, const struct asking *a, struct rbk_error *err)
{
    if (a->result.end == RBK_END_TIMEOUT)
        rbk_error_set(err, RBK_EFAIL, "the command of the rota %s did not end in time", rota);
    else if (a->result.end != RBK_END_EXIT || a->result.exit_code != 0)
        rbk_error_set(err, RBK_EFAIL, "the command of the rota %s failed, exit %d", rota, a->result.exit_code);
    else
        rbk_error_set(err, RBK_EFAIL, "the command of the rota %s printed nothing", rota);
    return rbk_error_hint(err, "run it by hand in the project's folder: it prints one name and exits 0");
}

int rbk_rota_ask(const struct rbk_config *config, const char *rota, char **who, struct rbk_error *err)
{
    const rbk_value *row = rbk_map_get(rbk_config_get(config, "oncall"), rota);
    struct asking a = {0};
    *who = NULL;
    int rc = run_command(config, row, &a, err);
    if (rc == 0 && a.result.end == RBK_END_EXIT && a.result.exit_code == 0)
        *who = first_line(&a.out);
    if (rc == 0 && (!*who || !**who)) {
        free(*who);
        *who = NULL;
        rc = failure(rota, &a, err);
    }
    rbk_buf_fini(&a.out);
    return rc;
}
