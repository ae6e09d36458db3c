/* Columns and parameters that hold values, and strings that outlive their statement: shared by the journal's files. */
#ifndef RBK_STORE_ROW_H
#define RBK_STORE_ROW_H

#include <store/store.h>

/* Binds the lossless text of a value; NULL binds NULL. */
void rbk_bind_value(struct rbk_stmt *q, int i, const rbk_value *v);
/* A column as a new value: *out NULL for NULL. RBK_ESTORE when the text is not one that rbk_bind_value wrote. */
int rbk_col_value(struct rbk_stmt *q, int i, rbk_value **out, struct rbk_error *err);
/* A column as a heap string; NULL for NULL. */
char *rbk_col_dup(struct rbk_stmt *q, int i);

#endif
