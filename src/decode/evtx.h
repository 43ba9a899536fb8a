#ifndef DECODE_EVTX_H
#define DECODE_EVTX_H
/*
 * Windows event logs (EVTX): 64 KiB chunks of binary XML, each complete in itself (detection.md 2). The decoder takes one
 * chunk slot at a time and emits every record between the chunk's header and its free-space offset. Nothing stops it:
 * what is no record is scanned over in steps of eight bytes, a record whose body cannot be read is emitted with the
 * fields that were understood (EVENT_PARTIAL), and each such place is counted.
 *
 * Field names: System's children by their names, attributes as Element_Attribute (Provider_Name); EventData's <Data> by
 * its Name, or "Data"; below UserData each element by its own name, its attributes as Element_Attribute. Of a forwarded
 * event's RenderingInfo, Message stands among the system fields, the rest there as RenderingInfo_Name. Namespace
 * declarations are left out.
 *
 * A normal substitution without a value gives VALUE_NULL, an optional one gives nothing.
 */
#include "decode/decode.h"

#define EVTX_FILE_HEADER 4096u
#define EVTX_CHUNK 65536u

extern const struct decode_format evtx_format;

/* What a 64 KiB slot holds. Windows makes a log longer by whole runs of slots and does not clear them, so that old bytes of the
 * disk behind the last chunk are no damage. Between chunks they are a chunk that was overwritten; only who sees the whole
 * file can tell the two apart. */
enum evtx_slot {
	EVTX_SLOT_EMPTY,	/* zeros */
	EVTX_SLOT_CHUNK,
	EVTX_SLOT_RECORDS,	/* no chunk, but a record somewhere */
	EVTX_SLOT_STALE,	/* neither */
};
enum evtx_slot evtx_slot_kind(struct str slot);
/* How many chunks the file header speaks of; 0 where it is no header. In a dirty file there may be more. */
uint32_t evtx_header_chunks(struct str header);

/* Checks the file header (the file's first 4,096 bytes, or what there is of them) and counts it where it is damaged. The
 * chunks are read whatever it says. */
void evtx_check_header(struct decode_ctx *c, struct str header);
#endif
