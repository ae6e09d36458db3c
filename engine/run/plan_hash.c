/* What a step does, as 16 hex digits: resume compares it with the recorded one. Every part is hashed with a tag and its
 * length, so that moving a byte from one part to the next is a change. Titles, limits and gates are not part of it. */
#include <inttypes.h>
#include <run/plan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t hash_text(uint64_t h, char tag, const char *text)
{
    uint64_t len = text ? strlen(text) : UINT64_MAX; /* absent is not the same as empty */
    h = rbk_hash(h, &tag, 1);
    h = rbk_hash(h, &len, sizeof len);
    return text ? rbk_hash(h, text, (size_t)len) : h;
}

static uint64_t hash_value(uint64_t h, char tag, const rbk_value *v)
{
    char *text = v ? rbk_value_encode(v) : NULL;
    h = hash_text(h, tag, text);
    free(text);
    return h;
}

static uint64_t hash_body(uint64_t h, char tag, const struct rbk_body *b)
{
    char kind[2] = {(char)('0' + b->kind), 0};
    h = hash_text(h, tag, kind);
    if (b->kind == RBK_BODY_ACTION) {
        h = hash_text(h, 'a', b->action);
        return hash_value(h, 'o', b->options);
    }
    for (size_t i = 0; i < b->argv.count; i++)
        h = hash_text(h, 'v', b->argv.items[i]);
    return hash_text(h, 't', b->text);
}

void rbk_node_hash(const struct rbk_node *n, char out[17])
{
    uint64_t h = hash_body(RBK_HASH_INIT, 'r', &n->run);
    h = hash_body(h, 'u', &n->undo);
    h = hash_text(h, 'm', n->manual);
    h = hash_text(h, 'c', n->call);
    h = hash_value(h, 'w', n->with);
    h = hash_text(h, 'e', n->each);
    h = hash_value(h, 'l', n->each_list);
    h = hash_value(h, 'n', n->env);
    h = hash_text(h, 'd', n->cwd);
    h = hash_text(h, 's', n->shell);
    snprintf(out, 17, "%016" PRIx64, h);
}
