/* Rotas: who has the turn. Turns are counted by the clocks of the zone, not by elapsed time, so that a handover at
 * 09:00 stays at 09:00 when the clocks change. */
#include <incident/oncall.h>

#include <base/mem.h>
#include <math.h>
#include <runbook/schedule.h>
#include <schedule/civil.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct rota {
    const char *name;
    const rbk_value *row, *members, *overrides;
    const rbk_zone *zone;
    rbk_zones *zones;
    size_t member_count;
    int64_t start, every; /* seconds by the clocks */
};

void rbk_turn_fini(struct rbk_turn *t)
{
    free(t->who);
    free(t->next);
    *t = (struct rbk_turn){0};
}

static const rbk_value *row_of(const struct rbk_config *config, const char *rota)
{
    const rbk_value *rotas = rbk_config_get(config, "oncall");
    return rotas ? rbk_map_get(rotas, rota) : NULL;
}

bool rbk_rota_is_command(const struct rbk_config *config, const char *rota)
{
    const rbk_value *row = row_of(config, rota);
    return row && rbk_map_get(row, "command");
}

/* "2026-11-02 09:00" as seconds that the clocks show. The configuration has checked its form. */
static int64_t clock_of_text(const char *text)
{
    int year = 0, month = 0, day = 0, hour = 0, minute = 0;
    sscanf(text, "%4d-%2d-%2d %2d:%2d", &year, &month, &day, &hour, &minute);
    return rbk_day_of(year, month, day) * RBK_DAY_SECONDS + hour * 3600 + minute * 60;
}

static int64_t clock_at(const struct rota *r, int64_t at)
{
    struct rbk_civil c;
    rbk_zone_civil(r->zone, at, &c);
    return rbk_day_of(c.year, c.month, c.day) * RBK_DAY_SECONDS + c.hour * 3600 + c.minute * 60 + c.second;
}

/* When the clocks show it for the first time. */
static int64_t instant_of(const struct rota *r, int64_t clock)
{
    int64_t first, second, day = rbk_floor_div(clock, RBK_DAY_SECONDS), rest = clock - day * RBK_DAY_SECONDS;
    struct rbk_civil c = {.hour = (int)(rest / 3600), .minute = (int)(rest / 60 % 60), .second = (int)(rest % 60)};
    rbk_day_civil(day, &c);
    rbk_zone_instants(r->zone, &c, &first, &second);
    return first;
}

static const rbk_value *override_at(const struct rota *r, int64_t clock)
{
    for (size_t i = rbk_value_length(r->overrides); i > 0; i--) {
        const rbk_value *o = rbk_list_at(r->overrides, i - 1);
        if (clock_of_text(rbk_map_get_string(o, "from")) <= clock && clock < clock_of_text(rbk_map_get_string(o, "to")))
            return o;
    }
    return NULL;
}

/* Before the start the first member has it. */
static int64_t turn_number(const struct rota *r, int64_t clock)
{
    return clock < r->start ? 0 : (clock - r->start) / r->every;
}

static const char *who_at(const struct rota *r, int64_t clock)
{
    const rbk_value *o = override_at(r, clock);
    if (o)
        return rbk_map_get_string(o, "who");
    size_t n = (size_t)turn_number(r, clock) % r->member_count;
    return rbk_value_string(rbk_list_at(r->members, n));
}

static void nearer(int64_t *best, int64_t clock, int64_t candidate)
{
    if (candidate > clock && (*best == 0 || candidate < *best))
        *best = candidate;
}

/* The next reading after `clock` at which somebody else may take over. */
static int64_t boundary_after(const struct rota *r, int64_t clock)
{
    int64_t best = 0;
    nearer(&best, clock, r->start + (turn_number(r, clock) + 1) * r->every);
    for (size_t i = 0; i < rbk_value_length(r->overrides); i++) {
        const rbk_value *o = rbk_list_at(r->overrides, i);
        nearer(&best, clock, clock_of_text(rbk_map_get_string(o, "from")));
        nearer(&best, clock, clock_of_text(rbk_map_get_string(o, "to")));
    }
    return best;
}

static void find_end(const struct rota *r, int64_t clock, struct rbk_turn *out)
{
    size_t looks = 2 * (r->member_count + 2 * rbk_value_length(r->overrides)) + 2;
    int64_t at = clock;
    for (size_t i = 0; i < looks; i++) {
        at = boundary_after(r, at);
        const char *next = who_at(r, at);
        if (strcmp(next, out->who) != 0) {
            int64_t instant = instant_of(r, at);
            out->until_ms = instant * 1000;
            rbk_zone_format(r->zone, instant, out->until);
            out->next = rbk_strdup(next);
            return;
        }
    }
}

static int open_zone(struct rota *r, const struct rbk_config *config, struct rbk_error *err)
{
    const char *name = rbk_map_get_string(r->row, "timezone");
    if (!name)
        name = rbk_value_string(rbk_config_get(config, "timezone"));
    r->zones = rbk_zones_new(NULL);
    return name ? rbk_zones_get(r->zones, name, &r->zone, err) : rbk_zones_local(r->zones, &r->zone, err);
}

static int rota_open(struct rota *r, const struct rbk_config *config, struct rbk_error *err)
{
    r->row = row_of(config, r->name);
    if (!r->row) {
        rbk_error_set(err, RBK_ENOENT, "there is no rota %s", r->name);
        rbk_error_hint(err, "rotas stand under oncall: in runbook.yaml");
        return RBK_ENOENT;
    }
    r->members = rbk_map_get(r->row, "members");
    r->overrides = rbk_map_get(r->row, "overrides");
    r->member_count = rbk_value_length(r->members);
    if (r->member_count == 0) {
        rbk_error_set(err, RBK_EINVAL, "the rota %s has no members", r->name);
        return RBK_EINVAL;
    }
    r->start = clock_of_text(rbk_map_get_string(r->row, "start"));
    r->every = llround(rbk_value_number(rbk_map_get(r->row, "every")));
    if (r->every <= 0) {
        rbk_error_set(err, RBK_EINVAL, "a turn of the rota %s takes no time", r->name);
        return RBK_EINVAL;
    }
    return open_zone(r, config, err);
}

int rbk_rota_at(const struct rbk_config *config, const char *rota, int64_t now_ms, struct rbk_turn *out,
                struct rbk_error *err)
{
    struct rota r = {.name = rota};
    *out = (struct rbk_turn){0};
    int rc = rota_open(&r, config, err);
    if (rc == 0) {
        int64_t clock = clock_at(&r, rbk_floor_div(now_ms, 1000));
        out->who = rbk_strdup(who_at(&r, clock));
        out->from = override_at(&r, clock) ? "override" : "rotation";
        find_end(&r, clock, out);
    }
    rbk_zones_free(r.zones);
    return rc;
}
