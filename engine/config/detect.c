/* `runbook init`: every probe looks at the project, the strongest evidence gives the suite, the others are
 * mentioned, each with a level that waits in the file as a comment. The levels smoke and unit always exist; one that
 * nothing in the project is called after is the whole suite. */
#include <base/mem.h>
#include <config/config.h>
#include <config/detect.h>
#include <stdlib.h>
#include <string.h>

/* In the order of preference between equally strong ones. */
static const struct {
    const char *kind;
    detect_probe_fn *look;
} detect_probes[] = {{"pytest", detect_pytest}, {"ctest", detect_ctest}, {"node", detect_node}, {"bats", detect_bats}};
#define DETECT_PROBES (sizeof detect_probes / sizeof detect_probes[0])

void detect_suite_fini(struct detect_suite *s)
{
    for (size_t i = 0; i < s->level_count; i++) {
        free(s->levels[i].name);
        free(s->levels[i].why);
        rbk_strv_fini(&s->levels[i].command);
    }
    free(s->levels);
    free(s->what);
    free(s->report);
    rbk_strv_fini(&s->command);
    rbk_strv_fini(&s->prepare);
    rbk_strv_fini(&s->notes);
}

const struct detect_level *detect_suite_level(const struct detect_suite *s, const char *name)
{
    for (size_t i = 0; i < s->level_count; i++) {
        if (strcmp(s->levels[i].name, name) == 0) {
            return &s->levels[i];
        }
    }
    return NULL;
}

struct detect_level *detect_add_level(struct detect_suite *s, const char *name, char *why)
{
    RBK_GROW(s->levels, s->level_count, s->level_cap);
    struct detect_level *level = &s->levels[s->level_count++];
    *level = (struct detect_level){.name = rbk_strdup(name), .why = why};
    for (size_t i = 0; i < s->command.count; i++) {
        rbk_strv_add(&level->command, s->command.items[i]);
    }
    return level;
}

static const struct detect_suite *detect_strongest(const struct detect_suite suites[DETECT_PROBES])
{
    const struct detect_suite *best = &suites[0];
    for (size_t i = 1; i < DETECT_PROBES; i++) {
        if (suites[i].strength > best->strength) {
            best = &suites[i];
        }
    }
    return best;
}

static void detect_say_levels(const struct detect_suite *s, struct rbk_strv *findings)
{
    static const char *const always[] = {"smoke", "unit"};
    for (size_t i = 0; i < 2; i++) {
        if (!detect_suite_level(s, always[i])) {
            rbk_strv_take(findings, rbk_asprintf("level %s: the whole suite, because nothing here is called %s",
                                                 always[i], always[i]));
        }
    }
    for (size_t i = 0; i < s->level_count; i++) {
        rbk_strv_take(findings, rbk_asprintf("level %s: %s", s->levels[i].name, s->levels[i].why));
    }
}

static void detect_say(const struct detect_suite suites[DETECT_PROBES], const struct detect_suite *chosen,
                       struct rbk_strv *findings)
{
    if (chosen->strength == DETECT_NONE) {
        rbk_strv_add(findings, "no tests found that pytest, ctest, node or bats would run");
        rbk_strv_add(findings, "write the command of your tests into levels: in runbook.yaml, then: runbook check");
        return;
    }
    rbk_strv_add(findings, chosen->what);
    detect_say_levels(chosen, findings);
    for (size_t i = 0; i < chosen->notes.count; i++) {
        rbk_strv_add(findings, chosen->notes.items[i]);
    }
    for (size_t i = 0; i < DETECT_PROBES; i++) {
        if (&suites[i] != chosen && suites[i].strength != DETECT_NONE) {
            rbk_strv_take(findings,
                          rbk_asprintf("also found: %s; its level unit-%s is a comment in the file: take away the #",
                                       suites[i].what, suites[i].kind));
        }
    }
}

int rbk_config_detect(const char *root, struct rbk_detected *out, struct rbk_error *err)
{
    struct detect_project project = {0};
    struct detect_suite suites[DETECT_PROBES] = {0};
    char *absolute = realpath(root, NULL);

    *out = (struct rbk_detected){0};
    if (!absolute) {
        return rbk_error_errno(err, RBK_ENOENT, "cannot look at the folder %s", root);
    }
    detect_project_init(&project, absolute);
    for (size_t i = 0; i < DETECT_PROBES; i++) {
        suites[i].kind = detect_probes[i].kind;
        detect_probes[i].look(&project, &suites[i]);
    }
    const struct detect_suite *chosen = detect_strongest(suites);
    detect_say(suites, chosen, &out->findings);
    out->yaml = detect_write_yaml(detect_basename(absolute), chosen, suites, DETECT_PROBES, &out->findings);
    for (size_t i = 0; i < DETECT_PROBES; i++) {
        detect_suite_fini(&suites[i]);
    }
    detect_project_fini(&project);
    free(absolute);
    return 0;
}

void rbk_detected_fini(struct rbk_detected *d)
{
    free(d->yaml);
    rbk_strv_fini(&d->findings);
    *d = (struct rbk_detected){0};
}
