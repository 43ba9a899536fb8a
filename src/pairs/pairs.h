#ifndef PAIRS_PAIRS_H
#define PAIRS_PAIRS_H
/*
 * Lines made of pairs, as firewalls and other devices write them, to an event's data fields. Pure. A line comes without
 * its syslog header (a "<PRI>" too); whoever calls sets record and raw, and what the header says, beforehand.
 *
 *   Fortinet   date=2022-10-10 time=10:00:00 devname="fw" type="event" ...: FortiGate, FortiProxy and their kin, with
 *              blanks or commas between the pairs. Values are bare or quoted; `\"` is a quote, no other escape is known.
 *              A quote that is never closed ends before the next " key=". N/A is no value: there is no field then.
 *   CEF        CEF:0|vendor|product|version|class|name|severity|key=value key=value ...: ArcSight's; `\|` and `\\` in
 *              the header, `\=` `\\` `\n` `\r` behind it. A value holds blanks and ends before the next " key=".
 *   LEEF       LEEF:1.0|vendor|product|version|event|key=value<TAB>key=value ... and 2.0, whose sixth header field names
 *              another delimiter: a character, or its code as x09 or 0x09. QRadar's. No escapes. rsyslog writes a tab as
 *              "#011"; that is understood too.
 *
 * What an event holds:
 *
 *   time, offset_min   Fortinet: eventtime (seconds, milli-, micro- or nanoseconds by its magnitude), else date, time and
 *              tz, else timestamp. CEF: rt, else end, start, deviceCustomDate1 ... by rank; epoch or a date in words. LEEF:
 *              devTime, read by devTimeFormat where that stands too. Left as it was where the line tells no time.
 *   product    "fortigate", "fortiproxy"; of other vendors' CEF and LEEF Sigma's word where it has one ("cisco",
 *              "paloalto", "juniper" ...), else STR_NONE: a device that forwards through a Linux server is not Linux
 *   service    Fortinet: the line's type: "event", "traffic", "utm" (older types of its own, as dns, are "utm" too)
 *   category   Fortinet: "firewall" for traffic, "dns" for DNS queries, "proxy" for what speaks of web requests through the
 *              device, "webserver" for requests to the device itself (its REST interface), "antivirus" for infected files;
 *              STR_NONE for other events of the system
 *   data       Fortinet: the pairs under Fortinet's own names, also in CEF: without the prefixes FTNTFGT and
 *              FortinetFortiGate, src as srcip, act as action and so on (fortinet_cef.c), `type` out of `cat`.
 *              Where there is a url also cs-uri-stem, its path, and cs-uri-query, what stands behind its '?'.
 *              CEF, LEEF: the header as deviceVendor deviceProduct deviceVersion deviceEventClassId name severity (LEEF
 *              has no name and no severity of its own; with Fortinet's CEF both are left out: the pairs say it), then the
 *              pairs as they are named. cs1Label=x cs1=v is a field x.
 *
 * A name that stands several times is several values. Bare decimal numbers are VALUE_NUMBER, all else is text. Values
 * borrow from the line, or lie in the event's arena where escapes had to be taken out.
 */
#include "event/event.h"
#include "line/line.h"

enum pairs_kind { PAIRS_NONE, PAIRS_FORTINET, PAIRS_CEF, PAIRS_LEEF };

/* Which form a line has, told from its beginning; PAIRS_NONE for all else. Cheap for most other lines. */
enum pairs_kind pairs_kind_of(struct str line);

/* For times without a year or a zone; the same as in decode_options. */
struct pairs_clock {
	int year;
	int zone_min;
	int64_t reference;
};

/* What a worker remembers of lines: the names it met and which followed which. Its results do not depend on it. The events
 * given to one `struct pairs` have one names table, which outlives it. */
struct pairs;
struct pairs *pairs_new(void);
void pairs_free(struct pairs *p);

struct pairs_result {
	enum decode_result result;	/* MATCH; PARTIAL: the fields so far stand */
	const char *trouble;		/* PARTIAL: what is wrong, static */
	bool full;			/* PARTIAL: for EVENT_FIELDS_MAX was reached */
};
/* `kind` is what pairs_kind_of says, not PAIRS_NONE. */
struct pairs_result pairs_decode(struct pairs *p, enum pairs_kind kind, struct str line, const struct pairs_clock *clock,
				 struct event *e);
#endif
