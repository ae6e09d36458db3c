/* Contacts: the words of the matrix ("On-call engineer") as somebody who can be reached. */
#include <incident/rows.h>

#include <base/mem.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

void rbk_contact_fini(struct rbk_contact *c)
{
    free(c->name);
    free(c->person);
    free(c->address);
    free(c->problem);
    rbk_value_free(c->channels);
    *c = (struct rbk_contact){0};
}

char *rbk_contact_slug(const char *name)
{
    struct rbk_buf out = {0};
    for (; *name; name++) {
        bool plain = isalnum((unsigned char)*name) || *name == '_';
        if (plain)
            rbk_buf_putc(&out, (char)tolower((unsigned char)*name));
        else if (out.len > 0 && out.data[out.len - 1] != '-')
            rbk_buf_putc(&out, '-');
    }
    while (out.len > 0 && out.data[out.len - 1] == '-')
        out.data[--out.len] = '\0';
    return rbk_buf_take(&out);
}

/* The entry of a map whose name means the same. */
static const rbk_value *entry_of(const rbk_value *map, const char *name, const char **key)
{
    const rbk_value *found = NULL;
    char *slug = rbk_contact_slug(name);
    for (size_t i = 0; !found && i < rbk_value_length(map); i++) {
        char *other = rbk_contact_slug(rbk_map_key_at(map, i));
        if (strcmp(other, slug) == 0) {
            found = rbk_map_value_at(map, i);
            *key = rbk_map_key_at(map, i);
        }
        free(other);
    }
    free(slug);
    return found;
}

const char *rbk_contact_rota(const struct rbk_config *config, const char *name)
{
    const char *key = NULL;
    const rbk_value *entry = entry_of(rbk_config_get(config, "contacts"), name, &key);
    const char *rota = entry ? rbk_map_get_string(entry, "oncall") : NULL;
    if (rota)
        return rota;
    return entry_of(rbk_config_get(config, "oncall"), name, &key) ? key : NULL;
}

static bool list_has(const rbk_value *list, const char *name)
{
    for (size_t i = 0; i < rbk_value_length(list); i++)
        if (strcmp(rbk_value_string(rbk_list_at(list, i)), name) == 0)
            return true;
    return false;
}

void incident_add_channels(rbk_value *list, const rbk_value *more)
{
    for (size_t i = 0; i < rbk_value_length(more); i++) {
        const char *name = rbk_value_string(rbk_list_at(more, i));
        if (!list_has(list, name))
            rbk_list_append(list, rbk_string_new(name));
    }
}

static void take_details(struct rbk_contact *c, const rbk_value *entry)
{
    const char *address = entry ? rbk_map_get_string(entry, "address") : NULL;
    const rbk_value *channels = entry ? rbk_map_get(entry, "channels") : NULL;
    if (address && !c->address)
        c->address = rbk_strdup(address);
    if (!channels)
        return;
    if (!c->channels)
        c->channels = rbk_list_new();
    incident_add_channels(c->channels, channels);
}

/* What the command of a rota said: a name, or {problem}. */
static void person_of_command(struct rbk_contact *c, const char *rota, const rbk_value *asked)
{
    const rbk_value *said = asked ? rbk_map_get(asked, rota) : NULL;
    if (rbk_value_string(said))
        c->person = rbk_strdup(rbk_value_string(said));
    else if (said)
        c->problem = rbk_strdup(rbk_map_get_string(said, "problem"));
}

static void person_of(struct rbk_contact *c, const struct rbk_config *config, const char *rota, int64_t now_ms,
                      const rbk_value *asked)
{
    struct rbk_turn turn = {0};
    struct rbk_error err = {0};
    if (rbk_rota_is_command(config, rota)) {
        person_of_command(c, rota, asked);
    } else if (rbk_rota_at(config, rota, now_ms, &turn, &err) < 0) {
        c->problem = rbk_strdup(err.message);
    } else {
        c->person = turn.who;
        turn.who = NULL;
    }
    rbk_turn_fini(&turn);
}

void rbk_contact_resolve(const struct rbk_config *config, const char *name, int64_t now_ms, const rbk_value *asked,
                         struct rbk_contact *out)
{
    const rbk_value *contacts = rbk_config_get(config, "contacts");
    const char *key = NULL, *rota = rbk_contact_rota(config, name);
    *out = (struct rbk_contact){.name = rbk_strdup(name)};
    if (rota)
        person_of(out, config, rota, now_ms, asked);
    if (out->person)
        take_details(out, entry_of(contacts, out->person, &key));
    take_details(out, entry_of(contacts, name, &key));
}

char *rbk_contact_text(const struct rbk_contact *c)
{
    struct rbk_buf out = {0};
    if (c->person)
        rbk_buf_printf(&out, "%s (%s)", c->person, c->name);
    else
        rbk_buf_puts(&out, c->name);
    if (c->address)
        rbk_buf_printf(&out, ", %s", c->address);
    return rbk_buf_take(&out);
}

void rbk_oncall_ask(const struct rbk_config *config, const char *contact, rbk_value *asked)
{
    const char *rota = contact ? rbk_contact_rota(config, contact) : NULL;
    struct rbk_error err = {0};
    char *who = NULL;
    if (!rota || !rbk_rota_is_command(config, rota) || rbk_map_get(asked, rota))
        return;
    if (rbk_rota_ask(config, rota, &who, &err) == 0) {
        rbk_map_set_string(asked, rota, who);
    } else {
        rbk_value *problem = rbk_map_new();
        rbk_map_set_string(problem, "problem", err.message);
        rbk_map_set(asked, rota, problem);
    }
    free(who);
}
