/* The environment of a step's commands: ours, who the run and the step are, the trace that they belong to, the step's
 * own `env`, the parameters and facts that a shell text names, and the secrets that the step asked for. The later wins.
 */
#include <run/machine.h>

#include <base/trace.h>
#include <string.h>
#include <unistd.h>

/* Puts NAME=value in the place of an earlier NAME. Takes the entry. */
static void env_put(struct rbk_strv *env, char *entry)
{
    size_t name = strcspn(entry, "=") + 1;
    for (size_t i = 0; i < env->count; i++) {
        if (strncmp(env->items[i], entry, name) == 0) {
            free(env->items[i]);
            env->items[i] = entry;
            return;
        }
    }
    rbk_strv_take(env, entry);
}

static void env_set(struct rbk_strv *env, const char *name, const char *value)
{
    env_put(env, rbk_asprintf("%s=%s", name, value));
}

static int put_step_env(struct rbk_step *step, struct rbk_strv *env, struct rbk_error *err)
{
    const rbk_value *map = step->node->env;
    for (size_t i = 0; i < rbk_value_length(map); i++) {
        char *raw = rbk_value_text(rbk_map_value_at(map, i)), *text = NULL;
        int rc = rbk_subst_text(raw, rbk_fact_lookup, step, &text, err);
        free(raw);
        if (rc < 0)
            return rc;
        env_set(env, rbk_map_key_at(map, i), text);
        free(text);
    }
    return 0;
}

static int put_exported(struct rbk_step *step, const char *shell_text, struct rbk_strv *env, struct rbk_error *err)
{
    struct rbk_strv exported = {0};
    int rc = rbk_subst_export(shell_text, rbk_fact_lookup, step, &exported, err);
    for (size_t i = 0; rc == 0 && i < exported.count; i++)
        env_put(env, rbk_strdup(exported.items[i]));
    rbk_strv_fini(&exported);
    return rc;
}

static void put_extra(const rbk_value *extra, struct rbk_strv *env)
{
    for (size_t i = 0; i < rbk_value_length(extra); i++) {
        char *text = rbk_value_text(rbk_map_value_at(extra, i));
        env_set(env, rbk_map_key_at(extra, i), text);
        free(text);
    }
}

static void put_secrets(struct rbk_step *step, struct rbk_strv *env)
{
    for (size_t i = 0; i < step->node->secret.count; i++) {
        const char *name = step->node->secret.items[i];
        const char *value = rbk_map_get_string(step->run->session->secrets, name);
        if (value)
            env_set(env, name, value);
    }
}

static void env_remove(struct rbk_strv *env, const char *name)
{
    size_t len = strlen(name), kept = 0;
    for (size_t i = 0; i < env->count; i++) {
        char *entry = env->items[i];
        if (strncmp(entry, name, len) == 0 && entry[len] == '=')
            free(entry);
        else
            env->items[kept++] = entry;
    }
    env->items[kept] = NULL;
    env->count = kept;
}

/* What the command does belongs below the span of its step. A run that is not traced hands on what it got. */
static void put_trace(const struct rbk_step *step, struct rbk_strv *env)
{
    const struct rbk_session *s = step->run->session;
    const rbk_value *options = s->root->row.options;
    const char *tracestate = rbk_map_get_string(options, RBK_OPTION_TRACESTATE);
    struct rbk_trace_context trace;
    char text[RBK_TRACEPARENT_SIZE];
    if (!s->o.traced)
        return;
    rbk_trace_of_run(rbk_map_get_string(options, RBK_OPTION_TRACEPARENT), s->root->row.id, &trace);
    rbk_span_id(step->run->row.id, step->row.key, 0, trace.span_id);
    rbk_traceparent_format(&trace, text);
    env_set(env, "TRACEPARENT", text);
    if (tracestate)
        env_set(env, "TRACESTATE", tracestate);
    else
        env_remove(env, "TRACESTATE");
}

int rbk_environ_build(struct rbk_step *step, const char *shell_text, const rbk_value *extra, struct rbk_strv *env,
                      struct rbk_error *err)
{
    for (char **e = environ; *e; e++)
        rbk_strv_add(env, *e);
    env_set(env, "RUNBOOK_RUN", step->run->row.id);
    env_set(env, "RUNBOOK_STEP", step->row.key);
    put_trace(step, env);
    int rc = shell_text ? put_exported(step, shell_text, env, err) : 0;
    if (rc == 0)
        rc = put_step_env(step, env, err);
    if (rc == 0) {
        put_secrets(step, env);
        put_extra(extra, env);
    }
    return rc;
}
