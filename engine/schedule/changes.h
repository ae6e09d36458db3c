/* Changes of files and folders, told without polling: the daemon reads its schedules again when a runbook (*.lua), the
 * configuration, or what is enabled (a file named `changed`) was edited; other files are nothing to it. */
#ifndef RBK_SCHEDULE_CHANGES_H
#define RBK_SCHEDULE_CHANGES_H

#include <loop/loop.h>

struct rbk_changes;
int rbk_changes_open(struct rbk_loop *loop, rbk_loop_fn *fn, void *arg, struct rbk_changes **out,
                     struct rbk_error *err);
/* Watches the entries of a folder and, with `below`, of all folders below it (not .git and its like). One that is not
 * there is waited for, at the nearest folder above it that is: that the next one on the way to it comes is a change,
 * and the caller adds it again; so is that one of them is gone. One that cannot be watched is passed over. */
void rbk_changes_add(struct rbk_changes *c, const char *dir, bool below);
void rbk_changes_close(struct rbk_changes *c); /* NULL is fine */

#endif
