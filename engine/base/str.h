/* Strings: the one grammar of names, slugs, suggestions, quoting, and lists of strings. */
#ifndef RBK_BASE_STR_H
#define RBK_BASE_STR_H

#include <base/buf.h>
#include <runbook/value.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A list of owned strings; items[count] is NULL, so items can serve as argv. Zero-initialise. */
struct rbk_strv {
    char **items;
    size_t count, cap;
};
void rbk_strv_add(struct rbk_strv *v, const char *s);
void rbk_strv_take(struct rbk_strv *v, char *s); /* takes ownership of s */
bool rbk_strv_has(const struct rbk_strv *v, const char *s);
void rbk_strv_fini(struct rbk_strv *v);

/* Names of params, facts and step ids: [a-z][a-z0-9_]*, at most 64 bytes. */
bool rbk_name_ok(const char *s);
/* Ids of runbooks: segments [a-z0-9][a-z0-9_-]* joined by '/', at most 128 bytes. */
bool rbk_runbook_id_ok(const char *s);
/* A title as a name: "Check recent code changes" -> check_recent_code_changes. At most 64 bytes; "step" when nothing is
 * left; a leading digit gets "s_". Heap, free(). */
char *rbk_slug(const char *title);
/* The candidate nearest to `word` when it is near enough to be a slip (Damerau-Levenshtein, at most a third of the
 * length), else NULL. Borrowed. */
const char *rbk_did_you_mean(const char *word, const char *const *candidates, size_t count);

bool rbk_starts_with(const char *s, const char *prefix);
bool rbk_ends_with(const char *s, const char *suffix);

/* Appends `s` quoted so that a POSIX shell reads it back as one word; plain words stay plain. */
void rbk_shell_quote(struct rbk_buf *out, const char *s);
/* A whole argv as a line that can be pasted. Heap, free(). */
char *rbk_shell_join(char *const *argv);

/* Appends bytes made safe for a terminal or a plain log: control bytes (but \n and \t) become \xNN, wrong UTF-8 becomes
 * U+FFFD, and so do bidirectional overrides and zero-width characters. CSI colour sequences are removed. */
void rbk_escape_terminal(struct rbk_buf *out, const char *s, size_t len);
/* Appends s as a JSON string, wrong UTF-8 replaced by U+FFFD; and what stands between its quotes alone. */
void rbk_json_string(struct rbk_buf *out, const char *s, size_t len);
void rbk_json_escape(struct rbk_buf *out, const char *s, size_t len);
/* Appends what rbk_value_to_json gives, as it stands `depth` levels down in a larger document. */
void rbk_json_append(struct rbk_buf *out, const rbk_value *v, int indent, int depth);
/* Columns that a UTF-8 string takes in a terminal (wcwidth-like: wide = 2, combining = 0). */
size_t rbk_display_width(const char *s, size_t len);
/* The longest prefix, in bytes, that takes at most `columns`. */
size_t rbk_display_prefix(const char *s, size_t len, size_t columns);

/* FNV-1a 64 (http://www.isthe.com/chongo/tech/comp/fnv/): change detection, not security. Start with RBK_HASH_INIT. */
#define RBK_HASH_INIT UINT64_C(0xcbf29ce484222325)
uint64_t rbk_hash(uint64_t h, const void *data, size_t len);

#endif
