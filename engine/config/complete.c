/* What a level leaves unsaid: the runner that its command suggests, the command that its runner suggests. And what it
 * does say against a default: the default goes. */
#include <base/str.h>
#include <config/rules.h>
#include <string.h>

static const struct {
    const char *runner;
    const char *program;    /* last part of a word of the command that gives the runner away */
    const char *command[4]; /* what the runner runs when nothing is said */
} complete_runners[] = {
    {"pytest", "pytest", {"python3", "-m", "pytest"}},
    {"pytest", "py.test", {NULL}},
    {"ctest", "ctest", {"ctest", "--test-dir", "build"}},
    {"node", "--test", {"node", "--test"}},
    {"bats", "bats", {"bats", "-r", "tests"}},
};
#define COMPLETE_COUNT (sizeof complete_runners / sizeof complete_runners[0])

static bool complete_command_has(const rbk_value *command, const char *program)
{
    for (size_t i = 0; i < rbk_value_length(command); i++) {
        const char *word = rbk_value_string(rbk_list_at(command, i));
        const char *slash = strrchr(word, '/');
        if (strcmp(slash ? slash + 1 : word, program) == 0) {
            return true;
        }
    }
    return false;
}

static const char *complete_runner(const rbk_value *level, const rbk_value *command)
{
    for (size_t i = 0; i < COMPLETE_COUNT; i++) {
        if (complete_command_has(command, complete_runners[i].program)) {
            return complete_runners[i].runner;
        }
    }
    return rbk_map_get(level, "report") ? "junit" : NULL;
}

static void complete_command(rbk_value *level, const char *runner)
{
    for (size_t i = 0; i < COMPLETE_COUNT; i++) {
        if (strcmp(complete_runners[i].runner, runner) == 0 && complete_runners[i].command[0]) {
            rbk_value *command = rbk_list_new();
            for (size_t j = 0; j < 4 && complete_runners[i].command[j]; j++) {
                rbk_list_append(command, rbk_string_new(complete_runners[i].command[j]));
            }
            rbk_map_set(level, "command", command);
            return;
        }
    }
}

static void complete_command_or_runner(rbk_value *level)
{
    const rbk_value *command = rbk_map_get(level, "command");
    const char *runner = rbk_map_get_string(level, "runner");
    if (!runner && command) {
        runner = complete_runner(level, command);
        if (runner) {
            rbk_map_set_string(level, "runner", runner);
        }
    } else if (runner && !command) {
        complete_command(level, runner);
    }
}

/* `target: 60s` alone must not clash with a default maximum of 45s that nobody wrote. */
static void complete_times(rbk_value *level, const struct config_node *node)
{
    const rbk_value *target = rbk_map_get(level, "target"), *max = rbk_map_get(level, "max");
    if (!target || !max || rbk_value_number(target) <= rbk_value_number(max)) {
        return;
    }
    if (!config_node_get(node, "max")) {
        rbk_map_set(level, "max", NULL);
    } else if (!config_node_get(node, "target")) {
        rbk_map_set(level, "target", NULL);
    }
}

void config_complete(rbk_value *tree, const struct config_node *root)
{
    rbk_value *levels = rbk_map_get_mut(tree, "levels");
    for (size_t i = 0; i < rbk_value_length(levels); i++) {
        const char *name = rbk_map_key_at(levels, i);
        rbk_value *level = rbk_map_get_mut(levels, name);
        complete_command_or_runner(level);
        complete_times(level, config_node_get(config_node_get(root, "levels"), name));
    }
}
