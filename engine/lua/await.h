/* The one way to wait. A task is a coroutine of the host: the body of a step (lua/call.h) or a message on its way
 * (lua/channel.h). What it waits for is an operation: a userdata that starts with a struct rbk_wait; it lies on the
 * coroutine's stack as long as anybody waits for it. It may complete before the coroutine yields. */
#ifndef RBK_LUA_AWAIT_H
#define RBK_LUA_AWAIT_H

#include <lua/state.h>
#include <runbook/error.h>

struct rbk_loop;
struct rbk_wait;
struct rbk_task;

struct rbk_task_kind {
    lua_CFunction main; /* of the coroutine; its argument is the task, as a light userdata */
    /* Says what runs, for the last words of the watchdog. */
    void (*describe)(const struct rbk_task *t, struct rbk_watchdog *w);
    /* What is left of the time that it has, in ms; NULL = as much as it likes. */
    int64_t (*left_ms)(const struct rbk_task *t);
    /* The coroutine has ended and is gone; t->failed says how. Frees what the task is part of. */
    void (*ended)(struct rbk_task *t);
};

struct rbk_task { /* the first member of what it is part of */
    const struct rbk_task_kind *kind;
    struct rbk_lua *lua;
    struct rbk_loop *loop;
    struct rbk_script_call *call; /* the body that it performs; NULL = none */
    lua_State *co;
    int anchor;            /* keeps the coroutine in the registry */
    struct rbk_wait *wait; /* what it is suspended on, or NULL */
    bool started, cancelled;
    struct rbk_error failed; /* code 0 = well */
};

/* Makes the coroutine of a task whose kind, lua, loop and call are set. */
int rbk_task_init(struct rbk_task *t, struct rbk_error *err);
/* Runs it until it waits or ends; only the first time is the caller's, the others follow from rbk_await_done. */
void rbk_task_resume(struct rbk_task *t);
/* Asks it to stop: what it waits for is ended, and no new wait begins. It ends as always. */
void rbk_task_cancel(struct rbk_task *t);
/* Gives it up where it stands: nothing of it runs any more, and `ended` is not called. */
void rbk_task_drop(struct rbk_task *t);

struct rbk_wait {
    struct rbk_task *task;
    int (*finish)(lua_State *L, struct rbk_wait *w); /* pushes the results, returns their number */
    void (*cancel)(struct rbk_wait *w);              /* ends it early; NULL: whoever cancelled does */
    bool done;
};

/* To be called before an operation begins: raises when the task was cancelled or cannot wait here. */
void rbk_await_begin(lua_State *L, const struct rbk_task *t);
/* Waits for w: `return rbk_await(L, w)`. The caller's results are those of w->finish. [-0, +n, v] */
int rbk_await(lua_State *L, struct rbk_wait *w);
/* The operation has ended; its results are in w. Resumes the coroutine if it waits. */
void rbk_await_done(struct rbk_wait *w);

#endif
