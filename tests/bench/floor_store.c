/* floor_store DB: the least that a durable one-step run can cost on this machine. A Lua state with its libraries, an
 * existing SQLite store in WAL mode, one committed row before and one after a posix_spawn of `true`, each synced. Link
 * it statically with Lua and SQLite. `floor_store DB init` makes the store first. */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <spawn.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int must(sqlite3 *db, const char *sql)
{
    char *message = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &message) == SQLITE_OK)
        return 0;
    fprintf(stderr, "%s: %s\n", sql, message);
    return 1;
}

static int spawn_true(void)
{
    char *argv[] = {"/bin/true", NULL};
    pid_t pid;
    int status;
    if (posix_spawn(&pid, argv[0], NULL, NULL, argv, environ) || waitpid(pid, &status, 0) != pid)
        return 1;
    return status;
}

int main(int argc, char **argv)
{
    sqlite3 *db;
    if (argc < 2 || sqlite3_open(argv[1], &db))
        return 2;
    if (argc > 2)
        return must(
            db, "PRAGMA journal_mode = WAL;"
                "CREATE TABLE step(id INTEGER PRIMARY KEY, run TEXT, name TEXT, state INT, t0 INT, t1 INT, rc INT)");
    lua_State *lua = luaL_newstate();
    luaL_openlibs(lua);
    if (luaL_dostring(lua, "local function step() return true end return step()"))
        return 3;
    if (must(db, "PRAGMA synchronous = FULL") ||
        must(db, "INSERT INTO step(run, name, state, t0) VALUES('01kd4f7c8m2x', 'noop', 1, 1)") || spawn_true() ||
        must(db, "UPDATE step SET state = 2, t1 = 2, rc = 0 WHERE id = last_insert_rowid()"))
        return 4;
    sqlite3_close(db);
    lua_close(lua);
    return 0;
}
