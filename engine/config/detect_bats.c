/* Bats: *.bats files; folders and tags (`# bats test_tags=smoke`) make levels. */
#include <base/mem.h>
#include <config/detect.h>
#include <stdlib.h>
#include <string.h>

static bool bats_is_test(const char *path)
{
    return rbk_ends_with(path, ".bats");
}

/* Files that carry a tag, by "bats test_tags=" or "bats file_tags=" lines. */
static size_t bats_tagged(const struct detect_project *p, const char *tag)
{
    size_t count = 0;
    for (size_t i = 0; i < p->files.count; i++) {
        char *text = bats_is_test(p->files.items[i]) ? detect_read(p, p->files.items[i]) : NULL;
        bool tagged = false;
        for (const char *at = text ? strstr(text, "_tags=") : NULL; at && !tagged; at = strstr(at + 1, "_tags=")) {
            char *line = rbk_strndup(at, strcspn(at, "\n"));
            tagged = detect_has_word(line, tag);
            free(line);
        }
        count += tagged;
        free(text);
    }
    return count;
}

static void bats_program(const struct detect_project *p, struct detect_suite *s)
{
    static const char *const own[] = {"node_modules/.bin/bats", "test/bats/bin/bats", "tests/bats/bin/bats"};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        if (detect_has(p, own[i])) {
            rbk_strv_add(&s->command, own[i]);
            return;
        }
    }
    rbk_strv_add(&s->command, "bats");
}

static void bats_level(const struct detect_project *p, struct detect_suite *s, const char *name)
{
    struct rbk_strv folders = {0};
    size_t tagged = bats_tagged(p, name);
    size_t files = tagged ? 0 : detect_level_folders(p, name, bats_is_test, &folders);
    if (tagged) {
        struct detect_level *level =
            detect_add_level(s, name, rbk_asprintf("tag %s, in %zu file%s", name, tagged, tagged == 1 ? "" : "s"));
        rbk_strv_add(&level->command, "--filter-tags");
        rbk_strv_add(&level->command, name);
    } else if (files) {
        struct detect_level *level = detect_add_level(
            s, name, rbk_asprintf("folder %s, %zu file%s", folders.items[0], files, files == 1 ? "" : "s"));
        while (level->command.count > 2) { /* the folders of the whole suite: behind the program and -r */
            free(level->command.items[--level->command.count]);
            level->command.items[level->command.count] = NULL;
        }
        for (size_t i = 0; i < folders.count; i++) {
            rbk_strv_add(&level->command, folders.items[i]);
        }
    }
    rbk_strv_fini(&folders);
}

void detect_bats(const struct detect_project *p, struct detect_suite *s)
{
    struct rbk_strv tops = {0}; /* the topmost folders that hold tests, and files beside them */
    size_t files = 0;

    for (size_t i = 0; i < p->files.count; i++) {
        const char *path = p->files.items[i];
        if (bats_is_test(path)) {
            const char *slash = strchr(path, '/');
            char *top = slash ? rbk_strndup(path, (size_t)(slash - path)) : rbk_strdup(path);
            if (!rbk_strv_has(&tops, top)) {
                rbk_strv_add(&tops, top);
            }
            free(top);
            files++;
        }
    }
    if (files) {
        s->strength = DETECT_FILES;
        s->runner = "bats";
        s->what = rbk_asprintf("bats: %zu file%s", files, files == 1 ? "" : "s");
        bats_program(p, s);
        rbk_strv_add(&s->command, "-r");
        for (size_t i = 0; i < tops.count; i++) {
            rbk_strv_add(&s->command, tops.items[i]);
        }
        for (size_t i = 0; detect_level_names[i]; i++) {
            bats_level(p, s, detect_level_names[i]);
        }
    }
    rbk_strv_fini(&tops);
}
