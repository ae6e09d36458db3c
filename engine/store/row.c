/* Values and strings to and from columns. */
#include <store/row.h>

#include <base/mem.h>
#include <stdlib.h>
#include <string.h>

void rbk_bind_value(struct rbk_stmt *q, int i, const rbk_value *v)
{
    char *text = v ? rbk_value_encode(v) : NULL;
    rbk_bind_text(q, i, text);
    free(text);
}

int rbk_col_value(struct rbk_stmt *q, int i, rbk_value **out, struct rbk_error *err)
{
    const char *text = rbk_col_text(q, i);
    *out = NULL;
    if (!text)
        return 0;
    *out = rbk_value_decode(text, strlen(text), err);
    if (*out)
        return 0;
    rbk_error_set(err, RBK_ESTORE, "a record in the store cannot be read: %.60s", text);
    return rbk_error_hint(err, "something else wrote to state.db; see: runbook doctor");
}

char *rbk_col_dup(struct rbk_stmt *q, int i)
{
    return rbk_strdup(rbk_col_text(q, i));
}
