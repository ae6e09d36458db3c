/* A group of steps carried out at once, up to a cap: the children of a `parallel`, the items of an `each`. The others
 * go on when one fails, unless fail_fast. */
#include <run/machine.h>

#include <string.h>

enum rbk_role rbk_role_of(const struct rbk_node *node)
{
    return node->is_parallel ? RBK_ROLE_PARALLEL : node->each || node->each_list ? RBK_ROLE_EACH : RBK_ROLE_PLAIN;
}

static bool has_failed(const struct rbk_step *child)
{
    return child->row.state == RBK_STEP_FAILED || child->row.state == RBK_STEP_TIMED_OUT ||
           child->row.state == RBK_STEP_CANCELLED;
}

/* A child of a parallel with on_fail = "continue" does not fail the group; the run is red all the same. */
static bool counts(const struct rbk_step *child)
{
    return child->role == RBK_ROLE_ITEM || child->node->on_fail != RBK_ON_FAIL_CONTINUE;
}

struct tally {
    size_t waiting, doubt, unfinished, timed_out, failed, stopped;
    struct rbk_buf names; /* of those that failed by themselves */
};

static void count_child(struct tally *t, const struct rbk_step *child)
{
    switch (child->row.state) {
    case RBK_STEP_WAITING:
        t->waiting++;
        break;
    case RBK_STEP_IN_DOUBT:
        t->doubt++;
        break;
    case RBK_STEP_PENDING:
        t->unfinished++;
        break;
    case RBK_STEP_CANCELLED:
        t->stopped += counts(child);
        break;
    default:
        if (has_failed(child) && counts(child)) {
            t->failed++;
            t->timed_out += child->row.state == RBK_STEP_TIMED_OUT;
            rbk_buf_printf(&t->names, "%s%s", t->names.len ? ", " : "",
                           child->row.item ? child->row.item : child->row.title);
        }
    }
}

static void conclude(struct rbk_step *group)
{
    struct tally t = {0};
    for (size_t i = 0; i < group->group.next; i++)
        if (group->group.steps[i])
            count_child(&t, group->group.steps[i]);
    group->group.over = true;
    char *error = t.failed    ? rbk_asprintf("%zu of %zu failed: %.300s", t.failed, group->group.count, t.names.data)
                  : t.stopped ? rbk_asprintf("%zu of %zu stopped", t.stopped, group->group.count)
                              : NULL;
    rbk_buf_fini(&t.names);
    enum rbk_step_state state = t.doubt                 ? RBK_STEP_IN_DOUBT
                                : t.waiting             ? RBK_STEP_WAITING
                                : t.timed_out           ? RBK_STEP_TIMED_OUT
                                : t.failed || t.stopped ? RBK_STEP_FAILED
                                : t.unfinished          ? RBK_STEP_PENDING
                                : group->stop           ? RBK_STEP_CANCELLED
                                                        : RBK_STEP_SUCCEEDED;
    rbk_attempt_ended(group, state, error);
    free(error);
}

static void group_go(struct rbk_step *group);

/* A list may be long: an item is there from when it is started until nothing of it is needed any more. */
static struct rbk_step *child_at(struct rbk_step *group, size_t index)
{
    struct rbk_step **slot = &group->group.steps[index];
    if (!*slot)
        *slot =
            rbk_step_new(group->run, group->node, group, RBK_ROLE_ITEM, index, rbk_list_at(group->group.list, index));
    return *slot;
}

/* Called when its end is on record and nothing that it did is under way. */
static void on_child_recorded(void *arg)
{
    struct rbk_step *child = arg;
    struct rbk_step *group = child->parent;
    if (child->jobs || child->perform || child->secret || child->dirty)
        return;
    group->group.steps[child->index] = NULL;
    rbk_step_forget(child);
}

/* An item that went well, or was not to be done, counts no more; what is to be undone stays. */
static bool is_spent(const struct rbk_step *child)
{
    bool fine = child->row.state == RBK_STEP_SUCCEEDED || child->row.state == RBK_STEP_SKIPPED;
    return child->role == RBK_ROLE_ITEM && fine && !child->node->call && !rbk_undo_is_due(child);
}

/* What the failure of a child means for the group and the run, now or in the run that is resumed. */
static void account(struct rbk_step *group, const struct rbk_step *child)
{
    if (!has_failed(child))
        return;
    group->run->red = true;
    if (counts(child)) {
        group->rejected |= child->rejected;
        group->wants_undo |= child->wants_undo || child->node->on_fail == RBK_ON_FAIL_UNDO;
    } else {
        rbk_sequence_reason(group->run, child); /* the group will not give one */
    }
}

static void on_child_end(struct rbk_step *child)
{
    struct rbk_step *group = child->parent;
    group->group.running--;
    account(group, child);
    if (is_spent(child))
        rbk_record_then(group->run->session, on_child_recorded, child);
    if (has_failed(child) && counts(child) && group->node->fail_fast && !group->group.stopped)
        rbk_group_stop(group, RBK_STOP_FAIL_FAST, false);
    group_go(group);
}

/* Children may end while they are being started: only the outermost call starts more. */
static void group_go(struct rbk_step *group)
{
    if (group->group.advancing || group->group.over)
        return;
    group->group.advancing = true;
    while (!group->group.stopped && group->group.next < group->group.count && group->group.running < group->group.cap) {
        struct rbk_step *child = child_at(group, group->group.next++);
        group->group.running++;
        rbk_step_start(child, on_child_end);
    }
    group->group.advancing = false;
    if (group->group.running == 0)
        conclude(group);
}

void rbk_group_start(struct rbk_step *group, size_t cap)
{
    group->group.cap = cap > 0 ? cap : 1;
    group_go(group);
}

void rbk_group_stop(struct rbk_step *group, enum rbk_stop stop, bool now)
{
    group->group.stopped = true;
    for (size_t i = 0; i < group->group.next; i++)
        if (group->group.steps[i])
            rbk_step_stop(group->group.steps[i], stop, now);
}

/* A group that is done is not carried out again, but its children are there: to be shown, and to be undone. */
void rbk_group_adopt(struct rbk_step *group)
{
    if (group->row.state == RBK_STEP_SKIPPED)
        return;
    if (group->role == RBK_ROLE_PARALLEL)
        rbk_parallel_children(group);
    else if (group->role == RBK_ROLE_EACH && rbk_map_get(group->run->each_lists, group->row.key))
        rbk_each_children(group, NULL);
    for (size_t i = 0; i < group->group.count; i++) {
        struct rbk_step *child = child_at(group, i);
        child->ended = true;
        rbk_observe_step(child);
        rbk_group_adopt(child);
        account(group, child);
    }
}
