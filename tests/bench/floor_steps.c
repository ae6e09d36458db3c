/* floor_steps DB COUNT IN_FLIGHT: the least that durable, captured steps can cost. COUNT times `true` by a bare
 * posix_spawn, its output read from a pipe to the end, at most IN_FLIGHT at once, in an SQLite store in WAL mode. What
 * is known to happen is committed and synced before it happens, what did happen after it: two commits for each step
 * one by one; when several are in flight, one commit takes the results and the intents of a turn together.
 * `floor_steps DB init` makes the store first. */
#include <fcntl.h>
#include <spawn.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_IN_FLIGHT = 64 };

struct floor {
    sqlite3 *db;
    sqlite3_stmt *begin, *commit, *intent, *result;
    int poll_set, count, in_flight, intended, started, done;
};

static void must(struct floor *f, int ok)
{
    if (ok)
        return;
    fprintf(stderr, "floor_steps: %s\n", sqlite3_errmsg(f->db));
    exit(1);
}

static void execute(struct floor *f, const char *sql)
{
    must(f, sqlite3_exec(f->db, sql, NULL, NULL, NULL) == SQLITE_OK);
}

static void run(struct floor *f, sqlite3_stmt *statement, int step)
{
    if (step)
        sqlite3_bind_int(statement, 1, step);
    must(f, sqlite3_step(statement) == SQLITE_DONE);
    sqlite3_reset(statement);
}

static sqlite3_stmt *prepare(struct floor *f, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    must(f, sqlite3_prepare_v2(f->db, sql, -1, &statement, NULL) == SQLITE_OK);
    return statement;
}

static void open_statements(struct floor *f)
{
    execute(f, "PRAGMA synchronous = FULL; DELETE FROM step");
    f->begin = prepare(f, "BEGIN IMMEDIATE");
    f->commit = prepare(f, "COMMIT");
    f->intent = prepare(f, "INSERT INTO step(id, run, name, state, t0) VALUES(?1, '01kd4f7c8m2x', 'true', 1, 1)");
    f->result = prepare(f, "UPDATE step SET state = 2, t1 = 2, rc = 0 WHERE id = ?1");
}

static void close_statements(struct floor *f)
{
    sqlite3_finalize(f->begin);
    sqlite3_finalize(f->commit);
    sqlite3_finalize(f->intent);
    sqlite3_finalize(f->result);
}

/* One commit: the results of what has ended, the intents of what takes its place. */
static void record(struct floor *f, const int *ended, int count, int intents)
{
    run(f, f->begin, 0);
    for (int i = 0; i < count; i++)
        run(f, f->result, ended[i]);
    while (intents-- > 0)
        run(f, f->intent, ++f->intended);
    run(f, f->commit, 0);
}

static void start_one(struct floor *f)
{
    int ends[2];
    pid_t pid;
    char *argv[] = {"/bin/true", NULL};
    posix_spawn_file_actions_t actions;
    if (pipe2(ends, O_CLOEXEC) < 0)
        abort();
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
    if (posix_spawn(&pid, argv[0], &actions, NULL, argv, environ) != 0)
        abort();
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN};
    event.data.u64 = (uint64_t)++f->started << 32 | (uint32_t)ends[0];
    epoll_ctl(f->poll_set, EPOLL_CTL_ADD, ends[0], &event);
}

/* The step of an event whose pipe was at its end, its child reaped; 0 = it goes on. */
static int read_one(struct floor *f, uint64_t step_and_fd)
{
    static char buffer[65536];
    int fd = (int)(uint32_t)step_and_fd;
    ssize_t got;
    while ((got = read(fd, buffer, sizeof buffer)) > 0)
        continue;
    if (got < 0)
        return 0;
    epoll_ctl(f->poll_set, EPOLL_CTL_DEL, fd, NULL);
    close(fd);
    return waitpid(-1, NULL, 0) > 0 ? (int)(step_and_fd >> 32) : 0;
}

/* Waits until something has ended; fills ended, returns how many. */
static int wait_some(struct floor *f, int *ended)
{
    struct epoll_event events[MOST_IN_FLIGHT];
    int ready = epoll_wait(f->poll_set, events, MOST_IN_FLIGHT, -1), count = 0;
    for (int i = 0; i < ready; i++) {
        int step = read_one(f, events[i].data.u64);
        if (step)
            ended[count++] = step;
    }
    f->done += count;
    return count;
}

static int room(const struct floor *f)
{
    int places = f->in_flight - (f->started - f->done), left = f->count - f->started;
    return places < left ? places : left;
}

static void one_by_one(struct floor *f)
{
    int ended[MOST_IN_FLIGHT];
    while (f->done < f->count) {
        record(f, NULL, 0, 1);
        start_one(f);
        while (!wait_some(f, ended))
            continue;
        record(f, ended, 1, 0);
    }
}

static void several_at_once(struct floor *f)
{
    int ended[MOST_IN_FLIGHT], count = 0;
    while (f->done < f->count || count) {
        int next = room(f);
        if (count || next)
            record(f, ended, count, next);
        while (next-- > 0)
            start_one(f);
        count = f->done < f->count ? wait_some(f, ended) : 0;
    }
}

int main(int argc, char **argv)
{
    struct floor f = {0};
    if (argc < 3 || sqlite3_open(argv[1], &f.db) != SQLITE_OK)
        return fprintf(stderr, "usage: floor_steps DB COUNT IN_FLIGHT | floor_steps DB init\n"), 2;
    if (strcmp(argv[2], "init") == 0) {
        execute(&f,
                "PRAGMA journal_mode = WAL;"
                "CREATE TABLE step(id INTEGER PRIMARY KEY, run TEXT, name TEXT, state INT, t0 INT, t1 INT, rc INT)");
    } else {
        f.count = atoi(argv[2]);
        f.in_flight = argc > 3 ? atoi(argv[3]) : 1;
        f.poll_set = epoll_create1(EPOLL_CLOEXEC);
        open_statements(&f);
        if (f.in_flight > 1)
            several_at_once(&f);
        else
            one_by_one(&f);
        close_statements(&f);
    }
    return sqlite3_close(f.db) == SQLITE_OK ? 0 : 1;
}
