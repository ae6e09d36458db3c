/* Verbs and actions. A verb of stdlib says what can be done: options, facts, whether it writes, how to undo and how to
 * perform it. Calling a verb does nothing but check the options and give an action: a value that a step's `run` takes,
 * that the engine can show, hash, undo and perform. */
#ifndef RBK_LUA_VERB_H
#define RBK_LUA_VERB_H

#include <lua.h>
#include <run/plan.h>

struct rbk_verb_option {
    struct rbk_param param;
    bool any; /* type "any": no check; lists and maps pass as they are */
};

struct rbk_verb_fact {
    char *name;
    enum rbk_unit unit; /* that a plain number gets */
};

/* A userdata; its user value 1 is the table that stdlib wrote. */
struct rbk_verb {
    char *name, *help;
    struct rbk_verb_option *options;
    size_t option_count;
    struct rbk_verb_fact *sets;
    size_t set_count;
};
enum { RBK_VERB_SPEC = 1 };

/* A userdata; user value 1 is its verb, 2 the action that undoes it or nil. */
struct rbk_action {
    const struct rbk_verb *verb;
    rbk_value *options; /* typed where they do not hold a $name */
    bool writes;
    char file[256]; /* where it was written */
    int line;
};
enum { RBK_ACTION_VERB = 1, RBK_ACTION_UNDO = 2 };

/* verb { .. }: for stdlib. [-1, +1, v] */
int rbk_verb_new(lua_State *L);
/* The verb, the action at idx, or NULL. Never raise. */
const struct rbk_verb *rbk_lua_to_verb(lua_State *L, int idx);
struct rbk_action *rbk_lua_to_action(lua_State *L, int idx);

/* A call of the verb with one table: pushes the action. The verb is at index 1, the table at 2. [-2, +1, v] */
int rbk_verb_call(lua_State *L);
/* Types the options of a verb: unknown names, wrong types and missing ones are errors. Before `final`, strings that
 * hold a $name pass as they are. *out is a new map. Lua-free. */
int rbk_verb_type_options(const struct rbk_verb *verb, const rbk_value *given, bool final, rbk_value **out,
                          struct rbk_error *err);
/* Describes the action at idx in a plan: all of the body but its `script`. Never raises. */
void rbk_action_describe(lua_State *L, int idx, struct rbk_body *body);

#endif
