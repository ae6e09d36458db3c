/* The reader of JUnit XML: expat behind the cleaning filter, a stack of suites, one open case. There is no standard;
 * the dialects of pytest, ctest, node, bats, surefire, googletest, mocha, jest, bazel and Boost are what it knows. */
#include <errno.h>
#include <expat.h>
#include <fcntl.h>
#include <results/formats/junit_case.h>
#include <results/formats/xmlclean.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 64 * 1024, DEPTH_MAX = 256, SUITES_MAX = 64 };

struct junit_suite { /* one open <testsuite>: how to get back to its parent */
    size_t names_len, file_len;
};

struct junit_reader {
    XML_Parser parser;
    struct xmlclean clean;
    struct rbk_buf cleaned;
    struct rbk_buf names, file; /* of the open suites: names joined by " > "; the innermost file */
    struct junit_suite suites[SUITES_MAX];
    int suite_count, depth;
    int case_depth; /* depth of the open <testcase>, or of a result outside of any; 0 = none */
    int open_line;  /* where the innermost open suite or case began, for the message about a cut-off file */
    const char *open_element;
    struct junit_case current;
    struct rbk_report_totals totals;
    rbk_case_fn *on_case;
    void *arg;
    int stopped; /* what on_case answered */
    struct rbk_error error;
};

static void junit_refuse(struct junit_reader *r, const char *message, const char *hint)
{
    rbk_error_set(&r->error, RBK_EMALFORMED, "%s", message);
    if (hint)
        rbk_error_hint(&r->error, "%s", hint);
    rbk_error_at(&r->error, NULL, (int)XML_GetCurrentLineNumber(r->parser) + r->clean.dropped_lines,
                 (int)XML_GetCurrentColumnNumber(r->parser) + 1);
    XML_StopParser(r->parser, XML_FALSE);
}

static bool is_element(const char *element, const char *name)
{
    return strcmp(element, name) == 0;
}

static void suite_open(struct junit_reader *r, const char **attributes)
{
    const char *name = junit_attribute(attributes, "name"), *file = junit_attribute(attributes, "file");
    if (r->suite_count == SUITES_MAX) {
        junit_refuse(r, "suites are nested more than 64 deep", NULL);
        return;
    }
    r->suites[r->suite_count++] = (struct junit_suite){r->names.len, r->file.len};
    if (name && *name) {
        struct rbk_buf bounded = {0};
        junit_set_name(&bounded, name);
        rbk_buf_printf(&r->names, "%s%s", r->names.len ? " > " : "", bounded.data);
        rbk_buf_fini(&bounded);
    }
    if (!file)
        file = junit_attribute(attributes, "filepath");
    if (file && *file) {
        rbk_buf_putc(&r->file, '\n'); /* files are stacked one after the other; the innermost counts */
        rbk_buf_puts(&r->file, file);
    }
}

static void cut_to(struct rbk_buf *b, size_t len)
{
    if (len < b->len)
        b->data[b->len = len] = '\0';
}

static void suite_close(struct junit_reader *r)
{
    const struct junit_suite *s = &r->suites[--r->suite_count];
    cut_to(&r->names, s->names_len);
    cut_to(&r->file, s->file_len);
}

static const char *suite_file(const struct junit_reader *r)
{
    const char *last = r->file.len ? strrchr(r->file.data, '\n') : NULL;
    return last ? last + 1 : "";
}

static void remember_open(struct junit_reader *r, const char *element)
{
    r->open_element = element;
    r->open_line = (int)XML_GetCurrentLineNumber(r->parser) + r->clean.dropped_lines;
}

static void case_open(struct junit_reader *r, const char **attributes)
{
    r->case_depth = r->depth;
    junit_case_begin(&r->current);
    junit_case_attributes(&r->current, attributes, suite_file(r));
}

/* A failure of a whole suite (nothing could be collected) belongs to no case: it becomes one, so that it counts. */
static void suite_failure(struct junit_reader *r, const char *element, const char **attributes)
{
    static const char *nothing[] = {"name", "(suite)", NULL};
    case_open(r, nothing);
    junit_case_child(&r->current, element, attributes);
}

static void count(struct rbk_report_totals *t, const struct rbk_case *c)
{
    t->cases++;
    t->passed += c->outcome == RBK_PASSED;
    t->skipped += c->outcome == RBK_SKIPPED;
    t->failed += c->outcome == RBK_FAILED;
    t->errors += c->outcome == RBK_ERROR;
    t->flaky += c->flaky;
}

static void case_close(struct junit_reader *r)
{
    struct rbk_case c;
    r->case_depth = 0;
    if (junit_case_is_mentioned(&r->current))
        return;
    junit_case_end(&r->current, r->names.len ? r->names.data : "", &c);
    count(&r->totals, &c);
    r->stopped = r->on_case ? r->on_case(r->arg, &c) : 0;
    if (r->stopped)
        XML_StopParser(r->parser, XML_FALSE);
}

static void junit_on_start(void *arg, const char *element, const char **attributes)
{
    struct junit_reader *r = arg;
    if (++r->depth > DEPTH_MAX) {
        junit_refuse(r, "elements are nested more than 256 deep", NULL);
    } else if (r->case_depth) {
        junit_case_child(&r->current, element, attributes);
    } else if (is_element(element, "testcase") && r->depth > 1) {
        case_open(r, attributes);
    } else if (is_element(element, "testsuite")) {
        remember_open(r, "testsuite");
        suite_open(r, attributes);
    } else if (r->depth == 1 && is_element(element, "testsuites")) {
        remember_open(r, "testsuites");
    } else if (r->depth == 1) {
        junit_refuse(r, "not a JUnit report: the root element is neither <testsuites> nor <testsuite>",
                     "have the test tool write JUnit XML (pytest --junitxml, ctest --output-junit)");
    } else if (junit_result_of(element) > RBK_SKIPPED) {
        suite_failure(r, element, attributes);
    }
}

static void junit_on_end(void *arg, const char *element)
{
    struct junit_reader *r = arg;
    if (r->case_depth == r->depth)
        case_close(r);
    else if (r->case_depth == r->depth - 1)
        r->current.text = JUNIT_TEXT_NONE;
    else if (!r->case_depth && is_element(element, "testsuite"))
        suite_close(r);
    r->depth--;
}

static void junit_on_text(void *arg, const char *text, int len)
{
    struct junit_reader *r = arg;
    if (r->case_depth && r->current.text != JUNIT_TEXT_NONE)
        junit_case_text(&r->current, text, (size_t)len);
}

/* Turns what expat says into what happened to the file. */
static int parse_error(struct junit_reader *r)
{
    enum XML_Error code = XML_GetErrorCode(r->parser);
    if (r->stopped)
        return r->stopped;
    if (r->error.code)
        return r->error.code;
    if (code == XML_ERROR_NO_MEMORY)
        rbk_error_set(&r->error, RBK_ESTORE, "out of memory in the XML parser");
    else if (code == XML_ERROR_NO_ELEMENTS && !r->open_element)
        rbk_error_set(&r->error, RBK_EMALFORMED, "the report is empty");
    else if (code == XML_ERROR_NO_ELEMENTS || code == XML_ERROR_UNCLOSED_TOKEN ||
             code == XML_ERROR_UNCLOSED_CDATA_SECTION || code == XML_ERROR_PARTIAL_CHAR)
        rbk_error_set(&r->error, RBK_EMALFORMED, "the report is cut off: <%s> of line %d is not closed",
                      r->open_element ? r->open_element : "?", r->open_line);
    else
        rbk_error_set(&r->error, RBK_EMALFORMED, "the report is not well-formed XML: %s", XML_ErrorString(code));
    rbk_error_at(&r->error, NULL, (int)XML_GetCurrentLineNumber(r->parser) + r->clean.dropped_lines,
                 (int)XML_GetCurrentColumnNumber(r->parser) + 1);
    return rbk_error_hint(&r->error,
                          "nothing of it was counted; run the tests again so that the report is written whole");
}

static int junit_feed(struct junit_reader *r, const char *data, size_t len, bool final)
{
    rbk_buf_clear(&r->cleaned);
    int rc = xmlclean_feed(&r->clean, data, len, final, &r->cleaned, &r->error);
    if (rc)
        return rc;
    const char *text = r->cleaned.len ? r->cleaned.data : "";
    if (XML_Parse(r->parser, text, (int)r->cleaned.len, final) != XML_STATUS_OK)
        return parse_error(r);
    return 0;
}

static void junit_reader_init(struct junit_reader *r, rbk_case_fn *on_case, void *arg)
{
    *r = (struct junit_reader){.on_case = on_case, .arg = arg, .parser = XML_ParserCreate("UTF-8")};
    xmlclean_init(&r->clean);
    if (!r->parser)
        return;
    XML_SetUserData(r->parser, r);
    XML_SetElementHandler(r->parser, junit_on_start, junit_on_end);
    XML_SetCharacterDataHandler(r->parser, junit_on_text);
}

static void junit_reader_fini(struct junit_reader *r)
{
    if (r->parser)
        XML_ParserFree(r->parser);
    xmlclean_fini(&r->clean);
    rbk_buf_fini(&r->cleaned);
    rbk_buf_fini(&r->names);
    rbk_buf_fini(&r->file);
    junit_case_fini(&r->current);
}

/* Hands out totals or the error with the file's name, and ends the reader. */
static int junit_finish(struct junit_reader *r, int rc, const char *name, struct rbk_report_totals *totals,
                        struct rbk_error *err)
{
    if (rc && !r->stopped && err) {
        *err = r->error;
        rbk_error_at(err, name, r->error.line, r->error.column);
    }
    if (totals)
        *totals = rc ? (struct rbk_report_totals){0} : r->totals;
    junit_reader_fini(r);
    return rc;
}

static int junit_no_parser(struct junit_reader *r)
{
    return r->parser ? 0 : rbk_error_set(&r->error, RBK_ESTORE, "out of memory in the XML parser");
}

int rbk_junit_read(const char *name, const char *data, size_t len, rbk_case_fn *on_case, void *arg,
                   struct rbk_report_totals *totals, struct rbk_error *err)
{
    struct junit_reader r;
    junit_reader_init(&r, on_case, arg);
    int rc = junit_no_parser(&r);
    while (!rc && len > CHUNK) {
        rc = junit_feed(&r, data, CHUNK, false);
        data += CHUNK;
        len -= CHUNK;
    }
    if (!rc)
        rc = junit_feed(&r, data, len, true);
    return junit_finish(&r, rc, name, totals, err);
}

static int open_report(const char *path, struct rbk_error *err)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        rbk_error_errno(err, errno == ENOENT || errno == ENOTDIR ? RBK_ENOENT : RBK_EINVAL, "cannot read the report");
    } else if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        rbk_error_set(err, RBK_EINVAL, "the report is not a regular file");
        close(fd);
        fd = -1;
    }
    return fd;
}

int rbk_junit_read_file(const char *path, rbk_case_fn *on_case, void *arg, struct rbk_report_totals *totals,
                        struct rbk_error *err)
{
    struct junit_reader r;
    struct rbk_buf chunk = {0};
    junit_reader_init(&r, on_case, arg);
    int rc = junit_no_parser(&r);
    int fd = rc ? -1 : open_report(path, &r.error);
    if (fd < 0)
        return junit_finish(&r, r.error.code, path, totals, err);
    char *data = rbk_buf_reserve(&chunk, CHUNK);
    ssize_t n;
    do {
        n = read(fd, data, CHUNK);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            rc = rbk_error_errno(&r.error, RBK_EINVAL, "cannot read the report");
        else
            rc = junit_feed(&r, data, (size_t)n, n == 0);
    } while (!rc && n != 0);
    close(fd);
    rbk_buf_fini(&chunk);
    return junit_finish(&r, rc, path, totals, err);
}
