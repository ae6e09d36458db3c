/* Lending the terminal to a child: it becomes the foreground group of our session, and we take the terminal back, in
 * the state in which we gave it away, when the child is over or stops. */
#ifndef RBK_LOOP_TTY_H
#define RBK_LOOP_TTY_H

#include <loop/loop.h>
#include <sys/types.h>

struct rbk_tty;

/* Opens the controlling terminal. RBK_EINVAL when there is none or we are in its background. */
struct rbk_tty *rbk_tty_open(struct rbk_error *err);
int rbk_tty_fd(const struct rbk_tty *tty);
/* The child has taken the foreground (spawn.c): follow its stops (Ctrl-Z) as a shell's job would. */
void rbk_tty_follow(struct rbk_tty *tty, struct rbk_loop *loop, pid_t child);
/* Takes the terminal back; frees. NULL is accepted. */
void rbk_tty_close(struct rbk_tty *tty);

#endif
