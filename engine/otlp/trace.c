/* The trace of a recorded run: which trace it is, its spans, and the request around them
 * (opentelemetry/proto/collector/trace/v1/trace_service.proto). */
#include <otlp/otlp.h>

#include <otlp/spans.h>
#include <stdlib.h>
#include <store/lock.h>

struct tracing {
    struct rbk_run_row run, root;
    struct rbk_trace_context trace; /* its span: what the run's own hangs on, or "" */
    const char *tracestate;
};

static void tracing_fini(struct tracing *t)
{
    rbk_run_row_fini(&t->run);
    rbk_run_row_fini(&t->root);
}

/* A row says `running` until somebody writes otherwise; a run is carried while its lock is held. */
static int correct_state(struct rbk_store *s, struct rbk_run_row *run, struct rbk_error *err)
{
    if (run->state != RBK_RUN_RUNNING)
        return 0;
    int held = rbk_lock_held(s, RBK_LOCK_RUN, run->root ? run->root : run->id, NULL, 0, err);
    if (held == 0)
        run->state = RBK_RUN_INTERRUPTED;
    return held < 0 ? held : 0;
}

static int tracing_open(struct rbk_store *s, const char *run_id, struct tracing *t, struct rbk_error *err)
{
    int rc = rbk_journal_run_get(s, run_id, &t->run, err);
    if (rc == 0)
        rc = correct_state(s, &t->run, err);
    if (rc == 0 && t->run.root)
        rc = rbk_journal_run_get(s, t->run.root, &t->root, err);
    if (rc < 0)
        return rc;
    const struct rbk_run_row *root = t->run.root ? &t->root : &t->run;
    rbk_trace_of_run(rbk_map_get_string(root->options, RBK_OPTION_TRACEPARENT), root->id, &t->trace);
    t->tracestate = rbk_map_get_string(root->options, RBK_OPTION_TRACESTATE);
    if (t->run.parent)
        rbk_span_id(t->run.parent, t->run.parent_step, 0, t->trace.span_id);
    return 0;
}

static rbk_value *list_of(rbk_value *item)
{
    rbk_value *list = rbk_list_new();
    rbk_list_append(list, item);
    return list;
}

static rbk_value *request(const struct tracing *t, const struct rbk_otlp_spans *spans, const rbk_value *resource)
{
    rbk_value *scope = rbk_map_new(), *resource_spans = rbk_map_new(), *document = rbk_map_new();
    rbk_map_set(scope, "scope", rbk_otlp_scope(resource));
    rbk_map_set(scope, "spans", rbk_otlp_spans_value(spans, &t->trace, t->tracestate));
    rbk_map_set(resource_spans, "resource", rbk_otlp_resource(resource, t->run.host));
    rbk_map_set(resource_spans, "scopeSpans", list_of(scope));
    rbk_map_set(document, "resourceSpans", list_of(resource_spans));
    return document;
}

int rbk_otlp_trace(struct rbk_store *s, const char *run_id, const rbk_value *resource, int64_t now_ms, rbk_value **out,
                   struct rbk_error *err)
{
    struct rbk_otlp_spans spans = {0};
    struct tracing t = {0};
    int rc = tracing_open(s, run_id, &t, err);
    if (rc == 0)
        rc = rbk_otlp_collect_run(s, &t.run, RBK_OTLP_NO_SPAN, now_ms, &spans, err);
    if (rc == 0) {
        rbk_otlp_spans_widen(&spans);
        if (spans.dropped)
            rbk_otlp_put_int(spans.items[0].attributes, RBK_OTLP_RUN_DROPPED, spans.dropped);
        *out = request(&t, &spans, resource);
    }
    rbk_otlp_spans_fini(&spans);
    tracing_fini(&t);
    return rc;
}

int rbk_otlp_sampled(struct rbk_store *s, const char *run_id, struct rbk_error *err)
{
    struct tracing t = {0};
    int rc = tracing_open(s, run_id, &t, err);
    tracing_fini(&t);
    return rc < 0 ? rc : t.trace.sampled;
}
