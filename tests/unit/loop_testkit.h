/* What the tests of processes share: one process with its output collected, and looks at what is left open or alive.
 * Included after the system headers by each test program; unused helpers are allowed. */
#ifndef RBK_LOOP_TESTKIT_H
#define RBK_LOOP_TESTKIT_H

#include <base/buf.h>
#include <base/mem.h>
#include <dirent.h>
#include <fcntl.h>
#include <loop/proc.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define KIT_MAYBE __attribute__((unused)) static

enum { KIT_KEEPS = 32 << 20 };

struct kit {
    struct rbk_loop *loop;
    struct rbk_proc_options options;
    struct rbk_proc *proc; /* NULL once it has ended */
    struct rbk_proc_result result;
    struct rbk_buf out, err;
    int exits;
    char *dir;
    /* what to do at the first output */
    void (*on_first_output)(struct kit *k);
};

KIT_MAYBE void kit_on_output(void *arg, enum rbk_stream stream, const char *data, size_t len, int64_t wall_ms)
{
    struct kit *k = arg;
    assert_true(wall_ms > 1600000000000);
    struct rbk_buf *kept = stream == RBK_STDOUT ? &k->out : &k->err;
    if (kept->len < KIT_KEEPS) /* a flood would take gigabytes */
        rbk_buf_append(kept, data, len);
    void (*first)(struct kit *) = k->on_first_output;
    k->on_first_output = NULL;
    if (first)
        first(k);
}

KIT_MAYBE void kit_on_exit(void *arg, const struct rbk_proc_result *result)
{
    struct kit *k = arg;
    k->result = *result;
    k->proc = NULL;
    k->exits++;
}

KIT_MAYBE void kit_init(struct kit *k)
{
    k->options.on_output = kit_on_output;
    k->options.on_exit = kit_on_exit;
    k->options.arg = k;
    rbk_buf_puts(&k->out, "");
    rbk_buf_puts(&k->err, "");
}

KIT_MAYBE struct kit *kit_new(void)
{
    struct kit *k = rbk_alloc(sizeof *k);
    kit_init(k);
    assert_int_equal(rbk_loop_new(&k->loop, NULL), RBK_OK);
    assert_int_equal(rbk_proc_become_subreaper(NULL), RBK_OK);
    return k;
}

/* A second process on the loop of the first. */
KIT_MAYBE struct kit *kit_share(const struct kit *first)
{
    struct kit *k = rbk_alloc(sizeof *k);
    kit_init(k);
    k->loop = first->loop;
    return k;
}

KIT_MAYBE void kit_unshare(struct kit *k)
{
    rbk_buf_fini(&k->out);
    rbk_buf_fini(&k->err);
    free(k);
}

KIT_MAYBE int kit_set_up(void **state)
{
    *state = kit_new();
    return 0;
}

KIT_MAYBE char *kit_dir(struct kit *k)
{
    if (!k->dir) {
        k->dir = rbk_strdup("/tmp/rbk-proc-XXXXXX");
        assert_non_null(mkdtemp(k->dir));
    }
    return k->dir;
}

KIT_MAYBE void kit_file(struct kit *k, const char *name, const char *text, mode_t mode)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", kit_dir(k), name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    fchmod(fd, mode);
    close(fd);
}

KIT_MAYBE void kit_remove_dir(struct kit *k)
{
    DIR *dir = k->dir ? opendir(k->dir) : NULL;
    for (struct dirent *e; dir && (e = readdir(dir));)
        if (e->d_name[0] != '.')
            unlinkat(dirfd(dir), e->d_name, 0);
    if (dir)
        closedir(dir);
    if (k->dir)
        rmdir(k->dir);
    free(k->dir);
}

KIT_MAYBE int kit_tear_down(void **state)
{
    struct kit *k = *state;
    int unclosed = (int)rbk_loop_unclosed(k->loop);
    rbk_loop_free(k->loop);
    kit_remove_dir(k);
    kit_unshare(k);
    return unclosed;
}

/* Starts options.argv, or the script with /bin/sh. */
KIT_MAYBE void kit_start(struct kit *k, const char *script)
{
    struct rbk_error err = {0};
    char *argv[] = {"/bin/sh", "-c", (char *)script, NULL};
    rbk_buf_clear(&k->out);
    rbk_buf_clear(&k->err);
    k->exits = 0;
    if (script)
        k->options.argv = argv;
    if (rbk_proc_spawn(k->loop, &k->options, &k->proc, &err) < 0)
        fail_msg("%s (%s)", err.message, err.hint);
    rbk_buf_puts(&k->out, "");
    rbk_buf_puts(&k->err, "");
}

KIT_MAYBE void kit_run(struct kit *k)
{
    kit_start(k, NULL);
    assert_int_equal(rbk_loop_run(k->loop, NULL), RBK_OK);
    assert_int_equal(k->exits, 1);
}

KIT_MAYBE void kit_sh(struct kit *k, const char *script)
{
    kit_start(k, script);
    assert_int_equal(rbk_loop_run(k->loop, NULL), RBK_OK);
    assert_int_equal(k->exits, 1);
}

KIT_MAYBE int kit_open_fds(void)
{
    int count = 0;
    DIR *dir = opendir("/proc/self/fd");
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

KIT_MAYBE int kit_pidfd(pid_t pid)
{
    return pidfd_open(pid, 0);
}

/* True when the process is gone within the time; a pidfd of -1 is a process that is gone already. */
KIT_MAYBE bool kit_wait_pidfd(int pidfd, int timeout_ms)
{
    struct pollfd poll_fd = {.fd = pidfd, .events = POLLIN};
    return pidfd < 0 || poll(&poll_fd, 1, timeout_ms) == 1;
}

#endif
