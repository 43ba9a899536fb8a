#ifndef EVENT_VALUE_H
#define EVENT_VALUE_H
/*
 * The text form of a field's value, on which rules match and which people read (detection.md 2.7).
 */
#include "base/buf.h"
#include "event/event.h"

/* Bytes that the text form needs at the most. */
size_t value_text_max(const struct field *f);
/* Writes the text form to out (room: value_text_max) and returns its length. VALUE_NULL gives 0 bytes. */
size_t value_render(const struct field *f, char *out);
/* The same, folded for matching without case: equal to utf8_fold(value_render()). Never holds the byte 0xFF. */
size_t value_render_folded(const struct field *f, char *out);
/* The text in an arena, or borrowed where the bytes are the text already. */
struct str value_text(const struct field *f, struct arena *a);
/* As a number: ints, hex, and texts that str_to_double takes; ERR_FORMAT where it is none. */
int value_number(const struct field *f, double *out) __attribute__((warn_unused_result));
/* True for kinds that JSON output writes unquoted: numbers, integers, booleans, null. HEX and the rest are text. */
bool value_is_bare(const struct field *f);
void value_json(const struct field *f, struct buf *out);
/*
 * The whole event as one JSON object without a line end. System fields stand under "System" where the event is of
 * Windows (channel, provider or event id known), else beside the data under their own names; data fields are flat
 * under their spelled names; a name that occurs several times becomes an array. `raw` is added as "raw" where it is set.
 */
void event_json(const struct event *e, struct buf *out);
#endif
