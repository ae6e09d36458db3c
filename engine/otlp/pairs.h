/* "name=value,name=value" as in OTEL_RESOURCE_ATTRIBUTES and OTEL_EXPORTER_OTLP_HEADERS: values are percent-encoded,
 * as in W3C Baggage (https://www.w3.org/TR/baggage/). */
#ifndef RBK_OTLP_PAIRS_H
#define RBK_OTLP_PAIRS_H

#include <runbook/value.h>

/* Sets each in `map`; values decoded, blanks around both taken off. RBK_EINVAL, and nothing is set, when an entry is
 * none; the message has the place and not the text, which may be secret. */
int rbk_otlp_pairs_read(const char *text, rbk_value *map, struct rbk_error *err);

#endif
