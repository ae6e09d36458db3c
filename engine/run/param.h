/* Parameters and typed answers: declaration, parsing of what a person wrote, and the message when it does not fit. */
#ifndef RBK_RUN_PARAM_H
#define RBK_RUN_PARAM_H

#include <base/str.h>
#include <runbook/value.h>

enum rbk_param_type {
    RBK_PARAM_STRING,
    RBK_PARAM_INTEGER,
    RBK_PARAM_NUMBER,
    RBK_PARAM_BOOLEAN,
    RBK_PARAM_DURATION,
    RBK_PARAM_SIZE,
    RBK_PARAM_PERCENT,
    RBK_PARAM_CHOICE,
    RBK_PARAM_PATH,
    RBK_PARAM_LIST
};

struct rbk_param {
    char *name, *help;
    enum rbk_param_type type;
    rbk_value *dflt; /* typed; NULL = none */
    bool required, secret;
    struct rbk_strv choices; /* CHOICE, and LIST restricted to them */
    rbk_value *min, *max;    /* of a number, typed, both allowed themselves; NULL = none */
    int line;
};

void rbk_param_fini(struct rbk_param *p);
const char *rbk_param_type_name(enum rbk_param_type t);
int rbk_param_type_parse(const char *name, enum rbk_param_type *out, struct rbk_error *err); /* did-you-mean */
/* Turns text into a typed value; lists split at commas. RBK_EINVAL: what it must be, and the nearest choice. */
int rbk_param_parse(const struct rbk_param *p, const char *text, rbk_value **out, struct rbk_error *err);
/* The same for a value of a runbook file (a default, an option, an item of `with`): strings are parsed, a plain number
 * is seconds or bytes where the type says so, a percentage must be written "5%". The message has no name in front
 * (`"x" is not a duration ..`), since the caller knows better what to call it. *out is new. */
int rbk_param_from_value(const struct rbk_param *p, const rbk_value *v, rbk_value **out, struct rbk_error *err);
/* Checks and types a whole set: `given` maps names to strings (from the command line) or values (from `with`). Fills in
 * defaults; unknown names and missing required ones are errors. *out is a new map. */
int rbk_params_bind(const struct rbk_param *params, size_t count, const rbk_value *given, rbk_value **out,
                    struct rbk_error *err);

#endif
