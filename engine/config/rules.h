/* What the table of keys cannot say: how values must fit together. */
#ifndef RBK_CONFIG_RULES_H
#define RBK_CONFIG_RULES_H

#include <config/problems.h>

/* Works out what a level leaves unsaid (its runner from its command, its command from its runner), and takes back
 * defaults that contradict what the document says. */
void config_complete(rbk_value *tree, const struct config_node *root);
/* Adds errors and warnings; `root` gives the places. The tree has its defaults and has been completed. */
void config_rules(const rbk_value *tree, const struct config_node *root, struct config_problems *p);
/* Those of `channels` and `notify` (config/rules_notify.c), as part of it. */
void config_rules_notify(const rbk_value *tree, const struct config_node *root, struct config_problems *p);
/* Those of `contacts` and `oncall` (config/rules_oncall.c), likewise. */
void config_rules_oncall(const rbk_value *tree, const struct config_node *root, struct config_problems *p);

/* rules_net.c: ranges of addresses. */
void config_rules_net(const rbk_value *tree, const struct config_node *root, struct config_problems *p);

#endif
