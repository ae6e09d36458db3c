/* `capture`: facts out of what a step printed on its standard output. A pattern that matches nothing sets nothing: what
 * reads the fact then is unknown, and asks. */
#include <run/machine.h>

#include <string.h>

static int capture_one(struct rbk_step *step, const struct rbk_capture *capture, struct rbk_error *err)
{
    const struct rbk_session *s = step->run->session;
    char *text = NULL;
    const char *data = step->out.data ? step->out.data : "";
    int rc = s->o.script->match(s->o.host, capture->pattern, data, step->out.len, &text, err);
    if (rc == 1)
        rc = rbk_fact_set(step, capture->name, rbk_fact_from_text(text, strlen(text)), err);
    else if (rc == 0)
        rbk_step_note(step, "capture of \"%s\" found nothing", capture->name);
    free(text);
    return rc;
}

int rbk_capture_facts(struct rbk_step *step, struct rbk_error *err)
{
    int rc = 0;
    bool own = step->role == RBK_ROLE_PLAIN || step->role == RBK_ROLE_ITEM;
    for (size_t i = 0; own && rc == 0 && i < step->node->capture_count; i++)
        rc = capture_one(step, &step->node->captures[i], err);
    return rc;
}
