/* `schedule`: when runbooks are due, and the daemon that starts them. The second word says what. */
#include <cli/schedule_commands.h>
#include <cli/words.h>

#include <string.h>

static const struct rbk_option options[] = {
    {"tz", 0, "ZONE", "next: the time zone (default: the local one)"},
    {"from", 0, "TIME", "next, preview: due after it (default: now)"},
    {"count", 0, "N", "next: so many times (default 1)"},
    {"year", 0, NULL, "preview: a year instead of a week"},
    {"limit", 0, "N", "why: at most so many (default 20, 0 = all)"},
    {"all", 'a', NULL, "enable, disable: all schedules"},
    {0},
};

static const struct rbk_word words[] = {
    {"list", "list [NAME...]", 0, 1000, rbk_schedule_cmd_list},
    {"next", "next \"EXPR\" [--tz ZONE] [--from TIME] [--count N]", 1, 1, rbk_schedule_cmd_next},
    {"preview", "preview [NAME...] [--year] [--from TIME]", 0, 1000, rbk_schedule_cmd_preview},
    {"enable", "enable NAME... | --all", 0, 1000, rbk_schedule_cmd_enable},
    {"disable", "disable NAME... | --all", 0, 1000, rbk_schedule_cmd_disable},
    {"why", "why NAME [--limit N]", 1, 1, rbk_schedule_cmd_why},
    {"run", "run", 0, 0, rbk_schedule_cmd_run},
    {"once", "once", 0, 0, rbk_schedule_cmd_once},
    {"export", "export FORMAT [NAME...]", 1, 1000, rbk_schedule_cmd_export},
    {"fire", "fire N", 1, 1, rbk_schedule_cmd_fire},
    {0},
};

/* Words that people try, and what does it here. */
static const char *const instead[][2] = {
    {"pause",
     "`runbook schedule disable NAME`; or `paused: true` in runbook.yaml, which records what is due as skipped"},
    {"resume", "`runbook schedule enable NAME`; for a run that was interrupted: `runbook resume RUN`"},
    {"history", "`runbook schedule why NAME`; for its runs: `runbook history`"},
    {"status", "`runbook schedule list`, or `runbook schedule why NAME`"},
    {"start", "`runbook schedule enable NAME`, and `runbook schedule run` for the daemon"},
    {"stop", "`runbook schedule disable NAME`"},
};

static int do_word(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    for (size_t i = 0; args->rest.count && i < sizeof instead / sizeof *instead; i++)
        if (strcmp(args->rest.items[0], instead[i][0]) == 0) {
            rbk_error_set(err, RBK_EINVAL, "`schedule` has no word \"%s\"", instead[i][0]);
            return rbk_error_hint(err, "%s", instead[i][1]);
        }
    return rbk_word_do(cli, args, rbk_cmd_schedule.name, words, err);
}

static int run_schedule(struct rbk_cli *cli, int argc, char **argv)
{
    return rbk_command_do(cli, &rbk_cmd_schedule, 0, 1001, argc, argv, do_word);
}

const struct rbk_command_desc rbk_cmd_schedule = {
    .name = "schedule",
    .arguments = "list|next|preview|enable|disable|why|run|once|...",
    .summary = "Show when runbooks are due, and start them then.",
    .help = "  schedule list [NAME...]  the schedules, which are on, when they are due next\n"
            "  schedule next \"EXPR\"     when EXPR is due: cron's five fields, @daily, or\n"
            "                           words: \"weekdays at 8:00\", \"every 4h\",\n"
            "                           \"first monday at 09:00 in Europe/Berlin\"\n"
            "  schedule preview         all that is due within a week (--year), by day\n"
            "  schedule enable NAME     switch schedules on; they are off until then. A NAME\n"
            "                           may be a pattern, 'daily/*'; --all is all of them\n"
            "  schedule disable NAME    switch them off\n"
            "  schedule why NAME        what became of its due times, and why\n"
            "  schedule run             the daemon: starts what is due, until it is stopped\n"
            "  schedule once            starts what is due now, waits for it; for cron\n"
            "  schedule export FORMAT   for crontab, systemd, kubernetes, github-actions; or\n"
            "                           unit: the daemon's own systemd unit\n"
            "  schedule fire N          carries out one firing; the daemon starts it so\n",
    .options = options,
    .run = run_schedule};
