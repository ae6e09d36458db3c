/* Starting a fresh run, and what the outside may read of one. */
#include <run/check.h>
#include <run/machine.h>

static void on_begin(void *arg)
{
    rbk_run_begin(arg);
}

static bool is_wanted(void *arg, const struct rbk_node *node)
{
    return !rbk_select_skip(arg, node);
}

static int check(struct rbk_run *run, const struct rbk_run_options *o, struct rbk_error *err)
{
    int rc = rbk_select_resolve(run, o->from, o->only, err);
    if (rc == 0)
        rc = rbk_plan_check_needs(run->plan, o->config, is_wanted, run, err);
    return rc == 0 ? rbk_call_check(run->session, run->plan, err) : rc;
}

int rbk_run_check(const struct rbk_plan *plan, const struct rbk_run_options *o, struct rbk_error *err)
{
    struct rbk_run *run = rbk_run_new(rbk_session_new(o), plan, o->params);
    int rc = check(run, o, err);
    rbk_run_free(run);
    return rc;
}

static int prepare(struct rbk_run *run, const struct rbk_run_options *o, struct rbk_error *err)
{
    int rc = check(run, o, err);
    if (rc == 0)
        rc = rbk_proc_become_subreaper(err);
    return rc == 0 ? rbk_run_open(run, err) : rc;
}

int rbk_run_start(const struct rbk_plan *plan, const struct rbk_run_options *o, struct rbk_run **out,
                  struct rbk_error *err)
{
    struct rbk_run *run = rbk_run_new(rbk_session_new(o), plan, o->params);
    int rc = prepare(run, o, err);
    if (rc < 0) {
        rbk_run_free(run);
        return rc;
    }
    rbk_loop_defer(o->loop, on_begin, run);
    *out = run;
    return 0;
}

const char *rbk_run_id(const struct rbk_run *run)
{
    return run->row.id;
}

const char *rbk_run_short_id(const struct rbk_run *run)
{
    return run->short_id;
}

const struct rbk_plan *rbk_run_plan(const struct rbk_run *run)
{
    return run->plan;
}

const rbk_value *rbk_run_params(const struct rbk_run *run)
{
    return run->row.params;
}

const rbk_value *rbk_run_facts(const struct rbk_run *run)
{
    return run->facts;
}

enum rbk_run_state rbk_run_get_state(const struct rbk_run *run)
{
    return run->row.state;
}

int rbk_run_exit(const struct rbk_run *run)
{
    return run->row.exit;
}

int64_t rbk_run_duration_ms(const struct rbk_run *run)
{
    return run->ended ? run->row.duration_ms : run->before_ms + (rbk_clock_mono_ms() - run->began_ms);
}

const char *rbk_run_reason(const struct rbk_run *run)
{
    return run->row.reason;
}

const struct rbk_run *rbk_run_parent(const struct rbk_run *run)
{
    return run->parent;
}
