/* One file being loaded: the plan as it grows, and every statement (`runbook`, `param`, `step`, `parallel`) in the
 * order in which the file declared them. Owned by rbk_lua_load_*, which frees it whatever the script does. */
#ifndef RBK_LUA_LOAD_H
#define RBK_LUA_LOAD_H

#include <lua/state.h>
#include <run/plan.h>

enum rbk_statement_kind { RBK_STATEMENT_RUNBOOK, RBK_STATEMENT_PARAM, RBK_STATEMENT_STEP, RBK_STATEMENT_PARALLEL };

struct rbk_statement {
    enum rbk_statement_kind kind;
    char *title, *file;
    int line;
    bool complete;         /* its table has been read */
    bool attached;         /* it is the child of a parallel, not a step of the plan */
    struct rbk_node *node; /* STEP, PARALLEL: owned until the plan or a parallel has it */
};

/* What is wrong with one file, for whoever wants all of it. Zero-initialised; see rbk_lua_load_all. */
struct rbk_load_problems {
    struct rbk_error *items;
    size_t count, cap;
};

struct rbk_load {
    struct rbk_lua *lua;
    struct rbk_load_problems *problems; /* NULL: the first one ends the load */
    struct rbk_plan *plan;
    const char *path, *text; /* borrowed */
    size_t len;
    unsigned long serial; /* tells the statements of this load from those of an earlier one */
    struct rbk_statement *statements;
    size_t count, cap;
    size_t line_offset; /* where line `line_number` starts in text: searches go forward from here */
    int line_number;
};

/* Keeps a problem. False: it ends the load, since nobody wants more, or there are too many. */
bool rbk_load_note(struct rbk_load *load, const struct rbk_error *e);
/* Tells them in the order of the file, and frees them. */
void rbk_load_problems_tell(struct rbk_load_problems *p, rbk_problem_fn *fn, void *arg);

/* The line, at or after `from`, that writes `key =` in the statement that starts at `from`; `from` when it is not
 * found. Errors point there instead of to the top of the table. */
int rbk_load_key_line(struct rbk_load *load, const char *file, int from, const char *key);
/* The text of lines first..last, heap; "" when they are not there. */
char *rbk_load_lines(const char *text, size_t len, int first, int last);

/* Turns what luaL_loadbuffer says about text into an error at file:line with a hint. [-0, +0, -] */
void rbk_syntax_error(const char *path, const char *text, size_t len, const char *message, struct rbk_error *err);

#endif
