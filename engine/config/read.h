/* From a tree of nodes to a tree of typed values, guided by the table of keys. */
#ifndef RBK_CONFIG_READ_H
#define RBK_CONFIG_READ_H

#include <config/problems.h>

/* A new map of everything that is right in the document; what is wrong is added to the problems. */
rbk_value *config_read(const struct config_node *root, struct config_problems *p);
/* Fills in the defaults of the table where the map says nothing. */
void config_defaults(rbk_value *tree);

#endif
