/* Files: bounded reads, durable atomic writes, private modes whatever the umask. Paths are bytes. */
#ifndef RBK_BASE_FS_H
#define RBK_BASE_FS_H

#include <base/buf.h>
#include <stdbool.h>
#include <sys/types.h>

/* Reads a whole regular file of at most `max` bytes (RBK_EINVAL beyond, or when it is no regular file; RBK_ENOENT). */
int rbk_file_read(const char *path, size_t max, struct rbk_buf *out, struct rbk_error *err);
/* The last `max` bytes of a regular file of any size, as long as it is now. */
int rbk_file_read_end(const char *path, size_t max, struct rbk_buf *out, struct rbk_error *err);
/* Writes to a temporary name, fsyncs, renames, fsyncs the folder. */
int rbk_file_write_atomic(const char *path, const void *data, size_t len, mode_t mode, struct rbk_error *err);
/* Writes all of it, as often as it takes; -1 with errno. */
int rbk_write_all(int fd, const char *data, size_t len);
/* mkdir -p; folders that it makes get exactly `mode`. */
int rbk_mkdirs(const char *path, mode_t mode, struct rbk_error *err);
bool rbk_path_exists(const char *path);
bool rbk_path_is_dir(const char *path);
/* "a/b" (one slash between), heap. `b` absolute gives a copy of b. */
char *rbk_path_join(const char *a, const char *b);
/* The nearest folder, from `start` upwards, that holds one of `names` (NULL-terminated, tried in order); heap, NULL
 * when there is none. `*found` (may be NULL) borrows the name. */
char *rbk_find_upwards(const char *start, const char *const *names, const char **found);
/* The program as execvp would find it on `path_list` (NULL: $PATH); heap, NULL when it is not there. */
char *rbk_find_program(const char *name, const char *path_list);

#endif
