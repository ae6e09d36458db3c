/* The blocking door to processes: a loop of its own for one command. */
#include <runbook/exec.h>

#include <base/buf.h>
#include <loop/internal.h>
#include <loop/proc.h>
#include <stdlib.h>
#include <string.h>

enum { OUTPUT_MAX = 1 << 20 };

struct execution {
    struct rbk_loop *loop;
    struct rbk_exec_result *result;
    struct rbk_buf out, err;
    size_t max;
};

static void exec_output(void *arg, enum rbk_stream stream, const char *data, size_t len, int64_t wall_ms)
{
    struct execution *x = arg;
    struct rbk_buf *b = stream == RBK_STDOUT ? &x->out : &x->err;
    size_t room = x->max - b->len;
    (void)wall_ms;
    x->result->truncated |= len > room;
    rbk_buf_append(b, data, len < room ? len : room);
}

static void exec_exit(void *arg, const struct rbk_proc_result *r)
{
    struct execution *x = arg;
    x->result->exit_code = r->exit_code;
    x->result->signal = r->signal;
    x->result->timed_out = r->end == RBK_END_TIMEOUT;
    x->result->over_limit = r->end == RBK_END_CPU_LIMIT || r->end == RBK_END_MEMORY_LIMIT;
    x->result->duration_ms = r->duration_ms;
    x->result->cpu_ms = r->cpu_ms;
    x->result->max_rss_kb = r->max_rss_kb;
    x->result->leftovers = r->leftovers;
    rbk_loop_stop(x->loop);
}

int rbk_exec(const struct rbk_exec_options *o, struct rbk_exec_result *result, struct rbk_error *err)
{
    struct execution x = {.result = result, .max = o->output_max ? o->output_max : OUTPUT_MAX};
    struct rbk_proc_options options = {
        .argv = o->argv,
        .env = o->env,
        .cwd = o->cwd,
        .input = o->input ? RBK_INPUT_BYTES : RBK_INPUT_NULL,
        .input_data = o->input,
        .input_len = o->input_len,
        .limits = {.wall_ms = o->timeout_ms, .cpu_ms = o->cpu_ms, .memory_tree = o->memory},
        .on_output = exec_output,
        .on_exit = exec_exit,
        .arg = &x,
    };
    struct rbk_proc *proc = NULL;
    memset(result, 0, sizeof *result);
    int rc = rbk_loop_new(&x.loop, err);
    if (rc == 0) {
        x.loop->is_guest = true;
        rc = rbk_proc_spawn(x.loop, &options, &proc, err);
    }
    if (rc == 0)
        rc = rbk_loop_run(x.loop, err);
    result->out_len = x.out.len;
    result->err_len = x.err.len;
    result->out = rbk_buf_take(&x.out);
    result->err = rbk_buf_take(&x.err);
    if (rc < 0)
        rbk_exec_result_fini(result);
    if (x.loop)
        rbk_loop_free(x.loop);
    return rc;
}

void rbk_exec_result_fini(struct rbk_exec_result *result)
{
    free(result->out);
    free(result->err);
    result->out = result->err = NULL;
}
