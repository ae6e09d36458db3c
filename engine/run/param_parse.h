/* Within param*.c: messages without the name in front ("\"48 hours\" is not a duration"), which the caller adds in the
 * form that its reader knows: `since`, `--since`. */
#ifndef RBK_RUN_PARAM_PARSE_H
#define RBK_RUN_PARAM_PARSE_H

#include <run/param.h>

int param_text_parse(const struct rbk_param *p, const char *text, rbk_value **out, struct rbk_error *err);
int param_choice_check(const struct rbk_param *p, const char *text, struct rbk_error *err);
/* Whether a typed value lies between min and max. */
int param_range_check(const struct rbk_param *p, const rbk_value *v, struct rbk_error *err);
/* `"text" is not what`; a secret's text is left out. Returns RBK_EINVAL. */
int param_no_fit(const struct rbk_param *p, const char *text, const char *what, struct rbk_error *err);
enum rbk_unit param_type_unit(enum rbk_param_type type);
const char *param_quantity_words(enum rbk_param_type type); /* "a duration (try 48h; ..." */
/* Puts "name: " before the message, keeping the hint. Returns rc. */
int param_error_name(const char *name, int rc, struct rbk_error *err);

#endif
