/* The live lines at the bottom of a terminal: each running step with its elapsed time, how long it usually takes, and
 * the last lines of its output. Drawn on stderr, erased before anything permanent is printed. Nothing is drawn
 * elsewhere. */
#ifndef RBK_CLI_LIVE_H
#define RBK_CLI_LIVE_H

#include <cli/style.h>
#include <loop/loop.h>
#include <run/run.h>

struct rbk_live;
struct rbk_live *rbk_live_new(struct rbk_loop *loop,
                              struct rbk_style *style); /* NULL unless lines can be drawn again */
void rbk_live_free(struct rbk_live *live);
/* A step began to run (or changed while running); `key` is unique among the running ones. */
void rbk_live_set(struct rbk_live *live, const char *key, const char *number, const char *title, int64_t usual_ms);
void rbk_live_remove(struct rbk_live *live, const char *key);
void rbk_live_output(struct rbk_live *live, const char *key, const char *data, size_t len);
/* Takes the lines away, for printing above them, and brings them back. */
void rbk_live_hide(struct rbk_live *live);
void rbk_live_show(struct rbk_live *live);
/* Keeps them away while a question stands, whatever begins meanwhile. */
void rbk_live_pause(struct rbk_live *live, bool paused);

#endif
