/* `--from STEP` and `--only STEP`: which nodes of the plan are wanted. Nodes count in the order of writing; a group is
 * wanted when one of its steps is. */
#include <run/machine.h>

#include <base/mem.h>
#include <stdlib.h>
#include <string.h>

bool rbk_select_contains(const struct rbk_node *node, const struct rbk_node *other)
{
    for (size_t i = 0; i < node->child_count; i++)
        if (node->children[i] == other || rbk_select_contains(node->children[i], other))
            return true;
    return false;
}

static bool count_to(struct rbk_node *const *nodes, size_t count, const struct rbk_node *wanted, size_t *position)
{
    for (size_t i = 0; i < count; i++) {
        ++*position;
        if (nodes[i] == wanted || count_to(nodes[i]->children, nodes[i]->child_count, wanted, position))
            return true;
    }
    return false;
}

size_t rbk_select_position(const struct rbk_plan *plan, const struct rbk_node *node)
{
    size_t position = 0;
    count_to(plan->nodes, plan->node_count, node, &position);
    return position;
}

static void collect_ids(struct rbk_node *const *nodes, size_t count, struct rbk_strv *ids)
{
    for (size_t i = 0; i < count; i++) {
        rbk_strv_add(ids, nodes[i]->id);
        collect_ids(nodes[i]->children, nodes[i]->child_count, ids);
    }
}

int rbk_select_unknown(const struct rbk_plan *plan, const char *name, const char *where, struct rbk_error *err)
{
    struct rbk_strv ids = {0};
    char *slug = rbk_slug(name); /* whoever writes the title means its id */
    collect_ids(plan->nodes, plan->node_count, &ids);
    const char *near = rbk_did_you_mean(slug, (const char *const *)ids.items, ids.count);
    rbk_error_set(err, RBK_EINVAL, "%s has no step \"%s\"", plan->id, name);
    if (near)
        rbk_error_hint(err, "did you mean %s? %s lists its steps", near, where);
    else
        rbk_error_hint(err, "%s lists its steps", where);
    free(slug);
    rbk_strv_fini(&ids);
    return RBK_EINVAL;
}

static int find_step(const struct rbk_plan *plan, const char *name, const struct rbk_node **out, struct rbk_error *err)
{
    *out = NULL;
    if (name && !(*out = rbk_plan_find(plan, name))) {
        char *where = rbk_asprintf("runbook show %s", plan->id);
        int rc = rbk_select_unknown(plan, name, where, err);
        free(where);
        return rc;
    }
    return 0;
}

int rbk_select_resolve(struct rbk_run *run, const char *from, const char *only, struct rbk_error *err)
{
    int rc = find_step(run->plan, from, &run->from, err);
    return rc < 0 ? rc : find_step(run->plan, only, &run->only, err);
}

const char *rbk_select_skip(const struct rbk_run *run, const struct rbk_node *node)
{
    if (run->only && node != run->only && !rbk_select_contains(node, run->only) &&
        !rbk_select_contains(run->only, node))
        return "not asked for (--only)";
    if (run->from && node != run->from && !rbk_select_contains(node, run->from) &&
        rbk_select_position(run->plan, node) < rbk_select_position(run->plan, run->from))
        return "before the step to begin from (--from)";
    return NULL;
}
