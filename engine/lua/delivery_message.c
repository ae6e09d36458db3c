/* A message as a channel's file sees it: a table of plain data without secrets. */
#include <lua/delivery.h>

/* Whoever publishes redacts what a run knows; what the channels know is redacted here. */
rbk_value *rbk_delivery_redacted(const struct rbk_redactor *r, const rbk_value *v)
{
    if (rbk_value_type(v) == RBK_STRING && rbk_redact_matches(r, rbk_value_string(v), rbk_value_length(v))) {
        struct rbk_buf out = {0};
        rbk_redact(r, rbk_value_string(v), rbk_value_length(v), &out);
        rbk_value *s = rbk_string_new_len(out.data ? out.data : "", out.len);
        rbk_buf_fini(&out);
        return s;
    }
    if (rbk_value_type(v) != RBK_LIST && rbk_value_type(v) != RBK_MAP)
        return rbk_value_dup(v);
    bool list = rbk_value_type(v) == RBK_LIST;
    rbk_value *out = list ? rbk_list_new() : rbk_map_new();
    for (size_t i = 0; i < rbk_value_length(v); i++) {
        if (list)
            rbk_list_append(out, rbk_delivery_redacted(r, rbk_list_at(v, i)));
        else
            rbk_map_set(out, rbk_map_key_at(v, i), rbk_delivery_redacted(r, rbk_map_value_at(v, i)));
    }
    return out;
}

rbk_value *rbk_delivery_message(const struct rbk_channels *c, const struct rbk_message *m)
{
    rbk_value *map = rbk_map_new();
    rbk_map_set_string(map, "key", m->key);
    rbk_map_set_string(map, "channel", m->channel);
    rbk_map_set_string(map, "group", m->group);
    rbk_map_set_string(map, "priority", m->priority);
    rbk_map_set_string(map, "subject", m->subject);
    rbk_map_set(map, "events", m->events ? rbk_value_dup(m->events) : rbk_list_new());
    rbk_map_set_int(map, "count", m->count);
    rbk_map_set_int(map, "attempts", m->attempts);
    rbk_map_set_int(map, "created", m->created_ms);
    if (rbk_value_type(m->memory) == RBK_MAP)
        rbk_map_set(map, "memory", rbk_value_dup(m->memory));
    if (rbk_redactor_empty(c->redactor))
        return map;
    rbk_value *clean = rbk_delivery_redacted(c->redactor, map);
    rbk_map_set_string(clean, "key", m->key);
    rbk_value_free(map);
    return clean;
}
