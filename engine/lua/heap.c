/* The allocator of a Lua state. Turning a request down makes Lua collect and try again; turning it down twice makes Lua
 * raise "not enough memory". The engine's own memory is not counted here. */
#include <lua/heap.h>

#include <stdlib.h>

static bool heap_refuses(struct rbk_heap *heap, size_t growth)
{
    if (growth > heap->max || heap->used > heap->max - growth)
        return true;
    if (heap->stress)
        heap->refused = !heap->refused;
    return heap->stress && heap->refused;
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
    if (new_size > old_size && heap_refuses(heap, new_size - old_size))
        return NULL;
    void *moved = realloc(block, new_size);
    if (!moved)
        return new_size <= old_size ? block : NULL; /* Lua relies on shrinking never failing */
    heap->used += new_size;
    heap->used -= old_size;
    return moved;
}
