/* `each`: one child step for each element of a list. The list is fixed when the step begins, and recorded: its own
 * items may change the fact that it came from, and a resumed run must go on with the same ones. */
#include <run/machine.h>

#include <string.h>

static int current_list(struct rbk_step *group, rbk_value **out, struct rbk_error *err)
{
    const struct rbk_node *node = group->node;
    if (node->each_list)
        return rbk_subst_value(node->each_list, rbk_fact_lookup, group, out, err);
    const rbk_value *v = rbk_fact_lookup(group, node->each);
    switch (rbk_value_type(v)) {
    case RBK_LIST:
        *out = rbk_value_dup(v);
        return 0;
    case RBK_NO_DATA:
        *out = rbk_list_new();
        return 0;
    default:
        rbk_error_set(err, RBK_EINVAL, v ? "each: \"%s\" is not a list" : "each: no step has set \"%s\"", node->each);
        return rbk_error_hint(err, "a step before this one must set it to a list");
    }
}

/* What a resumed run went over, where secrets in it were not stored: worked out again from the parameters that were
 * given again. It must be the list of then, as far as that is on record. */
static int list_again(struct rbk_step *group, const rbk_value *recorded, rbk_value **out, struct rbk_error *err)
{
    rbk_value *list = NULL;
    int rc = current_list(group, &list, err);
    if (rc < 0)
        return rc;
    rbk_value *redacted = rbk_fact_redacted(group->run->session, rbk_value_dup(list));
    bool same = rbk_value_equal(redacted, recorded);
    rbk_value_free(redacted);
    if (same) {
        *out = list;
        return 0;
    }
    rbk_value_free(list);
    rbk_error_set(err, RBK_EINVAL, "each: secrets in its list were not stored, and it is another list now");
    return rbk_error_hint(err, "to begin the step anew: runbook retry %.12s %s", group->run->session->root->row.id,
                          group->node->id);
}

static int list_of(struct rbk_step *group, rbk_value **out, struct rbk_error *err)
{
    const rbk_value *recorded = rbk_map_get(group->run->each_lists, group->row.key);
    if (recorded && rbk_fact_was_redacted(recorded))
        return list_again(group, recorded, out, err);
    if (recorded) {
        *out = rbk_value_dup(recorded);
        return 0;
    }
    int rc = current_list(group, out, err);
    if (rc == 0)
        rbk_record_event(group->run, group->row.key, "each",
                         rbk_fact_redacted(group->run->session, rbk_value_dup(*out)));
    return rc;
}

/* The items themselves are made when their turn comes (rbk_group_child). */
int rbk_each_children(struct rbk_step *group, struct rbk_error *err)
{
    rbk_value *list = NULL;
    int rc = list_of(group, &list, err);
    if (rc < 0)
        return rc;
    group->group.list = list;
    group->group.count = rbk_value_length(list);
    group->group.steps = rbk_alloc((group->group.count + 1) * sizeof *group->group.steps);
    return 0;
}

void rbk_each_start(struct rbk_step *group)
{
    struct rbk_error err = {0};
    if (rbk_each_children(group, &err) < 0) {
        rbk_attempt_could_not(group, &err);
        return;
    }
    if (group->group.count == 0)
        rbk_step_note(group, "nothing to do: the list is empty");
    rbk_group_start(group, group->node->max > 0 ? (size_t)group->node->max : 1);
}
