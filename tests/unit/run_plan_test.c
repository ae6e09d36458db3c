/* Plans: built by hand as the loader builds them; every rule has its exact words, and every sound plan passes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <base/mem.h>
#include <cmocka.h>
#include <run/check.h>
#include <run/plan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- building -------------------------------------------------------------------------------------------------- */

static struct rbk_plan *plan_new(void)
{
    struct rbk_plan *p = rbk_plan_new("incident/example", "r.lua");
    p->title = rbk_strdup("Example");
    return p;
}

static struct rbk_node *step_bare(struct rbk_plan *p, const char *title, int line)
{
    struct rbk_node *n = rbk_node_new(title, line);
    rbk_plan_add(p, n);
    return n;
}

static void body_shell(struct rbk_body *b, const char *text)
{
    b->kind = RBK_BODY_SHELL;
    b->text = rbk_strdup(text);
}

static struct rbk_node *step_shell(struct rbk_plan *p, const char *title, int line, const char *text)
{
    struct rbk_node *n = step_bare(p, title, line);
    body_shell(&n->run, text);
    return n;
}

static struct rbk_node *step_argv(struct rbk_plan *p, const char *title, int line, const char *program, const char *arg)
{
    struct rbk_node *n = step_bare(p, title, line);
    n->run.kind = RBK_BODY_ARGV;
    rbk_strv_add(&n->run.argv, program);
    if (arg)
        rbk_strv_add(&n->run.argv, arg);
    return n;
}

static struct rbk_node *step_call(struct rbk_plan *p, const char *title, int line, const char *id)
{
    struct rbk_node *n = step_bare(p, title, line);
    n->call = rbk_strdup(id);
    return n;
}

static struct rbk_node *group_of(struct rbk_plan *p, const char *title, int line)
{
    struct rbk_node *n = step_bare(p, title, line);
    n->is_parallel = true;
    return n;
}

static struct rbk_expr *expr(const char *text, int line)
{
    struct rbk_expr *e = NULL;
    assert_int_equal(rbk_expr_parse(text, "r.lua", line, &e, NULL), 0);
    return e;
}

static void check_add(struct rbk_node *n, const char *text)
{
    n->checks = rbk_realloc(n->checks, n->check_count + 1, sizeof *n->checks);
    n->checks[n->check_count++] = expr(text, n->line);
}

static void capture_add(struct rbk_node *n, const char *name)
{
    n->captures = rbk_realloc(n->captures, n->capture_count + 1, sizeof *n->captures);
    n->captures[n->capture_count++] = (struct rbk_capture){rbk_strdup(name), rbk_strdup("%d+")};
}

static void ask_add(struct rbk_node *n, const char *name)
{
    n->ask = rbk_realloc(n->ask, n->ask_count + 1, sizeof *n->ask);
    n->ask[n->ask_count++] = (struct rbk_param){.name = rbk_strdup(name)};
}

static struct rbk_param *param_add(struct rbk_plan *p, const char *name, enum rbk_param_type type, int line)
{
    p->params = rbk_realloc(p->params, p->param_count + 1, sizeof *p->params);
    p->params[p->param_count] = (struct rbk_param){.name = rbk_strdup(name), .type = type, .line = line};
    return &p->params[p->param_count++];
}

/* ---- judging --------------------------------------------------------------------------------------------------- */

static void assert_sound(struct rbk_plan *p)
{
    struct rbk_error err = {0};
    if (rbk_plan_validate(p, &err) != 0)
        fail_msg("%s:%d: %s", err.file, err.line, err.message);
    rbk_plan_free(p);
}

/* The first error, as "file:line: message" with the hint on the next line. */
static void assert_wrong(struct rbk_plan *p, const char *expected)
{
    struct rbk_error err = {0};
    char text[1024];
    assert_int_equal(rbk_plan_validate(p, &err), RBK_EINVAL);
    rbk_error_format(&err, text, sizeof text);
    assert_string_equal(text, expected);
    rbk_plan_free(p);
}

static void problem_add(void *arg, const char *severity, const struct rbk_error *e)
{
    char text[1024];
    rbk_error_format(e, text, sizeof text);
    rbk_buf_printf(arg, "%s %s\n", severity, text);
}

static void assert_problems(struct rbk_plan *p, const struct rbk_check_options *o, const char *expected)
{
    static const struct rbk_check_options none = {0};
    struct rbk_buf told = {0};
    rbk_plan_check(p, o ? o : &none, problem_add, &told);
    assert_string_equal(told.data ? told.data : "", expected);
    rbk_buf_fini(&told);
    rbk_plan_free(p);
}

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

/* ---- all problems ---------------------------------------------------------------------------------------------- */

static void facts_that_nothing_sets_are_warnings(void **state)
{
    (void)state;
    struct rbk_plan *p = plan_new();
    capture_add(step_shell(p, "Measure", 3, "true"), "failing_count");
    check_add(step_shell(p, "Use", 4, "true"), "failing_cuont < 5");
    check_add(step_shell(p, "Use more", 5, "true"), "coverage > 70%");
    assert_problems(p, NULL,
                    "warning r.lua:4: no step sets `failing_cuont`\n  did you mean `failing_count`?\n"
                    "warning r.lua:5: no step sets `coverage`\n"
                    "  until something sets it, the run stops there and asks a person for it\n");
}

static void names_that_people_expect_are_explained(void **state)
{
    (void)state;
    struct rbk_plan *p = plan_new();
    param_add(p, "system", RBK_PARAM_STRING, 2);
    check_add(step_shell(p, "A", 3, "true"), "exit_code == 0");
    step_shell(p, "B", 4, "true")->when = expr("system == linux", 4);
    assert_problems(p, NULL,
                    "warning r.lua:3: no step sets `exit_code`\n"
                    "  a step fails by itself when its command does not exit 0\n"
                    "warning r.lua:4: no step sets `linux`\n  a text stands in quotes: 'linux'\n");
}

static void a_fact_read_before_it_is_set_is_a_warning(void **state)
{
    (void)state;
    struct rbk_plan *p = plan_new();
    step_shell(p, "Use", 3, "true")->when = expr("lines == '3'", 3);
    capture_add(step_shell(p, "Measure", 4, "true"), "lines");
    check_add(p->nodes[1], "lines == '3'");
    assert_problems(p, NULL,
                    "warning r.lua:3: step \"Use\" reads `lines`, which only the later step \"Measure\" (line 4) sets\n"
                    "  a run cannot know it yet: change the order of the steps\n");
}

static void conditions_that_never_hold_are_warnings(void **state)
{
    (void)state;
    struct rbk_plan *p = plan_new();
    capture_add(step_shell(p, "Measure", 2, "true"), "n");
    step_shell(p, "A", 3, "true")->when = expr("n > 5 and n < 3", 3);
    step_shell(p, "B", 4, "true")->when = expr("false or 1 > 2", 4);
    step_shell(p, "C", 5, "true")->when = expr("n == 'a' and (n == 'b' or true)", 5);
    step_shell(p, "D", 6, "true")->when = expr("n == 'a' and n == 'b'", 6);
    step_shell(p, "E", 7, "true")->when = expr("3 < n and n <= 5", 7);
    check_add(step_shell(p, "F", 8, "true"), "n >= 5 and 5 > n");
    assert_problems(p, NULL,
                    "warning r.lua:3: step \"A\": `when` can never be true: n > 5 and n < 3\n  the step is never run\n"
                    "warning r.lua:4: step \"B\": `when` can never be true: false or 1 > 2\n  the step is never run\n"
                    "warning r.lua:6: step \"D\": `when` can never be true: n == 'a' and n == 'b'\n"
                    "  the step is never run\n"
                    "warning r.lua:8: step \"F\": `check` can never be true: n >= 5 and 5 > n\n"
                    "  the step always fails\n");
}

static void parameters_are_worth_declaring(void **state)
{
    (void)state;
    struct rbk_plan *p = plan_new();
    param_add(p, "unused", RBK_PARAM_STRING, 2);
    param_add(p, "since", RBK_PARAM_DURATION, 3);
    struct rbk_param *level = param_add(p, "level", RBK_PARAM_CHOICE, 4);
    rbk_strv_add(&level->choices, "smoke");
    step_shell(p, "A", 5, "find -newermt @$since_seconds")->when = expr("level == 'smok'", 5);
    assert_problems(
        p, NULL,
        "warning r.lua:5: `level` is never \"smok\": that is none of its choices\n"
        "  did you mean \"smoke\"?\n"
        "warning r.lua:2: nothing reads the parameter `unused`\n  use it as $name in a step, or remove it\n");
}

static void a_slip_in_a_shell_string_is_a_warning(void **state)
{
    (void)state;
    struct rbk_plan *p = plan_new();
    param_add(p, "level", RBK_PARAM_STRING, 2);
    step_shell(p, "A", 3, "echo $leve $level; levels=1; echo $levels $http_proxy");
    assert_problems(p, NULL,
                    "warning r.lua:3: step \"A\": nothing sets `$leve` for the shell\n  did you mean `$level`?\n");
}

static void an_undo_that_nothing_provides_is_a_warning(void **state)
{
    (void)state;
    struct rbk_plan *p = plan_new();
    step_shell(p, "A", 3, "true")->on_fail = RBK_ON_FAIL_UNDO;
    assert_problems(p, NULL,
                    "warning r.lua:3: step \"A\": on_fail = \"undo\", but no step has an `undo`\n"
                    "  give the steps that change something an `undo`\n");
}

/* ---- the machine and the configuration ------------------------------------------------------------------------- */

static void programs_secrets_and_priorities_are_looked_up(void **state)
{
    (void)state;
    struct rbk_config *config = NULL;
    static const char yaml[] = "secrets:\n  api_token:\n    env: API_TOKEN\n";
    assert_int_equal(rbk_config_parse("runbook.yaml", yaml, sizeof yaml - 1, &config, NULL), 0);
    const struct rbk_check_options o = {.config = config};
    struct rbk_plan *p = plan_new();
    p->priority = rbk_strdup("urgent");
    step_argv(p, "A", 3, "no-such-program", "x");
    step_shell(p, "B", 4, "# a comment\n  no-such-tool --flag | cat");
    step_shell(p, "C", 5, "for i in 1 2; do true; done");
    step_shell(p, "D", 6, "x=$(no-such-tool)");
    step_shell(p, "E", 7, "ls; no-such-tool");
    step_argv(p, "F", 8, "./no-such-file", NULL);
    rbk_strv_add(&step_shell(p, "G", 9, "true")->secret, "api_tokn");
    struct rbk_buf expected = {0};
    rbk_buf_puts(&expected, "error r.lua:1: the escalation matrix has no row \"urgent\"\n  the rows are:");
    for (size_t i = 0; i < config->escalation_count; i++)
        rbk_buf_printf(&expected, " %s", config->escalation[i].priority);
    rbk_buf_puts(&expected, "\nwarning r.lua:3: step \"A\": the program `no-such-program` is not installed\n"
                            "  install it, or mend the name\n"
                            "warning r.lua:4: step \"B\": the program `no-such-tool` is not installed\n"
                            "  install it, or mend the name\n"
                            "warning r.lua:8: step \"F\": there is no executable file `./no-such-file`\n"
                            "  paths start at the project's root, or at the step's `cwd`\n"
                            "error r.lua:9: step \"G\": the configuration has no secret \"api_tokn\"\n"
                            "  did you mean \"api_token\"?\n");
    assert_problems(p, &o, expected.data);
    rbk_buf_fini(&expected);
    rbk_config_free(config);
}

/* ---- calls ----------------------------------------------------------------------------------------------------- */

/* a/one -> a/two -> a/one; a/leaf takes a required level; a/wide calls a/leaf twice. */
static int load_example(void *arg, const char *id, struct rbk_plan **out, struct rbk_error *err)
{
    (void)arg;
    struct rbk_plan *p = rbk_plan_new(id, "other.lua");
    p->title = rbk_strdup("Other");
    if (strcmp(id, "a/one") == 0) {
        step_call(p, "Next", 2, "a/two");
    } else if (strcmp(id, "a/two") == 0) {
        step_call(p, "Back", 2, "a/one");
    } else if (strcmp(id, "a/wide") == 0) {
        step_call(p, "Leaf", 2, "a/leaf");
        step_call(p, "Leaf again", 3, "a/leaf");
    } else if (strcmp(id, "a/leaf") == 0) {
        param_add(p, "level", RBK_PARAM_STRING, 2)->required = true;
        param_add(p, "times", RBK_PARAM_INTEGER, 2);
    } else {
        rbk_plan_free(p);
        rbk_error_set(err, RBK_ENOENT, "there is no runbook %s", id);
        return rbk_error_hint(err, "did you mean a/leaf?");
    }
    *out = p;
    return 0;
}

static const struct rbk_check_options with_load = {.load = load_example};

static void called_runbooks_exist(void **state)
{
    (void)state;
    struct rbk_plan *p = plan_new();
    step_call(p, "A", 3, "a/laef");
    assert_problems(p, &with_load,
                    "error r.lua:3: step \"A\" calls a/laef: there is no runbook a/laef\n  did you mean a/leaf?\n");
}

static void called_runbooks_take_what_is_given(void **state)
{
    (void)state;
    struct rbk_plan *p = plan_new();
    param_add(p, "how", RBK_PARAM_STRING, 1);
    step_call(p, "A", 3, "a/leaf");
    struct rbk_node *open = step_call(p, "B", 4, "a/leaf"), *wrong = step_call(p, "C", 5, "a/leaf"),
                    *unknown = step_call(p, "D", 6, "a/leaf");
    open->with = rbk_map_new();
    rbk_map_set_string(open->with, "level", "$how");
    wrong->with = rbk_map_new();
    rbk_map_set_string(wrong->with, "level", "all");
    rbk_map_set_string(wrong->with, "times", "many");
    unknown->with = rbk_map_new();
    rbk_map_set_string(unknown->with, "levle", "all");
    assert_problems(p, &with_load,
                    "error r.lua:3: step \"A\" calls a/leaf: --level is required (string)\n"
                    "error r.lua:5: step \"C\" calls a/leaf: --times: \"many\" is not a whole number (try 3)\n"
                    "error r.lua:6: step \"D\" calls a/leaf: there is no parameter --levle\n"
                    "  did you mean --level?\n");
}

static void calls_that_go_round_are_found(void **state)
{
    (void)state;
    struct rbk_plan *p = plan_new();
    step_call(p, "A", 3, "a/one");
    struct rbk_error err = {0};
    assert_int_equal(rbk_plan_check_calls(p, load_example, NULL, &err), RBK_EINVAL);
    assert_string_equal(err.message,
                        "step \"A\": the calls go round in a circle: incident/example -> a/one -> a/two -> a/one");
    rbk_plan_free(p);
}

static void the_same_runbook_may_be_called_twice(void **state)
{
    (void)state;
    struct rbk_plan *p = plan_new();
    step_call(p, "A", 3, "a/wide");
    step_call(p, "B", 4, "a/wide");
    assert_int_equal(rbk_plan_check_calls(p, load_example, NULL, NULL), 0);
    rbk_plan_free(p);
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
        cmocka_unit_test(facts_that_nothing_sets_are_warnings),
        cmocka_unit_test(names_that_people_expect_are_explained),
        cmocka_unit_test(a_fact_read_before_it_is_set_is_a_warning),
        cmocka_unit_test(conditions_that_never_hold_are_warnings),
        cmocka_unit_test(parameters_are_worth_declaring),
        cmocka_unit_test(a_slip_in_a_shell_string_is_a_warning),
        cmocka_unit_test(an_undo_that_nothing_provides_is_a_warning),
        cmocka_unit_test(programs_secrets_and_priorities_are_looked_up),
        cmocka_unit_test(called_runbooks_exist),
        cmocka_unit_test(called_runbooks_take_what_is_given),
        cmocka_unit_test(calls_that_go_round_are_found),
        cmocka_unit_test(the_same_runbook_may_be_called_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
