/* Loading runbooks: every mistake has its exact words, a script that runs wild is stopped with its name, and what loads
 * says what the file says. The mistakes are data: tests/unit/load/NAME.lua and, beside it, NAME.txt with the message.
 */
#include "lua_fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CASES RBK_SOURCE_DIR "/tests/unit/load"

static int read_text(const char *dir, const char *name, const char *suffix, struct rbk_buf *out)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s%s", dir, name, suffix);
    return rbk_file_read(path, 1 << 20, out, NULL);
}

static void message_of(const char *name, bool stress, char *out, size_t size)
{
    struct host h;
    struct rbk_buf text = {0};
    struct rbk_error err = {0};
    struct rbk_plan *plan = NULL;
    char file[300];
    snprintf(file, sizeof file, "%s.lua", name);
    host_open(&h, stress, NULL, NULL);
    assert_int_equal(read_text(CASES, name, ".lua", &text), 0);
    int rc = rbk_lua_load_text(h.lua, "test/case", file, text.data ? text.data : "", text.len, &plan, &err);
    snprintf(out, size, "it was loaded");
    if (rc)
        rbk_error_format(&err, out, size);
    assert_true(rc == RBK_OK || rc == RBK_EINVAL);
    rbk_plan_free(plan);
    rbk_buf_fini(&text);
    host_close(&h);
}

static void check_case(const char *name, bool stress)
{
    char message[sizeof(struct rbk_error)];
    struct rbk_buf expected = {0};
    message_of(name, stress, message, sizeof message);
    if (read_text(CASES, name, ".txt", &expected) != 0)
        fail_msg("%s.txt is missing; the message is:\n%s", name, message);
    while (expected.len && expected.data[expected.len - 1] == '\n')
        expected.data[--expected.len] = '\0';
    if (strcmp(message, expected.data) != 0)
        fail_msg("%s%s\nexpected: %s\n     got: %s", name, stress ? " (stressed)" : "", expected.data, message);
    rbk_buf_fini(&expected);
}

static void check_all_cases(bool stress)
{
    DIR *dir = opendir(CASES);
    assert_non_null(dir);
    int count = 0;
    for (struct dirent *e; (e = readdir(dir));) {
        size_t len = strlen(e->d_name);
        if (len < 5 || strcmp(e->d_name + len - 4, ".lua") != 0)
            continue;
        char name[256];
        snprintf(name, sizeof name, "%.*s", (int)len - 4, e->d_name);
        /* A deep stack that is walked at every allocation takes minutes. */
        if (!stress || strncmp(name, "recurses", 8) != 0)
            check_case(name, stress);
        count++;
    }
    closedir(dir);
    assert_true(count > 80);
}

static void every_mistake_has_its_exact_words(void **state)
{
    (void)state;
    check_all_cases(false);
}

static void every_mistake_has_its_exact_words_when_memory_is_hostile(void **state)
{
    (void)state;
    check_all_cases(true);
}

/* ---- what loads ----------------------------------------------------------------------------------------------------
 */

static void both_forms_of_a_statement_mean_the_same(void **state)
{
    (void)state;
    struct host h;
    host_open(&h, false, NULL, NULL);
    struct rbk_plan *a = host_load(&h, "runbook \"T\" {}\nstep \"Build it\" { run = [[ make ]], timeout = \"5m\" }\n");
    struct rbk_plan *b = host_load(&h, "runbook(\"T\", {})\nstep(\"Build it\", { run = [[ make ]], timeout = 300 })\n");
    assert_int_equal(a->node_count, 1);
    assert_int_equal(b->node_count, 1);
    assert_string_equal(a->nodes[0]->id, "build_it");
    assert_string_equal(b->nodes[0]->id, "build_it");
    assert_int_equal(a->nodes[0]->timeout_ms, 300000);
    assert_int_equal(b->nodes[0]->timeout_ms, 300000);
    char hash_a[17], hash_b[17];
    rbk_node_hash(a->nodes[0], hash_a);
    rbk_node_hash(b->nodes[0], hash_b);
    assert_string_equal(hash_a, hash_b);
    rbk_plan_free(a);
    rbk_plan_free(b);
    host_close(&h);
}

static void every_key_arrives_in_the_plan(void **state)
{
    (void)state;
    struct host h;
    host_open(&h, true, NULL, NULL);
    struct rbk_plan *p = host_load(
        &h, "runbook \"T\" { priority = \"high\", trigger = \"rate > 5%\", overlap = \"allow\", timeout = \"1h\",\n"
            "  escalate = { when = \"rate > 20%\", to = \"lead\" }, budget = \"5m\", schedule = \"0 6 * * *\" }\n"
            "param \"level\" { choices = { \"smoke\", \"unit\" }, default = \"unit\", help = \"h\" }\n"
            "param \"since\" { default = \"24h\", type = \"duration\" }\n"
            "step \"Measure\" {\n"
            "  id = \"m\", confirm = \"Sure?\", run = { \"make\", \"$level\", 3 },\n"
            "  capture = { rate = \"rate (%d+)\", total = \"total (%d+)\" },\n"
            "  check = { \"rate < 5\", \"total > 0\" }, on_fail = \"continue\", always = true,\n"
            "  retry = { times = 2, delay = \"2s\", on_exit = { 1, 75 } }, budget = 90, lock = \"db\", lock_wait = "
            "\"1m\",\n"
            "  env = { A = \"x\", N = 3 }, cwd = \"sub\", limits = { memory = \"2GB\", cpu = \"10s\" },\n"
            "  tags = { \"a\", \"b\" }, secret = \"token\", note = \"n\", undo = [[ unmake ]], idempotent = true,\n"
            "}\n"
            "step \"Decide\" { ask = { go_on = { type = \"boolean\", help = \"Go on?\" } }, manual = \"Look.\" }\n"
            "step \"Each\" { each = { \"a\", \"b\" }, max = 2, run = [[ echo $item ]], shell = \"bash\" }\n"
            "step \"Call\" { call = \"a/b\", with = { level = \"$level\", deep = true } }\n"
            "parallel \"Both\" { max = 3, fail_fast = true,\n"
            "  step \"a\" { run = [[ true ]] },\n"
            "  step \"b\" { run = function(ctx) return ctx end, verify = [[ true ]] },\n"
            "}\n");
    assert_string_equal(p->priority, "high");
    assert_string_equal(p->escalate_to, "lead");
    assert_true(p->overlap_allow);
    assert_int_equal(p->timeout_ms, 3600000);
    assert_int_equal(p->param_count, 2);
    assert_int_equal(p->params[0].type, RBK_PARAM_CHOICE);
    assert_int_equal(rbk_value_unit(p->params[1].dflt), RBK_UNIT_SECONDS);
    assert_int_equal(p->node_count, 5);
    const struct rbk_node *m = p->nodes[0];
    assert_string_equal(m->id, "m");
    assert_int_equal(m->run.kind, RBK_BODY_ARGV);
    assert_string_equal(m->run.argv.items[2], "3");
    assert_int_equal(m->capture_count, 2);
    assert_string_equal(m->captures[0].name, "rate");
    assert_int_equal(m->check_count, 2);
    assert_int_equal(m->on_fail, RBK_ON_FAIL_CONTINUE);
    assert_int_equal(m->retry.times, 2);
    assert_int_equal(m->retry.delay_ms, 2000);
    assert_int_equal(m->retry.on_exit[1], 75);
    assert_int_equal(m->budget_ms, 90000);
    assert_int_equal(m->lock_wait_ms, 60000);
    assert_string_equal(rbk_map_get_string(m->env, "N"), "3");
    assert_int_equal(m->limits.memory_tree, 2000000000);
    assert_int_equal(m->limits.cpu_ms, 10000);
    assert_int_equal(m->tags.count, 2);
    assert_string_equal(m->secret.items[0], "token");
    assert_int_equal(m->undo.kind, RBK_BODY_SHELL);
    assert_int_equal(p->nodes[1]->ask[0].type, RBK_PARAM_BOOLEAN);
    assert_int_equal(rbk_value_length(p->nodes[2]->each_list), 2);
    assert_true(rbk_value_bool(rbk_map_get(p->nodes[3]->with, "deep")));
    const struct rbk_node *both = p->nodes[4];
    assert_true(both->is_parallel);
    assert_int_equal(both->child_count, 2);
    assert_int_equal(both->max, 3);
    assert_int_equal(both->children[1]->run.kind, RBK_BODY_FUNCTION);
    assert_non_null(strstr(both->children[1]->run.text, "return ctx end"));
    rbk_plan_free(p);
    host_close(&h);
}

static void lua_runs_at_load(void **state)
{
    (void)state;
    struct host h;
    host_open(&h, false, NULL, NULL);
    struct rbk_plan *p = host_load(&h, "#!/usr/bin/env runbook\nrunbook \"T\" {}\n"
                                       "for i, name in ipairs { \"db\", \"cache\" } do\n"
                                       "  step(\"Check \" .. name) { run = { \"ping\", name } }\nend\n");
    assert_int_equal(p->node_count, 2);
    assert_string_equal(p->nodes[1]->id, "check_cache");
    assert_int_equal(p->nodes[1]->line, 4);
    rbk_plan_free(p);
    host_close(&h);
}

static void a_function_is_hashed_by_its_source(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "runbook \"T\" {}\nstep \"a\" { run = function(ctx) ctx:note(\"1\") end }\n",
        "runbook \"T\" {}\n\n\nstep \"a\" { run = function(ctx) ctx:note(\"1\") end }\n",
        "runbook \"T\" {}\nstep \"a\" { run = function(ctx) ctx:note(\"2\") end }\n",
    };
    char hashes[3][17];
    for (int i = 0; i < 3; i++) {
        struct host h;
        host_open(&h, false, NULL, NULL);
        struct rbk_plan *p = host_load(&h, texts[i]);
        rbk_node_hash(p->nodes[0], hashes[i]);
        rbk_plan_free(p);
        host_close(&h);
    }
    assert_string_equal(hashes[0], hashes[1]);
    assert_string_not_equal(hashes[0], hashes[2]);
}

static void a_failed_load_leaves_the_host_usable(void **state)
{
    (void)state;
    struct host h;
    host_open(&h, false, NULL, NULL);
    host_refuses(&h, "while true do end", "case.lua:1: stopped after 1 s of processor time\n  an endless loop?");
    host_refuses(&h, "local s, t = ('x'):rep(1000), {} while true do t[#t+1] = s:rep(8000 + #t) end",
                 "case.lua: not enough memory: scripts may use 64 MiB\n  a table or string that grows without end?");
    rbk_plan_free(host_load(&h, "runbook \"T\" {}\nstep \"a\" { run = [[ true ]] }\n"));
    host_close(&h);
}

/* ---- what no hook can stop -----------------------------------------------------------------------------------------
 */

static void load_stuck_pattern(void)
{
    static const char text[] =
        "runbook \"T\" {}\nlocal n = string.find((\"a\"):rep(300000), (\".-\"):rep(9) .. \"b\")\n";
    struct host h;
    struct rbk_plan *plan = NULL;
    host_open(&h, false, NULL, NULL);
    rbk_lua_load_text(h.lua, "test/stuck", "stuck.lua", text, strlen(text), &plan, NULL);
    _exit(0);
}

static void a_stuck_pattern_ends_the_process_with_the_name_of_the_file(void **state)
{
    (void)state;
    int err[2];
    assert_int_equal(pipe2(err, O_CLOEXEC), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(err[1], STDERR_FILENO);
        load_stuck_pattern();
    }
    close(err[1]);
    char said[1024] = "";
    size_t len = 0;
    for (ssize_t got = 1; got > 0; len += got > 0 ? (size_t)got : 0) /* it is said in pieces */
        got = read(err[0], said + len, sizeof said - 1 - len);
    close(err[0]);
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 2);
    assert_string_equal(said,
                        "runbook: stuck.lua: loading this file does not end, and cannot be stopped: a pattern over "
                        "a huge string?\n  nothing was run\n");
}

/* ---- by name -------------------------------------------------------------------------------------------------------
 */

static void write_runbook(const char *dir, const char *id, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s.lua", dir, id);
    *strrchr(path, '/') = '\0';
    assert_int_equal(rbk_mkdirs(path, 0700, NULL), 0);
    path[strlen(path)] = '/';
    snprintf(path, sizeof path, "%s/%s.lua", dir, id);
    assert_int_equal(rbk_file_write_atomic(path, text, strlen(text), 0600, NULL), 0);
}

struct tree {
    char project[32], user[32];
};

static int make_tree(void **state)
{
    struct tree *t = calloc(1, sizeof *t);
    strcpy(t->project, "/tmp/rbk-lua-XXXXXX");
    strcpy(t->user, "/tmp/rbk-lua-XXXXXX");
    assert_non_null(mkdtemp(t->project));
    assert_non_null(mkdtemp(t->user));
    write_runbook(t->project, "daily/check", "runbook \"Ours\" {}\nlocal s = require \"steps\"\ns.add(\"one\")\n");
    write_runbook(t->project, "lib/steps", "return { add = function(name) step(name) { run = [[ true ]] } end }\n");
    write_runbook(t->project, "top", "runbook \"Top\" {}\n");
    write_runbook(t->project, "Notes", "not a runbook: its name is no id");
    write_runbook(t->user, "daily/check", "runbook \"Theirs\" {}\n");
    write_runbook(t->user, "daily/other", "runbook \"Other\" {}\n");
    *state = t;
    return 0;
}

static int remove_tree(void **state)
{
    struct tree *t = *state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s %s", t->project, t->user);
    int rc = system(command);
    free(t);
    return rc;
}

static int list_line(void *arg, const char *id, const char *path, const char *shadows)
{
    (void)path;
    rbk_buf_printf(arg, "%s%s\n", id, shadows ? " shadows" : "");
    return 0;
}

static void files_are_listed_by_id_and_shadows_are_told(void **state)
{
    const struct tree *t = *state;
    const char *dirs[] = {t->project, t->user, "/nowhere/at/all", NULL};
    struct rbk_buf list = {0};
    assert_int_equal(rbk_runbook_files(dirs, list_line, &list, NULL), 0);
    assert_string_equal(list.data, "daily/check shadows\ndaily/other\ntop\n");
    rbk_buf_fini(&list);
}

static void the_first_folder_wins_and_libraries_are_shared(void **state)
{
    const struct tree *t = *state;
    struct host h;
    struct rbk_plan *p = NULL;
    host_open(&h, false, t->project, t->user);
    assert_int_equal(rbk_lua_load(h.lua, "daily/check", &p, NULL), 0);
    assert_string_equal(p->title, "Ours");
    assert_int_equal(p->node_count, 1);
    rbk_plan_free(p);
    assert_int_equal(rbk_lua_load(h.lua, "daily/other", &p, NULL), 0);
    assert_string_equal(p->title, "Other");
    rbk_plan_free(p);
    host_close(&h);
}

static void an_unknown_runbook_is_told_with_the_nearest(void **state)
{
    const struct tree *t = *state;
    struct host h;
    struct rbk_plan *p = NULL;
    struct rbk_error err = {0};
    host_open(&h, false, t->project, t->user);
    assert_int_equal(rbk_lua_load(h.lua, "daily/chek", &p, &err), RBK_ENOENT);
    assert_string_equal(err.message, "there is no runbook daily/chek");
    assert_string_equal(err.hint, "did you mean daily/check?");
    assert_int_equal(rbk_lua_load(h.lua, "../../etc/passwd", &p, &err), RBK_ENOENT);
    host_close(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_mistake_has_its_exact_words),
        cmocka_unit_test(every_mistake_has_its_exact_words_when_memory_is_hostile),
        cmocka_unit_test(both_forms_of_a_statement_mean_the_same),
        cmocka_unit_test(every_key_arrives_in_the_plan),
        cmocka_unit_test(lua_runs_at_load),
        cmocka_unit_test(a_function_is_hashed_by_its_source),
        cmocka_unit_test(a_failed_load_leaves_the_host_usable),
        cmocka_unit_test(a_stuck_pattern_ends_the_process_with_the_name_of_the_file),
        cmocka_unit_test_setup_teardown(files_are_listed_by_id_and_shadows_are_told, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(the_first_folder_wins_and_libraries_are_shared, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(an_unknown_runbook_is_told_with_the_nearest, make_tree, remove_tree),
    };
    return cmocka_run_group_tests_name("loading runbooks", tests, NULL, NULL);
}
