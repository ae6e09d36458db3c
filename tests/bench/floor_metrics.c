/* floor_metrics DB COUNT: what COUNT samples of 100 series cost when each is a row: one prepared insert per sample, all
 * in one transaction, in the order of the key. */
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SERIES = 100 };

static void check(sqlite3 *db, int rc)
{
    if (rc != SQLITE_OK && rc != SQLITE_DONE) {
        fprintf(stderr, "floor_metrics: %s\n", sqlite3_errmsg(db));
        exit(1);
    }
}

static uint64_t random_next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    return *state ^= *state << 17;
}

static void insert(sqlite3 *db, long count)
{
    sqlite3_stmt *st = NULL;
    uint64_t random = 88172645463325252u;
    check(db, sqlite3_prepare_v2(db, "INSERT INTO samples VALUES(?1, ?2, ?3)", -1, &st, NULL));
    for (long i = 0; i < count; i++) {
        check(db, sqlite3_bind_int64(st, 1, i / (count / SERIES)));
        check(db, sqlite3_bind_int64(st, 2, 1700000000000 + i % (count / SERIES) * 15000));
        check(db, sqlite3_bind_double(st, 3, (double)(random_next(&random) % 100000)));
        check(db, sqlite3_step(st));
        sqlite3_reset(st);
    }
    sqlite3_finalize(st);
}

int main(int argc, char **argv)
{
    sqlite3 *db = NULL;
    long count = argc == 3 ? atol(argv[2]) : 0;
    if (count < SERIES) {
        fprintf(stderr, "usage: floor_metrics DB COUNT\n");
        return 2;
    }
    unlink(argv[1]);
    check(db, sqlite3_open(argv[1], &db));
    check(db, sqlite3_exec(db,
                           "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536;"
                           "CREATE TABLE samples(series INTEGER, at_ms INTEGER, value REAL,"
                           " PRIMARY KEY(series, at_ms)) WITHOUT ROWID; BEGIN",
                           NULL, NULL, NULL));
    insert(db, count);
    check(db, sqlite3_exec(db, "COMMIT", NULL, NULL, NULL));
    sqlite3_close(db);
    return 0;
}
