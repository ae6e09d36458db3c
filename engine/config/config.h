/* The configuration: runbook.yaml as typed data. A file is parsed into a value tree with the place (line, column) of
 * every node, checked against one table of known keys (config/keys.c: path, type, default, help; the reference
 * documentation is checked against it), defaults filled in. A wrong key, type or unit is an error at file:line:col with
 * the mend. */
#ifndef RBK_CONFIG_CONFIG_H
#define RBK_CONFIG_CONFIG_H

#include <base/str.h>
#include <runbook/value.h>

struct rbk_variant { /* of a level: what changes when it is asked for */
    char *name;
    struct rbk_strv args; /* appended to the command */
    rbk_value *env;       /* map of strings, or NULL */
    int64_t timeout_ms;   /* 0 = the level's */
};

struct rbk_level {
    char *name;
    char *runner;            /* pytest ctest node bats junit */
    struct rbk_strv command; /* argv; a string in YAML is split as a shell would split words, never expanded */
    rbk_value *prepare;      /* list of commands, each a list of words, to run in order before the tests; or NULL */
    char *report;            /* path or glob of the reports for `junit`; NULL where the runner knows */
    char *cwd;               /* relative to the project; NULL = project */
    rbk_value *env;          /* map of strings, or NULL */
    int64_t target_ms, max_ms, timeout_ms; /* 0 = none */
    char *coverage;                        /* coverage report to read after the run, or NULL */
    struct rbk_strv requires;              /* names of services that must be up */
    int parallel;                          /* 0 = the tool's default */
    struct rbk_variant *variants;
    size_t variant_count;
};

struct rbk_service {
    char *name;
    struct rbk_strv check;   /* argv that exits 0 when it is up, or empty */
    char *tcp;               /* "host:port" or NULL */
    char *http;              /* URL or NULL */
    struct rbk_strv restart; /* argv, may be empty */
};

struct rbk_escalation {
    char *priority;
    int64_t response_ms;
    char *contact;
}; /* response 0 = immediate */

struct rbk_config {
    char *root;    /* the project folder, absolute */
    char *file;    /* of the configuration; NULL when there is none (defaults only) */
    char *project; /* name */
    struct rbk_level *levels;
    size_t level_count;
    struct rbk_service *services;
    size_t service_count;
    struct rbk_escalation *escalation; /* default: the handbook's matrix */
    size_t escalation_count;
    char *state_dir; /* NULL = default */
    char *state_group;
    int64_t waiting_expires_ms;
    int parallel;                         /* cap of `parallel` */
    int64_t log_max_bytes;                /* of one step's log */
    int64_t memory_process, memory_total; /* limits.memory per process / in total; 0 = none */
    rbk_value *secrets;                   /* map name -> {env|file|command} */
    rbk_value *tree; /* everything, defaults filled in, leaves typed (durations, sizes, percents as numbers) */
    struct rbk_error *warnings; /* things worth saying that do not stop */
    size_t warning_count;
};

/* Looks for runbook.yaml, then .runbook.yaml, from `start` upwards (or exactly in `project` when given: RBK_ENOENT).
 * With no file anywhere: success, defaults only, file == NULL, root = start. */
int rbk_config_open(const char *start, const char *project, struct rbk_config **out, struct rbk_error *err);
/* Parses one text; `file` names it in errors. For tests, fuzzing and `check`. */
int rbk_config_parse(const char *file, const char *text, size_t len, struct rbk_config **out, struct rbk_error *err);
/* All problems instead of the first: calls on_problem(arg, severity "error"|"warning", error). Returns how many errors.
 */
typedef void rbk_problem_fn(void *arg, const char *severity, const struct rbk_error *e);
int rbk_config_check(const char *file, const char *text, size_t len, rbk_problem_fn *on_problem, void *arg);
void rbk_config_free(struct rbk_config *c);

const struct rbk_level *rbk_config_level(const struct rbk_config *c, const char *name); /* NULL when unknown */
const struct rbk_variant *rbk_level_variant(const struct rbk_level *l, const char *name);
/* Value at a dotted path ("sla.pass_rate.target"), NULL when absent. */
const rbk_value *rbk_config_get(const struct rbk_config *c, const char *path);

/* Gives an error that was found elsewhere its place in the file: `path` is keys, in lists numbers from 1 on, and ends
 * with NULL; the deepest that is there counts. For a configuration that has a file. Returns the code of the error. */
int rbk_config_place(const struct rbk_config *c, const char *const *path, struct rbk_error *err);

/* The table of keys, for documentation and completion: calls fn(path, type, default text or NULL, help). */
typedef void rbk_config_key_fn(void *arg, const char *path, const char *type, const char *dflt, const char *help);
void rbk_config_keys(rbk_config_key_fn *fn, void *arg);

/* `runbook init`: looks at a project and proposes its configuration. `yaml` is the commented file, `findings` a list of
 * strings for the person ("pytest: 412 tests in tests/, marker `smoke` found"). Nothing is written. */
struct rbk_detected {
    char *yaml;
    struct rbk_strv findings;
    bool has_tests;
};
int rbk_config_detect(const char *root, struct rbk_detected *out, struct rbk_error *err);
void rbk_detected_fini(struct rbk_detected *d);

#endif
