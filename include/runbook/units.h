/* Quantities with units: durations (s m h d w, ms), sizes (B KB MB GB TB decimal, KiB MiB GiB TiB binary) and
 * percentages. Everything is kept in base units: seconds, bytes, ratio (5 % is 0.05). */
#ifndef RUNBOOK_UNITS_H
#define RUNBOOK_UNITS_H

#include <runbook/error.h>

#ifdef __cplusplus
extern "C" {
#endif

enum rbk_unit { RBK_UNIT_NONE, RBK_UNIT_SECONDS, RBK_UNIT_BYTES, RBK_UNIT_RATIO };

struct rbk_quantity {
    double value; /* in base units */
    enum rbk_unit unit;
};

/* Parses the whole of text[0..len): "30s", "1h30m", "250ms", "2GB", "1.5GiB", "5%", "42", "-3". Returns 0, or
 * RBK_EINVAL with a message that names the text and the units that exist. No spaces but one before the unit ("5 %", "2
 * GB"). */
RBK_API int rbk_quantity_parse(const char *text, size_t len, struct rbk_quantity *out, struct rbk_error *err);
/* Parses as above and demands one unit; a bare "0" is accepted for every unit. `what` names the value in the message.
 */
RBK_API int rbk_quantity_parse_as(const char *what, const char *text, enum rbk_unit unit, double *out,
                                  struct rbk_error *err);
/* The longest quantity at the start of text: the number of bytes it takes, 0 when there is none. For tokenizers. */
RBK_API size_t rbk_quantity_scan(const char *text, size_t len, struct rbk_quantity *out);
/* Prints for a person: "30s", "1h 30m", "2GB", "1.5%", "42". Returns the length; always terminated. */
RBK_API int rbk_quantity_format(struct rbk_quantity q, char *out, size_t size);
/* "seconds", "bytes", "ratio", "number": the name of a unit in messages and JSON. */
RBK_API const char *rbk_unit_name(enum rbk_unit unit);

#ifdef __cplusplus
}
#endif
#endif
