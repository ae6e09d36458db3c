/* `incident oncall`: who is on call by each rota, until when, and who is next. */
#include <cli/incident_commands.h>

#include <base/clock.h>
#include <base/mem.h>
#include <incident/oncall.h>
#include <stdlib.h>
#include <string.h>

struct listing {
    struct rbk_cli *cli;
    struct rbk_buf text;
    rbk_value *rows;
    int64_t at_ms;
    bool now;
};

static int ask_command(struct listing *l, const char *rota, struct rbk_turn *turn, struct rbk_error *err)
{
    turn->from = "command";
    if (l->now)
        return rbk_rota_ask(l->cli->config, rota, &turn->who, err);
    rbk_error_set(err, RBK_EINVAL, "the rota %s is a command, which only knows about now", rota);
    return rbk_error_hint(err, "leave out --at");
}

static void put_turn(struct listing *l, const char *rota, const struct rbk_turn *turn, const struct rbk_error *problem)
{
    size_t used = rbk_style_fit(&l->text, rota, 40);
    rbk_style_pad(&l->text, used, 20);
    if (!turn->who) {
        rbk_buf_puts(&l->text, "not known: ");
        rbk_style_fit(&l->text, problem->message, 300);
    } else {
        rbk_style_fit(&l->text, turn->who, 60);
    }
    if (turn->until_ms) {
        rbk_buf_printf(&l->text, "  until %.10s %.5s %s, then ", turn->until, turn->until + 11, turn->until + 19);
        rbk_style_fit(&l->text, turn->next, 60);
    }
    if (turn->who && strcmp(turn->from, "override") == 0)
        rbk_buf_puts(&l->text, "  (stands in)");
    rbk_buf_putc(&l->text, '\n');
}

static rbk_value *turn_value(const char *rota, const struct rbk_turn *turn, const struct rbk_error *problem)
{
    rbk_value *v = rbk_map_new();
    rbk_map_set_string(v, "rota", rota);
    rbk_map_set_string(v, "who", turn->who);
    rbk_map_set(v, "until", rbk_incident_time_value(turn->until_ms));
    rbk_map_set_string(v, "next", turn->next);
    rbk_map_set_string(v, "from", turn->from);
    rbk_map_set_string(v, "error", turn->who ? NULL : problem->message);
    return v;
}

static int list_rota(struct listing *l, const char *rota)
{
    struct rbk_turn turn = {0};
    struct rbk_error problem = {0};
    int rc = rbk_rota_is_command(l->cli->config, rota) ? ask_command(l, rota, &turn, &problem)
                                                       : rbk_rota_at(l->cli->config, rota, l->at_ms, &turn, &problem);
    put_turn(l, rota, &turn, &problem);
    rbk_list_append(l->rows, turn_value(rota, &turn, &problem));
    rbk_turn_fini(&turn);
    return rc;
}

/* The worst of them is the status: whoever asks must not take silence for a name. */
static int list_rotas(struct listing *l, const char *only, struct rbk_error *err)
{
    const rbk_value *rotas = rbk_config_get(l->cli->config, "oncall");
    int worst = 0;
    bool found = false;
    for (size_t i = 0; i < rbk_value_length(rotas); i++) {
        const char *rota = rbk_map_key_at(rotas, i);
        if (only && strcmp(only, rota) != 0)
            continue;
        found = true;
        if (list_rota(l, rota) < 0)
            worst = 1;
    }
    if (only && !found) {
        rbk_error_set(err, RBK_ENOENT, "there is no rota %s", only);
        return rbk_error_hint(err, "rotas stand under oncall: in runbook.yaml");
    }
    return worst;
}

static int print_listing(struct listing *l)
{
    char at[RBK_TIME_SIZE];
    if (l->cli->json) {
        rbk_value *document = rbk_map_new();
        rbk_time_rfc3339(l->at_ms, at);
        rbk_map_set_string(document, "schema", "runbook.oncall/1");
        rbk_map_set_string(document, "at", at);
        rbk_map_set(document, "rotas", l->rows);
        l->rows = NULL;
        return rbk_cli_print_json(document);
    }
    if (rbk_value_length(l->rows) == 0)
        rbk_buf_puts(&l->text, "runbook.yaml has no rota (oncall:)\n");
    rbk_style_write(&l->cli->out, &l->text);
    return 0;
}

int rbk_incident_word_oncall(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    const char *at = rbk_args_get(args, "at");
    struct listing l = {.cli = cli, .rows = rbk_list_new(), .at_ms = rbk_clock_wall_ms(), .now = !at};
    int rc = rbk_cli_config(cli, err), worst = 0;
    if (rc == 0 && at)
        rc = rbk_time_parse(at, l.at_ms, &l.at_ms, err);
    if (rc == 0)
        rc = worst = list_rotas(&l, args->rest.count > 1 ? args->rest.items[1] : NULL, err);
    if (rc >= 0) {
        rc = print_listing(&l);
        rc = rc == 0 ? worst : rc;
    }
    rbk_value_free(l.rows);
    rbk_buf_fini(&l.text);
    return rc;
}
