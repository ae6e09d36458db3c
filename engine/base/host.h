/* The name of this machine: the same on records, in messages and on the screen. */
#ifndef RBK_BASE_HOST_H
#define RBK_BASE_HOST_H

enum { RBK_HOST_SIZE = 256 };

/* Fills `out` and returns it; "" where the machine has no name. */
const char *rbk_host_name(char out[RBK_HOST_SIZE]);

#endif
