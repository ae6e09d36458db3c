/* The floor for processes per second: a bare posix_spawn of a program whose output is captured through one pipe, read
 * to its end on epoll. Usage: floor_spawn [-s] COUNT IN_FLIGHT [PROGRAM], by default /bin/true. Prints "spawn COUNT
 * SECONDS".
 *
 * -s gives each child a session of its own, as the engine must. On an idle machine that changes little; on a busy one
 * the kernel's autogroups (sched(7)) make every session a scheduling group that queues behind all the others.
 *
 * A descriptor is taken out of the poll set before it is closed: a child that was just spawned may still hold a copy
 * of it, and an event for a number that is in use again would follow. */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void start_one(char *program, int poll_set, short flags)
{
    int ends[2];
    pid_t pid;
    char *argv[] = {program, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    if (pipe2(ends, O_CLOEXEC) < 0)
        abort();
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, flags);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
    if (posix_spawn(&pid, program, &actions, &attributes, argv, environ) != 0)
        abort();
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = ends[0]};
    epoll_ctl(poll_set, EPOLL_CTL_ADD, ends[0], &event);
}

/* True when the pipe was at its end, and the child is reaped. */
static int read_one(int fd, int poll_set)
{
    static char buffer[65536];
    ssize_t got;
    while ((got = read(fd, buffer, sizeof buffer)) > 0)
        continue;
    if (got < 0)
        return 0;
    epoll_ctl(poll_set, EPOLL_CTL_DEL, fd, NULL);
    close(fd);
    return waitpid(-1, NULL, 0) > 0;
}

int main(int argc, char **argv)
{
    short flags = argc > 1 && strcmp(argv[1], "-s") == 0 ? POSIX_SPAWN_SETSID : 0;
    if (flags) {
        argv++;
        argc--;
    }
    if (argc < 3) {
        fprintf(stderr, "usage: floor_spawn [-s] COUNT IN_FLIGHT [PROGRAM]\n");
        return 2;
    }
    int count = atoi(argv[1]), most = atoi(argv[2]), started = 0, done = 0;
    int poll_set = epoll_create1(EPOLL_CLOEXEC);
    double start = now_s();
    while (done < count) {
        while (started - done < most && started < count) {
            start_one(argc > 3 ? argv[3] : "/bin/true", poll_set, flags);
            started++;
        }
        struct epoll_event events[32];
        int ready = epoll_wait(poll_set, events, 32, -1);
        for (int i = 0; i < ready; i++)
            done += read_one(events[i].data.fd, poll_set);
    }
    printf("spawn %d %.3f\n", count, now_s() - start);
    return 0;
}
