/* The tables of keys, and the message for a key that is in none of them. Help texts are one sentence, as documentation
 * and editors show them. */
#include <run/keys.h>
#include <string.h>

const struct rbk_key rbk_runbook_keys[] = {
    {"priority", "string", "a row of the escalation matrix: critical, high, medium, low"},
    {"trigger", "expression", "the condition that calls for this runbook"},
    {"escalate", "table", "when to call somebody, and whom"},
    {"overlap", "string", "\"allow\" lets several instances run at once; \"forbid\" is the default"},
    {"timeout", "duration", "the whole run is stopped after this long"},
    {"schedule", "string", "when it is due, as words or five cron fields; off until enabled"},
    {"budget", "duration", "how long it should take; said when it takes longer"},
    {"help", "string", "a paragraph for `show` and the handbook"},
    {NULL, NULL, NULL},
};

const struct rbk_key rbk_escalate_keys[] = {
    {"when", "expression", "the condition; looked at whenever a fact that it reads is set"},
    {"to", "string", "whom to call"},
    {NULL, NULL, NULL},
};

const struct rbk_key rbk_param_keys[] = {
    {"type", "string",
     "string, integer, number, boolean, duration, size, percent, choice, path or list; what the default says unless "
     "said"},
    {"default", "any", "the value when none is given"},
    {"required", "boolean", "true: there is no run without a value"},
    {"choices", "list", "the values that may be given"},
    {"min", "any", "the least number that may be given"},
    {"max", "any", "the largest number that may be given"},
    {"secret", "boolean", "true: the value is never shown nor written down"},
    {"help", "string", "one line for `show` and `--help`"},
    {NULL, NULL, NULL},
};

const struct rbk_key rbk_step_keys[] = {
    {"id", "name", "the name of the step; its title as a name unless said"},
    {"when", "expression", "the step is skipped unless this holds"},
    {"confirm", "string", "a yes-or-no question that a person answers first"},
    {"manual", "string", "what a person does by hand; the run goes on once it is said to be done"},
    {"ask", "table", "questions whose typed answers become facts"},
    {"run", "body", "what is done: a shell string, an argv table, a function or an action"},
    {"call", "string", "the id of another runbook, run as this step"},
    {"with", "map", "parameters for `call`"},
    {"capture", "map", "facts from standard output: name = Lua pattern, the first match"},
    {"check", "expression|list", "what must hold afterwards"},
    {"each", "name|list", "repeats the step for every item of a list fact; the item is $item"},
    {"max", "integer", "how many of `each` run at once; 1 unless said"},
    {"always", "boolean", "true: runs even after a failure or a cancel"},
    {"on_fail", "string", "\"stop\", \"continue\" or \"undo\" when the step fails; \"stop\" unless said"},
    {"retry", "integer|table", "how often a step that failed, or whose check is not met, is tried again"},
    {"timeout", "duration", "the step is stopped and fails after this long"},
    {"budget", "duration", "how long it should take; said when it takes longer"},
    {"undo", "body", "what takes the step back"},
    {"idempotent", "boolean", "true: doing it twice does no harm, so a step in doubt is simply repeated"},
    {"verify", "body", "asks after a crash whether the step happened: success means that it did"},
    {"env", "map", "environment variables for what the step runs"},
    {"cwd", "string", "the folder to run in; the project's root unless said"},
    {"shell", "string", "the shell for strings: \"sh\" or \"bash\"; \"sh\" unless said"},
    {"tty", "boolean", "true: the program gets the terminal, and its output is not captured"},
    {"limits", "table", "bounds on processor time, memory and output"},
    {"remediates", "string", "the key of the incident that the step remedies: counted, and refused beyond the budget"},
    {"lock", "string", "a named lock held while the step runs, across all runs"},
    {"lock_wait", "duration", "how long to wait for `lock`; not at all unless said"},
    {"secret", "string|list", "secrets of the configuration to put into the environment"},
    {"note", "string", "one line for people, shown with the step"},
    {"tags", "string|list", "words to find the step by"},
    {NULL, NULL, NULL},
};

const struct rbk_key rbk_parallel_keys[] = {
    {"id", "name", "the name of the group; its title as a name unless said"},
    {"when", "expression", "the whole group is skipped unless this holds"},
    {"max", "integer", "how many children run at once; the configuration's cap unless said"},
    {"fail_fast", "boolean", "true: the first failure cancels the other children"},
    {"always", "boolean", "true: runs even after a failure or a cancel"},
    {"on_fail", "string", "\"stop\", \"continue\" or \"undo\" when a child fails; \"stop\" unless said"},
    {"timeout", "duration", "the group is stopped and fails after this long"},
    {"budget", "duration", "how long it should take; said when it takes longer"},
    {"note", "string", "one line for people, shown with the group"},
    {"tags", "string|list", "words to find the group by"},
    {NULL, NULL, NULL},
};

const struct rbk_key rbk_retry_keys[] = {
    {"times", "integer", "how many more attempts after the first"},
    {"delay", "duration", "the pause before the first retry; \"1s\" unless said"},
    {"max_delay", "duration", "the longest pause; \"1m\" unless said"},
    {"backoff", "number", "what each pause is multiplied by; 2 unless said"},
    {"jitter", "number", "the random part of each pause, 0 to 1; 0.1 unless said"},
    {"on_exit", "integer|list", "only these exit codes are tried again; any failure unless said"},
    {NULL, NULL, NULL},
};

const struct rbk_key rbk_limits_keys[] = {
    {"cpu", "duration", "processor time of the step's processes together"},
    {"memory", "size", "memory of the step's processes together"},
    {"memory_process", "size", "memory of each single process"},
    {"output", "size", "bytes of output that are kept: head and tail, the middle is counted"},
    {NULL, NULL, NULL},
};

const struct rbk_key rbk_ask_keys[] = {
    {"type", "string", "the type of the answer, as for `param`; \"string\" unless said"},
    {"default", "any", "what an empty answer means"},
    {"choices", "list", "the answers that may be given"},
    {"min", "any", "the least number that may be answered"},
    {"max", "any", "the largest number that may be answered"},
    {"help", "string", "the question as the person reads it"},
    {NULL, NULL, NULL},
};

const struct rbk_key *rbk_key_find(const struct rbk_key *keys, const char *name)
{
    for (; keys->name; keys++)
        if (strcmp(keys->name, name) == 0)
            return keys;
    return NULL;
}

bool rbk_key_takes(const struct rbk_key *key, const char *type)
{
    size_t len = strlen(type);
    const char *at = key->type;
    for (;;) {
        size_t here = strcspn(at, "|");
        if (here == len && memcmp(at, type, len) == 0)
            return true;
        if (!at[here])
            return false;
        at += here + 1;
    }
}

static void key_names(const struct rbk_key *keys, struct rbk_strv *names, struct rbk_buf *line)
{
    for (; keys->name; keys++) {
        rbk_strv_add(names, keys->name);
        rbk_buf_printf(line, "%s%s", line->len ? " " : "", keys->name);
    }
}

/* What other tools call it. Only where the key means the same: a wrong suggestion costs more than none. */
static const char *key_translated(const struct rbk_key *keys, const char *name)
{
    static const struct {
        const char *alien, *ours;
    } words[] = {
        {"cmd", "run"},
        {"command", "run"},
        {"commands", "run"},
        {"script", "run"},
        {"shell_command", "run"},
        {"exec", "run"},
        {"action", "run"},
        {"condition", "when"},
        {"only_if", "when"},
        {"environment", "env"},
        {"vars", "env"},
        {"dir", "cwd"},
        {"chdir", "cwd"},
        {"workdir", "cwd"},
        {"working_directory", "cwd"},
        {"working_dir", "cwd"},
        {"loop", "each"},
        {"foreach", "each"},
        {"with_items", "each"},
        {"register", "capture"},
        {"output", "capture"},
        {"rollback", "undo"},
        {"assert", "check"},
        {"expect", "check"},
        {"attempts", "retry"},
        {"retries", "retry"},
        {"description", "help"},
        {"desc", "help"},
        {"doc", "help"},
        {"prompt", "confirm"},
        {"question", "confirm"},
        {"approval", "confirm"},
        {"severity", "priority"},
        {"cron", "schedule"},
        {"mutex", "lock"},
        {"concurrency", "max"},
        {"options", "choices"},
        {"values", "choices"},
        {"comment", "note"},
        {"on_error", "on_fail"},
        {"ignore_errors", "on_fail"},
        {"continue_on_error", "on_fail"},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i].alien, name) == 0 && rbk_key_find(keys, words[i].ours))
            return words[i].ours;
    return NULL;
}

int rbk_key_unknown(const struct rbk_key *keys, const char *name, const char *where, struct rbk_error *err)
{
    struct rbk_strv names = {0};
    struct rbk_buf line = {0};
    key_names(keys, &names, &line);
    int rc = rbk_error_set(err, RBK_EINVAL, "unknown key `%s` in %s", name, where);
    const char *near = key_translated(keys, name);
    if (!near)
        near = rbk_did_you_mean(name, (const char *const *)names.items, names.count);
    if (near)
        rbk_error_hint(err, "did you mean `%s`?", near);
    else
        rbk_error_hint(err, "the keys are: %s", line.data);
    rbk_strv_fini(&names);
    rbk_buf_fini(&line);
    return rc;
}
