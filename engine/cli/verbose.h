/* The output of steps as it comes, for -v: every line behind a bar, below the heading of its step. Steps and streams
 * take turns at the line: nothing is written behind somebody else's half line. */
#ifndef RBK_CLI_VERBOSE_H
#define RBK_CLI_VERBOSE_H

#include <cli/step_view.h>

struct rbk_verbose {
    char *key; /* of the step whose heading stands last */
    int stream;
    bool in_line;
};

/* Whose output it is. */
struct rbk_speaker {
    const char *key; /* unique among all steps of all runs */
    const char *number;
    const struct rbk_step_view *step;
};
/* Appends the heading of a step. */
void rbk_verbose_begin(struct rbk_verbose *v, struct rbk_buf *out, const struct rbk_style *style,
                       const struct rbk_speaker *who);
/* Appends output, below the step's heading again when another step has spoken since. */
void rbk_verbose_output(struct rbk_verbose *v, struct rbk_buf *out, const struct rbk_style *style,
                        const struct rbk_speaker *who, int stream, const char *data, size_t len);
/* Ends a half line, before anything else is appended. */
void rbk_verbose_end_line(struct rbk_verbose *v, struct rbk_buf *out);
void rbk_verbose_fini(struct rbk_verbose *v);

#endif
