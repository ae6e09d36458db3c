/* Values: what parameters, facts, options, configuration and JSON documents are made of. A value is an
 * immutable-by-habit tree on the heap with one owner. Lists and maps own their elements; maps keep the order of
 * insertion. Numbers carry a unit, and the spelling a person used ("24h") travels with them. `no data` is a value of
 * its own: measured, nothing there. */
#ifndef RUNBOOK_VALUE_H
#define RUNBOOK_VALUE_H

#include <runbook/error.h>
#include <runbook/units.h>
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum rbk_type { RBK_NULL, RBK_NO_DATA, RBK_BOOL, RBK_INT, RBK_NUMBER, RBK_STRING, RBK_LIST, RBK_MAP };

typedef struct rbk_value rbk_value;

/* Constructors return a new value that the caller owns; running out of memory ends the process. */
RBK_API rbk_value *rbk_null_new(void);
RBK_API rbk_value *rbk_no_data_new(void);
RBK_API rbk_value *rbk_bool_new(bool b);
RBK_API rbk_value *rbk_int_new(int64_t i);
RBK_API rbk_value *rbk_number_new(double n, enum rbk_unit unit);
/* A number that remembers how it was written; `spelling` is copied. */
RBK_API rbk_value *rbk_number_new_spelled(double n, enum rbk_unit unit, const char *spelling);
RBK_API rbk_value *rbk_string_new(const char *s);
RBK_API rbk_value *rbk_string_new_len(const char *s, size_t len);
RBK_API rbk_value *rbk_list_new(void);
RBK_API rbk_value *rbk_map_new(void);
RBK_API rbk_value *rbk_value_dup(const rbk_value *v);
RBK_API void rbk_value_free(rbk_value *v); /* NULL is fine */

RBK_API enum rbk_type rbk_value_type(const rbk_value *v); /* NULL counts as RBK_NULL */
RBK_API bool rbk_value_bool(const rbk_value *v);          /* false unless RBK_BOOL true */
RBK_API int64_t rbk_value_int(const rbk_value *v);        /* RBK_INT, or RBK_NUMBER truncated; else 0 */
RBK_API double rbk_value_number(const rbk_value *v);      /* RBK_NUMBER or RBK_INT, in base units; else 0 */
RBK_API enum rbk_unit rbk_value_unit(const rbk_value *v);
RBK_API const char *rbk_value_string(const rbk_value *v); /* borrowed, NUL-terminated; NULL unless RBK_STRING */
RBK_API size_t rbk_value_length(const rbk_value *v);      /* bytes of a string, elements of a list or map; else 0 */
RBK_API bool rbk_value_equal(const rbk_value *a, const rbk_value *b);

/* Lists. `append` takes ownership of `item`; `at` borrows and returns NULL outside. */
RBK_API void rbk_list_append(rbk_value *list, rbk_value *item);
RBK_API const rbk_value *rbk_list_at(const rbk_value *list, size_t i);

/* Maps. `set` takes ownership of `item` (NULL removes) and copies `key`; `get` borrows, NULL when missing. */
RBK_API void rbk_map_set(rbk_value *map, const char *key, rbk_value *item);
RBK_API const rbk_value *rbk_map_get(const rbk_value *map, const char *key);
RBK_API rbk_value *rbk_map_get_mut(rbk_value *map, const char *key);
RBK_API const char *rbk_map_key_at(const rbk_value *map, size_t i);
RBK_API const rbk_value *rbk_map_value_at(const rbk_value *map, size_t i);
/* Shorthands for building documents. A NULL string becomes null. */
RBK_API void rbk_map_set_string(rbk_value *map, const char *key, const char *s);
RBK_API void rbk_map_set_int(rbk_value *map, const char *key, int64_t i);
RBK_API void rbk_map_set_bool(rbk_value *map, const char *key, bool b);
/* The string at `key`, or NULL. */
RBK_API const char *rbk_map_get_string(const rbk_value *map, const char *key);

/* The value as a person wrote or would write it: "24h", "1.5%", "true", lists one item a line. Heap, free(). */
RBK_API char *rbk_value_text(const rbk_value *v);

/* JSON for the world: numbers in base units, no data as the string "no data". `indent` 0 = one line. Strings that are
 * not UTF-8 have their wrong bytes replaced by U+FFFD. Heap, free(); never NULL. */
RBK_API char *rbk_value_to_json(const rbk_value *v, int indent);
/* Parses one JSON document: integers become RBK_INT, others RBK_NUMBER. Depth is bounded. Errors carry line and column.
 */
RBK_API rbk_value *rbk_value_from_json(const char *text, size_t len, struct rbk_error *err);

/* Lossless text form for the store (units, spelling and no data survive). encode: heap, free(); never NULL. */
RBK_API char *rbk_value_encode(const rbk_value *v);
RBK_API rbk_value *rbk_value_decode(const char *text, size_t len, struct rbk_error *err);

#ifdef __cplusplus
}
#endif
#endif
