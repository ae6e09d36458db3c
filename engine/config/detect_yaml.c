/* Writes the runbook.yaml of `runbook init`: what was found as settings, what could be set as comments with the
 * defaults in force. */
#include <base/buf.h>
#include <config/detect.h>
#include <stdlib.h>
#include <string.h>

/* Nothing in it would have to be escaped between double quotes. */
static bool yaml_fits_double_quotes(const char *s)
{
    while (*s && (unsigned char)*s >= ' ' && *s != 0x7f && *s != '"' && *s != '\\') {
        s++;
    }
    return *s == '\0';
}

/* A scalar on one line: plain where YAML reads it back as it is, else in quotes, single ones where need be. */
static void yaml_scalar(struct rbk_buf *out, const char *s)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=+, ";
    static const char first[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_./";
    size_t len = strlen(s);

    if (len && strchr(first, s[0]) && s[len - 1] != ' ' && s[strspn(s, safe)] == '\0') {
        rbk_buf_puts(out, s);
        return;
    }
    if (yaml_fits_double_quotes(s)) {
        rbk_buf_printf(out, "\"%s\"", s);
        return;
    }
    rbk_buf_putc(out, '\'');
    for (; *s; s++) {
        rbk_buf_putc(out, (unsigned char)*s < ' ' || *s == 0x7f ? '?' : *s);
        if (*s == '\'') {
            rbk_buf_putc(out, '\'');
        }
    }
    rbk_buf_putc(out, '\'');
}

/* A comment is one line, whatever a file name holds. */
static void yaml_comment(struct rbk_buf *out, const char *indent, const char *text)
{
    rbk_buf_printf(out, "%s# ", indent);
    for (; *text; text++) {
        rbk_buf_putc(out, (unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text);
    }
    rbk_buf_putc(out, '\n');
}

static void yaml_command(struct rbk_buf *out, const struct rbk_strv *argv)
{
    char *line = rbk_shell_join(argv->items);
    rbk_buf_puts(out, "    command: ");
    yaml_scalar(out, line);
    rbk_buf_putc(out, '\n');
    free(line);
}

static void yaml_prepare(struct rbk_buf *out, const struct detect_suite *s)
{
    if (s->prepare.count) {
        rbk_buf_puts(out, "    prepare:                      # run in order before the tests\n");
    }
    for (size_t i = 0; i < s->prepare.count; i++) {
        rbk_buf_puts(out, "      - ");
        yaml_scalar(out, s->prepare.items[i]);
        rbk_buf_putc(out, '\n');
    }
}

static void yaml_times(struct rbk_buf *out, const char *name)
{
    if (strcmp(name, "smoke") == 0) {
        rbk_buf_puts(out, "    target: 30s                   # daily/morning-health-check wants it within this time\n"
                          "    max: 45s\n");
    } else if (strcmp(name, "unit") == 0) {
        rbk_buf_puts(out, "    target: 120s\n"
                          "    max: 180s\n");
    }
}

static void yaml_level_keys(struct rbk_buf *out, const struct detect_suite *s, const char *name,
                            const struct rbk_strv *command)
{
    rbk_buf_printf(out, "  %s:\n    runner: %s\n", name, s->runner);
    yaml_command(out, command);
    if (s->report) {
        rbk_buf_puts(out, "    report: ");
        yaml_scalar(out, s->report);
        rbk_buf_puts(out, "    # JUnit XML that the command leaves\n");
    }
    yaml_prepare(out, s);
    yaml_times(out, name);
}

static void yaml_level(struct rbk_buf *out, const struct detect_suite *s, const char *name, const char *why,
                       const struct rbk_strv *command)
{
    yaml_comment(out, "  ", why);
    yaml_level_keys(out, s, name, command);
}

static void yaml_level_or_suite(struct rbk_buf *out, const struct detect_suite *s, const char *name)
{
    const struct detect_level *level = detect_suite_level(s, name);
    struct rbk_buf why = {0};
    if (level) {
        yaml_level(out, s, name, level->why, &level->command);
        return;
    }
    rbk_buf_printf(&why, "Nothing here is called %s, so this level is the whole suite.", name);
    yaml_level(out, s, name, why.data, &s->command);
    rbk_buf_fini(&why);
}

static void yaml_levels(struct rbk_buf *out, const struct detect_suite *s)
{
    rbk_buf_puts(out, "# Test levels: `runbook tests run smoke`. Commands are not run by a shell.\n"
                      "levels:\n");
    yaml_level_or_suite(out, s, "smoke");
    yaml_level_or_suite(out, s, "unit");
    for (size_t i = 0; i < s->level_count; i++) {
        const struct detect_level *level = &s->levels[i];
        if (strcmp(level->name, "smoke") != 0 && strcmp(level->name, "unit") != 0) {
            yaml_level(out, s, level->name, level->why, &level->command);
        }
    }
}

/* Another suite of the project: its tests may be there for another purpose, so the person says whether they count. Each
 * line is commented behind its first two spaces: without the "# " it stands where it must. */
static void yaml_other_suite(struct rbk_buf *out, const struct detect_suite *s)
{
    const struct detect_level *unit = detect_suite_level(s, "unit");
    struct rbk_buf name = {0}, level = {0};

    rbk_buf_putc(out, '\n');
    rbk_buf_printf(&name, "Also found: %s. Take away the # to have it as a level.", s->what);
    yaml_comment(out, "  ", name.data);
    for (size_t i = 0; i < s->notes.count; i++) {
        yaml_comment(out, "  ", s->notes.items[i]);
    }
    rbk_buf_fini(&name);
    rbk_buf_printf(&name, "unit-%s", s->kind);
    yaml_level_keys(&level, s, name.data, unit ? &unit->command : &s->command);
    char *rest = level.data;
    for (char *line = strsep(&rest, "\n"); line && *line; line = strsep(&rest, "\n")) {
        yaml_comment(out, "  ", line + 2);
    }
    rbk_buf_fini(&level);
    rbk_buf_fini(&name);
}

/* Nothing was found: a form to fill in that is valid as it stands. */
static const char yaml_no_suite[] =
    "# Test levels: `runbook tests run smoke`. No test suite was recognised: put your own commands here.\n"
    "# They must leave JUnit XML, which nearly every test tool can write.\n"
    "levels:\n"
    "  # The level is the whole suite until you split it.\n"
    "  smoke:\n"
    "    runner: junit\n"
    "    command: ./run-tests          # change me\n"
    "    report: reports/*.xml         # change me: JUnit XML that the command leaves\n"
    "    target: 30s                   # daily/morning-health-check wants it within this time\n"
    "    max: 45s\n"
    "  unit:\n"
    "    runner: junit\n"
    "    command: ./run-tests          # change me\n"
    "    report: reports/*.xml         # change me\n"
    "    target: 120s\n"
    "    max: 180s\n";

static const char yaml_rest[] =
    "\n"
    "# Services that tests need: checked by troubleshoot/environment, named in a level's requires.\n"
    "# services:\n"
    "#   postgres:\n"
    "#     tcp: localhost:5432\n"
    "#     restart: docker compose restart postgres\n"
    "\n"
    "# Feature flags that the morning check compares: one of file, env, command.\n"
    "# flags:\n"
    "#   env: [FEATURE_NEW_CART]\n"
    "#   expect: {FEATURE_NEW_CART: on}\n"
    "\n"
    "# Below are the defaults in force. Take away the # to change one.\n"
    "# sla:\n"
    "#   pass_rate:  {target: 95%, alert: 90%}\n"
    "#   flaky_rate: {target: 2%, alert: 5%}\n"
    "#   coverage:   {target: 70%, alert: 65%}\n"
    "#   uptime:     {target: 99%, alert: 95%}\n"
    "# thresholds:\n"
    "#   failure_rate: {healthy: 2%, incident: 5%, escalate: 20%}\n"
    "# limits:\n"
    "#   memory: {process: 2GB, total: 8GB}\n"
    "# escalation:\n"
    "#   critical: {response: immediate, contact: On-call engineer}\n"
    "#   high:     {response: 2h, contact: Engineering lead}\n"
    "#   medium:   {response: 24h, contact: QA team}\n"
    "#   low:      {response: 1w, contact: Development team}\n";

char *detect_write_yaml(const char *project, const struct detect_suite *chosen, const struct detect_suite *suites,
                        size_t count, const struct rbk_strv *findings)
{
    struct rbk_buf out = {0};

    rbk_buf_puts(&out, "# What runbooks need to know about this project. `runbook check` says what is wrong in it;\n"
                       "# docs/configuration.md of runbook lists every key.\n"
                       "#\n"
                       "# Found by `runbook init`:\n");
    for (size_t i = 0; i < findings->count; i++) {
        yaml_comment(&out, "", findings->items[i]);
    }
    rbk_buf_puts(&out, "\nproject: ");
    yaml_scalar(&out, project);
    rbk_buf_puts(&out, "\n\n");
    if (chosen->strength == DETECT_NONE) {
        rbk_buf_puts(&out, yaml_no_suite);
    } else {
        yaml_levels(&out, chosen);
        for (size_t i = 0; i < count; i++) {
            if (&suites[i] != chosen && suites[i].strength != DETECT_NONE) {
                yaml_other_suite(&out, &suites[i]);
            }
        }
    }
    rbk_buf_puts(&out, yaml_rest);
    return rbk_buf_take(&out);
}
