/* One part of a log on disk: a text and its index, as the file itself and each segment of the tail have them. */
#include <store/log_internal.h>

#include <store/internal.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* The mode is set when the umask has changed it; in a shared folder the file may be another user's, with its mode. */
static bool has_mode(int fd, mode_t mode)
{
    struct stat st;
    return fstat(fd, &st) == 0 && ((st.st_mode & 07777) == mode || fchmod(fd, mode) == 0);
}

static int open_private(const char *path, mode_t mode, struct rbk_error *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, mode);
    if (fd >= 0 && has_mode(fd, mode))
        return fd;
    rbk_store_errno(err, path, "write");
    if (fd >= 0)
        close(fd);
    return RBK_ESTORE;
}

int rbk_log_part_open(struct rbk_log *log, struct rbk_log_part *part, int segment, struct rbk_error *err)
{
    char *text = rbk_log_text_path(log->path, segment), *index = rbk_log_index_path(log->path, segment);
    part->idx = open_private(index, log->mode, err); /* first: where a reader finds text, there is an index */
    part->text = part->idx < 0 ? -1 : open_private(text, log->mode, err);
    if (part->text >= 0) {
        part->size = lseek(part->text, 0, SEEK_END);
        part->idx_size = lseek(part->idx, 0, SEEK_END);
        part->idx_size -= part->idx_size % (int64_t)sizeof(struct rbk_log_record);
    }
    free(text);
    free(index);
    return part->text < 0 ? RBK_ESTORE : 0;
}

void rbk_log_part_close(struct rbk_log_part *part)
{
    if (part->text >= 0)
        close(part->text);
    if (part->idx >= 0)
        close(part->idx);
    part->text = part->idx = -1;
}

int rbk_log_part_append_all(struct rbk_log *log, struct rbk_log_part *part, struct iovec *iov, int count,
                            struct rbk_error *err)
{
    while (count > 0) {
        ssize_t n = pwritev(part->text, iov, count, part->size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return rbk_store_errno(err, log->path, "write");
        part->size += n;
        for (; count > 0 && (size_t)n >= iov->iov_len; iov++, count--)
            n -= (ssize_t)iov->iov_len;
        if (count > 0) {
            iov->iov_base = (char *)iov->iov_base + n;
            iov->iov_len -= (size_t)n;
        }
    }
    return 0;
}

int rbk_log_part_append(struct rbk_log *log, struct rbk_log_part *part, const void *data, size_t len,
                        struct rbk_error *err)
{
    struct iovec iov = {.iov_base = (void *)data, .iov_len = len};
    return rbk_log_part_append_all(log, part, &iov, 1, err);
}

int rbk_log_part_record(struct rbk_log *log, struct rbk_log_part *part, uint32_t kind, int64_t value, int64_t offset,
                        struct rbk_error *err)
{
    struct rbk_log_record r = {.value = value, .offset = offset, .kind = kind};
    rbk_log_record_seal(&r);
    if (pwrite(part->idx, &r, sizeof r, part->idx_size) != (ssize_t)sizeof r)
        return rbk_store_errno(err, log->path, "index");
    part->idx_size += (int64_t)sizeof r;
    return 0;
}
