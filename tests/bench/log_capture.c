/* PROGRAM | log_capture OUT MAX: standard input into a step log with times, bounded to MAX bytes (0 = unbounded). To be
 * compared with floor_capture. Prints "capture BYTES SECONDS PEAK_KIB". */
#include <base/clock.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <store/log.h>
#include <sys/resource.h>
#include <unistd.h>

#define PIPE_SIZE   (1 << 20)
#define BUFFER_SIZE (1 << 18)

static int capture(struct rbk_log *log, int64_t *total, struct rbk_error *err)
{
    char *buffer = malloc(BUFFER_SIZE);
    int rc = buffer ? 0 : RBK_ESTORE;
    for (ssize_t n; !rc && (n = read(STDIN_FILENO, buffer, BUFFER_SIZE)) > 0; *total += n)
        rc = rbk_log_write(log, 1, buffer, (size_t)n, rbk_clock_wall_ms(), err);
    free(buffer);
    return rc;
}

int main(int argc, char **argv)
{
    struct rbk_log *log = NULL;
    struct rbk_error err = {0};
    struct rusage usage;
    int64_t total = 0, began = rbk_clock_mono_us();
    if (argc != 3)
        return 2;
    struct rbk_log_options o = {.path = argv[1], .max_bytes = atoll(argv[2])};
    fcntl(STDIN_FILENO, F_SETPIPE_SZ, PIPE_SIZE);
    if (rbk_log_open(&o, &log, &err) || capture(log, &total, &err) || rbk_log_close(log, &err)) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    getrusage(RUSAGE_SELF, &usage);
    printf("capture %" PRId64 " %.3f %ld\n", total, (double)(rbk_clock_mono_us() - began) / 1e6, usage.ru_maxrss);
    return 0;
}
