/* From the tree of values to the fields of struct rbk_config. */
#ifndef RBK_CONFIG_TYPED_H
#define RBK_CONFIG_TYPED_H

#include <config/config.h>

/* Fills the fields from c->tree, which is complete: defaults are in and every leaf has its type. */
void config_typed_fill(struct rbk_config *c);

#endif
