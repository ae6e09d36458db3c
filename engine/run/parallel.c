/* `parallel`: one child step for each node in it. */
#include <run/machine.h>

enum { DEFAULT_CAP = 4 };

void rbk_parallel_children(struct rbk_step *group)
{
    const struct rbk_node *node = group->node;
    group->group.steps = rbk_realloc(NULL, node->child_count + 1, sizeof *group->group.steps);
    group->group.count = node->child_count;
    for (size_t i = 0; i < node->child_count; i++) {
        struct rbk_node *child = node->children[i];
        group->group.steps[i] = rbk_step_new(group->run, child, group, rbk_role_of(child), i, NULL);
    }
}

void rbk_parallel_start(struct rbk_step *group)
{
    int configured = group->run->session->o.config->parallel;
    int cap = group->node->max > 0 ? group->node->max : configured > 0 ? configured : DEFAULT_CAP;
    rbk_parallel_children(group);
    rbk_group_start(group, (size_t)cap);
}
