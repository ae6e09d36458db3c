/* The tables of notification:
 *
 *   notify_events    one row an event that no rule was asked about yet
 *   notify_outbox    one row a message, from the moment it is queued until some time after it was delivered
 *   notify_channels  what delivery knows of a channel: until when it is left alone, how often it failed in a row
 *   notify_memory    what a channel remembers of a group (a thread, the number of an issue), written by the channel
 *   notify_told      what a rule knows of a matter: how often it failed in a row, whether and when it was told of
 *   notify_seen      ids of events, so that one that is published twice counts once
 *   notify_silences  patterns that nobody wants to hear of for some time
 *
 * The indexes are partial, so that what was delivered costs a look-up nothing. */
#include <notify/notify.h>

static const char *const steps[] = {
    "CREATE TABLE notify_outbox(id INTEGER PRIMARY KEY, key TEXT NOT NULL, channel TEXT NOT NULL, grp TEXT NOT NULL,"
    " priority TEXT NOT NULL, subject TEXT NOT NULL, events TEXT NOT NULL, count INTEGER NOT NULL DEFAULT 1,"
    " state INTEGER NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0, created_ms INTEGER NOT NULL,"
    " due_ms INTEGER NOT NULL, delivered_ms INTEGER NOT NULL DEFAULT 0, last_error TEXT);"
    "CREATE INDEX notify_outbox_open ON notify_outbox(channel, grp, id) WHERE state < 2;"
    "CREATE INDEX notify_outbox_due ON notify_outbox(channel, due_ms, id) WHERE state = 0;"
    "CREATE INDEX notify_outbox_sending ON notify_outbox(id) WHERE state = 1;"
    "CREATE INDEX notify_outbox_done ON notify_outbox(delivered_ms) WHERE state = 2;"
    "CREATE TABLE notify_channels(channel TEXT PRIMARY KEY, hold_ms INTEGER NOT NULL DEFAULT 0,"
    " failures INTEGER NOT NULL DEFAULT 0, sent_ms INTEGER NOT NULL DEFAULT 0, local INTEGER NOT NULL DEFAULT 0)"
    " WITHOUT ROWID;"
    "CREATE TABLE notify_memory(channel TEXT NOT NULL, grp TEXT NOT NULL, memory TEXT NOT NULL,"
    " changed_ms INTEGER NOT NULL, PRIMARY KEY(channel, grp)) WITHOUT ROWID;"
    "CREATE TABLE notify_told(rule TEXT NOT NULL, key TEXT NOT NULL, event TEXT NOT NULL, failures INTEGER NOT NULL,"
    " firing INTEGER NOT NULL, told_ms INTEGER NOT NULL, PRIMARY KEY(key, event, rule)) WITHOUT ROWID;"
    "CREATE TABLE notify_seen(id TEXT PRIMARY KEY, seen_ms INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE notify_silences(id INTEGER PRIMARY KEY, pattern TEXT NOT NULL, from_ms INTEGER NOT NULL,"
    " until_ms INTEGER NOT NULL, by TEXT, why TEXT);",
    "CREATE TABLE notify_events(id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, event TEXT NOT NULL);",
    /* when due_ms was last set, and for how long it had waited by then */
    "ALTER TABLE notify_outbox ADD COLUMN set_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE notify_outbox ADD COLUMN waited_ms INTEGER NOT NULL DEFAULT 0;"
    "UPDATE notify_outbox SET set_ms = created_ms;",
};

const struct rbk_schema rbk_notify_schema = {"notify", steps, sizeof steps / sizeof steps[0], true};
