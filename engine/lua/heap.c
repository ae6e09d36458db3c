/* The allocator of a Lua state. Turning a request down makes Lua collect and try again; turning it down twice makes Lua
 * raise "not enough memory". The engine's own memory is not counted here. */
#include <lua/heap.h>

#include <lauxlib.h>
#include <stdlib.h>

static bool heap_is_full(const struct rbk_heap *heap, size_t growth)
{
    return growth > heap->max || heap->used > heap->max - growth;
}

/* Every other time: Lua's core collects and asks again. Large blocks may be asked for by a luaL_Buffer, which does not
 * ask again. */
static bool heap_stresses(struct rbk_heap *heap, size_t size)
{
    if (!heap->stress || size > LUAL_BUFFERSIZE)
        return false;
    heap->refused = !heap->refused;
    return heap->refused;
}

void *rbk_heap_alloc(void *ud, void *block, size_t old_size, size_t new_size)
{
    struct rbk_heap *heap = ud;
    if (!block)
        old_size = 0; /* Lua passes the kind of object there */
    if (new_size == 0) {
        free(block);
        heap->used -= old_size;
        return NULL;
    }
    if (new_size > old_size && (heap_is_full(heap, new_size - old_size) || heap_stresses(heap, new_size)))
        return NULL;
    void *moved = realloc(block, new_size);
    if (!moved)
        return new_size <= old_size ? block : NULL; /* Lua relies on shrinking never failing */
    heap->used += new_size;
    heap->used -= old_size;
    return moved;
}
