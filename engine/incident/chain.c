/* The escalation matrix as chains: whom an incident of a priority calls, one after the other, and how long each has.
 * Unless `then` says otherwise, after the contact of the row come those of the more urgent rows, the nearest first; the
 * most urgent row, which has none above it, goes on with the one below. */
#include <incident/oncall.h>

#include <base/mem.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct rbk_escalation *rbk_priority_row(const struct rbk_config *config, const char *priority)
{
    for (size_t i = 0; priority && i < config->escalation_count; i++)
        if (strcmp(config->escalation[i].priority, priority) == 0)
            return &config->escalation[i];
    return NULL;
}

/* Rows with the same response time are in the order of the handbook. */
static int rank(const char *priority)
{
    static const char *const names[] = {"critical", "high", "medium", "low"};
    for (int i = 0; i < 4; i++)
        if (strcmp(names[i], priority) == 0)
            return i;
    return 4;
}

static bool sooner(const struct rbk_escalation *a, const struct rbk_escalation *b)
{
    return a->response_ms != b->response_ms ? a->response_ms < b->response_ms : rank(a->priority) < rank(b->priority);
}

bool rbk_priority_above(const struct rbk_config *config, const char *a, const char *b)
{
    const struct rbk_escalation *ra = rbk_priority_row(config, a), *rb = rbk_priority_row(config, b);
    return ra && (!rb || sooner(ra, rb));
}

/* The row that is next to `row` in urgency: above it, or else below it; NULL. */
static const struct rbk_escalation *neighbour(const struct rbk_config *config, const struct rbk_escalation *row,
                                              bool above)
{
    const struct rbk_escalation *best = NULL;
    for (size_t i = 0; i < config->escalation_count; i++) {
        const struct rbk_escalation *e = &config->escalation[i];
        if (e == row || sooner(e, row) != above)
            continue;
        if (!best || sooner(best, e) == above)
            best = e;
    }
    return best;
}

static void add_contact(struct rbk_chain *c, const char *name)
{
    char *slug = name ? rbk_contact_slug(name) : NULL;
    bool known = !slug;
    for (size_t i = 0; !known && i < c->contacts.count; i++) {
        char *other = rbk_contact_slug(c->contacts.items[i]);
        known = strcmp(other, slug) == 0;
        free(other);
    }
    if (!known)
        rbk_strv_add(&c->contacts, name);
    free(slug);
}

static void add_rows(const struct rbk_config *config, const struct rbk_escalation *row, struct rbk_chain *c)
{
    const struct rbk_escalation *next = neighbour(config, row, true);
    if (!next && (next = neighbour(config, row, false))) {
        add_contact(c, next->contact);
        return;
    }
    for (; next; next = neighbour(config, next, true))
        add_contact(c, next->contact);
}

static int64_t config_ms(const struct rbk_config *config, const char *path)
{
    return llround(rbk_value_number(rbk_config_get(config, path)) * 1000);
}

static void add_next(const struct rbk_config *config, const struct rbk_escalation *row, struct rbk_chain *c)
{
    const rbk_value *then = rbk_map_get(rbk_map_get(rbk_config_get(config, "escalation"), row->priority), "then");
    for (size_t i = 0; i < rbk_value_length(then); i++)
        add_contact(c, rbk_value_string(rbk_list_at(then, i)));
    if (!then)
        add_rows(config, row, c);
}

void rbk_chain_of(const struct rbk_config *config, const char *priority, const char *first, struct rbk_chain *out)
{
    const struct rbk_escalation *row = rbk_priority_row(config, priority);
    int64_t immediate = config_ms(config, "incidents.immediate"), repeat = config_ms(config, "incidents.repeat");
    *out = (struct rbk_chain){.wait_ms = row && row->response_ms > 0 ? row->response_ms : immediate};
    if (out->wait_ms < 1000)
        out->wait_ms = 1000; /* an escalation each millisecond helps nobody */
    out->repeat_ms = repeat > out->wait_ms ? repeat : out->wait_ms;
    add_contact(out, first ? first : row ? row->contact : NULL);
    if (row)
        add_next(config, row, out);
    if (out->contacts.count == 0)
        rbk_strv_add(&out->contacts, "the owner");
}

void rbk_chain_fini(struct rbk_chain *c)
{
    rbk_strv_fini(&c->contacts);
}

const char *rbk_chain_at(const struct rbk_chain *c, int level)
{
    size_t n = level < 1 ? 1 : (size_t)level;
    return c->contacts.items[(n < c->contacts.count ? n : c->contacts.count) - 1];
}

int64_t rbk_chain_wait(const struct rbk_chain *c, int level)
{
    return level >= 0 && (size_t)level < c->contacts.count ? c->wait_ms : c->repeat_ms;
}
