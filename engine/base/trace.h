/* Trace context: the ids by which a run and its steps are known to tracing systems, and the text in which a process
 * hands them to another (W3C Trace Context, https://www.w3.org/TR/trace-context/; in the environment as TRACEPARENT,
 * https://opentelemetry.io/docs/specs/otel/context/env-carriers/).
 *
 * Nothing about them is stored: the id of a trace is the run's ULID, 128 bits in both, and the ids of spans are hashes
 * of what they stand for. So whoever knows a run knows its trace, before, while and after it runs. */
#ifndef RBK_BASE_TRACE_H
#define RBK_BASE_TRACE_H

#include <stdbool.h>
#include <stdint.h>

enum { RBK_TRACE_ID_SIZE = 33, RBK_SPAN_ID_SIZE = 17, RBK_TRACEPARENT_SIZE = 56 };

/* Lower-case hex digits. */
struct rbk_trace_context {
    char trace_id[RBK_TRACE_ID_SIZE], span_id[RBK_SPAN_ID_SIZE];
    bool sampled;
};

/* Reads a traceparent: false when it is none (NULL is none). A version above 00 may be longer. */
bool rbk_traceparent_parse(const char *text, struct rbk_trace_context *out);
void rbk_traceparent_format(const struct rbk_trace_context *c, char out[RBK_TRACEPARENT_SIZE]);

/* The trace of a run that was started, not called: that of `inherited`, a traceparent, with the span that caused the
 * run; or one that begins with it, sampled, with no span (""), when that is NULL or none. */
void rbk_trace_of_run(const char *inherited, const char *run, struct rbk_trace_context *out);
/* The trace that begins with a run: its ULID as a number. */
void rbk_trace_id_of_run(const char *run, char out[RBK_TRACE_ID_SIZE]);
/* The span of a run (step NULL), of a step (command 0), or of the n-th command of a run, n from 1 on. */
void rbk_span_id(const char *run, const char *step, int64_t command, char out[RBK_SPAN_ID_SIZE]);

#endif
