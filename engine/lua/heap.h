/* Lua's memory: counted, capped per state, and on request hostile: with `stress` the first try of every allocation
 * fails, so that the collector runs at each one and a value that nothing anchors is found by the tests. */
#ifndef RBK_LUA_HEAP_H
#define RBK_LUA_HEAP_H

#include <stdbool.h>
#include <stddef.h>

struct rbk_heap {
    size_t used, max;
    bool stress, refused; /* refused: the last growth was turned down once, so the retry is served */
};

/* A lua_Alloc; `ud` is the struct rbk_heap. */
void *rbk_heap_alloc(void *ud, void *block, size_t old_size, size_t new_size);

#endif
