/* The stdlib as the build embedded it: bytecode by module name ("tests", "tests.run"), sorted; ends with a NULL name.
 * Made by embed/embed.c. */
#ifndef RBK_LUA_EMBED_H
#define RBK_LUA_EMBED_H

#include <stddef.h>

struct rbk_embedded {
    const char *name;
    const unsigned char *code;
    size_t size;
};
extern const struct rbk_embedded rbk_embedded_modules[];

#endif
