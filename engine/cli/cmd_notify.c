/* `notify`: messages: sent by hand, looked at, tried again; and who would hear of what. The second word says what. */
#include <cli/notify_commands.h>
#include <cli/words.h>

static const struct rbk_option options[] = {
    {"subject", 's', "TEXT", "send: the first line (default: the text's)"},
    {"priority", 'p', "NAME", "send, explain, preview: critical high medium low"},
    {"channel", 0, "NAME", "list, retry, drop: of this channel"},
    {"status", 0, "STATE", "list, drop: queued sending delivered dead"},
    {"limit", 0, "N", "list: the newest N (default 50; 0 = all)"},
    {"all", 0, NULL, "retry, drop: all that fit"},
    {"due", 0, NULL, "flush: what is due now, and no more"},
    {"for", 0, "TIME", "silence: how long, e.g. 2h"},
    {"why", 0, "TEXT", "silence: what others should know"},
    {0},
};

static const struct rbk_word words[] = {
    {"list", "list [--status STATE] [--channel NAME] [--limit N]", 0, 0, rbk_notify_word_list},
    {"send", "send CHANNEL [--subject TEXT] [--priority NAME] TEXT", 2, 2, rbk_notify_word_send},
    {"test", "test CHANNEL", 1, 1, rbk_notify_word_test},
    {"retry", "retry ID... | retry --all [--channel NAME]", 0, 1000, rbk_notify_word_retry},
    {"drop", "drop ID... | drop --all [--channel NAME] [--status STATE]", 0, 1000, rbk_notify_word_drop},
    {"flush", "flush [--due]", 0, 0, rbk_notify_word_flush},
    {"preview", "preview CHANNEL [EVENT [member=value ...]]", 1, 40, rbk_notify_word_preview},
    {"explain", "explain EVENT [member=value ...]", 1, 40, rbk_notify_word_explain},
    {"silence", "silence PATTERN --for TIME [--why TEXT]", 1, 1, rbk_notify_word_silence},
    {"unsilence", "unsilence ID|PATTERN", 1, 1, rbk_notify_word_unsilence},
    {"silences", "silences", 0, 0, rbk_notify_word_silences},
    {0},
};

static int do_word(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    return rbk_word_do(cli, args, rbk_cmd_notify.name, words, err);
}

static int run_notify(struct rbk_cli *cli, int argc, char **argv)
{
    return rbk_command_do(cli, &rbk_cmd_notify, 0, 1001, argc, argv, do_word);
}

const struct rbk_command_desc rbk_cmd_notify = {
    .name = "notify",
    .arguments = "list|send|test|retry|drop|flush|explain|silence..",
    .summary = "Send messages, see what was sent, and who would hear of what.",
    .help = "  notify list                     the outbox, newest first\n"
            "  notify send CHANNEL TEXT        one message; - reads the text from stdin\n"
            "  notify test CHANNEL             a trial message\n"
            "  notify preview CHANNEL [EVENT]  what would arrive; sends nothing\n"
            "  notify explain EVENT [a=b ...]  who would hear of it, and why\n"
            "  notify flush                    try every undelivered message now\n"
            "  notify retry ID...              queue dead messages again\n"
            "  notify drop ID...               forget messages\n"
            "  notify silence PATTERN          do not tell of what fits, for a time\n"
            "  notify unsilence ID|PATTERN     end a silence now\n"
            "  notify silences                 those that are not over\n"
            "\n"
            "Channels and rules stand in runbook.yaml. A message that cannot be delivered\n"
            "stays queued, and is tried again by whatever command or schedule comes next.\n",
    .options = options,
    .run = run_notify};
