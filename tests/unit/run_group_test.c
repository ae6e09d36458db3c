/* Groups: `parallel` and `each`, how many run at once, and what the failure of one means for the others. */
#include "run_fixture.h"

#include <malloc.h>

static struct rbk_node *add_parallel(struct fixture *f, int max)
{
    struct rbk_node *group = rbk_node_new("group", 1);
    group->is_parallel = true;
    group->max = max;
    rbk_plan_add(f->plan, group);
    return group;
}

/* Each child writes how many children were running when it began. */
static const char counting[] = "mkdir -p in; touch in/$$; ls in | wc -l >> ledger; sleep 0.1; rm in/$$";

static int largest(struct fixture *f)
{
    int max = 0;
    for (const char *c = ledger(f); *c; c++)
        if (*c >= '0' && *c <= '9' && *c - '0' > max)
            max = *c - '0';
    return max;
}

static void parallel_steps_run_at_once_up_to_their_cap(void **state)
{
    struct fixture *f = *state;
    struct rbk_node *group = add_parallel(f, 2);
    char title[2] = "a";
    for (int i = 0; i < 6; i++) {
        title[0] = (char)('a' + i);
        rbk_node_add(group, shell_node(title, counting));
    }
    assert_int_equal(run_plan(f), 0);
    assert_int_equal(largest(f), 2);
    assert_string_equal(states(f), "group:succeeded group/a:succeeded group/b:succeeded group/c:succeeded "
                                   "group/d:succeeded group/e:succeeded group/f:succeeded");
}

static void a_failure_that_the_group_survives_is_the_reason_of_the_run(void **state)
{
    struct fixture *f = *state;
    struct rbk_node *group = add_parallel(f, 4), *bad = shell_node("bad", "exit 7");
    bad->on_fail = RBK_ON_FAIL_CONTINUE;
    rbk_node_add(group, bad);
    assert_int_equal(run_plan(f), 1);
    assert_string_equal(states(f), "group:succeeded group/bad:failed");
    assert_string_equal(rbk_run_reason(f->run), "step \"bad\": exit status 7");
}

static void the_others_finish_when_one_fails(void **state)
{
    struct fixture *f = *state;
    struct rbk_node *group = add_parallel(f, 4);
    rbk_node_add(group, shell_node("bad", "exit 1"));
    rbk_node_add(group, shell_node("good", "sleep 0.2; echo good >> ledger"));
    add_shell(f, "next", "echo next >> ledger");
    assert_int_equal(run_plan(f), 1);
    assert_string_equal(ledger(f), "good");
    assert_string_equal(rbk_run_reason(f->run), "step \"group\": 1 of 2 failed: bad");
}

static void fail_fast_cancels_the_others(void **state)
{
    struct fixture *f = *state;
    struct rbk_node *group = add_parallel(f, 2);
    group->fail_fast = true;
    rbk_node_add(group, shell_node("bad", "exit 1"));
    rbk_node_add(group, shell_node("slow", "sleep 60; echo slow >> ledger"));
    rbk_node_add(group, shell_node("late", "echo late >> ledger"));
    assert_int_equal(run_plan(f), 1);
    assert_string_equal(ledger(f), "");
    assert_string_equal(states(f), "group:failed group/bad:failed group/slow:cancelled");
}

static void a_child_that_may_fail_leaves_the_group_whole_and_the_run_red(void **state)
{
    struct fixture *f = *state;
    struct rbk_node *group = add_parallel(f, 2), *bad = shell_node("bad", "exit 1");
    bad->on_fail = RBK_ON_FAIL_CONTINUE;
    rbk_node_add(group, bad);
    add_shell(f, "next", "echo next >> ledger");
    assert_int_equal(run_plan(f), 1);
    assert_string_equal(ledger(f), "next");
}

static rbk_value *three_items(void)
{
    rbk_value *list = rbk_list_new();
    rbk_list_append(list, rbk_string_new("one"));
    rbk_list_append(list, rbk_string_new("two words"));
    rbk_list_append(list, rbk_string_new("three"));
    return list;
}

static void each_repeats_its_body_for_every_item_in_order(void **state)
{
    struct fixture *f = *state;
    rbk_value *report = NULL;
    struct rbk_node *n = add_shell(f, "visit", "echo \"<$item>\" >> ledger");
    n->each_list = three_items();
    assert_int_equal(run_plan(f), 0);
    assert_string_equal(ledger(f), "<one> <two words> <three>");
    const rbk_value *item = reported(f, &report, "visit[2]");
    assert_string_equal(rbk_map_get_string(item, "item"), "two words");
    assert_string_equal(rbk_map_get_string(item, "parent"), "visit");
    const rbk_value *steps = rbk_map_get(report, "steps");
    assert_string_equal(rbk_map_get_string(rbk_list_at(steps, 3), "key"), "visit[3]");
    rbk_value_free(report);
}

static void each_tries_all_items_and_fails_if_one_did(void **state)
{
    struct fixture *f = *state;
    struct rbk_node *n = add_shell(f, "visit", "echo \"$item\" >> ledger; test \"$item\" != one");
    n->each_list = three_items();
    assert_int_equal(run_plan(f), 1);
    assert_string_equal(ledger(f), "one two words three");
}

static void set_names(struct rbk_perform *p, const rbk_value *options)
{
    (void)options;
    assert_int_equal(rbk_perform_set(p, "names", three_items(), NULL), 0);
    assert_int_equal(rbk_perform_set(p, "nothing", rbk_no_data_new(), NULL), 0);
    rbk_perform_done(p, NULL);
}

static void each_goes_over_a_fact(void **state)
{
    struct fixture *f = *state;
    host_functions[0] = set_names;
    add_function(f, "measure", 0);
    struct rbk_node *n = add_shell(f, "visit", "echo \"<$item>\" >> ledger");
    n->each = rbk_strdup("names");
    n->when = expr("item != 'three'");
    add_shell(f, "none", "echo none >> ledger")->each = rbk_strdup("nothing");
    assert_int_equal(run_plan(f), 0);
    assert_string_equal(ledger(f), "<one> <two words>");
}

static void each_over_what_nobody_set_fails(void **state)
{
    struct fixture *f = *state;
    add_shell(f, "visit", "true")->each = rbk_strdup("names");
    assert_int_equal(run_plan(f), 1);
    assert_string_equal(rbk_run_reason(f->run), "step \"visit\": each: no step has set \"names\"");
}

enum { MANY = 2000 };

static const struct rbk_run_observer only_the_end = {.ended = on_ended};
static size_t in_use; /* the most at the start of an item */

static void measure_memory(struct rbk_perform *perform, const rbk_value *options)
{
    (void)options;
    size_t now = mallinfo2().uordblks;
    in_use = now > in_use ? now : in_use;
    rbk_perform_done(perform, NULL);
}

/* What a long list takes is the list itself, a few times: in the plan, in the step, and until it is recorded. */
static void items_take_memory_only_while_they_run(void **state)
{
    struct fixture *f = *state;
    host_functions[0] = measure_memory;
    in_use = 0;
    f->options.observer = &only_the_end;
    struct rbk_node *n = add_function(f, "item", 0);
    n->each_list = rbk_list_new();
    for (int i = 0; i < MANY; i++)
        rbk_list_append(n->each_list, rbk_int_new(i));
    size_t before = mallinfo2().uordblks;
    assert_int_equal(run_plan(f), 0);
    assert_in_range(in_use, 0, before + MANY * 500);
}

/* Items that went well are kept where they may have to be undone. */
static void items_are_undone_last_first(void **state)
{
    struct fixture *f = *state;
    struct rbk_node *n = add_shell(f, "item", "echo $item >> ledger");
    set_body(&n->undo, "echo undo-$item >> ledger");
    n->each_list = rbk_list_new();
    for (int i = 1; i <= 3; i++)
        rbk_list_append(n->each_list, rbk_int_new(i));
    add_shell(f, "bad", "exit 1")->on_fail = RBK_ON_FAIL_UNDO;
    assert_int_equal(run_plan(f), 1);
    assert_string_equal(ledger(f), "1 2 3 undo-3 undo-2 undo-1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(parallel_steps_run_at_once_up_to_their_cap, setup, teardown),
        cmocka_unit_test_setup_teardown(a_failure_that_the_group_survives_is_the_reason_of_the_run, setup, teardown),
        cmocka_unit_test_setup_teardown(the_others_finish_when_one_fails, setup, teardown),
        cmocka_unit_test_setup_teardown(fail_fast_cancels_the_others, setup, teardown),
        cmocka_unit_test_setup_teardown(a_child_that_may_fail_leaves_the_group_whole_and_the_run_red, setup, teardown),
        cmocka_unit_test_setup_teardown(each_repeats_its_body_for_every_item_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(each_tries_all_items_and_fails_if_one_did, setup, teardown),
        cmocka_unit_test_setup_teardown(each_goes_over_a_fact, setup, teardown),
        cmocka_unit_test_setup_teardown(each_over_what_nobody_set_fails, setup, teardown),
        cmocka_unit_test_setup_teardown(items_take_memory_only_while_they_run, setup, teardown),
        cmocka_unit_test_setup_teardown(items_are_undone_last_first, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
