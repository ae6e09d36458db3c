/* `$name`: replacing names in one argument, and exporting them to a shell.
 *
 * In argv and options `$name` or `${name}` is replaced inside that one argument and never re-split; `$$` is a dollar;
 * `$` before anything but a lower-case letter or `{` is itself. An argument that is exactly one name keeps the value's
 * type. */
#ifndef RBK_RUN_SUBST_H
#define RBK_RUN_SUBST_H

#include <run/expr.h>

/* Names that an argument or option reads. ${step.name} reads a fact of a called runbook. */
void rbk_subst_names(const char *text, struct rbk_strv *out);
/* RBK_EINVAL when a `${` is not closed or holds no name. */
int rbk_subst_check(const char *text, struct rbk_error *err);
/* Names that a shell text may read: $name, ${name...}, ${#name}, and those within $((...)). */
void rbk_subst_shell_names(const char *text, struct rbk_strv *out);
/* Replaces in one string. RBK_EINVAL: a name that is not set, or set to no data (its name is in the
 * message). */
int rbk_subst_text(const char *text, rbk_lookup_fn *lookup, void *arg, char **out, struct rbk_error *err);
/* Replaces in every string of a tree; a string that is exactly "$name" becomes the typed value. */
int rbk_subst_value(const rbk_value *v, rbk_lookup_fn *lookup, void *arg, rbk_value **out, struct rbk_error *err);
/* Adds NAME=text, and NAME_seconds / _bytes / _ratio for units, for each known name that the shell text reads. Values
 * over 64 KiB: RBK_EINVAL. */
int rbk_subst_export(const char *text, rbk_lookup_fn *lookup, void *arg, struct rbk_strv *env, struct rbk_error *err);

#endif
