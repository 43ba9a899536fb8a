#ifndef DECODE_WINXML_H
#define DECODE_WINXML_H
/*
 * Windows events as XML text: wevtutil's and the Event Viewer's exports (<Events> around them or not, pretty-printed or not, with
 * RenderingInfo), one <Event> a line, and what Sysmon for Linux writes to syslog. The events are those of EVTX (evtx.h names
 * the fields): values are the texts that the export holds, so a number of System is a number and everything else text, and what
 * EVTX has as no value is an empty text.
 *
 * An event is what lies from <Event to the first </Event>, wherever that is: a broken one costs itself only, for another <Event
 * before the end begins the next. What was understood of it is told (EVENT_PARTIAL), and it is counted with its place. Its record
 * is EventRecordID, or the byte at which it begins.
 */
#include "decode/payload.h"

extern const struct decode_format winxml_format;
extern const struct payload winxml_payload;

#define WINXML_DEPTH_MAX 32u
#endif
