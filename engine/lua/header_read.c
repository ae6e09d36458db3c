/* The header: the table of `runbook "title" { .. }`. Every key is optional. */
#include <lua/read.h>

#include <stddef.h>
#include <string.h>

static const struct rbk_field escalate_fields[] = {
    {"when", rbk_read_expression, offsetof(struct rbk_plan, escalate_when)},
    {"to", rbk_read_string, offsetof(struct rbk_plan, escalate_to)},
    {NULL, NULL, 0},
};

static int read_escalate(struct rbk_reader *r, void *at)
{
    const struct rbk_plan *plan = at;
    if (lua_type(r->L, -1) != LUA_TTABLE)
        return rbk_read_expected(r, "a table: { when = \"..\", to = \"..\" }");
    int rc = rbk_read_subtable(r, rbk_escalate_keys, escalate_fields, at);
    if (rc == 0 && (!plan->escalate_when || !plan->escalate_to))
        rc = rbk_read_error(r, "`escalate` of %s needs both `when` and `to`", r->where);
    return rc;
}

static int read_overlap(struct rbk_reader *r, void *at)
{
    const char *word = lua_type(r->L, -1) == LUA_TSTRING ? lua_tostring(r->L, -1) : "";
    if (strcmp(word, "allow") != 0 && strcmp(word, "forbid") != 0)
        return rbk_read_expected(r, "\"allow\" or \"forbid\"");
    *(bool *)at = strcmp(word, "allow") == 0;
    return 0;
}

#define AT(field) offsetof(struct rbk_plan, field)

static const struct rbk_field header_fields[] = {
    {"priority", rbk_read_string, AT(priority)},
    {"trigger", rbk_read_expression, AT(trigger)},
    {"escalate", read_escalate, 0},
    {"overlap", read_overlap, AT(overlap_allow)},
    {"timeout", rbk_read_duration, AT(timeout_ms)},
    {"schedule", rbk_read_string, AT(schedule)},
    {"budget", rbk_read_duration, AT(budget_ms)},
    {"help", rbk_read_string, AT(help)},
    {NULL, NULL, 0},
};

int rbk_read_header(struct rbk_reader *r, struct rbk_plan *plan)
{
    return rbk_read_table(r, rbk_runbook_keys, header_fields, plan, false);
}
