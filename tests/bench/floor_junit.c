/* floor_junit REPORT DB: the least that an import can be asked to beat. expat over the file, and for each case a row
 * with its names and a row with its result, for each failure a row with its message, all in one SQLite transaction.
 * Prints "CASES SECONDS PEAK_KB". */
#include <expat.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

struct floor {
    sqlite3 *db;
    sqlite3_stmt *add_case, *add_result, *add_message;
    int64_t cases, time_us;
    int in_failure, failed;
    char *message;
    size_t len, cap;
};

static void must(struct floor *f, int ok)
{
    if (ok)
        return;
    fprintf(stderr, "floor_junit: %s\n", sqlite3_errmsg(f->db));
    exit(1);
}

static void execute(struct floor *f, const char *sql)
{
    must(f, sqlite3_exec(f->db, sql, NULL, NULL, NULL) == SQLITE_OK);
}

static void run(struct floor *f, sqlite3_stmt *statement)
{
    must(f, sqlite3_step(statement) == SQLITE_DONE);
    sqlite3_reset(statement);
}

static const char *attribute(const char **attributes, const char *name)
{
    for (; *attributes; attributes += 2)
        if (strcmp(*attributes, name) == 0)
            return attributes[1];
    return "";
}

static void on_start(void *arg, const char *element, const char **attributes)
{
    struct floor *f = arg;
    if (strcmp(element, "failure") == 0) {
        f->in_failure = f->failed = 1;
        f->len = 0;
    }
    if (strcmp(element, "testcase") != 0)
        return;
    f->failed = 0;
    f->time_us = (int64_t)(strtod(attribute(attributes, "time"), NULL) * 1e6);
    sqlite3_bind_int64(f->add_case, 1, ++f->cases);
    sqlite3_bind_text(f->add_case, 2, attribute(attributes, "classname"), -1, SQLITE_STATIC);
    sqlite3_bind_text(f->add_case, 3, attribute(attributes, "name"), -1, SQLITE_STATIC);
    run(f, f->add_case);
}

static void on_end(void *arg, const char *element)
{
    struct floor *f = arg;
    if (strcmp(element, "failure") == 0) {
        f->in_failure = 0;
        sqlite3_bind_int64(f->add_message, 1, f->cases);
        sqlite3_bind_text(f->add_message, 2, f->message, (int)f->len, SQLITE_STATIC);
        run(f, f->add_message);
    } else if (strcmp(element, "testcase") == 0) {
        sqlite3_bind_int64(f->add_result, 1, f->cases);
        sqlite3_bind_int(f->add_result, 2, f->failed);
        sqlite3_bind_int64(f->add_result, 3, f->time_us);
        run(f, f->add_result);
    }
}

static void on_text(void *arg, const char *text, int len)
{
    struct floor *f = arg;
    if (!f->in_failure)
        return;
    if (f->len + (size_t)len > f->cap) {
        f->cap = (f->len + (size_t)len) * 2;
        f->message = realloc(f->message, f->cap);
    }
    memcpy(f->message + f->len, text, (size_t)len);
    f->len += (size_t)len;
}

static void open_database(struct floor *f, const char *path)
{
    unlink(path);
    must(f, sqlite3_open(path, &f->db) == SQLITE_OK);
    execute(f, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;"
               "CREATE TABLE cases(id INTEGER PRIMARY KEY, classname TEXT, name TEXT);"
               "CREATE TABLE results(id INTEGER PRIMARY KEY, failed INT, us INT);"
               "CREATE TABLE messages(id INTEGER PRIMARY KEY, message TEXT); BEGIN");
    sqlite3_prepare_v2(f->db, "INSERT INTO cases VALUES(?, ?, ?)", -1, &f->add_case, NULL);
    sqlite3_prepare_v2(f->db, "INSERT INTO results VALUES(?, ?, ?)", -1, &f->add_result, NULL);
    sqlite3_prepare_v2(f->db, "INSERT INTO messages VALUES(?, ?)", -1, &f->add_message, NULL);
}

static void parse(struct floor *f, const char *path)
{
    static char chunk[1 << 18];
    int fd = open(path, O_RDONLY);
    XML_Parser parser = XML_ParserCreate(NULL);
    ssize_t n;
    XML_SetUserData(parser, f);
    XML_SetElementHandler(parser, on_start, on_end);
    XML_SetCharacterDataHandler(parser, on_text);
    do {
        n = read(fd, chunk, sizeof chunk);
        if (n < 0 || XML_Parse(parser, chunk, (int)n, n == 0) != XML_STATUS_OK) {
            fprintf(stderr, "floor_junit: cannot parse %s\n", path);
            exit(1);
        }
    } while (n);
    XML_ParserFree(parser);
    close(fd);
}

int main(int argc, char **argv)
{
    struct floor f = {0};
    struct timespec start, end;
    struct rusage usage;
    if (argc != 3)
        return 2;
    clock_gettime(CLOCK_MONOTONIC, &start);
    open_database(&f, argv[2]);
    parse(&f, argv[1]);
    execute(&f, "COMMIT");
    sqlite3_finalize(f.add_case);
    sqlite3_finalize(f.add_result);
    sqlite3_finalize(f.add_message);
    sqlite3_close(f.db);
    clock_gettime(CLOCK_MONOTONIC, &end);
    getrusage(RUSAGE_SELF, &usage);
    free(f.message);
    double seconds = (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
    printf("%lld %.3f %ld\n", (long long)f.cases, seconds, usage.ru_maxrss);
    return 0;
}
