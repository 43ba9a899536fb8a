#ifndef BASE_JSON_H
#define BASE_JSON_H
/*
 * JSON text out. Bad UTF-8 becomes U+FFFD, control characters and DEL are escaped, so that a value can never break a
 * line, a terminal or a string.
 */
#include "base/buf.h"

void json_string(struct buf *b, struct str s);			/* with its quotes */
/* ,"key":  — the comma only where the object or array in b is not empty (its last byte is not '{' or '['). */
void json_key(struct buf *b, const char *key);
void json_key_str(struct buf *b, struct str key);
void json_comma(struct buf *b);
/* True where s is a number as RFC 8259 writes it, so that it may stand unquoted. */
bool json_is_number(struct str s);
#endif
