/* Reading tables of a runbook file into C: one loop over the pairs of a table, driven by the keys that may stand there
 * (run/keys.h) and one reader per field. Readers find the value on top of the stack and leave it there; they return 0
 * or a negative code with r->err, and do not raise while they own anything. */
#ifndef RBK_LUA_READ_H
#define RBK_LUA_READ_H

#include <lua/load.h>
#include <run/keys.h>

struct rbk_reader {
    struct rbk_lua *lua;
    lua_State *L;
    struct rbk_load *load;
    const char *file;
    int line;          /* of the statement or table */
    const char *where; /* "step \"Build\"", for messages */
    const struct rbk_key *key;
    int key_line;
    struct rbk_error *err;
};

typedef int rbk_read_fn(struct rbk_reader *r, void *at);
struct rbk_field {
    const char *name;
    rbk_read_fn *read;
    size_t offset; /* of the field in the target: `at` */
};

/* Reads the table on top. Every key must be in `keys`, and in `fields` (ends with a NULL name). List items are refused
 * unless `items_too`; the caller reads those. Of several problems the topmost in the file is reported. */
int rbk_read_table(struct rbk_reader *r, const struct rbk_key *keys, const struct rbk_field *fields, void *target,
                   bool items_too);
/* The same for a table that stands at a key: `retry` of step "Build". */
int rbk_read_subtable(struct rbk_reader *r, const struct rbk_key *keys, const struct rbk_field *fields, void *target);

/* "`timeout` of step "x" must be a duration such as "30s", not true", at the key's line. */
int rbk_read_expected(struct rbk_reader *r, const char *what);
int rbk_read_error(struct rbk_reader *r, const char *fmt, ...) RBK_PRINTF(2, 3);

/* Readers of plain fields (read_fields.c). `at` points to what the name says. */
int rbk_read_string(struct rbk_reader *r, void *at);     /* char * */
int rbk_read_name(struct rbk_reader *r, void *at);       /* char *, [a-z][a-z0-9_]* */
int rbk_read_boolean(struct rbk_reader *r, void *at);    /* bool */
int rbk_read_count(struct rbk_reader *r, void *at);      /* int, at least 1 */
int rbk_read_number(struct rbk_reader *r, void *at);     /* double, not negative */
int rbk_read_duration(struct rbk_reader *r, void *at);   /* int64_t, milliseconds */
int rbk_read_size(struct rbk_reader *r, void *at);       /* int64_t, bytes */
int rbk_read_expression(struct rbk_reader *r, void *at); /* struct rbk_expr * */
int rbk_read_strings(struct rbk_reader *r, void *at);    /* struct rbk_strv: a string or a list of them */
int rbk_read_list(struct rbk_reader *r, void *at);       /* rbk_value *: a list */
int rbk_read_map(struct rbk_reader *r, void *at);        /* rbk_value *: a map */
int rbk_read_text_map(struct rbk_reader *r, void *at);   /* rbk_value *: a map of strings; numbers become text */
int rbk_read_on_fail(struct rbk_reader *r, void *at);    /* enum rbk_on_fail */

/* Whole statements. The table is on top of the stack. */
int rbk_read_header(struct rbk_reader *r, struct rbk_plan *plan);
int rbk_read_param(struct rbk_reader *r, struct rbk_param *p); /* p->name and line are set */
int rbk_read_step(struct rbk_reader *r, struct rbk_node *n);
int rbk_read_parallel(struct rbk_reader *r, struct rbk_node *n);

/* Parts of them. */
int rbk_read_body(struct rbk_reader *r, void *at); /* struct rbk_body */
int rbk_read_ask(struct rbk_reader *r, void *at);  /* struct rbk_node: ask, ask_count */

#endif
