/* Finds and loads the module. */
#ifndef RBK_NET_LOAD_H
#define RBK_NET_LOAD_H

#include <net/module.h>

/* RBK_ENOENT, with what to install, when it or a library that it needs is missing. It stays loaded. */
int rbk_net_load(const struct rbk_net_module **out, struct rbk_error *err);

#endif
