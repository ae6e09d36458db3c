/* The closing lines of a run, live or recorded: a label in a column of its own, then something that a tired person can
 * paste. */
#ifndef RBK_CLI_NEXT_LINES_H
#define RBK_CLI_NEXT_LINES_H

#include <cli/style.h>
#include <store/journal.h>

struct rbk_next {
    enum rbk_run_state state;
    const char *run;          /* id, short */
    const char *step;         /* id of the step that failed or was stopped; NULL when there is none */
    const rbk_value *waiting; /* open questions as in a report, NULL */
    const char *failing_case; /* a test case that still fails, NULL */
};

/* Appends what is waited for and the "next" lines; none when there is nothing to do. */
void rbk_next_lines(struct rbk_buf *out, const struct rbk_next *next);
/* The commands of the "next" lines alone, as they are typed, into an empty list. */
void rbk_next_commands(struct rbk_strv *out, const struct rbk_next *next);
/* Appends the test cases that still fail by the fact `failing`. Returns the first, borrowed, NULL when there is none.
 */
const char *rbk_next_still_failing(struct rbk_buf *out, const rbk_value *facts);
/* Appends one line: the label ("" goes on from the line above) and the text, made safe and never cut. */
void rbk_next_label(struct rbk_buf *out, const char *label, const char *text);

#endif
