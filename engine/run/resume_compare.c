/* What a resumed run's plan and the file of today have in common. Edits to steps that have not begun are said and
 * accepted. A step that has begun must still be there, do the same thing, and stand in the same order: else nothing is
 * run before a person accepts it. */
#include <run/machine.h>

static const rbk_value *find_entry(const rbk_value *record, const char *key, size_t *position)
{
    for (size_t i = 0; i < rbk_value_length(record); i++) {
        const rbk_value *entry = rbk_list_at(record, i);
        if (strcmp(rbk_map_get_string(entry, "key"), key) == 0) {
            *position = i;
            return entry;
        }
    }
    return NULL;
}

static bool has_begun(const struct rbk_run *run, const char *key)
{
    for (size_t i = 0; i < run->step_count; i++) {
        const struct rbk_step *step = run->steps[i];
        if (strcmp(step->row.key, key) == 0) {
            bool at_its_gate = step->row.state == RBK_STEP_WAITING && !rbk_step_has_begun(step);
            return step->row.state != RBK_STEP_PENDING && !at_its_gate;
        }
    }
    return false;
}

static int refuse(struct rbk_run *run, const rbk_value *entry, const char *what, struct rbk_error *err)
{
    rbk_error_set(err, RBK_EINVAL, "step \"%s\" has been carried out, and %s since", rbk_map_get_string(entry, "title"),
                  what);
    rbk_error_at(err, run->plan->path, 0, 0);
    return rbk_error_hint(err, "nothing was run; to go on all the same: runbook resume %.12s --accept-changes",
                          run->session->root->row.id);
}

static void say(struct rbk_run *run, const rbk_value *entry, const char *what)
{
    char *text =
        rbk_asprintf("changed since it was recorded: step \"%s\" %s", rbk_map_get_string(entry, "title"), what);
    rbk_observe_note(run, NULL, text);
    free(text);
}

static bool same(const rbk_value *a, const rbk_value *b, const char *field)
{
    return strcmp(rbk_map_get_string(a, field), rbk_map_get_string(b, field)) == 0;
}

/* `last` is the place of the step that began before this one. */
static int compare_entry(struct rbk_run *run, const rbk_value *old, const rbk_value *today, size_t *last, bool accept,
                         struct rbk_error *err)
{
    size_t place = 0;
    const char *key = rbk_map_get_string(old, "key"), *what = NULL;
    const rbk_value *now = find_entry(today, key, &place);
    bool begun = has_begun(run, key);
    if (!now)
        what = "was removed";
    else if (!same(old, now, "hash") || !same(old, now, "kind"))
        what = "was edited";
    else if (begun && place < *last)
        what = "was moved";
    if (begun && now && place > *last)
        *last = place;
    if (what && begun && !accept)
        return refuse(run, old, what, err);
    if (what)
        say(run, old, what);
    return 0;
}

static void say_new(struct rbk_run *run, const rbk_value *today)
{
    size_t place;
    for (size_t i = 0; i < rbk_value_length(today); i++) {
        const rbk_value *entry = rbk_list_at(today, i);
        if (!find_entry(run->row.plan, rbk_map_get_string(entry, "key"), &place))
            say(run, entry, "is new");
    }
}

static int compare(struct rbk_run *run, const rbk_value *today, bool accept, struct rbk_error *err)
{
    size_t last = 0;
    for (size_t i = 0; i < rbk_value_length(run->row.plan); i++) {
        int rc = compare_entry(run, rbk_list_at(run->row.plan, i), today, &last, accept, err);
        if (rc < 0)
            return rc;
    }
    say_new(run, today);
    return 0;
}

/* Also for the called runs that come with it. On success the record is the plan of today. */
int rbk_resume_compare(struct rbk_run *run, bool accept, struct rbk_error *err)
{
    char hash[17];
    rbk_value *today = rbk_plan_record(run->plan);
    rbk_plan_record_hash(today, hash);
    bool changed = !run->row.plan_hash || strcmp(hash, run->row.plan_hash) != 0;
    int rc = changed ? compare(run, today, accept, err) : 0;
    if (rc < 0 || !changed) {
        rbk_value_free(today);
    } else {
        rbk_value_free(run->row.plan);
        free(run->row.plan_hash);
        run->row.plan = today;
        run->row.plan_hash = rbk_strdup(hash);
    }
    for (size_t i = 0; i < run->child_count && rc == 0; i++)
        rc = rbk_resume_compare(run->children[i], accept, err);
    return rc;
}
