/* Spans on their way from the journal into JSON. They are kept in a list with the place of their parent in it, so that
 * each can be widened over what happened below it before any is written. */
#ifndef RBK_OTLP_SPANS_H
#define RBK_OTLP_SPANS_H

#include <base/trace.h>
#include <otlp/attributes.h>
#include <store/journal.h>

#define RBK_OTLP_NO_SPAN ((size_t)-1)

/* Values of the protocol's enumerations (opentelemetry/proto/trace/v1/trace.proto). */
enum rbk_otlp_kind { RBK_OTLP_INTERNAL = 1, RBK_OTLP_SERVER = 2, RBK_OTLP_CLIENT = 3 };
enum rbk_otlp_status { RBK_OTLP_UNSET = 0, RBK_OTLP_ERROR = 2 };

struct rbk_otlp_span {
    char id[RBK_SPAN_ID_SIZE];
    size_t up; /* place of its parent; RBK_OTLP_NO_SPAN */
    char *name, *message;
    enum rbk_otlp_kind kind;
    enum rbk_otlp_status status;
    int64_t start_ms, end_ms;
    rbk_value *attributes, *events; /* lists */
};
struct rbk_otlp_spans { /* zero-initialise */
    struct rbk_otlp_span *items;
    size_t count, cap;
    int64_t dropped; /* beyond RBK_OTLP_SPANS_MAX */
};
enum { RBK_OTLP_SPANS_MAX = 10000 };

/* The place of a new span, RBK_OTLP_NO_SPAN when there are too many. `name` is copied. */
size_t rbk_otlp_span_add(struct rbk_otlp_spans *spans, size_t up, const char *id, const char *name,
                         enum rbk_otlp_kind kind);
void rbk_otlp_span_event(struct rbk_otlp_span *span, int64_t at_ms, const char *name, rbk_value *attributes /*taken*/);
void rbk_otlp_span_failed(struct rbk_otlp_span *span, const char *error_type, const char *message);
/* No span begins after, or ends before, what is below it or happened in it: the wall clock may have been set meanwhile,
 * and a step that is carried out again forgets when it first began. */
void rbk_otlp_spans_widen(struct rbk_otlp_spans *spans);
/* As a list. `trace` is what the first spans hang on; its span may be "". */
rbk_value *rbk_otlp_spans_value(const struct rbk_otlp_spans *spans, const struct rbk_trace_context *trace,
                                const char *tracestate);
void rbk_otlp_spans_fini(struct rbk_otlp_spans *spans);

/* collect.c: the run, its steps and commands, and the runs that it called, below the span at `up`. */
int rbk_otlp_collect_run(struct rbk_store *s, const struct rbk_run_row *run, size_t up, int64_t now_ms,
                         struct rbk_otlp_spans *spans, struct rbk_error *err);

#endif
