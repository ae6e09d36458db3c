/* The fields that C code reads, copied out of the tree. Everything has been checked by now, so nothing here can fail.
 */
#include <base/mem.h>
#include <config/typed.h>
#include <math.h>
#include <stdlib.h>

static char *typed_string(const rbk_value *map, const char *key)
{
    return rbk_strdup(rbk_map_get_string(map, key));
}

static int64_t typed_ms(const rbk_value *map, const char *key)
{
    return llround(rbk_value_number(rbk_map_get(map, key)) * 1000);
}

static int64_t typed_integer(const rbk_value *map, const char *key)
{
    return llround(rbk_value_number(rbk_map_get(map, key)));
}

static void typed_words(struct rbk_strv *out, const rbk_value *map, const char *key)
{
    const rbk_value *list = rbk_map_get(map, key);
    for (size_t i = 0; i < rbk_value_length(list); i++) {
        rbk_strv_add(out, rbk_value_string(rbk_list_at(list, i)));
    }
}

static rbk_value *typed_dup(const rbk_value *map, const char *key)
{
    const rbk_value *v = rbk_map_get(map, key);
    return v ? rbk_value_dup(v) : NULL;
}

static void typed_variant(struct rbk_variant *variant, const char *name, const rbk_value *map)
{
    variant->name = rbk_strdup(name);
    typed_words(&variant->args, map, "args");
    variant->env = typed_dup(map, "env");
    variant->timeout_ms = typed_ms(map, "timeout");
}

static void typed_variants(struct rbk_level *level, const rbk_value *variants)
{
    level->variant_count = rbk_value_length(variants);
    level->variants = level->variant_count ? rbk_alloc(level->variant_count * sizeof *level->variants) : NULL;
    for (size_t i = 0; i < level->variant_count; i++) {
        typed_variant(&level->variants[i], rbk_map_key_at(variants, i), rbk_map_value_at(variants, i));
    }
}

static void typed_level(struct rbk_level *level, const char *name, const rbk_value *map)
{
    level->name = rbk_strdup(name);
    level->runner = typed_string(map, "runner");
    typed_words(&level->command, map, "command");
    level->prepare = typed_dup(map, "prepare");
    level->report = typed_string(map, "report");
    level->cwd = typed_string(map, "cwd");
    level->env = typed_dup(map, "env");
    level->target_ms = typed_ms(map, "target");
    level->max_ms = typed_ms(map, "max");
    level->timeout_ms = typed_ms(map, "timeout");
    level->coverage = typed_string(map, "coverage");
    typed_words(&level->requires, map, "requires");
    level->parallel = (int)typed_integer(map, "parallel");
    typed_variants(level, rbk_map_get(map, "variants"));
}

static void typed_service(struct rbk_service *service, const char *name, const rbk_value *map)
{
    service->name = rbk_strdup(name);
    typed_words(&service->check, map, "check");
    service->tcp = typed_string(map, "tcp");
    service->http = typed_string(map, "http");
    typed_words(&service->restart, map, "restart");
}

static void typed_escalation(struct rbk_escalation *row, const char *priority, const rbk_value *map)
{
    row->priority = rbk_strdup(priority);
    row->response_ms = typed_ms(map, "response");
    row->contact = typed_string(map, "contact");
}

/* One array of structs per map of names: `count` and `array` are fields of the configuration. */
#define TYPED_ARRAY(map, array, count, fill)                                                  \
    do {                                                                                      \
        const rbk_value *entries_ = (map);                                                    \
        (count) = rbk_value_length(entries_);                                                 \
        (array) = (count) ? rbk_alloc((count) * sizeof *(array)) : NULL;                      \
        for (size_t i_ = 0; i_ < (count); i_++) {                                             \
            fill(&(array)[i_], rbk_map_key_at(entries_, i_), rbk_map_value_at(entries_, i_)); \
        }                                                                                     \
    } while (0)

void config_typed_fill(struct rbk_config *c)
{
    const rbk_value *state = rbk_map_get(c->tree, "state");
    const rbk_value *memory = rbk_map_get(rbk_map_get(c->tree, "limits"), "memory");

    c->project = typed_string(c->tree, "project");
    TYPED_ARRAY(rbk_map_get(c->tree, "levels"), c->levels, c->level_count, typed_level);
    TYPED_ARRAY(rbk_map_get(c->tree, "services"), c->services, c->service_count, typed_service);
    TYPED_ARRAY(rbk_map_get(c->tree, "escalation"), c->escalation, c->escalation_count, typed_escalation);
    c->state_dir = typed_string(state, "dir");
    c->state_group = typed_string(state, "group");
    c->waiting_expires_ms = typed_ms(c->tree, "waiting_expires");
    c->parallel = (int)typed_integer(c->tree, "parallel");
    c->log_max_bytes = typed_integer(rbk_map_get(c->tree, "logs"), "max_size");
    c->memory_process = typed_integer(memory, "process");
    c->memory_total = typed_integer(memory, "total");
    c->secrets = typed_dup(c->tree, "secrets");
}

static void typed_free_level(struct rbk_level *level)
{
    for (size_t i = 0; i < level->variant_count; i++) {
        free(level->variants[i].name);
        rbk_strv_fini(&level->variants[i].args);
        rbk_value_free(level->variants[i].env);
    }
    free(level->variants);
    free(level->name);
    free(level->runner);
    rbk_strv_fini(&level->command);
    rbk_value_free(level->prepare);
    free(level->report);
    free(level->cwd);
    rbk_value_free(level->env);
    free(level->coverage);
    rbk_strv_fini(&level->requires);
}

static void typed_free_arrays(struct rbk_config *c)
{
    for (size_t i = 0; i < c->level_count; i++) {
        typed_free_level(&c->levels[i]);
    }
    for (size_t i = 0; i < c->service_count; i++) {
        free(c->services[i].name);
        rbk_strv_fini(&c->services[i].check);
        free(c->services[i].tcp);
        free(c->services[i].http);
        rbk_strv_fini(&c->services[i].restart);
    }
    for (size_t i = 0; i < c->escalation_count; i++) {
        free(c->escalation[i].priority);
        free(c->escalation[i].contact);
    }
    free(c->levels);
    free(c->services);
    free(c->escalation);
}

void rbk_config_free(struct rbk_config *c)
{
    if (!c) {
        return;
    }
    typed_free_arrays(c);
    free(c->root);
    free(c->file);
    free(c->project);
    free(c->state_dir);
    free(c->state_group);
    rbk_value_free(c->secrets);
    rbk_value_free(c->tree);
    free(c->warnings);
    free(c);
}
