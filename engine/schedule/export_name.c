/* What a runbook is called elsewhere. See export.h. */
#include <base/mem.h>
#include <schedule/export.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HASH = 8 };

/* Ids are of lower-case letters, digits, '_', '-' and '/'; none begins with a hyphen. */
static char *plain_name(const char *runbook)
{
    char *name = rbk_strdup(runbook);
    for (char *p = name; *p; p++)
        if (*p == '/' || *p == '_')
            *p = '-';
    return name;
}

static bool is_number(const char *text)
{
    return *text && text[strspn(text, "0123456789")] == '\0';
}

/* Another one has this name, or would look like a further line of this one (a-b-2). */
static bool is_taken(const struct rbk_entries *all, const char *runbook, const char *name)
{
    size_t length = strlen(name);
    bool taken = false;
    for (size_t i = 0; all && !taken && i < all->count; i++) {
        if (strcmp(all->items[i].runbook, runbook) == 0)
            continue;
        char *other = plain_name(all->items[i].runbook);
        const char *rest = strncmp(other, name, length) == 0 ? other + length : "-";
        taken = !*rest || (*rest == '-' && is_number(rest + 1));
        free(other);
    }
    return taken;
}

char *rbk_export_name(const struct rbk_export_place *place, const char *runbook, size_t most)
{
    char *name = plain_name(runbook);
    size_t keep = strlen(name);
    if (keep <= most && name[keep - 1] != '-' && !is_taken(place->all, runbook, name))
        return name;
    if (keep > most - HASH - 1)
        keep = most - HASH - 1;
    while (name[keep - 1] == '-') /* the first is none */
        keep--;
    uint64_t hash = rbk_hash(RBK_HASH_INIT, runbook, strlen(runbook));
    char *label = rbk_asprintf("%.*s-%08llx", (int)keep, name, (unsigned long long)(hash & 0xffffffff));
    free(name);
    return label;
}
