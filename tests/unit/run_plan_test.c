/* Plans: every rule has its exact words, and every sound plan passes. */
#include "plan_fixture.h"

/* ---- structure ------------------------------------------------------------------------------------------------- */

static void steps_are_found_by_id_and_number(void **state)
{
    (void)state;
    struct rbk_plan *p = plan_new();
    step_shell(p, "Check recent code changes", 3, "true");
    struct rbk_node *group = group_of(p, "Together", 4), *child = rbk_node_new("Second one", 5);
    rbk_node_add(group, rbk_node_new("First one", 4));
    rbk_node_add(group, child);
    assert_string_equal(p->nodes[0]->id, "check_recent_code_changes");
    assert_ptr_equal(rbk_plan_find(p, "check-recent-code-changes"), p->nodes[0]);
    assert_ptr_equal(rbk_plan_find(p, "1"), p->nodes[0]);
    assert_ptr_equal(rbk_plan_find(p, "2.2"), child);
    assert_ptr_equal(rbk_plan_find(p, "second_one"), child);
    assert_null(rbk_plan_find(p, "2.3"));
    assert_null(rbk_plan_find(p, "0"));
    assert_null(rbk_plan_find(p, "1x"));
    assert_null(rbk_plan_find(p, "nothing"));
    rbk_plan_free(p);
}

static void kinds_are_named(void **state)
{
    (void)state;
    struct rbk_plan *p = plan_new();
    assert_string_equal(rbk_node_kind(step_shell(p, "a", 1, "true")), "shell");
    assert_string_equal(rbk_node_kind(step_argv(p, "b", 1, "true", NULL)), "argv");
    assert_string_equal(rbk_node_kind(step_call(p, "c", 1, "a/b")), "call");
    assert_string_equal(rbk_node_kind(group_of(p, "d", 1)), "parallel");
    struct rbk_node *by_hand = step_bare(p, "e", 1);
    by_hand->manual = rbk_strdup("do it");
    assert_string_equal(rbk_node_kind(by_hand), "manual");
    body_shell(&by_hand->run, "true");
    assert_string_equal(rbk_node_kind(by_hand), "shell");
    ask_add(step_bare(p, "f", 1), "why");
    assert_string_equal(rbk_node_kind(p->nodes[5]), "ask");
    rbk_plan_free(p);
}

static void the_hash_follows_what_a_step_does(void **state)
{
    (void)state;
    struct rbk_plan *p = plan_new();
    char first[17], second[17];
    struct rbk_node *n = step_shell(p, "a", 1, "make");
    rbk_node_hash(n, first);
    assert_int_equal(strlen(first), 16);
    n->title[0] = 'z';
    n->timeout_ms = 5;
    n->line = 9;
    rbk_node_hash(n, second);
    assert_string_equal(first, second);
    n->run.text[0] = 'M';
    rbk_node_hash(n, second);
    assert_string_not_equal(first, second);
    n->run.text[0] = 'm';
    n->cwd = rbk_strdup("");
    rbk_node_hash(n, second);
    assert_string_not_equal(first, second);
    rbk_plan_free(p);
}

static void a_plan_is_shown_as_a_document(void **state)
{
    (void)state;
    struct rbk_plan *p = plan_new();
    struct rbk_param *level = param_add(p, "level", RBK_PARAM_CHOICE, 2);
    rbk_strv_add(&level->choices, "all");
    level->dflt = rbk_string_new("all");
    struct rbk_node *n = step_argv(p, "Build", 3, "make", "$level");
    n->when = expr("level == 'all'", 3);
    n->timeout_ms = 1500;
    check_add(n, "level != 'x'");
    rbk_value *v = rbk_plan_to_value(p);
    char *json = rbk_value_to_json(v, 0);
    assert_string_equal(
        json,
        "{\"schema\":\"runbook.plan/1\",\"id\":\"incident/example\",\"title\":\"Example\",\"path\":\"r.lua\","
        "\"priority\":null,\"overlap\":\"forbid\",\"params\":[{\"name\":\"level\",\"type\":\"choice\",\"default\":"
        "\"all\",\"required\":false,\"choices\":[\"all\"]}],\"steps\":[{\"id\":\"build\",\"title\":\"Build\",\"kind\":"
        "\"argv\",\"run\":[\"make\",\"$level\"],\"when\":\"level == 'all'\",\"check\":[\"level != "
        "'x'\"],\"on_fail\":\"stop\",\"timeout\":1.5,\"line\":3,\"steps\":[]}]}");
    free(json);
    rbk_value_free(v);
    rbk_plan_free(p);
}

/* ---- names ----------------------------------------------------------------------------------------------------- */

static void a_sound_plan_passes(void **state)
{
    (void)state;
    struct rbk_plan *p = plan_new();
    param_add(p, "level", RBK_PARAM_STRING, 2);
    param_add(p, "hosts", RBK_PARAM_LIST, 2);
    capture_add(step_shell(p, "Measure", 3, "wc -l $level"), "lines");
    check_add(step_argv(p, "Use", 4, "echo", "$lines ${level} $$x $HOME"), "lines == '3' and level != 'x'");
    step_argv(p, "Each", 5, "ping", "$item")->each = rbk_strdup("hosts");
    step_call(p, "Env", 6, "troubleshoot/environment");
    check_add(step_shell(p, "After", 7, "true"), "env.disk_free > 1GB");
    assert_sound(p);
}

static void names_mean_one_thing(void **state)
{
    (void)state;
    struct rbk_plan *p = plan_new();
    param_add(p, "Level", RBK_PARAM_STRING, 2);
    assert_wrong(p, "r.lua:2: \"Level\" is not a name for a parameter\n"
                    "  names are lower-case letters, digits and _, and start with a letter: level");
    p = plan_new();
    param_add(p, "dry_run", RBK_PARAM_STRING, 2);
    assert_wrong(p, "r.lua:2: the parameter `dry_run` has the name of a flag of `run`\n"
                    "  choose another name, such as `the_dry_run`");
    p = plan_new();
    capture_add(step_shell(p, "A", 4, "true"), "not");
    assert_wrong(p, "r.lua:4: the fact `not` has the name of a word of the language\n"
                    "  choose another name, such as `the_not`");
    p = plan_new();
    param_add(p, "level", RBK_PARAM_STRING, 2);
    param_add(p, "level", RBK_PARAM_STRING, 3);
    assert_wrong(p, "r.lua:3: the parameter `level` is declared twice (first at line 2)\n"
                    "  one `param` statement for each name");
    p = plan_new();
    param_add(p, "level", RBK_PARAM_STRING, 2);
    capture_add(step_shell(p, "A", 4, "true"), "level");
    assert_wrong(p, "r.lua:4: step \"A\" sets the fact `level`, which is a parameter (line 2)\n"
                    "  parameters and facts share one set of names: rename one of them");
    p = plan_new();
    param_add(p, "passed", RBK_PARAM_STRING, 2);
    rbk_strv_add(&step_shell(p, "A", 4, "true")->run.sets, "passed");
    assert_wrong(p, "r.lua:4: step \"A\" sets the fact `passed`, which is a parameter (line 2)\n"
                    "  parameters and facts share one set of names: rename one of them");
}

static void step_ids_are_unique(void **state)
{
    (void)state;
    struct rbk_plan *p = plan_new();
    step_shell(p, "Build", 3, "true");
    rbk_node_add(group_of(p, "Together", 5), rbk_node_new("build!", 6));
    assert_wrong(p, "r.lua:6: step \"build!\" has the same id as step \"Build\" at line 3: `build`\n"
                    "  give one of them an id of its own: id = \"build_2\"");
    p = plan_new();
    struct rbk_node *n = step_shell(p, "Build", 3, "true");
    free(n->id);
    n->id = rbk_strdup("the-build");
    assert_wrong(p, "r.lua:3: \"the-build\" is not a name for a step id\n"
                    "  names are lower-case letters, digits and _, and start with a letter: the_build");
}

/* ---- keys that go together ------------------------------------------------------------------------------------- */

static void a_step_does_one_thing(void **state)
{
    (void)state;
    struct rbk_plan *p = plan_new();
    step_bare(p, "Nothing", 3);
    assert_wrong(p, "r.lua:3: step \"Nothing\" does nothing\n  give it `run`, `manual`, `call` or `ask`");
    p = plan_new();
    check_add(step_bare(p, "Only a check", 3), "true");
    assert_wrong(p, "r.lua:3: step \"Only a check\" does nothing\n"
                    "  a check stands on the step that measures: give it `run`, or move the check there");
    p = plan_new();
    step_bare(p, "Only a question", 3)->confirm = rbk_strdup("Sure?");
    assert_wrong(p, "r.lua:3: step \"Only a question\" does nothing\n"
                    "  a question belongs to what it guards: give the step `run`, `manual` or `call`");
    p = plan_new();
    step_shell(p, "Two", 3, "true")->call = rbk_strdup("a/b");
    assert_wrong(p, "r.lua:3: step \"Two\" has both `run` and `call`\n  a step does one thing: make it two steps");
    p = plan_new();
    step_call(p, "Two", 3, "a/b")->manual = rbk_strdup("do it");
    assert_wrong(p, "r.lua:3: step \"Two\" has both `manual` and `call`\n  a step does one thing: make it two steps");
    p = plan_new();
    step_shell(p, "Both", 3, "true")->manual = rbk_strdup("do it");
    ask_add(step_bare(p, "Ask alone", 4), "why");
    assert_sound(p);
}

static void a_key_without_effect_is_an_error(void **state)
{
    (void)state;
    struct rbk_plan *p = plan_new();
    step_shell(p, "A", 3, "true")->with = rbk_map_new();
    assert_wrong(p, "r.lua:3: step \"A\": `with` needs `call`");
    p = plan_new();
    capture_add(step_call(p, "A", 3, "a/b"), "x");
    assert_wrong(p, "r.lua:3: step \"A\": `capture` needs `run`");
    p = plan_new();
    body_shell(&step_call(p, "A", 3, "a/b")->verify, "true");
    assert_wrong(p, "r.lua:3: step \"A\": `verify` needs `run`");
    p = plan_new();
    step_shell(p, "A", 3, "true")->lock_wait_ms = 1;
    assert_wrong(p, "r.lua:3: step \"A\": `lock_wait` needs `lock`");
    p = plan_new();
    step_shell(p, "A", 3, "true")->max = 2;
    assert_wrong(p, "r.lua:3: step \"A\": `max` needs `each`");
    p = plan_new();
    step_argv(p, "A", 3, "true", NULL)->shell = rbk_strdup("bash");
    assert_wrong(p, "r.lua:3: step \"A\": `shell` needs a `run` that is a string");
    p = plan_new();
    step_call(p, "A", 3, "a/b")->limits.memory_tree = 5;
    assert_wrong(p, "r.lua:3: step \"A\": `limits` needs `run`");
    p = plan_new();
    ask_add(step_bare(p, "A", 3), "why");
    p->nodes[0]->retry.times = 2;
    assert_wrong(p, "r.lua:3: step \"A\": `retry` needs `run` or `call`");
}

static void keys_that_contradict_are_errors(void **state)
{
    (void)state;
    struct rbk_plan *p = plan_new();
    body_shell(&step_call(p, "A", 3, "a/b")->undo, "true");
    assert_wrong(p, "r.lua:3: step \"A\": a `call` has no `undo` of its own\n"
                    "  put `undo` on the steps of the called runbook");
    p = plan_new();
    capture_add(step_shell(p, "A", 3, "true"), "x");
    p->nodes[0]->tty = true;
    assert_wrong(p, "r.lua:3: step \"A\": with `tty` there is no output to `capture`\n  leave out one of them");
    p = plan_new();
    step_shell(p, "A", 3, "true")->shell = rbk_strdup("python3");
    assert_wrong(p, "r.lua:3: step \"A\": `shell` is \"sh\" or \"bash\", not \"python3\"\n"
                    "  for another program use a table: run = { \"python3\", \"-c\", [[ ... ]] }");
    p = plan_new();
    struct rbk_node *child = rbk_node_new("Edit", 4);
    body_shell(&child->run, "vi");
    child->tty = true;
    rbk_node_add(group_of(p, "Together", 3), child);
    assert_wrong(p, "r.lua:4: step \"Edit\": there is one terminal, so `tty` cannot be parallel\n"
                    "  move it out of the group");
    p = plan_new();
    group_of(p, "Together", 3);
    assert_wrong(p, "r.lua:3: parallel \"Together\" has no steps\n"
                    "  parallel \"Title\" { step \"A\" { .. }, step \"B\" { .. } }");
}

static void numbers_are_in_range(void **state)
{
    (void)state;
    struct rbk_plan *p = plan_new();
    step_shell(p, "A", 3, "true")->retry.times = -1;
    assert_wrong(p, "r.lua:3: step \"A\": `retry` must be at least 1");
    p = plan_new();
    step_shell(p, "A", 3, "true")->retry.times = 2;
    p->nodes[0]->retry.backoff = 0.5;
    assert_wrong(p, "r.lua:3: step \"A\": `backoff` must be at least 1\n  1 keeps the pause as it is");
    p = plan_new();
    step_shell(p, "A", 3, "true")->retry.times = 2;
    p->nodes[0]->retry.jitter = 2;
    assert_wrong(p, "r.lua:3: step \"A\": `jitter` is between 0 and 1\n  0.1 varies each pause by a tenth");
}

static void a_call_names_a_runbook(void **state)
{
    (void)state;
    struct rbk_plan *p = plan_new();
    step_call(p, "A", 3, "The environment");
    assert_wrong(p, "r.lua:3: step \"A\": \"The environment\" is not the id of a runbook\n"
                    "  an id is its path: troubleshoot/environment");
    p = plan_new();
    step_call(p, "A", 3, "incident/example");
    assert_wrong(p, "r.lua:3: step \"A\": the runbook calls itself");
}

static void a_header_is_whole(void **state)
{
    (void)state;
    struct rbk_plan *p = plan_new();
    free(p->title);
    p->title = NULL;
    assert_wrong(p, "r.lua:1: there is no `runbook` statement\n  begin with: runbook \"What it is for\" {}");
    p = plan_new();
    p->escalate_when = expr("true", 1);
    assert_wrong(p, "r.lua:1: `escalate` has `when` but not `to`\n"
                    "  escalate = { when = \"failure_rate > 20%\", to = \"engineering-lead\" }");
}

/* ---- what is read ---------------------------------------------------------------------------------------------- */

static void an_undeclared_dollar_name_is_an_error(void **state)
{
    (void)state;
    struct rbk_plan *p = plan_new();
    param_add(p, "level", RBK_PARAM_STRING, 2);
    step_argv(p, "A", 3, "echo", "$levle");
    assert_wrong(p, "r.lua:3: step \"A\": `$levle` is neither a parameter nor a fact that a step sets\n"
                    "  did you mean `$level`?");
    p = plan_new();
    step_argv(p, "A", 3, "echo", "$zzz");
    assert_wrong(p, "r.lua:3: step \"A\": `$zzz` is neither a parameter nor a fact that a step sets\n"
                    "  declare it: param \"zzz\" { default = .. }, or let a step set it");
    p = plan_new();
    struct rbk_node *n = step_shell(p, "A", 3, "true");
    n->env = rbk_map_new();
    rbk_map_set_string(n->env, "LEVEL", "${level");
    assert_wrong(p, "r.lua:3: `${` has no closing `}` in \"${level\"\n  write `$$` for a dollar");
    p = plan_new();
    step_argv(p, "A", 3, "echo", "$item");
    assert_wrong(p, "r.lua:3: `$item` is only there in a step with `each`\n  add each = \"name_of_a_list\"");
    p = plan_new();
    step_argv(p, "A", 3, "echo", "${env.disk}");
    assert_wrong(p, "r.lua:3: `env.disk`: no step has the id `env`");
    p = plan_new();
    step_argv(p, "A", 3, "echo", "${a.disk}");
    assert_wrong(p, "r.lua:3: `a.disk`: step \"A\" calls no runbook\n"
                    "  only the facts of a called runbook have a prefix: write the name alone");
}

static void a_function_may_set_what_its_source_names(void **state)
{
    (void)state;
    struct rbk_plan *p = plan_new();
    struct rbk_node *n = step_bare(p, "A", 3);
    n->run.kind = RBK_BODY_FUNCTION;
    n->run.text = rbk_strdup("function(ctx) ctx:set(\"free_space\", 3) end");
    step_argv(p, "B", 4, "echo", "$free_space");
    assert_sound(p);
}

static void units_are_checked_before_anything_runs(void **state)
{
    (void)state;
    struct rbk_plan *p = plan_new();
    param_add(p, "limit", RBK_PARAM_PERCENT, 2);
    step_shell(p, "A", 3, "true")->when = expr("limit > 5", 3);
    assert_wrong(p, "r.lua:3:7: \"limit > 5\": limit is a percentage but 5 is a number without a unit\n  write `5%`");
    p = plan_new();
    param_add(p, "hosts", RBK_PARAM_STRING, 2);
    step_argv(p, "A", 3, "ping", "$item")->each = rbk_strdup("hosts");
    assert_wrong(p, "r.lua:3: step \"A\": `each` needs a list, and `hosts` is of type string\n"
                    "  declare it with type = \"list\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_are_found_by_id_and_number),
        cmocka_unit_test(kinds_are_named),
        cmocka_unit_test(the_hash_follows_what_a_step_does),
        cmocka_unit_test(a_plan_is_shown_as_a_document),
        cmocka_unit_test(a_sound_plan_passes),
        cmocka_unit_test(names_mean_one_thing),
        cmocka_unit_test(step_ids_are_unique),
        cmocka_unit_test(a_step_does_one_thing),
        cmocka_unit_test(a_key_without_effect_is_an_error),
        cmocka_unit_test(keys_that_contradict_are_errors),
        cmocka_unit_test(numbers_are_in_range),
        cmocka_unit_test(a_call_names_a_runbook),
        cmocka_unit_test(a_header_is_whole),
        cmocka_unit_test(an_undeclared_dollar_name_is_an_error),
        cmocka_unit_test(a_function_may_set_what_its_source_names),
        cmocka_unit_test(units_are_checked_before_anything_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
