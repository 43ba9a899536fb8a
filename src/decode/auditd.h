#ifndef DECODE_AUDITD_H
#define DECODE_AUDITD_H
/*
 * auditd's log, /var/log/audit/audit.log: the records of one event are one event (audit/audit.h says what it holds,
 * audit/audit_join.h when it ends). record is the line of its first record. There is no `raw`: an event is many lines, and
 * what rules with keywords look for (arguments, file names) may stand in them as hexadecimal, so that keywords are looked
 * for in the values.
 *
 * A line without a stamp that can be read is an event of its own with type and message, counted as DECODE_TEXT_FORMAT; one
 * with a stamp but without a type counts too. The lines that ausearch puts between events ("----", "time->") are passed over.
 */
#include "decode/payload.h"

extern const struct decode_format auditd_format;

/* A record behind a syslog header, by audispd, the kernel ("audit: type=1400 audit(...)") or a shipper: one record is one
 * event there, since the others may come from elsewhere or not at all. */
extern const struct payload auditd_payload;
#endif
