/* How text may look on a stream: colour or not, how wide. Nothing is said by colour alone. */
#ifndef RBK_CLI_STYLE_H
#define RBK_CLI_STYLE_H

#include <base/buf.h>
#include <stdbool.h>

enum rbk_color_mode { RBK_COLOR_AUTO, RBK_COLOR_ALWAYS, RBK_COLOR_NEVER };
enum rbk_tint { RBK_PLAIN, RBK_BOLD, RBK_DIM, RBK_GREEN, RBK_RED, RBK_YELLOW, RBK_BLUE };

struct rbk_style {
    int fd;
    bool terminal; /* a person may be looking */
    bool cursor;   /* and lines can be drawn again: a terminal, and not TERM=dumb */
    bool color;
    int columns;
    int *lost; /* gets errno of a write that failed; NULL: nobody asks */
};

/* NO_COLOR (https://no-color.org), TERM=dumb and pipes turn colour off; `mode` overrides. */
void rbk_style_init(struct rbk_style *s, int fd, enum rbk_color_mode mode);
/* Asks the terminal for its width again (after SIGWINCH); 80 where there is none. */
void rbk_style_measure(struct rbk_style *s);
/* Appends text in a tint; the text must be safe already. */
void rbk_style_put(const struct rbk_style *s, struct rbk_buf *out, enum rbk_tint tint, const char *text);
/* Appends `text` as one line made safe for a terminal, cut to `columns` with an ellipsis. Returns the columns used. */
size_t rbk_style_fit(struct rbk_buf *out, const char *text, size_t columns);
/* Appends `text` as one line made safe, never cut: on a terminal it breaks between words and goes on below column
 * `indent`, where it begins. */
void rbk_style_wrap(const struct rbk_style *s, struct rbk_buf *out, const char *text, size_t indent);
/* Appends spaces up to `columns` after `used`; at least one. */
void rbk_style_pad(struct rbk_buf *out, size_t used, size_t columns);
/* Writes the whole buffer to the stream's descriptor and clears it. */
void rbk_style_write(const struct rbk_style *s, struct rbk_buf *out);

#endif
