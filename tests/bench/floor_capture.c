/* The floor for captured output: a program's stdout copied into a file with plain read and write through one enlarged
 * pipe. Usage: floor_capture FILE PROGRAM [ARGUMENT...]. Prints "capture BYTES SECONDS". */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PIPE_SIZE   (1 << 20)
#define BUFFER_SIZE (1 << 18)

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static pid_t start(char **argv, int *read_end)
{
    int ends[2];
    pid_t pid;
    posix_spawn_file_actions_t actions;
    if (pipe2(ends, O_CLOEXEC) < 0)
        abort();
    fcntl(ends[0], F_SETPIPE_SZ, PIPE_SIZE);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    if (posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ) != 0)
        abort();
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    *read_end = ends[0];
    return pid;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: floor_capture FILE PROGRAM [ARGUMENT...]\n");
        return 2;
    }
    static char buffer[BUFFER_SIZE];
    int out = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), in;
    long long bytes = 0;
    double begin = now_s();
    pid_t pid = start(argv + 2, &in);
    for (ssize_t got; (got = read(in, buffer, sizeof buffer)) > 0; bytes += got)
        if (write(out, buffer, (size_t)got) != got)
            abort();
    waitpid(pid, NULL, 0);
    printf("capture %lld %.3f\n", bytes, now_s() - begin);
    return 0;
}
