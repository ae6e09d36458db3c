/* `runbook init`, the parts: a bounded listing of the project, one probe per kind of test suite, and the writer of the
 * commented file. */
#ifndef RBK_CONFIG_DETECT_H
#define RBK_CONFIG_DETECT_H

#include <base/str.h>

/* The project as init sees it: the paths of its files, relative, sorted; folders of tools and builds left out. */
struct detect_project {
    const char *root; /* borrowed */
    struct rbk_strv files;
};
void detect_project_init(struct detect_project *p, const char *root);
void detect_project_fini(struct detect_project *p);
/* The text of one file, heap; NULL when it is not there, too large (512 KiB) or not readable. */
char *detect_read(const struct detect_project *p, const char *path);
bool detect_has(const struct detect_project *p, const char *path); /* also what the listing leaves out */
const char *detect_basename(const char *path);
/* True when `text` has `word` with no letter, digit, _ or - on either side. */
bool detect_has_word(const char *text, const char *word);

enum detect_strength { DETECT_NONE, DETECT_FILES, DETECT_CONFIGURED };

struct detect_level {
    char *name;
    char *why;               /* "marker smoke, on 12 tests" */
    struct rbk_strv command; /* argv */
};

/* One kind of test suite. Zero-initialise. */
struct detect_suite {
    enum detect_strength strength;
    const char *kind; /* pytest ctest node bats, whatever runner reads its reports; set for the probes */
    const char *runner;
    char *what;              /* "pytest: 412 tests in 30 files" */
    struct rbk_strv command; /* the whole suite */
    char *report;            /* for runner junit, else NULL */
    struct rbk_strv prepare; /* command lines */
    struct rbk_strv notes;   /* more for the person */
    struct detect_level *levels;
    size_t level_count, level_cap;
};
typedef void detect_probe_fn(const struct detect_project *p, struct detect_suite *s);
detect_probe_fn detect_pytest, detect_ctest, detect_node, detect_bats;
void detect_suite_fini(struct detect_suite *s);
/* The level of that name, NULL when the suite has none. */
const struct detect_level *detect_suite_level(const struct detect_suite *s, const char *name);
/* A new level whose command starts as the suite's; takes `why`. Valid until the next one is added. */
struct detect_level *detect_add_level(struct detect_suite *s, const char *name, char *why);
/* Names that make a level when a marker, label, folder or script is called so; ends with NULL. */
extern const char *const detect_level_names[];

/* Folders called `name` that hold files for which `is_test` says yes: adds them ("tests/unit"), returns how many files.
 */
typedef bool detect_is_test_fn(const char *path);
size_t detect_level_folders(const struct detect_project *p, const char *name, detect_is_test_fn *is_test,
                            struct rbk_strv *folders);

/* The commented runbook.yaml: `chosen`, one of the suites, as levels, of the others one level each as a comment.
 * `chosen` may have strength NONE. Heap. */
char *detect_write_yaml(const char *project, const struct detect_suite *chosen, const struct detect_suite *suites,
                        size_t count, const struct rbk_strv *findings);

#endif
