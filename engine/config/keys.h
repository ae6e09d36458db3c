/* The one table of everything that runbook.yaml may say. Reading, defaults, did-you-mean, `help` and the reference in
 * docs/configuration.md all come from it. */
#ifndef RBK_CONFIG_KEYS_H
#define RBK_CONFIG_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#define CONFIG_PATH_MAX 8 /* segments of the longest path in the table, and room to grow */

enum config_type {
    CONFIG_TYPE_MAP,       /* keys of its own, each in the table */
    CONFIG_TYPE_NAMES,     /* a map whose keys are names that the team chooses */
    CONFIG_TYPE_RUNBOOKS,  /* a map whose keys are ids of runbooks */
    CONFIG_TYPE_ENTRIES,   /* a list of maps, whose keys are in the table below `*` */
    CONFIG_TYPE_OPEN,      /* a map; keys that are not in the table are taken as they are written */
    CONFIG_TYPE_STRING,    /* any scalar, as it is written */
    CONFIG_TYPE_CHOICE,    /* one of `choices` */
    CONFIG_TYPE_BOOL,      /* true or false */
    CONFIG_TYPE_COUNT,     /* a whole number from 1 */
    CONFIG_TYPE_DURATION,  /* 30s */
    CONFIG_TYPE_RESPONSE,  /* a duration or `immediate` */
    CONFIG_TYPE_SIZE,      /* 2GB */
    CONFIG_TYPE_PERCENT,   /* 5% */
    CONFIG_TYPE_QUANTITY,  /* a number with any unit or none */
    CONFIG_TYPE_RATE,      /* 5/s */
    CONFIG_TYPE_ADDRESS,   /* host:port */
    CONFIG_TYPE_COMMAND,   /* words: a string split as a shell would, or a list */
    CONFIG_TYPE_COMMANDS,  /* a list of commands */
    CONFIG_TYPE_STRINGS,   /* a list of strings; one alone may stand for a list of one */
    CONFIG_TYPE_VARIABLES, /* a map of strings: environment variables */
    CONFIG_TYPE_SCALARS,   /* a map of text, numbers, true and false */
    CONFIG_TYPE_DATE       /* 2026-11-22 or 2026-11-22 09:00, in a zone that is said elsewhere */
};

struct config_key {
    const char *path;    /* dotted; `*` stands for a name that the team chooses */
    const char *dflt;    /* as it would be written, NULL = none */
    const char *choices; /* CHOICE: separated by spaces */
    const char *help;
    const char *shorthand; /* MAP: a scalar in its place is a map with this key alone, NULL = none */
    enum config_type type;
    bool only_existing; /* the default counts only where the map around it is in the file */
};

/* Where the reader stands: the keys from the top, borrowed. */
struct config_path {
    const char *parts[CONFIG_PATH_MAX];
    size_t depth;
};

extern const struct config_key config_keys[];
extern const size_t config_key_count;

/* The row that fits best (a name written out beats `*`), NULL when there is none. */
const struct config_key *config_key_find(const struct config_path *path);
/* The keys that may stand directly below, without `*`: fills at most `max`, returns how many. */
#define CONFIG_CHILDREN_MAX 40
size_t config_key_children(const struct config_path *path, const char *names[CONFIG_CHILDREN_MAX],
                           char storage[CONFIG_CHILDREN_MAX][32]);
const char *config_type_name(enum config_type type); /* "duration": for the reference */
const char *config_type_noun(enum config_type type); /* "a duration": for messages */
/* How a value of the type is written, for hints: "write it like 30s, 5m or 1h30m". */
const char *config_type_hint(enum config_type type);

#endif
