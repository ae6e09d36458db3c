/* The tables of incidents. Times are ms since 1970; due_ms is 0 when nobody is to be called. */
#include <incident/incident.h>

static const char *const steps[] = {
    "CREATE TABLE incidents(id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, title TEXT NOT NULL,"
    " priority TEXT NOT NULL, contact TEXT, runbook TEXT, state TEXT NOT NULL, level INTEGER NOT NULL, called TEXT,"
    " opened_ms INTEGER NOT NULL, acked_ms INTEGER NOT NULL DEFAULT 0, resolved_ms INTEGER NOT NULL DEFAULT 0,"
    " due_ms INTEGER NOT NULL DEFAULT 0, opened_by TEXT, acked_by TEXT, resolved_by TEXT);"
    "CREATE UNIQUE INDEX incidents_unresolved ON incidents(key) WHERE state <> 'resolved';"
    "CREATE INDEX incidents_key ON incidents(key, id);"
    "CREATE INDEX incidents_due ON incidents(due_ms) WHERE due_ms > 0;"
    "CREATE TABLE incident_lines(id INTEGER PRIMARY KEY AUTOINCREMENT, incident INTEGER NOT NULL,"
    " at_ms INTEGER NOT NULL, kind TEXT NOT NULL, by TEXT, text TEXT);"
    "CREATE INDEX incident_lines_of ON incident_lines(incident, id);"
    "CREATE TABLE incident_runs(incident INTEGER NOT NULL, run TEXT NOT NULL, at_ms INTEGER NOT NULL,"
    " PRIMARY KEY(incident, run)) WITHOUT ROWID;"
    "CREATE TABLE remediations(id INTEGER PRIMARY KEY, key TEXT NOT NULL, at_ms INTEGER NOT NULL, run TEXT, step TEXT);"
    "CREATE INDEX remediations_key ON remediations(key, at_ms);",
};

const struct rbk_schema rbk_incident_schema = {"incident", steps, sizeof steps / sizeof steps[0], true};
