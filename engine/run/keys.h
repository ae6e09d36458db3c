/* The words of a runbook file: every key that `runbook`, `param`, `step` and `parallel` take, in the order in which a
 * reader meets them. One table each, shared by the loader (unknown key, wrong type, did you mean), the reference
 * documentation (docs/runbook-file.md is checked against it) and whoever completes keys.
 *
 * `type` is what may stand there, alternatives joined by '|':
 *   string  boolean  integer  number   what Lua has
 *   duration  size                     a string with a unit ("30s", "2GB") or a plain number of seconds, of bytes
 *   expression                         a string in the grammar of run/expr.h
 *   name                               a string [a-z][a-z0-9_]*
 *   list                               a list of the type named before it, or of strings
 *   map                                a table of name = string
 *   any                                what the declared `type` of the same table says
 *   body                               shell string, argv table, function or action
 *   table                              a table with keys of its own: the table named like the key, below */
#ifndef RBK_RUN_KEYS_H
#define RBK_RUN_KEYS_H

#include <base/str.h>

struct rbk_key {
    const char *name, *type, *help;
};

/* Each ends with a NULL name. */
extern const struct rbk_key rbk_runbook_keys[];
extern const struct rbk_key rbk_escalate_keys[];
extern const struct rbk_key rbk_param_keys[];
extern const struct rbk_key rbk_step_keys[];
extern const struct rbk_key rbk_parallel_keys[];
extern const struct rbk_key rbk_retry_keys[];
extern const struct rbk_key rbk_limits_keys[];
extern const struct rbk_key rbk_ask_keys[];

/* The key of that name, or NULL. */
const struct rbk_key *rbk_key_find(const struct rbk_key *keys, const char *name);
/* Does the type list of a key ("string|list") hold this one? */
bool rbk_key_takes(const struct rbk_key *key, const char *type);
/* RBK_EINVAL: "unknown key `rnu` in step "x"", with "did you mean `run`?" or the keys that exist as the hint. `where`
 * says which table it is: "step \"Build\"", "param \"level\"", "retry". */
int rbk_key_unknown(const struct rbk_key *keys, const char *name, const char *where, struct rbk_error *err);

#endif
