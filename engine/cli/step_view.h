/* One step as lines of text: state, title, time, what it found, its checks, and after a failure what a person needs
 * next. */
#ifndef RBK_CLI_STEP_VIEW_H
#define RBK_CLI_STEP_VIEW_H

#include <cli/style.h>
#include <run/run.h>

/* The word of a state in five columns ("ok", "FAIL", "skip", ...), and its tint. */
const char *rbk_step_word(enum rbk_step_state state);
enum rbk_tint rbk_step_tint(enum rbk_step_state state);

/* Appends " 1  ok    Title            0.2s". `number` replaces the view's own when not NULL (steps of a called run). */
void rbk_step_view_line(struct rbk_buf *out, const struct rbk_style *style, const struct rbk_step_view *view,
                        const char *number);
/* Appends the line and everything below it, for a step that has come to rest. */
void rbk_step_view_block(struct rbk_buf *out, const struct rbk_style *style, const struct rbk_step_view *view,
                         const char *number);
/* Appends one indented line, made safe and broken at the width of a terminal. */
void rbk_step_view_text(struct rbk_buf *out, const struct rbk_style *style, enum rbk_tint tint, const char *text);

#endif
