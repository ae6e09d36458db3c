/* Lists of attributes as OTLP's JSON has them: [{"key": .., "value": {"stringValue": ..}}]. */
#ifndef RBK_OTLP_ATTRIBUTES_H
#define RBK_OTLP_ATTRIBUTES_H

#include <otlp/conventions.h>
#include <runbook/value.h>

enum { RBK_OTLP_TEXT_MAX = 4096 }; /* bytes of a text; the rest is cut off */

void rbk_otlp_put_text(rbk_value *attributes, const char *name, const char *text); /* NULL puts nothing */
void rbk_otlp_put_string(rbk_value *attributes, enum rbk_otlp_name name, const char *text);
void rbk_otlp_put_int(rbk_value *attributes, enum rbk_otlp_name name, int64_t i);
void rbk_otlp_put_number(rbk_value *attributes, enum rbk_otlp_name name, double n);
/* The scalars of a map, each as `prefix`.key. */
void rbk_otlp_put_map(rbk_value *attributes, enum rbk_otlp_name prefix, const rbk_value *map);

/* A time as OTLP's JSON has it: 64-bit integers are strings. */
void rbk_otlp_set_time(rbk_value *object, const char *key, int64_t ms);
/* {"attributes": [...]} of a map of strings. `host`, unless NULL, is host.name where the map has none. */
rbk_value *rbk_otlp_resource(const rbk_value *map, const char *host);
/* {"name": "runbook", "version": ..} */
rbk_value *rbk_otlp_scope(const rbk_value *resource);

#endif
