/* Arguments: the global options that every command has, a command's own, and what is left. Options may stand anywhere;
 * `--name value`, `--name=value`, `-x value`, `-xvalue`, `-xyz` for `-x -y -z`; `--` ends them. */
#ifndef RBK_CLI_ARGS_H
#define RBK_CLI_ARGS_H

#include <cli/context.h>

struct rbk_given {
    const struct rbk_option *option;
    const char *value; /* NULL for a switch */
};

struct rbk_args {
    struct rbk_given *given;
    size_t count, cap;
    struct rbk_strv rest; /* positional arguments */
    rbk_value *params;    /* options that only a plan can know (see takes_params), name -> text or true; NULL = none */
};

/* An option that neither the globals nor the command know: `value` as in --name=value or NULL, `next` the argument
 * after it or NULL. Returns how many arguments beyond itself it took (0 or 1), or a negative code. */
typedef int rbk_unknown_option_fn(void *arg, const char *name, const char *value, const char *next,
                                  struct rbk_error *err);

extern const struct rbk_option rbk_global_options[];

/* Sets the globals in `cli` and fills `out` (rbk_args_fini). `unknown` may be NULL. */
int rbk_args_parse(struct rbk_cli *cli, const struct rbk_option *options, int argc, char **argv, struct rbk_args *out,
                   rbk_unknown_option_fn *unknown, void *arg, struct rbk_error *err);
/* "unknown option --name", with the nearest one that there is. Returns RBK_EINVAL. */
int rbk_args_refuse(const struct rbk_option *options, const char *name, struct rbk_error *err);
/* The index of the first argument that is not an option (or an option's value), argc when there is none. */
int rbk_args_first_word(const struct rbk_option *options, int argc, char **argv);
const char *rbk_args_get(const struct rbk_args *a, const char *name); /* the last value, or NULL */
bool rbk_args_has(const struct rbk_args *a, const char *name);
void rbk_args_fini(struct rbk_args *a);
/* Demands between min and max positional arguments; the message shows the usage. */
int rbk_args_expect(const struct rbk_args *a, const struct rbk_command_desc *desc, size_t min, size_t max,
                    struct rbk_error *err);

#endif
