/* The words behind `runbook incident`, in incident_<word>.c, and what they share. */
#ifndef RBK_CLI_INCIDENT_COMMANDS_H
#define RBK_CLI_INCIDENT_COMMANDS_H

#include <cli/commands.h>
#include <incident/incident.h>

rbk_command_work rbk_incident_word_open, rbk_incident_word_list, rbk_incident_word_show, rbk_incident_word_ack,
    rbk_incident_word_note, rbk_incident_word_resolve, rbk_incident_word_suggest, rbk_incident_word_postmortem,
    rbk_incident_word_oncall;

/* ---- incident_view.c */

/* One row of runbook.incidents/1. */
rbk_value *rbk_incident_row_value(const struct rbk_incident *i);
/* {"schema":"runbook.incident/1",...}: the incident with its timeline and its runs. */
int rbk_incident_value(struct rbk_cli *cli, const struct rbk_incident *i, rbk_value **out, struct rbk_error *err);
/* Prints it, as text or with --json. */
int rbk_incident_print(struct rbk_cli *cli, const struct rbk_incident *i, struct rbk_error *err);
/* One line of it: priority, state, age, key, title. */
void rbk_incident_put_line(struct rbk_cli *cli, struct rbk_buf *out, const struct rbk_incident *i, int64_t now_ms);
/* RFC 3339, or null for 0. */
rbk_value *rbk_incident_time_value(int64_t ms);
/* The words from `from` on as one text, heap; NULL when there are none. */
char *rbk_incident_text(const struct rbk_args *args, size_t from);

#endif
