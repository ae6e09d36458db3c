/* The store of a project with the tables of all rooms: the one list of them. Whoever opens a project's store knows all
 * of its tables, or it would look newer than the program. */
#ifndef RBK_STATE_STATE_H
#define RBK_STATE_STATE_H

#include <runbook/store.h>
#include <store/store.h>

/* Like rbk_store_open, which says what the options mean; `schemas` is filled in. */
int rbk_state_open_with(struct rbk_store_options options, struct rbk_store **out, struct rbk_error *err);

#endif
