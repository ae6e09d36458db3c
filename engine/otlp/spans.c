/* See spans.h. */
#include <otlp/spans.h>

#include <base/mem.h>
#include <stdlib.h>

size_t rbk_otlp_span_add(struct rbk_otlp_spans *spans, size_t up, const char *id, const char *name,
                         enum rbk_otlp_kind kind)
{
    if (spans->count >= RBK_OTLP_SPANS_MAX) {
        spans->dropped++;
        return RBK_OTLP_NO_SPAN;
    }
    RBK_GROW(spans->items, spans->count, spans->cap);
    struct rbk_otlp_span *span = &spans->items[spans->count];
    *span = (struct rbk_otlp_span){
        .up = up, .name = rbk_strdup(name), .kind = kind, .attributes = rbk_list_new(), .events = rbk_list_new()};
    for (size_t i = 0; i < sizeof span->id && id[i]; i++)
        span->id[i] = id[i];
    return spans->count++;
}

static void widen(struct rbk_otlp_span *span, int64_t start_ms, int64_t end_ms)
{
    if (start_ms > 0 && (span->start_ms <= 0 || start_ms < span->start_ms))
        span->start_ms = start_ms;
    if (end_ms > span->end_ms)
        span->end_ms = end_ms;
}

void rbk_otlp_span_event(struct rbk_otlp_span *span, int64_t at_ms, const char *name, rbk_value *attributes)
{
    rbk_value *event = rbk_map_new();
    rbk_otlp_set_time(event, "timeUnixNano", at_ms);
    rbk_map_set_string(event, "name", name);
    rbk_map_set(event, "attributes", attributes);
    rbk_list_append(span->events, event);
    widen(span, at_ms, at_ms);
}

void rbk_otlp_span_failed(struct rbk_otlp_span *span, const char *error_type, const char *message)
{
    span->status = RBK_OTLP_ERROR;
    span->message = rbk_strdup(message);
    rbk_otlp_put_string(span->attributes, RBK_OTLP_ERROR_TYPE, error_type);
}

void rbk_otlp_spans_widen(struct rbk_otlp_spans *spans)
{
    for (size_t i = 0; i < spans->count; i++) {
        struct rbk_otlp_span *span = &spans->items[i];
        widen(span, span->end_ms, span->start_ms); /* one that has not begun, or not ended, is a point */
        for (size_t up = span->up; up != RBK_OTLP_NO_SPAN; up = spans->items[up].up)
            widen(&spans->items[up], span->start_ms, span->end_ms);
    }
}

static rbk_value *status_value(const struct rbk_otlp_span *span)
{
    rbk_value *status = rbk_map_new();
    if (span->status != RBK_OTLP_UNSET)
        rbk_map_set_int(status, "code", span->status);
    if (span->message)
        rbk_map_set_string(status, "message", span->message);
    return status;
}

static rbk_value *span_value(const struct rbk_otlp_spans *spans, const struct rbk_otlp_span *span,
                             const struct rbk_trace_context *trace, const char *tracestate)
{
    const char *parent = span->up == RBK_OTLP_NO_SPAN ? trace->span_id : spans->items[span->up].id;
    rbk_value *v = rbk_map_new();
    rbk_map_set_string(v, "traceId", trace->trace_id);
    rbk_map_set_string(v, "spanId", span->id);
    if (*parent)
        rbk_map_set_string(v, "parentSpanId", parent);
    if (tracestate)
        rbk_map_set_string(v, "traceState", tracestate);
    rbk_map_set_string(v, "name", span->name);
    rbk_map_set_int(v, "kind", span->kind);
    rbk_otlp_set_time(v, "startTimeUnixNano", span->start_ms);
    rbk_otlp_set_time(v, "endTimeUnixNano", span->end_ms);
    rbk_map_set(v, "attributes", rbk_value_dup(span->attributes));
    if (rbk_value_length(span->events))
        rbk_map_set(v, "events", rbk_value_dup(span->events));
    rbk_map_set(v, "status", status_value(span));
    return v;
}

rbk_value *rbk_otlp_spans_value(const struct rbk_otlp_spans *spans, const struct rbk_trace_context *trace,
                                const char *tracestate)
{
    rbk_value *list = rbk_list_new();
    for (size_t i = 0; i < spans->count; i++)
        rbk_list_append(list, span_value(spans, &spans->items[i], trace, tracestate));
    return list;
}

void rbk_otlp_spans_fini(struct rbk_otlp_spans *spans)
{
    for (size_t i = 0; i < spans->count; i++) {
        free(spans->items[i].name);
        free(spans->items[i].message);
        rbk_value_free(spans->items[i].attributes);
        rbk_value_free(spans->items[i].events);
    }
    free(spans->items);
    *spans = (struct rbk_otlp_spans){0};
}
