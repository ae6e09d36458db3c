/* The one redacting writer: secrets are registered once, and every byte that a process prints passes a stream before it
 * reaches disk, terminal, database or network. A secret is found in plain form and as base64 (all three alignments,
 * both alphabets), hex (both cases), URL-encoded, JSON-escaped, XML-escaped and shell-quoted, across any chunk
 * boundary. Every occurrence is covered, occurrences that overlap by one `***`. Each line of a secret with several
 * lines counts as a secret when it has at least 8 bytes. Without secrets a stream costs nothing: the input is handed on
 * untouched. */
#ifndef RBK_BASE_REDACT_H
#define RBK_BASE_REDACT_H

#include <base/buf.h>
#include <stdbool.h>
#include <stddef.h>

struct rbk_redactor; /* the set of secrets */
struct rbk_redactor *rbk_redactor_new(void);
void rbk_redactor_free(struct rbk_redactor *r);
/* Registers one secret. Shorter than 4 bytes is refused (it would blank ordinary text): returns false. */
bool rbk_redactor_add(struct rbk_redactor *r, const char *secret, size_t len);
bool rbk_redactor_empty(const struct rbk_redactor *r);
/* A whole text at once: appends the redacted form. r may be NULL. */
void rbk_redact(const struct rbk_redactor *r, const char *text, size_t len, struct rbk_buf *out);
/* True when the text holds a registered secret in any form. */
bool rbk_redact_matches(const struct rbk_redactor *r, const char *text, size_t len);

/* A stream keeps back the bytes that may be the start of a secret until they are known not to be. */
struct rbk_redact_stream {
    const struct rbk_redactor *set;
    struct rbk_buf held;
    size_t covered; /* bytes at the front of `held` that belong to a secret already replaced */
};
typedef void rbk_bytes_fn(void *arg, const char *data, size_t len);
void rbk_redact_stream_init(struct rbk_redact_stream *s, const struct rbk_redactor *set); /* set may be NULL */
void rbk_redact_feed(struct rbk_redact_stream *s, const char *data, size_t len, rbk_bytes_fn *sink, void *arg);
void rbk_redact_flush(struct rbk_redact_stream *s, rbk_bytes_fn *sink, void *arg); /* at the end of the stream */
void rbk_redact_stream_fini(struct rbk_redact_stream *s);

#endif
