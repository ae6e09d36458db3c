/* What the conversions of single values share, and those of commands (config/convert_command.c). */
#ifndef RBK_CONFIG_LEAF_H
#define RBK_CONFIG_LEAF_H

#include <config/keys.h>
#include <config/problems.h>

struct config_leaf { /* what every conversion is given; all borrowed */
    struct config_problems *problems;
    const char *name; /* dotted path, for messages */
    const struct config_key *key;
};

/* A scalar that says something. */
bool config_leaf_is_text(const struct config_node *n);
/* Adds the problem that the value is not of its key's type; always NULL. */
rbk_value *config_leaf_refuse(const struct config_leaf *l, const struct config_node *n);

rbk_value *config_convert_command(const struct config_leaf *l, const struct config_node *n);
rbk_value *config_convert_commands(const struct config_leaf *l, const struct config_node *n);
rbk_value *config_convert_strings(const struct config_leaf *l, const struct config_node *n);

#endif
