/* crontab: five fields without L and #, one command a line. */
#include <schedule/export.h>
#include <string.h>

/* In a crontab % ends the command. */
static void put_crontab_command(struct rbk_buf *out, const struct rbk_entry *e, const struct rbk_export_place *place)
{
    struct rbk_buf command = {0};
    rbk_export_command(&command, e, place);
    for (const char *p = command.data; *p; p++) {
        if (*p == '%')
            rbk_buf_putc(out, '\\');
        rbk_buf_putc(out, *p);
    }
    rbk_buf_fini(&command);
}

void rbk_export_crontab(struct rbk_buf *out, const struct rbk_entry *e, const struct rbk_export_place *place)
{
    char fields[256];
    int weekday;
    if (!rbk_export_fields(e->calendar, 0, fields, &weekday)) {
        rbk_export_cannot(out, e, "cron");
        rbk_buf_puts(out, "# or ask every minute: * * * * * runbook schedule once\n");
        return;
    }
    rbk_buf_printf(out, "# %s: %s. Debian's cron knows no CRON_TZ: it takes the machine's zone.\n", e->runbook,
                   e->text);
    rbk_export_left_out(out, e, "cron", 0);
    rbk_buf_printf(out, "CRON_TZ=%s\n", rbk_zone_name(e->zone));
    for (int n = 0; rbk_export_fields(e->calendar, n, fields, &weekday); n++) {
        rbk_buf_printf(out, "%s ", fields);
        if (weekday >= 0)
            rbk_buf_printf(out, "[ \"$(date +\\%%w)\" = %d ] && ", weekday);
        put_crontab_command(out, e, place);
        rbk_buf_putc(out, '\n');
    }
}
