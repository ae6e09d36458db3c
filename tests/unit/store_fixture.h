/* What the store's tests share: a state folder under /tmp that is removed at the end, and a store in it. */
#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <store/journal.h>
#include <store/store.h>

struct fixture {
    char root[64];  /* made for this test */
    char dir[80];   /* the state folder in it, not yet made */
    char path[160]; /* of fixture_path */
};

static inline void fixture_init(struct fixture *f)
{
    memset(f, 0, sizeof *f);
    strcpy(f->root, "/tmp/rbk-store-XXXXXX");
    assert_non_null(mkdtemp(f->root));
    snprintf(f->dir, sizeof f->dir, "%s/state", f->root);
}

static inline int fixture_unlink(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static inline void fixture_fini(struct fixture *f)
{
    nftw(f->root, fixture_unlink, 16, FTW_DEPTH | FTW_PHYS);
}

/* DIR/name, valid until the next call. */
static inline const char *fixture_path(struct fixture *f, const char *name)
{
    snprintf(f->path, sizeof f->path, "%s/%s", f->dir, name);
    return f->path;
}

static const struct rbk_schema *const fixture_schemas[] = {&rbk_journal_schema, NULL};

static inline int fixture_try_open(struct fixture *f, bool read_only, struct rbk_store **s, struct rbk_error *err)
{
    struct rbk_store_options o = {.dir = f->dir, .schemas = fixture_schemas, .read_only = read_only};
    *s = NULL;
    memset(err, 0, sizeof *err);
    return rbk_store_open(&o, s, err);
}

static inline struct rbk_store *fixture_open(struct fixture *f)
{
    struct rbk_store *s;
    struct rbk_error err;
    if (fixture_try_open(f, false, &s, &err))
        fail_msg("%s (%s)", err.message, err.hint);
    return s;
}

/* A run that has just been started; strings are literals. */
static inline struct rbk_run_row fixture_run(const char *id, const char *runbook)
{
    struct rbk_run_row r = {.runbook = (char *)runbook, .title = "A title", .state = RBK_RUN_RUNNING, .exit = -1};
    snprintf(r.id, sizeof r.id, "%s", id);
    r.started_ms = 1000;
    r.by = "you";
    r.host = "build-7";
    return r;
}

static inline void fixture_add_run(struct rbk_store *s, const char *id, const char *runbook)
{
    struct rbk_run_row r = fixture_run(id, runbook);
    assert_int_equal(rbk_store_begin(s, NULL), 0);
    assert_int_equal(rbk_journal_run_add(s, &r, NULL), 0);
    assert_int_equal(rbk_store_commit(s, NULL), 0);
}

/* Waits for a child; its exit status, or 128 + the signal that ended it. */
static inline int fixture_wait(pid_t pid)
{
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

#endif
