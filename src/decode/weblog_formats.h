#ifndef DECODE_WEBLOG_FORMATS_H
#define DECODE_WEBLOG_FORMATS_H
/*
 * The formats access and weberror: lines of web servers (weblog/weblog.h), one line one event. A line that is none is an
 * event of the whole line in the field `message`; it, and a line that is cut short, count as DECODE_TEXT_FORMAT.
 *
 * product: an access log does not tell whose it is, and "webserver" stands there, so that rules for other products' logs
 * pass it over; service is unknown.
 */
#include "decode/payload.h"

extern const struct decode_format access_format, weberror_format;
/* The same behind a syslog header: of nginx, Apache and the like. */
extern const struct payload access_payload, weberror_payload;
#endif
