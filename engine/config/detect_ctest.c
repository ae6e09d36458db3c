/* CTest: a CMake project whose files define tests; labels make levels. The build folder is the one that is configured
 * for this project, else build/; preparing a level configures and builds it, so that a fresh clone works. */
#include <base/fs.h>
#include <base/mem.h>
#include <config/detect.h>
#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

struct ctest_scan {
    bool enabled;
    size_t tests;             /* calls that define tests */
    size_t labelled[16];      /* uses of the label of that index in detect_level_names */
    struct rbk_strv switches; /* options such as BUILD_TESTS that are off by default */
};

static bool ctest_is_cmake(const char *path)
{
    return strcmp(detect_basename(path), "CMakeLists.txt") == 0 || rbk_ends_with(path, ".cmake");
}

/* CMake comments run from # to the end of the line; brackets and strings with # in them are rare enough. */
static void ctest_blank_comments(char *text)
{
    for (char *hash = strchr(text, '#'); hash; hash = strchr(hash, '#')) {
        for (; *hash && *hash != '\n'; hash++) {
            *hash = ' ';
        }
    }
}

/* Behind the opening bracket of the next call of `command`, which CMake reads in any case; NULL when there is none. */
static const char *ctest_next_call(const char *text, const char *command)
{
    size_t len = strlen(command);
    for (const char *at = strcasestr(text, command); at; at = strcasestr(at + 1, command)) {
        const char *open = at + len + strspn(at + len, " \t\r\n");
        bool starts = at == text || !(isalnum((unsigned char)at[-1]) || at[-1] == '_');
        if (starts && *open == '(') {
            return open + 1;
        }
    }
    return NULL;
}

static size_t ctest_count_calls(const char *text, const char *command)
{
    size_t count = 0;
    for (const char *at = ctest_next_call(text, command); at; at = ctest_next_call(at, command)) {
        count++;
    }
    return count;
}

static void ctest_count_tests(const char *text, struct ctest_scan *scan)
{
    static const char *const definers[] = {"add_test", "gtest_discover_tests", "gtest_add_tests",
                                           "catch_discover_tests", "doctest_discover_tests"};
    for (size_t i = 0; i < sizeof definers / sizeof definers[0]; i++) {
        scan->tests += ctest_count_calls(text, definers[i]);
    }
    const char *include = ctest_next_call(text, "include");
    for (; include; include = ctest_next_call(include, "include")) {
        scan->enabled |= rbk_starts_with(include + strspn(include, " "), "CTest)");
    }
    scan->enabled |= ctest_next_call(text, "enable_testing") != NULL;
}

/* One word of a LABELS list: quotes and semicolons are separators. */
static void ctest_label(const char *word, size_t len, struct ctest_scan *scan)
{
    for (size_t i = 0; detect_level_names[i]; i++) {
        if (strlen(detect_level_names[i]) == len && memcmp(detect_level_names[i], word, len) == 0) {
            scan->labelled[i]++;
        }
    }
}

/* The words behind each LABELS, up to the closing bracket or the next property in capitals. */
static void ctest_find_labels(const char *text, struct ctest_scan *scan)
{
    for (const char *at = strstr(text, "LABELS"); at; at = strstr(at, "LABELS")) {
        at += strlen("LABELS");
        for (;;) {
            at += strspn(at, " \t\r\n\";");
            size_t len = strcspn(at, " \t\r\n\";)");
            if (len == 0 || (isupper((unsigned char)at[0]) && len > 1 && isupper((unsigned char)at[1]))) {
                break;
            }
            ctest_label(at, len, scan);
            at += len;
        }
    }
}

/* option(FOO_BUILD_TESTS "..." OFF): tests exist only when it is switched on. */
static void ctest_find_switches(const char *text, struct ctest_scan *scan)
{
    for (const char *at = ctest_next_call(text, "option"); at; at = ctest_next_call(at, "option")) {
        size_t end = strcspn(at, ")");
        char *call = rbk_strndup(at, end), *rest = call + strspn(call, " \t\r\n");
        char *name = rbk_strndup(rest, strcspn(rest, " \t\r\n"));
        bool off = detect_has_word(call, "OFF") || !strrchr(call, '"') || !detect_has_word(strrchr(call, '"'), "ON");
        if (strstr(name, "TEST") && off && !rbk_strv_has(&scan->switches, name)) {
            rbk_strv_add(&scan->switches, name);
        }
        free(name);
        free(call);
    }
}

static void ctest_scan(const struct detect_project *p, struct ctest_scan *scan)
{
    for (size_t i = 0; i < p->files.count; i++) {
        const char *path = p->files.items[i];
        char *text = ctest_is_cmake(path) ? detect_read(p, path) : NULL;
        if (!text) {
            continue;
        }
        ctest_blank_comments(text);
        ctest_count_tests(text, scan);
        ctest_find_labels(text, scan);
        if (strcmp(path, "CMakeLists.txt") == 0) {
            ctest_find_switches(text, scan);
        }
        free(text);
    }
}

/* A configured build belongs to this project when its cache names the same source folder. */
static bool ctest_is_build_of(const struct detect_project *p, const char *folder)
{
    struct rbk_buf text = {0};
    char *cache = rbk_asprintf("%s/%s/CMakeCache.txt", p->root, folder);
    char *line = rbk_asprintf("CMAKE_HOME_DIRECTORY:INTERNAL=%s\n", p->root);
    bool ours = rbk_file_read(cache, 8 * 1024 * 1024, &text, NULL) == 0 && text.data && strstr(text.data, line);
    rbk_buf_fini(&text);
    free(cache);
    free(line);
    return ours;
}

/* The configured build folder, "build" before others; NULL when there is none. Heap. */
static char *ctest_build_folder(const struct detect_project *p)
{
    char *found = NULL;
    if (ctest_is_build_of(p, "build")) {
        return rbk_strdup("build");
    }
    DIR *d = opendir(p->root);
    const struct dirent *e;
    while (d && (e = readdir(d))) {
        bool candidate = e->d_type == DT_DIR && e->d_name[0] != '.' && ctest_is_build_of(p, e->d_name);
        if (candidate && (!found || strcmp(e->d_name, found) < 0)) {
            free(found);
            found = rbk_strdup(e->d_name);
        }
    }
    if (d) {
        closedir(d);
    }
    return found;
}

static void ctest_prepare(struct detect_suite *s, const char *folder, const struct rbk_strv *switches)
{
    struct rbk_buf configure = {0}, build = {0};
    rbk_buf_puts(&configure, "cmake -S . -B ");
    rbk_shell_quote(&configure, folder);
    for (size_t i = 0; i < switches->count; i++) {
        rbk_buf_printf(&configure, " -D%s=ON", switches->items[i]);
    }
    rbk_buf_puts(&build, "cmake --build ");
    rbk_shell_quote(&build, folder);
    rbk_buf_puts(&build, " --parallel 4");
    rbk_strv_take(&s->prepare, rbk_buf_take(&configure));
    rbk_strv_take(&s->prepare, rbk_buf_take(&build));
}

static void ctest_levels(struct detect_suite *s, const struct ctest_scan *scan)
{
    for (size_t i = 0; detect_level_names[i]; i++) {
        if (scan->labelled[i]) {
            struct detect_level *level =
                detect_add_level(s, detect_level_names[i], rbk_asprintf("label %s", detect_level_names[i]));
            rbk_strv_add(&level->command, "-L");
            rbk_strv_take(&level->command, rbk_asprintf("^%s$", detect_level_names[i]));
        }
    }
}

void detect_ctest(const struct detect_project *p, struct detect_suite *s)
{
    struct ctest_scan scan = {0};

    if (!detect_has(p, "CMakeLists.txt")) {
        return;
    }
    ctest_scan(p, &scan);
    if (scan.enabled || scan.tests) {
        char *folder = ctest_build_folder(p);
        s->strength = scan.enabled && scan.tests ? DETECT_CONFIGURED : DETECT_FILES;
        s->runner = "ctest";
        s->what =
            rbk_asprintf("ctest: %zu place%s in the CMake files define tests", scan.tests, scan.tests == 1 ? "" : "s");
        rbk_strv_add(&s->command, "ctest");
        rbk_strv_add(&s->command, "--test-dir");
        rbk_strv_add(&s->command, folder ? folder : "build");
        ctest_prepare(s, folder ? folder : "build", &scan.switches);
        rbk_strv_take(&s->notes, folder ? rbk_asprintf("build folder: %s/, rebuilt before each test run", folder)
                                        : rbk_strdup("no configured build folder: the first test run makes build/"));
        ctest_levels(s, &scan);
        free(folder);
    }
    rbk_strv_fini(&scan.switches);
}
