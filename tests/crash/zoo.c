/* The process zoo: one program that misbehaves in each of the ways that a step's processes are known to. Usage:
 * zoo ANIMAL TAG. The tag stays in argv, so that a scan can tell what is left of it, even without its environment.
 * Every animal ends itself after a minute, so that a failing test leaves nothing behind for long. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIFETIME_S    60
#define STORM_MEMBERS 300
#define HOPS          200000

static char *self_path, *self_tag;

static void live_on(void)
{
    alarm(LIFETIME_S);
    for (;;)
        pause();
}

static void say(const char *text)
{
    if (write(1, text, strlen(text)) < 0)
        _exit(1);
}

static void close_stdio(void)
{
    int null = open("/dev/null", O_RDWR);
    for (int fd = 0; fd < 3; fd++)
        dup2(null, fd);
}

static int ignores_term(void)
{
    signal(SIGTERM, SIG_IGN);
    say("ready\n");
    live_on();
    return 0;
}

/* A daemon by the book: away from its parent, its session and its descriptors. The zoo itself exits 0. */
static int double_fork(void)
{
    if (fork() == 0) {
        setsid();
        if (fork() == 0) {
            close_stdio();
            live_on();
        }
        _exit(0);
    }
    wait(NULL);
    say("ready\n");
    return 0;
}

static int stays_while(int (*animal)(void))
{
    animal();
    live_on();
    return 0;
}

static int double_fork_and_stay(void)
{
    return stays_while(double_fork);
}

/* The same, and its environment (with the marker) is gone as well. */
static int nameless(void)
{
    if (fork() == 0) {
        setsid();
        if (fork() == 0) {
            char *argv[] = {self_path, "sleeper", self_tag, NULL}, *env[] = {NULL};
            close_stdio();
            execve(self_path, argv, env);
        }
        _exit(0);
    }
    wait(NULL);
    say("ready\n");
    return 0;
}

static int nameless_and_stay(void)
{
    return stays_while(nameless);
}

static int sleeper(void)
{
    live_on();
    return 0;
}

static int new_session(void)
{
    if (fork() == 0) {
        setsid();
        signal(SIGTERM, SIG_IGN);
        say("ready\n");
        live_on();
    }
    live_on();
    return 0;
}

static int stopped(void)
{
    pid_t child = fork();
    if (child == 0) {
        raise(SIGSTOP);
        live_on();
    }
    waitpid(child, NULL, WUNTRACED);
    say("ready\n");
    raise(SIGSTOP);
    live_on();
    return 0;
}

/* Every process forks as long as there are fewer than so many; one that dies is replaced at once. */
static int storm(void)
{
    signal(SIGTERM, SIG_IGN);
    signal(SIGCHLD, SIG_IGN);
    atomic_int *members = mmap(NULL, sizeof *members, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    say("ready\n");
    alarm(LIFETIME_S);
    for (;;) {
        if (atomic_fetch_add(members, 1) < STORM_MEMBERS) {
            if (fork() == 0)
                alarm(LIFETIME_S);
        } else {
            atomic_fetch_sub(members, 1);
            usleep(1000);
        }
    }
    return 0;
}

/* Never the same pid for long: forks into a session of its own and exits, again and again. */
static int hopper(void)
{
    signal(SIGTERM, SIG_IGN);
    say("ready\n");
    close_stdio();
    for (int hop = 0; hop < HOPS; hop++) {
        if (fork() > 0)
            _exit(0);
        setsid();
    }
    return 0;
}

static int silent_holder(void)
{
    if (fork() == 0)
        live_on();
    say("ready\n");
    return 0;
}

static int stubborn_holder(void)
{
    int ready[2];
    char byte;
    if (pipe(ready) < 0)
        return 1;
    if (fork() == 0) {
        signal(SIGTERM, SIG_IGN);
        close(ready[0]);
        close(ready[1]);
        live_on();
    }
    close(ready[1]);
    if (read(ready[0], &byte, 1) != 0)
        return 1;
    say("ready\n");
    return 0;
}

static int flood(void)
{
    static char block[65536];
    memset(block, 'x', sizeof block);
    signal(SIGTERM, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    alarm(LIFETIME_S);
    for (;;)
        if (write(1, block, sizeof block) < 0)
            live_on();
    return 0;
}

static int flooding_leftover(void)
{
    if (fork() == 0)
        flood();
    return 0;
}

/* Many processes that share one large memory: each looks large, together they are not. */
static int shares_memory(void)
{
    const size_t size = 40 << 20;
    char *memory = malloc(size);
    if (!memory)
        return 1;
    memset(memory, 1, size);
    for (int i = 0; i < 6; i++)
        if (fork() == 0) {
            usleep(600000);
            _exit(memory[size / 2] == 1 ? 0 : 1);
        }
    while (wait(NULL) > 0)
        continue;
    free(memory);
    return 0;
}

static const struct {
    const char *name;
    int (*live)(void);
} animals[] = {
    {"ignores-term", ignores_term},
    {"double-fork", double_fork},
    {"double-fork-and-stay", double_fork_and_stay},
    {"nameless", nameless},
    {"nameless-and-stay", nameless_and_stay},
    {"sleeper", sleeper},
    {"new-session", new_session},
    {"stopped", stopped},
    {"storm", storm},
    {"hopper", hopper},
    {"silent-holder", silent_holder},
    {"stubborn-holder", stubborn_holder},
    {"flood", flood},
    {"flooding-leftover", flooding_leftover},
    {"shares-memory", shares_memory},
};

int main(int argc, char **argv)
{
    self_path = argv[0];
    self_tag = argc > 2 ? argv[2] : "";
    for (size_t i = 0; argc > 2 && i < sizeof animals / sizeof *animals; i++)
        if (strcmp(animals[i].name, argv[1]) == 0)
            return animals[i].live();
    fprintf(stderr, "usage: zoo ANIMAL TAG, the animals being:\n");
    for (size_t i = 0; i < sizeof animals / sizeof *animals; i++)
        fprintf(stderr, "  %s\n", animals[i].name);
    return 2;
}
