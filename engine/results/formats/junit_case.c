/* See junit_case.h. The dialects differ in where they put a result: a child element (most), a `status` or `result`
 * attribute (ctest, googletest, Boost), text of the element or its `message` (all of them), or only system-out (ctest).
 */
#include <results/formats/junit_case.h>

#include <base/mem.h>
#include <base/str.h>
#include <results/formats/junit_time.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { NAME_MAX_BYTES = 2048, MESSAGE_MAX = 4096, OUTPUT_MAX = 2048 };

/* A prefix of at most `max` bytes that ends between two characters. */
static size_t utf8_prefix(const char *text, size_t len, size_t max)
{
    if (len <= max)
        return len;
    while (max > 0 && ((unsigned char)text[max] & 0xC0) == 0x80)
        max--;
    return max;
}

void junit_set_name(struct rbk_buf *b, const char *text)
{
    size_t len = strlen(text);
    rbk_buf_clear(b);
    rbk_buf_append(b, text, utf8_prefix(text, len, NAME_MAX_BYTES));
    if (len > NAME_MAX_BYTES)
        rbk_buf_printf(b, "~%016llx", (unsigned long long)rbk_hash(RBK_HASH_INIT, text, len));
}

const char *junit_attribute(const char **attributes, const char *name)
{
    for (; *attributes; attributes += 2)
        if (strcmp(attributes[0], name) == 0)
            return attributes[1];
    return NULL;
}

int junit_result_of(const char *element)
{
    if (strcmp(element, "failure") == 0)
        return RBK_FAILED;
    if (strcmp(element, "error") == 0)
        return RBK_ERROR;
    if (strcmp(element, "skipped") == 0 || strcmp(element, "disabled") == 0)
        return RBK_SKIPPED;
    return -1;
}

static bool is_rerun(const char *element)
{
    static const char *const names[] = {"flakyFailure", "flakyError", "rerunFailure", "rerunError", "rerun"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(element, names[i]) == 0)
            return true;
    return false;
}

/* Tools agree neither on the word nor on its case: FAILED, Failed, fail. */
static enum rbk_outcome outcome_of_status(const char *status)
{
    static const struct {
        const char *status;
        enum rbk_outcome outcome;
    } known[] = {
        {"fail", RBK_FAILED},     {"failed", RBK_FAILED},      {"failure", RBK_FAILED},  {"error", RBK_ERROR},
        {"errored", RBK_ERROR},   {"aborted", RBK_ERROR},      {"notrun", RBK_SKIPPED},  {"disabled", RBK_SKIPPED},
        {"skipped", RBK_SKIPPED}, {"suppressed", RBK_SKIPPED}, {"ignored", RBK_SKIPPED},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcasecmp(status, known[i].status) == 0)
            return known[i].outcome;
    return RBK_PASSED;
}

static void take_status(struct junit_case *c, const char *status)
{
    enum rbk_outcome outcome = outcome_of_status(status);
    if (outcome > c->outcome)
        c->outcome = outcome;
}

void junit_case_begin(struct junit_case *c)
{
    rbk_buf_clear(&c->name);
    rbk_buf_clear(&c->file);
    rbk_buf_clear(&c->classname);
    rbk_buf_clear(&c->message);
    rbk_buf_clear(&c->output);
    c->message_attr = 0;
    c->text = JUNIT_TEXT_NONE;
    c->line = c->reruns = 0;
    c->time_us = -1;
    c->outcome = RBK_PASSED;
    c->rerun_message = false;
}

void junit_case_fini(struct junit_case *c)
{
    rbk_buf_fini(&c->name);
    rbk_buf_fini(&c->file);
    rbk_buf_fini(&c->classname);
    rbk_buf_fini(&c->suite);
    rbk_buf_fini(&c->message);
    rbk_buf_fini(&c->output);
}

void junit_case_attributes(struct junit_case *c, const char **attributes, const char *file)
{
    for (; *attributes; attributes += 2) {
        const char *key = attributes[0], *value = attributes[1];
        if (strcmp(key, "name") == 0)
            junit_set_name(&c->name, value);
        else if (strcmp(key, "classname") == 0)
            junit_set_name(&c->classname, value);
        else if (strcmp(key, "time") == 0)
            c->time_us = junit_time_us(value);
        else if (strcmp(key, "file") == 0)
            junit_set_name(&c->file, value);
        else if (strcmp(key, "line") == 0)
            c->line = (int)strtol(value, NULL, 10);
        else if (strcmp(key, "status") == 0 || strcmp(key, "result") == 0)
            take_status(c, value);
    }
    if (!c->file.len && *file)
        junit_set_name(&c->file, file);
}

static void start_message(struct junit_case *c, const char **attributes)
{
    const char *message = junit_attribute(attributes, "message");
    rbk_buf_clear(&c->message);
    if (message)
        rbk_buf_append(&c->message, message, utf8_prefix(message, strlen(message), MESSAGE_MAX));
    c->message_attr = c->message.len;
    c->text = JUNIT_TEXT_MESSAGE;
}

/* ctest reports a test whose program is missing as skipped, and counts it as failed: so do we. */
static bool is_missing_program(const char **attributes)
{
    const char *message = junit_attribute(attributes, "message");
    return message && (rbk_starts_with(message, "Unable to find executable") ||
                       rbk_starts_with(message, "Unable to find required file"));
}

void junit_case_child(struct junit_case *c, const char *element, const char **attributes)
{
    int result = junit_result_of(element);
    if (result == RBK_SKIPPED && is_missing_program(attributes))
        result = RBK_ERROR;
    if (result >= 0) {
        bool first = !c->message_attr && !c->message.len;
        if (result > (int)c->outcome || first || c->rerun_message)
            start_message(c, attributes);
        if (result > (int)c->outcome)
            c->outcome = (enum rbk_outcome)result;
        c->rerun_message = false;
    } else if (is_rerun(element)) {
        c->reruns++;
        if (!c->message.len) {
            start_message(c, attributes);
            c->rerun_message = true;
        }
    } else if (strcmp(element, "system-out") == 0 || strcmp(element, "system-err") == 0) {
        c->text = JUNIT_TEXT_OUTPUT;
    }
}

static void add_message(struct junit_case *c, const char *text, size_t len)
{
    while (len && c->message.len == c->message_attr && strchr(" \t\r\n", *text))
        text++, len--;
    if (!len || c->message.len >= MESSAGE_MAX)
        return;
    if (c->message_attr && c->message.len == c->message_attr)
        rbk_buf_putc(&c->message, '\n');
    rbk_buf_append(&c->message, text, utf8_prefix(text, len, MESSAGE_MAX - c->message.len));
}

/* Keeps the tail: what a program said last is usually why it failed. */
static void add_output(struct junit_case *c, const char *text, size_t len)
{
    rbk_buf_append(&c->output, text, len);
    if (c->output.len <= (size_t)2 * OUTPUT_MAX)
        return;
    size_t from = c->output.len - OUTPUT_MAX;
    while (from < c->output.len && ((unsigned char)c->output.data[from] & 0xC0) == 0x80)
        from++;
    rbk_buf_consume(&c->output, from);
}

void junit_case_text(struct junit_case *c, const char *text, size_t len)
{
    if (c->text == JUNIT_TEXT_MESSAGE)
        add_message(c, text, len);
    else if (c->text == JUNIT_TEXT_OUTPUT)
        add_output(c, text, len);
}

bool junit_case_is_mentioned(const struct junit_case *c)
{
    return c->outcome == RBK_SKIPPED && c->message.len &&
           strcmp(c->message.data, "test name does not match pattern") == 0;
}

static void trim_end(struct rbk_buf *b)
{
    while (b->len && strchr(" \t\r\n", b->data[b->len - 1]))
        b->data[--b->len] = '\0';
}

static const char *finish_message(struct junit_case *c)
{
    bool bad = c->outcome == RBK_FAILED || c->outcome == RBK_ERROR;
    trim_end(&c->message);
    trim_end(&c->output);
    if (bad && c->output.len && c->message.len <= c->message_attr) {
        c->text = JUNIT_TEXT_MESSAGE;
        c->message_attr = c->message.len;
        add_message(c, c->output.data, c->output.len);
    }
    if (c->message_attr && c->message.len > c->message_attr + 1) { /* many tools repeat the message in the text */
        const char *text = c->message.data + c->message_attr + 1;
        if (strncmp(text, c->message.data, c->message_attr) == 0)
            rbk_buf_consume(&c->message, c->message_attr + 1);
    }
    return c->message.len ? c->message.data : "";
}

/* Names that a tool gives to every report: they tell no two cases apart. */
static bool is_label(const char *suites)
{
    static const char *const labels[] = {"pytest", "Mocha Tests", "jest tests", "(empty)"};
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++)
        if (strcmp(suites, labels[i]) == 0)
            return true;
    return false;
}

/* Whether the classname says more than the names of suite and case do. "test" is what node writes everywhere. In Python
 * a test may be called like its module: without the classname it would pass for a module that could not be loaded. */
static bool classname_adds(const struct junit_case *c, const char *classname, const char *name, const char *suites)
{
    bool is_module = c->file.len && rbk_ends_with(c->file.data, ".py");
    return *classname && (is_module || strcmp(classname, name) != 0) && strcmp(classname, "test") != 0 &&
           !rbk_ends_with(suites, classname);
}

static const char *suite_of(struct junit_case *c, const char *name, const char *suites)
{
    const char *classname = c->classname.len ? c->classname.data : "";
    if (!classname_adds(c, classname, name, suites))
        return is_label(suites) ? "" : suites;
    if (!*suites || is_label(suites) || rbk_starts_with(classname, suites))
        return classname;
    rbk_buf_clear(&c->suite);
    rbk_buf_printf(&c->suite, "%s > %s", suites, classname);
    return c->suite.data;
}

void junit_case_end(struct junit_case *c, const char *suites, struct rbk_case *out)
{
    out->name = c->name.len ? c->name.data : "";
    out->classname = c->classname.len ? c->classname.data : "";
    out->file = c->file.len ? c->file.data : "";
    out->suite = suite_of(c, out->name, suites);
    out->message = finish_message(c);
    out->line = c->line;
    out->time_us = c->time_us;
    out->outcome = c->outcome;
    out->reruns = c->reruns;
    out->flaky = c->outcome == RBK_PASSED && c->reruns > 0;
}
