/* Maps keep the order of insertion. Small ones (nearly all) are searched in that order; from INDEX_FROM keys on a hash
 * index over the positions is kept, so that a map from outside with 100,000 keys costs no more than it should. */
#include <base/value_internal.h>

#include <base/mem.h>
#include <base/str.h>
#include <stdlib.h>
#include <string.h>

enum { INDEX_FROM = 24 };
static const size_t missing = (size_t)-1;

static size_t slot_of(const struct value_map *map, const char *key)
{
    size_t slot = (size_t)rbk_hash(RBK_HASH_INIT, key, strlen(key)) & (map->slot_count - 1);
    while (map->slots[slot] && strcmp(map->keys[map->slots[slot] - 1], key) != 0)
        slot = (slot + 1) & (map->slot_count - 1);
    return slot;
}

/* Twice as many slots as there is room for keys, so that a free one always ends a search. */
static void index_rebuild(struct value_map *map)
{
    free(map->slots);
    map->slots = NULL;
    map->slot_count = 0;
    if (map->count < INDEX_FROM)
        return;
    map->slot_count = 64;
    while (map->slot_count < map->cap * 2)
        map->slot_count *= 2;
    map->slots = rbk_alloc(map->slot_count * sizeof *map->slots);
    for (size_t i = 0; i < map->count; i++)
        map->slots[slot_of(map, map->keys[i])] = (uint32_t)i + 1;
}

static size_t map_find(const struct value_map *map, const char *key)
{
    if (map->slots) {
        uint32_t position = map->slots[slot_of(map, key)];
        return position ? position - 1 : missing;
    }
    for (size_t i = 0; i < map->count; i++)
        if (map->keys[i][0] == key[0] && strcmp(map->keys[i], key) == 0) /* a call for each key would show */
            return i;
    return missing;
}

static void map_remove(struct value_map *map, size_t i)
{
    free(map->keys[i]);
    rbk_value_free(map->items[i]);
    map->count--;
    memmove(map->keys + i, map->keys + i + 1, (map->count - i) * sizeof *map->keys);
    memmove(map->items + i, map->items + i + 1, (map->count - i) * sizeof(rbk_value *));
    index_rebuild(map);
}

static void map_add(struct value_map *map, const char *key, rbk_value *item)
{
    bool grown = map->count == map->cap;
    if (grown) {
        map->cap = map->cap ? map->cap * 2 : 8;
        map->keys = rbk_realloc(map->keys, map->cap, sizeof *map->keys);
        map->items = rbk_realloc(map->items, map->cap, sizeof(rbk_value *));
    }
    map->keys[map->count] = rbk_strdup(key);
    map->items[map->count++] = item;
    if (grown || map->count == INDEX_FROM)
        index_rebuild(map);
    else if (map->slots)
        map->slots[slot_of(map, key)] = (uint32_t)map->count;
}

void value_map_clear(struct value_map *map)
{
    for (size_t i = 0; i < map->count; i++) {
        free(map->keys[i]);
        rbk_value_free(map->items[i]);
    }
    free(map->keys);
    free(map->items);
    free(map->slots);
    *map = (struct value_map){0};
}

void rbk_map_set(rbk_value *value, const char *key, rbk_value *item)
{
    struct value_map *map = &value->as.map;
    size_t i = map_find(map, key);
    if (i == missing && item) {
        map_add(map, key, item);
    } else if (i != missing && !item) {
        map_remove(map, i);
    } else if (i != missing) {
        rbk_value_free(map->items[i]);
        map->items[i] = item;
    }
}

rbk_value *rbk_map_get_mut(rbk_value *value, const char *key)
{
    if (rbk_value_type(value) != RBK_MAP)
        return NULL;
    size_t i = map_find(&value->as.map, key);
    return i == missing ? NULL : value->as.map.items[i];
}

const rbk_value *rbk_map_get(const rbk_value *value, const char *key)
{
    if (rbk_value_type(value) != RBK_MAP)
        return NULL;
    size_t i = map_find(&value->as.map, key);
    return i == missing ? NULL : value->as.map.items[i];
}

const char *rbk_map_key_at(const rbk_value *value, size_t i)
{
    return rbk_value_type(value) == RBK_MAP && i < value->as.map.count ? value->as.map.keys[i] : NULL;
}

const rbk_value *rbk_map_value_at(const rbk_value *value, size_t i)
{
    return rbk_value_type(value) == RBK_MAP && i < value->as.map.count ? value->as.map.items[i] : NULL;
}

void rbk_map_set_string(rbk_value *map, const char *key, const char *s)
{
    rbk_map_set(map, key, s ? rbk_string_new(s) : rbk_null_new());
}

void rbk_map_set_int(rbk_value *map, const char *key, int64_t i)
{
    rbk_map_set(map, key, rbk_int_new(i));
}

void rbk_map_set_bool(rbk_value *map, const char *key, bool b)
{
    rbk_map_set(map, key, rbk_bool_new(b));
}

const char *rbk_map_get_string(const rbk_value *map, const char *key)
{
    return rbk_value_string(rbk_map_get(map, key));
}
