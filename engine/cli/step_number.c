/* Keys say where a step stands: "group/child" and "hosts[2]"; the plan says in which order. */
#include <cli/step_number.h>

#include <base/mem.h>
#include <base/str.h>
#include <stdlib.h>
#include <string.h>

/* The key of the node that a step is an instance of: without the indices of items. Heap. */
static char *planned_key(const char *key)
{
    char *out = rbk_strdup(key), *to = out;
    bool in_index = false;
    for (const char *from = key; *from; from++) {
        in_index = in_index || *from == '[';
        if (!in_index)
            *to++ = *from;
        in_index = in_index && *from != ']';
    }
    *to = '\0';
    return out;
}

static bool is_sibling(const char *key, const char *other, size_t parent_len)
{
    return strncmp(key, other, parent_len) == 0 && !strchr(other + parent_len, '/');
}

/* Where a node stands among its siblings, from 1; 0 when the plan does not hold it. */
static size_t position_of(const rbk_value *plan, const char *key)
{
    const char *slash = strrchr(key, '/');
    size_t parent_len = slash ? (size_t)(slash - key) + 1 : 0, position = 0;
    for (size_t i = 0; i < rbk_value_length(plan); i++) {
        const char *other = rbk_map_get_string(rbk_list_at(plan, i), "key");
        if (!other || !is_sibling(key, other, parent_len))
            continue;
        position++;
        if (strcmp(key, other) == 0)
            return position;
    }
    return 0;
}

static char *number_of_item(const rbk_value *plan, const char *key)
{
    const char *index = strrchr(key, '[');
    char *group = rbk_strndup(key, (size_t)(index - key));
    char *number = rbk_step_number(plan, group);
    char *out = rbk_asprintf("%s%s", number, index);
    free(number);
    free(group);
    return out;
}

char *rbk_step_number(const rbk_value *plan, const char *key)
{
    if (rbk_ends_with(key, "]"))
        return number_of_item(plan, key);
    const char *slash = strrchr(key, '/');
    char *node = planned_key(key), *out = NULL;
    size_t position = position_of(plan, node);
    if (!position) {
        out = rbk_strdup("?");
    } else if (slash) {
        char *parent = rbk_strndup(key, (size_t)(slash - key));
        char *number = rbk_step_number(plan, parent);
        out = rbk_asprintf("%s.%zu", number, position);
        free(number);
        free(parent);
    } else {
        out = rbk_asprintf("%zu", position);
    }
    free(node);
    return out;
}

int rbk_step_depth(const char *key)
{
    int depth = 0;
    for (; *key; key++)
        depth += *key == '/' || *key == '[';
    return depth;
}
