/* How a value is laid out; only the value_*.c files see it. */
#ifndef RBK_BASE_VALUE_INTERNAL_H
#define RBK_BASE_VALUE_INTERNAL_H

#include <base/buf.h>
#include <runbook/value.h>

struct value_list {
    rbk_value **items;
    size_t count, cap;
};

struct value_map {
    char **keys; /* in the order of insertion; items[i] belongs to keys[i] */
    rbk_value **items;
    size_t count, cap;
    uint32_t *slots; /* open addressing over the keys once there are many: position + 1, 0 is free */
    size_t slot_count;
};

struct rbk_value {
    enum rbk_type type;
    enum rbk_unit unit; /* RBK_NUMBER */
    union {
        bool boolean;
        int64_t integer;
        struct {
            double value;
            char *spelling; /* NULL when nobody wrote it */
        } number;
        struct {
            char *data;
            size_t len;
        } string;
        struct value_list list;
        struct value_map map;
    } as;
};

/* Frees what a map or list holds. */
void value_map_clear(struct value_map *map);

enum { VALUE_NUMBER_SIZE = 40 };
/* The shortest decimal that reads back as the same double; always with a point or an exponent when `as_real`. */
void value_number_print(double n, bool as_real, char out[VALUE_NUMBER_SIZE]);

/* How many bytes from the front stand for themselves in JSON. */
size_t value_json_plain(const char *s, size_t len);
/* rbk_value_from_json with another bound on depth. */
rbk_value *value_json_parse(const char *text, size_t len, int depth_max, struct rbk_error *err);

#endif
