/* See output.h. */
#include <cli/output.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void rbk_output_open(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) < 0)
            return;
}

/* Somebody who shares the pipe may have made it one that does not wait. */
static void wait_for_room(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    poll(&p, 1, -1);
}

int rbk_output_write(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);
        if (n < 0 && errno == EAGAIN) {
            wait_for_room(fd);
        } else if (n < 0 && errno != EINTR) {
            return errno;
        } else if (n > 0) {
            data += n;
            len -= (size_t)n;
        }
    }
    return 0;
}

int rbk_output_tell(int number)
{
    if (!number || number == EPIPE)
        return 0;
    fprintf(stderr, "runbook: cannot write the output: %s\n", strerror(number));
    return 5;
}

int rbk_output_finish(int lost, int status)
{
    if (fflush(stdout) != 0)
        lost = errno;
    else if (!lost && ferror(stdout))
        lost = EIO;
    int told = rbk_output_tell(lost);
    return status ? status : told;
}
