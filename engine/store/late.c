/* Rooms whose tables are made with the first row for them. SQLite reads the whole schema at each opening, and most
 * projects never have an incident, a schedule or a test report: a third of the instructions of a short run went into
 * reading tables that were empty. What SQLite says of a statement that names a missing table tells the room. */
#include <store/internal.h>

#include <base/buf.h>
#include <base/str.h>
#include <string.h>

static bool makes_table(const struct rbk_schema *schema, const char *table)
{
    struct rbk_buf made = {0};
    bool found = false;
    rbk_buf_printf(&made, "CREATE TABLE %s(", table);
    for (int i = 0; i < schema->count && !found; i++)
        found = strstr(schema->steps[i], made.data) != NULL;
    rbk_buf_fini(&made);
    return found;
}

const struct rbk_schema *rbk_late_room(const struct rbk_store *s)
{
    static const char complaint[] = "no such table: ";
    const char *said = sqlite3_errmsg(s->db);
    if (!rbk_starts_with(said, complaint))
        return NULL;
    for (size_t i = 0; i < s->late_count; i++)
        if (makes_table(s->late[i].schema, said + sizeof complaint - 1))
            return s->late[i].schema;
    return NULL;
}

/* A room without tables counts in the store's version with the steps of the newest program: made by an older one, it
 * would stay behind for good. */
int rbk_late_room_make(struct rbk_store *s, const struct rbk_schema *schema)
{
    int version = 0;
    if (rbk_schema_current(s, &version, NULL) < 0)
        return sqlite3_extended_errcode(s->db);
    if (version != s->schema_version)
        return SQLITE_SCHEMA;
    s->made_room = true;
    return rbk_schema_room_make(s, schema, NULL) < 0 ? sqlite3_extended_errcode(s->db) : SQLITE_OK;
}

void rbk_late_rooms_gone(struct rbk_store *s)
{
    for (size_t i = 0; i < s->late_count; i++)
        s->late[i].there = false;
    rbk_stmts_forget(s);
}

/* What cannot be read is taken to be there: the statement that follows says why. */
static bool look_for(struct rbk_store *s, const struct rbk_schema *room)
{
    struct rbk_stmt *q = rbk_stmt(s, "SELECT 1 FROM schema_versions WHERE room = ?1");
    rbk_bind_text(q, 1, room->room);
    int rc = rbk_stmt_step(q, NULL);
    if (rc >= 0)
        rbk_stmt_end(q);
    return rc != 0;
}

bool rbk_store_has(struct rbk_store *s, const struct rbk_schema *room)
{
    for (size_t i = 0; i < s->late_count; i++)
        if (s->late[i].schema == room)
            return s->late[i].there || (s->late[i].there = look_for(s, room));
    return true;
}
