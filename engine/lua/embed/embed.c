/* A build-time tool: compiles the stdlib's Lua sources to bytecode, line information kept, and writes them as one C
 * table that the host looks names up in. A syntax error in stdlib therefore stops the build, not a run.
 *
 *     rbk_embed STDLIB_DIR OUT.c FILE...        each FILE below STDLIB_DIR; tests/run.lua is the module "tests.run" */
#include <lauxlib.h>
#include <lua.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sink {
    FILE *file;
    size_t size;
};

static int dump_bytes(lua_State *L, const void *data, size_t len, void *arg)
{
    (void)L;
    struct sink *sink = arg;
    const unsigned char *bytes = data;
    for (size_t i = 0; i < len; i++) {
        fprintf(sink->file, "%u,", bytes[i]);
        if (++sink->size % 32 == 0)
            fputc('\n', sink->file);
    }
    return 0;
}

static int embed_file(lua_State *L, FILE *out, const char *root, const char *relative, int number)
{
    char path[4096], name[4096];
    snprintf(path, sizeof path, "%s/%s", root, relative);
    snprintf(name, sizeof name, "=stdlib/%s", relative);
    struct sink sink = {out, 0};
    luaL_Buffer source;
    luaL_buffinit(L, &source);
    FILE *in = fopen(path, "rb");
    if (!in) {
        perror(path);
        return -1;
    }
    size_t got;
    do {
        char *room = luaL_prepbuffer(&source);
        got = fread(room, 1, LUAL_BUFFERSIZE, in);
        luaL_addsize(&source, got);
    } while (got > 0);
    fclose(in);
    luaL_pushresult(&source);
    size_t len;
    const char *text = lua_tolstring(L, -1, &len);
    if (luaL_loadbufferx(L, text, len, name, "t") != LUA_OK) {
        fprintf(stderr, "%s\n", lua_tostring(L, -1));
        return -1;
    }
    fprintf(out, "static const unsigned char module_%d[] = {\n", number);
    lua_dump(L, dump_bytes, &sink, 0);
    fprintf(out, "};\n");
    lua_settop(L, 0);
    return 0;
}

static void print_module_name(FILE *out, const char *relative)
{
    size_t len = strlen(relative) - strlen(".lua");
    for (size_t i = 0; i < len; i++)
        fputc(relative[i] == '/' ? '.' : relative[i], out);
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int embed_all(lua_State *L, FILE *out, const char *root, char **files, int count)
{
    fprintf(out, "/* Made by rbk_embed from stdlib. */\n#include <lua/embed.h>\n\n");
    for (int i = 0; i < count; i++)
        if (embed_file(L, out, root, files[i], i) != 0)
            return -1;
    fprintf(out, "const struct rbk_embedded rbk_embedded_modules[] = {\n");
    for (int i = 0; i < count; i++) {
        fprintf(out, "    {\"");
        print_module_name(out, files[i]);
        fprintf(out, "\", module_%d, sizeof module_%d},\n", i, i);
    }
    fprintf(out, "    {NULL, NULL, 0},\n};\n");
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: rbk_embed STDLIB_DIR OUT.c FILE...\n");
        return 2;
    }
    qsort(argv + 3, (size_t)(argc - 3), sizeof *argv, compare_paths);
    FILE *out = fopen(argv[2], "w");
    if (!out) {
        perror(argv[2]);
        return 1;
    }
    lua_State *L = luaL_newstate();
    int rc = L ? embed_all(L, out, argv[1], argv + 3, argc - 3) : -1;
    if (L)
        lua_close(L);
    if (fclose(out) != 0 || rc != 0) {
        remove(argv[2]);
        return 1;
    }
    return 0;
}
