/* Node: the scripts of package.json and the files that `node --test` takes. A script that is one plain `node --test`
 * line becomes the command itself, so that single cases can be rerun; any other tool runs through npm and must write
 * JUnit XML. */
#include <base/fs.h>
#include <base/mem.h>
#include <config/detect.h>
#include <config/words.h>
#include <fnmatch.h>
#include <limits.h>
#include <runbook/value.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NODE_REPORT "reports/junit.xml"

static bool node_is_source(const char *path)
{
    return rbk_ends_with(path, ".js") || rbk_ends_with(path, ".mjs") || rbk_ends_with(path, ".cjs");
}

/* What `node --test` runs when it is given no file
 * (https://nodejs.org/docs/latest-v20.x/api/test.html#running-tests-from-the-command-line). */
static bool node_is_test(const char *path)
{
    const char *name = detect_basename(path), *dot = strrchr(name, '.');
    if (!node_is_source(path)) {
        return false;
    }
    char *stem = rbk_strndup(name, (size_t)(dot - name));
    bool is = strcmp(stem, "test") == 0 || rbk_starts_with(stem, "test-") || rbk_ends_with(stem, ".test") ||
              rbk_ends_with(stem, "-test") || rbk_ends_with(stem, "_test") || rbk_starts_with(path, "test/") ||
              strstr(path, "/test/");
    free(stem);
    return is;
}

/* The major version from the header that lies beside the program; 18, which Debian ships without it, when unknown. */
static int node_major(void)
{
    static const char define[] = "#define NODE_MAJOR_VERSION ";
    int major = 18;
    char real[PATH_MAX];
    struct rbk_buf text = {0};
    char *program = rbk_find_program("node", NULL);

    if (program && realpath(program, real)) {
        char *header = rbk_asprintf("%.*s/../include/node/node_version.h", (int)(strrchr(real, '/') - real), real);
        const char *at = rbk_file_read(header, 256 * 1024, &text, NULL) == 0 ? strstr(text.data, define) : NULL;
        major = at ? atoi(at + strlen(define)) : major;
        free(header);
    }
    rbk_buf_fini(&text);
    free(program);
    return major;
}

static size_t node_count_tests(const struct detect_project *p)
{
    size_t count = 0;
    for (size_t i = 0; i < p->files.count; i++) {
        count += node_is_test(p->files.items[i]);
    }
    return count;
}

/* Node expands globs itself from version 21 on. An older one is given nothing where it would find the same files by
 * itself, else what the glob means now. */
static void node_add_glob(const struct detect_project *p, const char *glob, struct detect_suite *s,
                          struct rbk_strv *out)
{
    struct rbk_strv files = {0};
    size_t found_anyway = 0;

    if (node_major() >= 21) {
        rbk_strv_add(out, glob);
        return;
    }
    for (size_t i = 0; i < p->files.count; i++) {
        const char *path = p->files.items[i];
        if (fnmatch(glob, path, strstr(glob, "**") ? 0 : FNM_PATHNAME) == 0) {
            rbk_strv_add(&files, path);
            found_anyway += node_is_test(path);
        }
    }
    if (found_anyway < files.count || found_anyway < node_count_tests(p)) {
        for (size_t i = 0; i < files.count; i++) {
            rbk_strv_add(out, files.items[i]);
        }
        rbk_strv_take(&s->notes,
                      rbk_asprintf("node before 21 knows no globs: the files of %s are listed one by one", glob));
    }
    rbk_strv_fini(&files);
}

/* A script that is `node [options] --test [..]` and nothing else becomes argv; false when it needs a shell or npm. */
static bool node_script_words(const struct detect_project *p, const char *script, struct detect_suite *s,
                              struct rbk_strv *out)
{
    struct rbk_strv words = {0};
    char special = 0;
    bool plain = !config_words_split(script, &words, &special) && words.count >= 2 &&
                 strcmp(words.items[0], "node") == 0 && rbk_strv_has(&words, "--test") &&
                 (!special || !script[strcspn(script, "|&;<>$`")]);
    for (size_t i = 0; plain && i < words.count; i++) {
        const char *word = rbk_starts_with(words.items[i], "./") ? words.items[i] + 2 : words.items[i];
        if (strpbrk(word, "*?")) {
            node_add_glob(p, word, s, out);
        } else {
            rbk_strv_add(out, words.items[i]);
        }
    }
    rbk_strv_fini(&words);
    return plain;
}

/* How the common tools are told to write the report, by a word of the script. */
static const struct {
    const char *tool, *args[4], *advice;
} node_tools[] = {
    {"vitest", {"--reporter=default", "--reporter=junit", "--outputFile=" NODE_REPORT}, NULL},
    {"jest",
     {"--reporters=default", "--reporters=jest-junit"},
     "jest writes JUnit XML with the package jest-junit: npm install --save-dev jest-junit, and "
     "JEST_JUNIT_OUTPUT_DIR=reports"},
    {"mocha", {"--reporter=xunit", "--reporter-option=output=" NODE_REPORT}, NULL},
};

static void node_use_npm(const char *script_name, const char *script, struct detect_suite *s, struct rbk_strv *out)
{
    static const char *const npm[] = {"npm", "run", "--silent"};
    const char *advice = "this test script must write JUnit XML to " NODE_REPORT ", see report: in the file";
    for (size_t i = 0; i < 3; i++) {
        rbk_strv_add(out, npm[i]);
    }
    rbk_strv_add(out, script_name);
    for (size_t i = 0; i < sizeof node_tools / sizeof node_tools[0]; i++) {
        if (detect_has_word(script, node_tools[i].tool)) {
            advice = node_tools[i].advice;
            rbk_strv_add(out, "--");
            for (size_t j = 0; j < 4 && node_tools[i].args[j]; j++) {
                rbk_strv_add(out, node_tools[i].args[j]);
            }
            break;
        }
    }
    if (advice && !rbk_strv_has(&s->notes, advice)) {
        rbk_strv_add(&s->notes, advice);
    }
}

/* "test:smoke", "test-smoke" or "smoke"; the script's text, NULL when there is none. */
static const char *node_level_script(const rbk_value *scripts, const char *level, char **name)
{
    static const char *const forms[] = {"test:%s", "test-%s", "%s"};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct rbk_buf key = {0};
        const char *hole = strstr(forms[i], "%s");
        rbk_buf_append(&key, forms[i], (size_t)(hole - forms[i]));
        rbk_buf_puts(&key, level);
        const char *script = rbk_map_get_string(scripts, key.data);
        if (script) {
            *name = rbk_buf_take(&key);
            return script;
        }
        rbk_buf_fini(&key);
    }
    return NULL;
}

/* Takes name. */
static void node_script_level(const struct detect_project *p, struct detect_suite *s, const char *level, char *name,
                              const char *script)
{
    struct rbk_strv command = {0};
    bool native = strcmp(s->runner, "node") == 0;

    if (!native) {
        node_use_npm(name, script, s, &command);
    } else if (!node_script_words(p, script, s, &command)) { /* one suite has one way of reporting */
        rbk_strv_take(&s->notes, rbk_asprintf("script %s is not a plain `node --test` line: not used", name));
    }
    if (command.count) {
        struct detect_level *found = detect_add_level(s, level, rbk_asprintf("script %s of package.json", name));
        rbk_strv_fini(&found->command);
        found->command = command;
    }
    free(name);
}

static void node_add_folder(const struct detect_project *p, const char *folder, struct rbk_strv *out)
{
    char *prefix = rbk_asprintf("%s/", folder);
    if (node_major() >= 21) {
        rbk_strv_take(out, rbk_asprintf("%s**/*.*js", prefix));
    } else {
        for (size_t i = 0; i < p->files.count; i++) {
            if (rbk_starts_with(p->files.items[i], prefix) && node_is_source(p->files.items[i])) {
                rbk_strv_add(out, p->files.items[i]);
            }
        }
    }
    free(prefix);
}

static void node_folder_level(const struct detect_project *p, struct detect_suite *s, const char *level)
{
    struct rbk_strv folders = {0};
    size_t files = detect_level_folders(p, level, node_is_source, &folders);
    if (files && strcmp(s->runner, "node") == 0) {
        char *why = rbk_asprintf("folder %s, %zu file%s", folders.items[0], files, files == 1 ? "" : "s");
        struct detect_level *found = detect_add_level(s, level, why);
        rbk_strv_fini(&found->command);
        rbk_strv_add(&found->command, "node");
        rbk_strv_add(&found->command, "--test");
        for (size_t i = 0; i < folders.count; i++) {
            node_add_folder(p, folders.items[i], &found->command);
        }
    }
    rbk_strv_fini(&folders);
}

static void node_level(const struct detect_project *p, const rbk_value *scripts, struct detect_suite *s,
                       const char *level)
{
    char *name = NULL;
    const char *script = node_level_script(scripts, level, &name);
    if (script) {
        node_script_level(p, s, level, name, script);
    } else {
        node_folder_level(p, s, level);
    }
}

/* npm's own placeholder is no test script. */
static const char *node_test_script(const rbk_value *scripts)
{
    const char *script = rbk_map_get_string(scripts, "test");
    return script && !strstr(script, "no test specified") ? script : NULL;
}

static void node_suite(const struct detect_project *p, const char *script, size_t files, struct detect_suite *s)
{
    s->strength = script ? DETECT_CONFIGURED : DETECT_FILES;
    s->runner = "node";
    if (script && node_script_words(p, script, s, &s->command)) {
        s->what = rbk_asprintf("node --test: the script test of package.json");
    } else if (script && !(strstr(script, "--test") && files)) {
        s->runner = "junit";
        s->report = rbk_strdup(NODE_REPORT);
        s->what = rbk_asprintf("npm: the script test of package.json (%s)", script);
        node_use_npm("test", script, s, &s->command);
    } else {
        rbk_strv_add(&s->command, "node");
        rbk_strv_add(&s->command, "--test");
        s->what = rbk_asprintf("node --test: %zu test file%s", files, files == 1 ? "" : "s");
    }
}

void detect_node(const struct detect_project *p, struct detect_suite *s)
{
    char *text = detect_read(p, "package.json");
    rbk_value *package = text ? rbk_value_from_json(text, strlen(text), NULL) : NULL;
    const rbk_value *scripts = rbk_map_get(package, "scripts");
    const char *script = node_test_script(scripts);
    size_t files = node_count_tests(p);

    if (script || files) {
        node_suite(p, script, files, s);
        for (size_t i = 0; detect_level_names[i]; i++) {
            node_level(p, scripts, s, detect_level_names[i]);
        }
    }
    rbk_value_free(package);
    free(text);
}
