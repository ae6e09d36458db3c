/* Files: reading with a bound, writing so that a crash leaves the old or the new content and never a mix, and making
 * folders with the mode that was asked for rather than the one that the umask left over. */
#include <base/fs.h>

#include <base/mem.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int file_read_all(int fd, const char *path, size_t max, struct rbk_buf *out, struct rbk_error *err)
{
    size_t start = out->len;
    for (;;) {
        char *room = rbk_buf_reserve(out, 16384);
        ssize_t n = read(fd, room, 16384);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return rbk_error_errno(err, RBK_ESTORE, "cannot read %s", path);
        if (n == 0)
            return RBK_OK;
        out->len += (size_t)n;
        out->data[out->len] = '\0';
        if (out->len - start > max)
            return rbk_error_set(err, RBK_EINVAL, "%s is larger than %zu bytes", path, max);
    }
}

/* A regular file and its size; the descriptor, or negative. */
static int file_open(const char *path, off_t *size, struct rbk_error *err)
{
    struct stat st;
    /* O_NONBLOCK: opening a FIFO must not hang. */
    int rc = 0, fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return rbk_error_errno(err, errno == ENOENT || errno == ENOTDIR ? RBK_ENOENT : RBK_EINVAL, "cannot open %s",
                               path);
    if (fstat(fd, &st) != 0)
        rc = rbk_error_errno(err, RBK_ESTORE, "cannot read %s", path);
    else if (!S_ISREG(st.st_mode))
        rc = rbk_error_set(err, RBK_EINVAL, "%s is not a regular file", path);
    if (rc == 0) {
        *size = st.st_size;
        return fd;
    }
    close(fd);
    return rc;
}

int rbk_file_read(const char *path, size_t max, struct rbk_buf *out, struct rbk_error *err)
{
    size_t start = out->len;
    off_t size = 0;
    int rc, fd = file_open(path, &size, err);
    if (fd < 0)
        return fd;
    if (size > 0 && (uintmax_t)size > max)
        rc = rbk_error_set(err, RBK_EINVAL, "%s is larger than %zu bytes", path, max);
    else
        rc = file_read_all(fd, path, max, out, err);
    close(fd);
    if (rc != RBK_OK && out->data)
        out->data[out->len = start] = '\0';
    return rc;
}

int rbk_file_read_end(const char *path, size_t max, struct rbk_buf *out, struct rbk_error *err)
{
    off_t size = 0;
    int fd = file_open(path, &size, err);
    if (fd < 0)
        return fd;
    off_t at = (uintmax_t)size > max ? size - (off_t)max : 0;
    ssize_t n = 1;
    for (size_t left = (size_t)(size - at); left > 0 && n != 0; left -= n > 0 ? (size_t)n : 0) {
        char *room = rbk_buf_reserve(out, left);
        n = pread(fd, room, left, at);
        if (n < 0 && errno != EINTR)
            break;
        out->len += n > 0 ? (size_t)n : 0;
        at += n > 0 ? n : 0;
    }
    rbk_buf_append(out, "", 0);
    close(fd);
    return n < 0 ? rbk_error_errno(err, RBK_ESTORE, "cannot read %s", path) : 0;
}

int rbk_write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        data += n;
        len -= (size_t)n;
    }
    return 0;
}

/* A rename is durable once its folder is synced. */
static int sync_folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = !slash          ? rbk_strdup(".")
                   : slash == path ? rbk_strdup("/")
                                   : rbk_strndup(path, (size_t)(slash - path));
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    if (fd < 0)
        return -1;
    int rc = fsync(fd);
    int saved = errno;
    close(fd);
    errno = saved;
    return rc;
}

int rbk_file_write_atomic(const char *path, const void *data, size_t len, mode_t mode, struct rbk_error *err)
{
    char *temporary = rbk_asprintf("%s.XXXXXX", path);
    int fd = mkostemp(temporary, O_CLOEXEC);
    bool made = fd >= 0;
    bool written = made && fchmod(fd, mode) == 0 && rbk_write_all(fd, data, len) == 0 && fsync(fd) == 0;
    int saved = errno;
    if (made && close(fd) != 0 && written) {
        written = false;
        saved = errno;
    }
    if (written && (rename(temporary, path) != 0 || sync_folder_of(path) != 0)) {
        written = false;
        saved = errno;
    }
    if (made && !written)
        unlink(temporary); /* harmless when it was renamed already */
    free(temporary);
    errno = saved;
    return written ? RBK_OK : rbk_error_errno(err, RBK_ESTORE, "cannot write %s", path);
}

/* The mode is set through a descriptor that is no symbolic link, so that only what was just made is changed. */
static int make_one_folder(const char *path, mode_t mode, struct rbk_error *err)
{
    if (mkdir(path, 0700) != 0) {
        int saved = errno;
        if (saved == EEXIST && rbk_path_is_dir(path))
            return RBK_OK;
        errno = saved == EEXIST ? ENOTDIR : saved;
        return rbk_error_errno(err, RBK_ESTORE, "cannot make the folder %s", path);
    }
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fchmod(fd, mode) != 0) {
        int saved = errno;
        if (fd >= 0)
            close(fd);
        errno = saved;
        return rbk_error_errno(err, RBK_ESTORE, "cannot set the mode of the folder %s", path);
    }
    close(fd);
    return RBK_OK;
}

int rbk_mkdirs(const char *path, mode_t mode, struct rbk_error *err)
{
    if (*path == '\0')
        return rbk_error_set(err, RBK_EINVAL, "cannot make a folder without a name");
    if (rbk_path_is_dir(path))
        return RBK_OK;
    char *part = rbk_strdup(path);
    int rc = RBK_OK;
    for (char *p = part + 1; rc == RBK_OK; p++) {
        if (*p != '/' && *p != '\0')
            continue;
        char end = *p;
        *p = '\0';
        rc = make_one_folder(part, mode, err);
        *p = end;
        if (end == '\0')
            break;
    }
    free(part);
    return rc;
}
