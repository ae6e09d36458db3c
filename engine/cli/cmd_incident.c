/* `incident`: what is wrong just now, who was called, and who has it in hand. The second word says what. */
#include <cli/incident_commands.h>
#include <cli/words.h>

static const struct rbk_option options[] = {
    {"priority", 'p', "NAME", "open: a row of the escalation matrix"},
    {"title", 't', "TEXT", "open: one line that says what is wrong"},
    {"contact", 'c', "NAME", "open: who is called first"},
    {"run", 0, "RUN", "open: a run that has to do with it"},
    {"all", 'a', NULL, "list: resolved ones too; suggest: every trigger"},
    {"at", 0, "TIME", "oncall: who it was or will be then"},
    {"output", 'o', "FILE", "postmortem: write this file; - is stdout"},
    {0},
};

static const struct rbk_word words[] = {
    {"open", "open KEY [TEXT] [--priority NAME]", 1, 1000, rbk_incident_word_open},
    {"list", "list [--all]", 0, 0, rbk_incident_word_list},
    {"show", "show KEY", 1, 1, rbk_incident_word_show},
    {"ack", "ack KEY [TEXT]", 1, 1000, rbk_incident_word_ack},
    {"note", "note KEY TEXT", 2, 1000, rbk_incident_word_note},
    {"resolve", "resolve KEY [TEXT]", 1, 1000, rbk_incident_word_resolve},
    {"suggest", "suggest [--all]", 0, 0, rbk_incident_word_suggest},
    {"postmortem", "postmortem KEY [--output FILE]", 1, 1, rbk_incident_word_postmortem},
    {"oncall", "oncall [ROTA] [--at TIME]", 0, 1, rbk_incident_word_oncall},
    {0},
};

static int do_word(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    return rbk_word_do(cli, args, rbk_cmd_incident.name, words, err);
}

static int run_incident(struct rbk_cli *cli, int argc, char **argv)
{
    return rbk_command_do(cli, &rbk_cmd_incident, 0, 1001, argc, argv, do_word);
}

const struct rbk_command_desc rbk_cmd_incident = {
    .name = "incident",
    .arguments = "open|list|show|ack|note|resolve|suggest|oncall..",
    .summary = "Say what is wrong, call somebody, and see who has it.",
    .help = "  incident open KEY [TEXT]      opens it and calls the first contact\n"
            "  incident list [--all]         what is open; --all: resolved ones too\n"
            "  incident show KEY             its timeline and runs\n"
            "  incident ack KEY [TEXT]       I have it: nobody else is called\n"
            "  incident note KEY TEXT        adds a line to the timeline\n"
            "  incident resolve KEY [TEXT]   it is over\n"
            "  incident suggest [--all]      runbooks whose trigger holds now\n"
            "  incident postmortem KEY       a Markdown file with all that is known\n"
            "  incident oncall [ROTA]        who is on call\n"
            "\n"
            "KEY is what it is about: checkout-down, or the id of a runbook. Where one is\n"
            "asked for, the number of the incident will do.\n",
    .options = options,
    .run = run_incident};
