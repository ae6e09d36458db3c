/* The world as a channel's file sees it: requests, a program with standard input, a file to append to, the terminal.
 * All that waits is a userdata with a struct rbk_wait. */
#include <lua/via.h>

#include <base/fs.h>
#include <base/mem.h>
#include <base/str.h>
#include <errno.h>
#include <fcntl.h>
#include <loop/proc.h>
#include <lua/fail.h>
#include <lua/request.h>
#include <lua/types.h>
#include <lua/value.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OUTPUT_MAX = 4096, PROGRAM_MS = 30000 };

/* Only deliveries are tasks without a call. */
static struct rbk_via *current(lua_State *L)
{
    struct rbk_task *t = rbk_lua_of(L)->task;
    if (!t || t->call)
        rbk_lua_fail(L, "this works only while a message is sent");
    return (struct rbk_via *)t;
}

static int via_http(lua_State *L)
{
    struct rbk_via *v = current(L);
    return rbk_request_http(L, &v->task, v->net);
}

static int via_mail(lua_State *L)
{
    struct rbk_via *v = current(L);
    return rbk_request_mail(L, &v->task, v->net, v->redactor);
}

/* via.hmac(key, data): SHA-256, as hex digits. [-2, +1|3, v] */
static int via_hmac(lua_State *L)
{
    struct rbk_error err;
    char hex[65];
    size_t key_len, len;
    const char *key = luaL_checklstring(L, 1, &key_len), *data = luaL_checklstring(L, 2, &len);
    if (rbk_net_hmac_sha256(current(L)->net, key, key_len, data, len, hex, &err) < 0)
        return rbk_lua_push_failure(L, &err);
    lua_pushstring(L, hex);
    return 1;
}

/* ---- a program -----------------------------------------------------------------------------------------------------
 */

struct program; /* the process has this: it may outlive the coroutine */
struct running {
    struct program *program; /* NULL: given up */
    char *input;
};
struct program {
    struct rbk_wait wait;
    struct running *running; /* NULL: none */
    struct rbk_proc *proc;
    struct rbk_strv argv;
    struct rbk_buf output;
    struct rbk_proc_result result;
};

static void program_cancel(struct rbk_wait *w)
{
    struct program *p = (struct program *)w;
    if (!p->running)
        return;
    p->running->program = NULL;
    p->running = NULL;
    rbk_proc_cancel(p->proc, RBK_END_CANCEL, true);
}

static int program_gc(lua_State *L)
{
    struct program *p = lua_touserdata(L, 1);
    program_cancel(&p->wait);
    rbk_strv_fini(&p->argv);
    rbk_buf_fini(&p->output);
    return 0;
}

static const luaL_Reg program_meta[] = {{"__gc", program_gc}, {NULL, NULL}};
static const struct rbk_lua_type program_type = {"program", program_meta};

/* The last bytes of both streams. */
static void on_output(void *arg, enum rbk_stream stream, const char *data, size_t len, int64_t wall_ms)
{
    struct running *r = arg;
    (void)stream;
    (void)wall_ms;
    if (!r->program)
        return;
    struct rbk_buf *out = &r->program->output;
    rbk_buf_append(out, data, len);
    if (out->len > OUTPUT_MAX)
        rbk_buf_consume(out, out->len - OUTPUT_MAX);
}

static void on_exit_of_program(void *arg, const struct rbk_proc_result *result)
{
    struct running *r = arg;
    struct program *p = r->program;
    free(r->input);
    free(r);
    if (!p)
        return;
    p->running = NULL;
    p->result = *result;
    rbk_await_done(&p->wait);
}

static int program_finish(lua_State *L, struct rbk_wait *w)
{
    const struct program *p = (const struct program *)w;
    lua_createtable(L, 0, 4);
    lua_pushinteger(L, p->result.exit_code);
    lua_setfield(L, -2, "code");
    lua_pushinteger(L, p->result.signal);
    lua_setfield(L, -2, "signal");
    lua_pushboolean(L, p->result.end == RBK_END_TIMEOUT);
    lua_setfield(L, -2, "timed_out");
    lua_pushlstring(L, p->output.data ? p->output.data : "", p->output.len);
    lua_setfield(L, -2, "out");
    return 1;
}

static void read_words(lua_State *L, struct rbk_strv *argv)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    for (int i = 1; lua_rawgeti(L, 1, i) == LUA_TSTRING; i++, lua_pop(L, 1))
        rbk_strv_add(argv, lua_tostring(L, -1));
    lua_pop(L, 1);
    luaL_argcheck(L, argv->count > 0, 1, "a list of words");
}

/* via.run(words, input): { code, signal, timed_out, out }. [-2, +1|3, v] */
static int via_run(lua_State *L)
{
    struct rbk_via *v = current(L);
    struct rbk_error err;
    size_t len;
    const char *input = luaL_checklstring(L, 2, &len);
    rbk_await_begin(L, &v->task);
    struct program *p = rbk_lua_new_typed(L, &program_type, sizeof *p, 0);
    p->wait = (struct rbk_wait){.task = &v->task, .finish = program_finish, .cancel = program_cancel};
    read_words(L, &p->argv);
    p->running = rbk_alloc(sizeof *p->running);
    *p->running = (struct running){p, rbk_strndup(input, len)};
    struct rbk_proc_options options = {.argv = p->argv.items,
                                       .cwd = v->task.lua->config->root,
                                       .input = RBK_INPUT_BYTES,
                                       .input_data = p->running->input,
                                       .input_len = len,
                                       .limits = {.wall_ms = PROGRAM_MS},
                                       .on_output = on_output,
                                       .on_exit = on_exit_of_program,
                                       .arg = p->running};
    if (rbk_proc_spawn(v->task.loop, &options, &p->proc, &err) != 0) {
        free(p->running->input);
        free(p->running);
        p->running = NULL;
        return rbk_lua_push_failure(L, &err);
    }
    return rbk_await(L, &p->wait);
}

/* ---- files and the terminal ----------------------------------------------------------------------------------------
 */

/* via.append(path, text): true once it is on the disk. The path is relative to the project's folder. [-2, +1|3, v] */
static int via_append(lua_State *L)
{
    struct rbk_error err;
    size_t len;
    const char *path = luaL_checkstring(L, 1), *text = luaL_checklstring(L, 2, &len);
    const char *root = rbk_lua_of(L)->config->root;
    if (path[0] != '/' && root)
        path = lua_pushfstring(L, "%s/%s", root, path);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
    bool done =
        fd >= 0 && rbk_write_all(fd, text, len) == 0 && (fdatasync(fd) == 0 || errno == EINVAL || errno == EROFS);
    if (!done)
        rbk_error_errno(&err, RBK_EFAIL, "cannot write to %s", path);
    if (fd >= 0)
        close(fd);
    if (!done)
        return rbk_lua_push_failure(L, &err);
    lua_pushboolean(L, true);
    return 1;
}

enum { READER_MS = 5000, PIECE = 4096 };

/* Whoever reads may have stopped: a terminal by Ctrl-S, a pipe whose reader hangs. Waits for them as long at most for
 * each piece, which a pipe that takes anything takes whole (PIPE_BUF). -1 with errno. */
static int write_within(int fd, const char *text, size_t len, int wait_ms)
{
    while (len > 0) {
        struct pollfd ready = {.fd = fd, .events = POLLOUT};
        int polled = poll(&ready, 1, wait_ms);
        ssize_t n = polled > 0 ? write(fd, text, len < PIECE ? len : PIECE) : -1;
        if (polled == 0)
            errno = EAGAIN;
        if (n < 0 && errno != EINTR)
            return -1;
        text += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return 0;
}

/* via.print(text): to standard error, as it is: standard output may be a document. [-1, +1|3, v] */
static int via_print(lua_State *L)
{
    struct rbk_error err;
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    if (write_within(STDERR_FILENO, text, len, READER_MS) < 0) {
        rbk_error_errno(&err, RBK_EFAIL, "cannot write to standard error");
        return rbk_lua_push_failure(L, &err);
    }
    lua_pushboolean(L, true);
    return 1;
}

/* via.terminal(text): rings the bell of the terminal and shows the text; false when there is none, or it is stopped.
 * [-1, +1, v] */
static int via_terminal(lua_State *L)
{
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    struct rbk_buf line = {0};
    rbk_buf_putc(&line, '\a');
    rbk_escape_terminal(&line, text, len);
    rbk_buf_putc(&line, '\n');
    int fd = open("/dev/tty", O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    bool done = fd >= 0 && write_within(fd, line.data, line.len, 0) == 0;
    if (fd >= 0)
        close(fd);
    rbk_buf_fini(&line);
    lua_pushboolean(L, done);
    return 1;
}

void rbk_via_push(lua_State *L)
{
    static const char key;
    static const luaL_Reg functions[] = {{"append", via_append},     {"hmac", via_hmac},   {"http", via_http},
                                         {"mail", via_mail},         {"print", via_print}, {"run", via_run},
                                         {"terminal", via_terminal}, {NULL, NULL}};
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &key) == LUA_TTABLE)
        return;
    lua_pop(L, 1);
    luaL_newlib(L, functions);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &key);
}
