/* pytest: its configuration, its test files, markers and folders that make levels, and an interpreter that can import
 * it. Nothing is run: whether pytest is installed is seen from the folders that interpreters import from. */
#include <base/fs.h>
#include <base/mem.h>
#include <config/detect.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

/* Files whose mere presence, or a section in them, says that pytest is meant. */
static const struct {
    const char *file, *section;
} python_configs[] = {
    {"pytest.ini", ""},      {".pytest.ini", ""}, {"pyproject.toml", "[tool.pytest"}, {"setup.cfg", "[tool:pytest]"},
    {"tox.ini", "[pytest]"}, {"conftest.py", ""}, {"tests/conftest.py", ""},          {"test/conftest.py", ""},
};
#define PYTHON_CONFIGS (sizeof python_configs / sizeof python_configs[0])

static bool python_is_test(const char *path)
{
    const char *name = detect_basename(path);
    return rbk_ends_with(name, ".py") && (rbk_starts_with(name, "test_") || rbk_ends_with(name, "_test.py"));
}

static const char *python_config(const struct detect_project *p)
{
    const char *found = NULL;
    for (size_t i = 0; i < PYTHON_CONFIGS && !found; i++) {
        char *text = detect_read(p, python_configs[i].file);
        if (text && strstr(text, python_configs[i].section)) {
            found = python_configs[i].file;
        }
        free(text);
    }
    return found;
}

/* How many functions in a file are tests, by their names. */
static size_t python_count_tests(const char *text)
{
    size_t count = 0;
    for (const char *at = strstr(text, "def test"); at; at = strstr(at + 1, "def test")) {
        count++;
    }
    return count;
}

struct python_scan {
    size_t files, tests;
    size_t marked[16]; /* files that use the marker of that index in detect_level_names */
};

static void python_scan_file(const char *text, bool is_test, struct python_scan *scan)
{
    scan->files += is_test;
    scan->tests += is_test ? python_count_tests(text) : 0;
    for (size_t i = 0; detect_level_names[i]; i++) {
        char *marker = rbk_asprintf("mark.%s", detect_level_names[i]);
        char *added = rbk_asprintf("add_marker(\"%s\")", detect_level_names[i]);
        scan->marked[i] += detect_has_word(text, marker) || strstr(text, added);
        free(marker);
        free(added);
    }
}

static void python_scan(const struct detect_project *p, struct python_scan *scan)
{
    for (size_t i = 0; i < p->files.count; i++) {
        const char *path = p->files.items[i];
        bool is_test = python_is_test(path);
        if (!is_test && strcmp(detect_basename(path), "conftest.py") != 0) {
            continue;
        }
        char *text = detect_read(p, path);
        if (text) {
            python_scan_file(text, is_test, scan);
        }
        free(text);
    }
}

/* True when `bin`/python3 imports pytest from the folders that belong to it. */
static bool python_bin_has_pytest(const char *bin)
{
    static const char *const folders[] = {"lib/python3*/site-packages/pytest", "lib/python3*/dist-packages/pytest",
                                          "local/lib/python3*/dist-packages/pytest"};
    bool found = false;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0] && !found; i++) {
        glob_t matches = {0};
        char *pattern = rbk_asprintf("%s/../%s", bin, folders[i]);
        found = glob(pattern, 0, NULL, &matches) == 0;
        globfree(&matches);
        free(pattern);
    }
    return found;
}

static bool python_use_venv(const struct detect_project *p, struct detect_suite *s)
{
    static const char *const venvs[] = {".venv", "venv", "env"};
    for (size_t i = 0; i < sizeof venvs / sizeof venvs[0]; i++) {
        char *program = rbk_asprintf("%s/bin/python3", venvs[i]);
        bool there = detect_has(p, program);
        if (there) {
            rbk_strv_add(&s->command, program);
            rbk_strv_take(&s->notes, rbk_asprintf("python: the virtual environment in %s/", venvs[i]));
        }
        free(program);
        if (there) {
            return true;
        }
    }
    return false;
}

/* The first python3 on PATH when it has pytest, else the first that has, by its full path. NULL when none has. */
static char *python_installed(void)
{
    const char *path = getenv("PATH");
    bool first = true;
    for (const char *at = path; at && *at; at += strcspn(at, ":"), at += *at == ':') {
        char *bin = rbk_strndup(at, strcspn(at, ":"));
        char *program = *bin == '/' ? rbk_find_program("python3", bin) : NULL;
        char *found = NULL;
        if (program && python_bin_has_pytest(bin)) {
            found = first ? rbk_strdup("python3") : rbk_strdup(program);
        }
        first = first && !program;
        free(program);
        free(bin);
        if (found) {
            return found;
        }
    }
    return NULL;
}

static void python_interpreter(const struct detect_project *p, struct detect_suite *s)
{
    if (python_use_venv(p, s)) {
        rbk_strv_add(&s->command, "-m");
        rbk_strv_add(&s->command, "pytest");
        return;
    }
    char *python = python_installed(), *pytest = rbk_find_program("pytest", NULL);
    if (!python && pytest) {
        rbk_strv_add(&s->command, "pytest");
    } else {
        rbk_strv_add(&s->command, python ? python : "python3");
        rbk_strv_add(&s->command, "-m");
        rbk_strv_add(&s->command, "pytest");
    }
    if (python && *python == '/') {
        rbk_strv_take(&s->notes, rbk_asprintf("python: %s, because the first python3 on PATH has no pytest", python));
    } else if (!python && !pytest) {
        rbk_strv_add(&s->notes, "pytest is not installed here: python3 -m pip install pytest");
    }
    free(python);
    free(pytest);
}

/* Markers that nothing carries would select no test, so a declaration alone makes no level. */
static bool python_is_declared(const struct detect_project *p, const char *marker)
{
    bool declared = false;
    for (size_t i = 0; i < PYTHON_CONFIGS && !declared; i++) {
        char *text = detect_read(p, python_configs[i].file);
        const char *markers = text ? strstr(text, "markers") : NULL;
        declared = markers && detect_has_word(markers, marker);
        free(text);
    }
    return declared;
}

static void python_level(const struct detect_project *p, struct detect_suite *s, const char *name, size_t marked)
{
    struct rbk_strv folders = {0};
    if (marked) {
        struct detect_level *level = detect_add_level(
            s, name, rbk_asprintf("marker %s, used in %zu file%s", name, marked, marked == 1 ? "" : "s"));
        rbk_strv_add(&level->command, "-m");
        rbk_strv_add(&level->command, name);
        return;
    }
    size_t files = detect_level_folders(p, name, python_is_test, &folders);
    if (files) {
        struct detect_level *level = detect_add_level(
            s, name, rbk_asprintf("folder %s, %zu test file%s", folders.items[0], files, files == 1 ? "" : "s"));
        for (size_t i = 0; i < folders.count; i++) {
            rbk_strv_add(&level->command, folders.items[i]);
        }
    } else if (python_is_declared(p, name)) {
        rbk_strv_take(&s->notes, rbk_asprintf("marker %s is declared, but no test carries it", name));
    }
    rbk_strv_fini(&folders);
}

void detect_pytest(const struct detect_project *p, struct detect_suite *s)
{
    struct python_scan scan = {0};
    const char *config = python_config(p);

    python_scan(p, &scan);
    if (!config && scan.files == 0) {
        return;
    }
    s->strength = config ? DETECT_CONFIGURED : DETECT_FILES;
    s->runner = "pytest";
    s->what = rbk_asprintf("pytest: %zu test%s in %zu file%s%s%s", scan.tests, scan.tests == 1 ? "" : "s", scan.files,
                           scan.files == 1 ? "" : "s", config ? ", configured in " : "", config ? config : "");
    python_interpreter(p, s);
    for (size_t i = 0; detect_level_names[i]; i++) {
        python_level(p, s, detect_level_names[i], scan.marked[i]);
    }
}
