#ifndef DECODE_JOURNALD_H
#define DECODE_JOURNALD_H
/*
 * systemd journal entries: from the binary journal (fields handed in one by one by the hunt, which reads it through
 * libsystemd) and from `journalctl -o json` (the JSON decoder calls this for objects that bear __REALTIME_TIMESTAMP).
 * Both give the same event: as a syslog line of that program would, with the message broken into fields by line.h.
 */
#include "decode/decode.h"

/*
 * e holds the entry's fields (MESSAGE, _HOSTNAME, SYSLOG_IDENTIFIER, _COMM, _PID, ...) as data fields, as they stand.
 * Sets time (from _SOURCE_REALTIME_TIMESTAMP, else __REALTIME_TIMESTAMP), product, service, raw (MESSAGE), the fields
 * that syslog events have, and runs line_decode.
 */
void journald_finish(struct decode_ctx *c, struct event *e);
#endif
