/* A chunk: up to CHUNK_MAX samples of one series, in order of time, in few bytes. Times are kept as differences of
 * differences, as in Gorilla (Pelkonen et al., "Gorilla: A Fast, Scalable, In-Memory Time Series Database", VLDB 2015);
 * values that are decimals become integers of a common scale and are packed like the times, others are XORed with their
 * predecessor as in the same paper. Every double comes back bit by bit. */
#ifndef RBK_METRICS_CHUNK_H
#define RBK_METRICS_CHUNK_H

#include <metrics/bytes.h>
#include <metrics/samples.h>

enum { CHUNK_MAX = 4096 };

/* Appends the chunk of n samples (1 to CHUNK_MAX). */
void chunk_encode(const int64_t *at_ms, const double *value, size_t n, struct rbk_buf *out);
/* Appends its samples. RBK_EMALFORMED when the bytes are no chunk; nothing was appended then. */
int chunk_decode(const void *data, size_t len, struct samples *out, struct rbk_error *err);

/* The values alone, into `out`, which has room for CHUNK_MAX: how many there are, or RBK_EMALFORMED. */
int chunk_decode_values(const void *data, size_t len, double *out, struct rbk_error *err);

/* ---- its parts, for chunks of summaries (summary_chunk.c) */
enum { CHUNK_OF_SUMMARIES = 14 }; /* in place of the coding */
void times_put(const int64_t *at_ms, size_t n, struct rbk_buf *out);
bool times_get(struct bytes *in, size_t n, int64_t *out);
/* The same in the shorter of two ways; true: line_get reads it, not times_get. */
bool times_put_shorter(const int64_t *at_ms, size_t n, struct rbk_buf *out);
bool line_get(struct bytes *in, size_t n, int64_t *out);
bool times_skip(struct bytes *in, size_t n, bool by_line);
/* Values behind one byte that says how they are coded. */
void values_put(const double *v, size_t n, struct rbk_buf *out);
bool values_get(struct bytes *in, size_t n, double *out);
int chunk_damaged(struct rbk_error *err); /* RBK_EMALFORMED */

/* ---- ints.c: integers by frame of reference with patched exceptions */
void ints_pack(const int64_t *v, size_t n, struct rbk_buf *out);
bool ints_unpack(struct bytes *in, size_t n, int64_t *out);
bool ints_skip(struct bytes *in, size_t n);

/* ---- xor.c: doubles by XOR with their predecessor */
void xor_pack(const double *v, size_t n, struct rbk_buf *out);
bool xor_unpack(struct bytes *in, size_t n, double *out);

#endif
