/* A session: what a root run and the runs it calls share in one process. */
#include <run/machine.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *user_name(const struct rbk_run_options *o)
{
    const char *name = o->by;
    if (!name || !*name)
        name = getenv("LOGNAME");
    if (!name || !*name)
        name = getenv("USER");
    return name && *name ? rbk_strdup(name) : rbk_asprintf("uid %u", (unsigned)getuid());
}

struct rbk_session *rbk_session_new(const struct rbk_run_options *o)
{
    struct rbk_session *s = rbk_alloc(sizeof *s);
    s->o = *o;
    s->by = user_name(o);
    s->o.by = s->by;
    s->o.from = s->o.only = NULL;
    s->o.params = NULL;
    if (!s->o.redactor) {
        s->own_redactor = rbk_redactor_new();
        s->o.redactor = s->own_redactor;
    }
    s->secrets = rbk_map_new();
    return s;
}

void rbk_session_free(struct rbk_session *s)
{
    rbk_timer_cancel(&s->poll);
    rbk_net_free(s->net);
    rbk_record_fini(&s->recorder);
    while (s->held) {
        struct rbk_held *held = s->held;
        rbk_locks_drop(s, &held);
    }
    for (size_t i = 0; i < s->plan_count; i++)
        rbk_plan_free(s->plans[i]);
    free(s->plans);
    rbk_value_free(s->secrets);
    rbk_redactor_free(s->own_redactor);
    free(s->by);
    free(s);
}
