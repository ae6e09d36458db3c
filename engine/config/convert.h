/* From one node to one typed value: units are read, commands split, shapes checked. */
#ifndef RBK_CONFIG_CONVERT_H
#define RBK_CONFIG_CONVERT_H

#include <config/keys.h>
#include <config/problems.h>

/* A new value, or NULL with at least one problem added. `name` is the dotted path, for messages. The types that are
 * maps with rows of their own in the table are not converted here but in config/read.c. */
rbk_value *config_convert(struct config_problems *p, const char *name, const struct config_key *key,
                          const struct config_node *n);
/* The typed value of a row's default. Defaults are part of the program, so they always convert. */
rbk_value *config_convert_default(const struct config_key *key);

#endif
