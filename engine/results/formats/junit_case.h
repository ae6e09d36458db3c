/* One test case while its element is open: what its attributes and children say so far. All texts are bounded; the
 * buffers are reused from case to case. */
#ifndef RBK_FORMATS_JUNIT_CASE_H
#define RBK_FORMATS_JUNIT_CASE_H

#include <base/buf.h>
#include <runbook/results.h>

enum junit_text { JUNIT_TEXT_NONE, JUNIT_TEXT_MESSAGE, JUNIT_TEXT_OUTPUT }; /* where character data goes */

struct junit_case {
    struct rbk_buf name, file, classname, suite;
    struct rbk_buf message; /* of the first result of the worst outcome: its message, then the head of its text */
    struct rbk_buf output;  /* the tail of system-out, for tools that explain themselves only there */
    size_t message_attr;    /* how much of `message` came from the attribute */
    enum junit_text text;
    int line, reruns;
    int64_t time_us;
    enum rbk_outcome outcome;
    bool rerun_message; /* `message` is of a failed execution inside a case that may still have passed */
};

void junit_case_begin(struct junit_case *c);
void junit_case_fini(struct junit_case *c);
/* The attributes of <testcase>. `file` is that of the enclosing suite, for cases without one. */
void junit_case_attributes(struct junit_case *c, const char **attributes, const char *file);
/* A child element opens: <failure>, <skipped>, <flakyFailure>, <system-out>, ... Others are of no interest. */
void junit_case_child(struct junit_case *c, const char *element, const char **attributes);
void junit_case_text(struct junit_case *c, const char *text, size_t len);
/* Whether the tool only mentions the case: it was not selected, so nothing is known of it (node --test-name-pattern).
 */
bool junit_case_is_mentioned(const struct junit_case *c);
/* Closes the case; `out` borrows from c. `suites` are the names of the enclosing suites joined by " > ". */
void junit_case_end(struct junit_case *c, const char *suites, struct rbk_case *out);

/* The result that an element stands for, or -1: "failure" RBK_FAILED, "error" RBK_ERROR, "skipped" RBK_SKIPPED. */
int junit_result_of(const char *element);
/* Replaces the text of `b`, shortened to what a name may be: the head and a hash of the whole. */
void junit_set_name(struct rbk_buf *b, const char *text);
/* The value of an attribute, NULL when it is not there. */
const char *junit_attribute(const char **attributes, const char *name);

#endif
