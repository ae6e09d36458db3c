/* What the files that read the settings share. */
#ifndef RBK_OTLP_SETTINGS_H
#define RBK_OTLP_SETTINGS_H

#include <otlp/otlp.h>

/* An environment variable; one that is set to nothing counts as not set (the specification's words). NULL. */
const char *rbk_otlp_env(const char *name);
/* OTEL_EXPORTER_OTLP_<SIGNAL>_<OPTION>, else OTEL_EXPORTER_OTLP_<OPTION>, else NULL. `name` gets the one that was
 * found, for messages. */
enum { RBK_OTLP_ENV_MAX = 64 };
const char *rbk_otlp_env_option(const char *signal, const char *option, char name[RBK_OTLP_ENV_MAX]);
/* Adds a line that is not there yet; `warnings` may be NULL. */
void rbk_otlp_warn(struct rbk_strv *warnings, const char *fmt, ...) RBK_PRINTF(2, 3);

/* headers.c: those of the environment, else those of `otlp.headers` when the endpoint is that of `otlp.endpoint` */
int rbk_otlp_headers_read(const struct rbk_config *config, const char *signal, bool own_endpoint,
                          struct rbk_redactor *redactor, struct rbk_strv *out, struct rbk_error *err);

#endif
