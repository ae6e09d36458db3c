/* The documents for authors keep their word: every example of docs/errors.md produces the message that it stands under,
 * with the hint below it, and every whole runbook of docs/runbook-file.md loads without a word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <base/fs.h>
#include <base/mem.h>
#include <cmocka.h>
#include <glob.h>
#include <lua/host.h>
#include <run/check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct room {
    struct rbk_config *config;
    struct rbk_lua *lua;
};

/* What a file is told: "message" or "message\n> hint", one after the other. */
static void told(void *arg, const char *severity, const struct rbk_error *e)
{
    (void)severity;
    rbk_buf_printf(arg, "\n%s\n%s%s%s", e->message, *e->hint ? "> " : "", e->hint, *e->hint ? "\n" : "");
}

static int setup(void **state)
{
    static const char *const no_dirs[] = {NULL};
    struct room *room = rbk_alloc(sizeof *room);
    struct rbk_error err = {0};
    struct rbk_lua_options options = {.runbook_dirs = no_dirs};
    static const char yaml[] = "project: example\n";
    if (rbk_config_parse("runbook.yaml", yaml, sizeof yaml - 1, &room->config, &err) != 0)
        fail_msg("%s", err.message);
    options.config = room->config;
    if (rbk_lua_new(&options, &room->lua, &err) != 0)
        fail_msg("%s", err.message);
    *state = room;
    return 0;
}

static int teardown(void **state)
{
    struct room *room = *state;
    rbk_lua_free(room->lua);
    rbk_config_free(room->config);
    free(room);
    return 0;
}

static int load(void *arg, const char *id, struct rbk_plan **out, struct rbk_error *err)
{
    return rbk_lua_load(arg, id, out, err);
}

/* Loads and checks a text as `runbook check` does. Heap. */
static char *problems_of(const struct room *room, const char *text, size_t len)
{
    struct rbk_buf buf = {0};
    struct rbk_error err = {0};
    struct rbk_plan *plan = NULL;
    const struct rbk_check_options options = {.config = room->config, .load = load, .load_arg = room->lua};
    if (rbk_lua_load_text(room->lua, "docs/example", "example.lua", text, len, &plan, &err) != 0)
        told(&buf, "error", &err);
    else
        rbk_plan_check(plan, &options, told, &buf);
    rbk_plan_free(plan);
    return rbk_buf_take(&buf);
}

static char *document(const char *name)
{
    struct rbk_buf text = {0};
    struct rbk_error err = {0};
    char *path = rbk_path_join(RBK_SOURCE_DIR "/docs", name);
    if (rbk_file_read(path, 1 << 20, &text, &err) != 0)
        fail_msg("%s", err.message);
    free(path);
    return rbk_buf_take(&text);
}

/* What a line of code holds: "``a `b` ``" is "a `b`". Heap. */
static char *code_span(const char *line)
{
    size_t len = strcspn(line, "\n"), ticks = strspn(line, "`");
    const char *start = line + ticks, *end = line + len - ticks;
    for (; *start == ' '; start++)
        continue;
    for (; end > start && end[-1] == ' '; end--)
        continue;
    return rbk_strndup(start, (size_t)(end - start));
}

/* The next block of Lua at or after `at`, and where the text goes on; NULL when there is none. */
static const char *block_next(const char *at, size_t *len, const char **after)
{
    static const char open[] = "\n```lua\n", close[] = "\n```\n";
    const char *start = strstr(at, open);
    if (!start)
        return NULL;
    start += strlen(open);
    const char *end = strstr(start, close);
    assert_non_null(end);
    *len = (size_t)(end - start) + 1;
    *after = end + strlen(close);
    return start;
}

/* The message, and the hint when one stands right below the example. */
static char *expected_text(const char *heading, const char *after)
{
    char *message = code_span(heading + strlen("\n### "));
    bool hint = rbk_starts_with(after, "\n> ");
    char *text =
        rbk_asprintf("\n%s\n%.*s%s", message, hint ? (int)strcspn(after + 1, "\n") : 0, after + 1, hint ? "\n" : "");
    free(message);
    return text;
}

static void every_message_is_what_its_example_gets(void **state)
{
    char *text = document("errors.md");
    size_t count = 0;
    for (const char *at = strstr(text, "\n### `"); at; at = strstr(at + 1, "\n### `")) {
        size_t len = 0;
        const char *after = NULL, *block = block_next(at, &len, &after), *next = strstr(at + 1, "\n### ");
        assert_true(block && (!next || block < next));
        char *expected = expected_text(at, after), *got = problems_of(*state, block, len);
        if (!strstr(got, expected)) {
            print_error("docs/errors.md says:%s\nthe example gets:%s\n", expected, got);
            count += 1000;
        }
        free(expected);
        free(got);
        count++;
    }
    free(text);
    assert_in_range(count, 50, 999);
}

static void every_runbook_of_the_reference_is_sound(void **state)
{
    char *text = document("runbook-file.md");
    size_t len, count = 0;
    const char *after;
    for (const char *block = block_next(text, &len, &after); block; block = block_next(after - 1, &len, &after)) {
        char *got = rbk_starts_with(block, "runbook ") ? problems_of(*state, block, len) : rbk_strdup("");
        if (*got)
            fail_msg("%.*s%s", (int)len, block, got);
        free(got);
        count++;
    }
    free(text);
    assert_true(count >= 8);
}

/* The text between the quotes after `key = "`, within a verb's table; heap, NULL when it is not there. */
static char *quoted_after(const char *at, const char *key)
{
    char *open = rbk_asprintf("%s = \"", key);
    const char *start = strstr(at, open);
    char *text = start ? rbk_strndup(start + strlen(open), strcspn(start + strlen(open), "\"")) : NULL;
    free(open);
    return text;
}

/* Every `verb { name = "..", help = "..` of one file has its row. */
static size_t assert_verbs_of(const char *path, const char *reference)
{
    struct rbk_buf source = {0};
    size_t count = 0;
    assert_int_equal(rbk_file_read(path, 1 << 20, &source, NULL), 0);
    for (const char *at = strstr(source.data, "= verb {"); at; at = strstr(at + 1, "= verb {")) {
        char *name = quoted_after(at, "name"), *help = quoted_after(at, "help");
        char *row = rbk_asprintf("\n| `%s` | %s |", name, help);
        if (!strstr(reference, row))
            fail_msg("docs/runbook-file.md has no row:%s", row);
        free(row);
        free(help);
        free(name);
        count++;
    }
    rbk_buf_fini(&source);
    return count;
}

static void every_verb_is_in_the_reference(void **state)
{
    char *text = document("runbook-file.md");
    glob_t files;
    size_t count = 0;
    (void)state;
    assert_int_equal(glob(RBK_SOURCE_DIR "/stdlib/*.lua", 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++)
        count += assert_verbs_of(files.gl_pathv[i], text);
    assert_true(count >= 8);
    globfree(&files);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_is_what_its_example_gets),
        cmocka_unit_test(every_runbook_of_the_reference_is_sound),
        cmocka_unit_test(every_verb_is_in_the_reference),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
