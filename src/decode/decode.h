#ifndef DECODE_DECODE_H
#define DECODE_DECODE_H
/*
 * decode: bytes to events. Pure: no files, no threads, no clock; whoever reads the input cuts it into blocks and gives
 * each to the format's row. A decoder owns nothing and frees nothing: values borrow from the block where they can, the
 * rest is copied to the batch's arena. Both must live until the worker resets the batch.
 *
 * The format of an input is told from its first bytes (decode_sniff), never from its name.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "event/event.h"

/* Why bytes or lines were passed over, or a value is doubtful. Each has a stable name in output (decode_cause_name). */
enum decode_cause {
	DECODE_EVTX_FILE_HEADER,	/* the file header is damaged; chunks were looked for all the same */
	DECODE_EVTX_CHUNK_MAGIC,	/* a 64 KiB slot that holds records but is no chunk: its bytes are skipped */
	DECODE_EVTX_STALE,		/* a slot that is neither a chunk nor empty and holds no record: reserved space */
	DECODE_EVTX_CHUNK_HEADER_CRC,	/* wrong check sum; the chunk is read */
	DECODE_EVTX_CHUNK_DATA_CRC,
	DECODE_EVTX_RECORD_FRAME,	/* no record where one should be: bytes skipped up to the next */
	DECODE_EVTX_RECORD_BODY,	/* binary XML that cannot be read */
	DECODE_EVTX_VALUE,		/* a value whose size does not fit its type; kept as hex */
	DECODE_EVTX_CUT,		/* the file ends inside a chunk */
	DECODE_JSON_SYNTAX,		/* a line or object that is not JSON */
	DECODE_JSON_LIMIT,		/* nested too deep, too many members */
	DECODE_JSON_NOT_OBJECT,		/* valid JSON, but no object */
	DECODE_TEXT_LONG,		/* a line over the maximum; its head is the event */
	DECODE_TEXT_NUL,		/* a line with NUL bytes; read as it stands */
	DECODE_TEXT_TIME,		/* a header without a time that can be read */
	DECODE_TEXT_FORMAT,		/* a line that breaks the format of its file: it is an event as far as it was understood */
	DECODE_XML_SYNTAX,		/* an element that is not XML, or no event */
	DECODE_FIELDS_LIMIT,		/* EVENT_FIELDS_MAX reached */
	DECODE_EVENT_EARLY,		/* an event of several lines that was given before its end was seen: too many are open */
	DECODE_CARVED_RECORD,		/* a deleted EVTX record that was found, but cannot be read (its template is gone) */
	DECODE_INPUT_READ,		/* the file could not be read (all of it, or from some byte on) */
	DECODE_INPUT_COMPRESSED,	/* the compressed stream is damaged or cut */
	DECODE_INPUT_UNKNOWN,		/* nothing that any decoder knows */
	DECODE_ARCHIVE_DAMAGED,		/* an archive that is damaged or cut: what stood before it was read */
	DECODE_ARCHIVE_ENCRYPTED,	/* a member that needs a password, or another one */
	DECODE_ARCHIVE_LIMIT,		/* nested too deep, or unpacks to more than is allowed: a bomb */
	DECODE_ARCHIVE_KIND,		/* packed by a method that is not read here */
	DECODE_ARCHIVE_LINK,		/* a member that is no regular file: a link, a device; there is nothing to read */
	DECODE_CAUSES
};
const char *decode_cause_name(enum decode_cause cause);		/* "evtx-chunk-magic" */
const char *decode_cause_text(enum decode_cause cause);		/* "a block that is no chunk" */

/* What a worker counts. Only the first few of each cause are reported with their place. */
struct decode_stats {
	uint64_t events;
	uint64_t used_bytes;			/* EVTX: up to each chunk's free-space offset; text: all */
	uint64_t count[DECODE_CAUSES];
	uint64_t bytes[DECODE_CAUSES];		/* bytes not decoded */
};

struct decode_options {
	int year;		/* for times without one: --year, or 0: the year nearest before `reference` */
	int zone_min;		/* offset of times without a zone, minutes east */
	int64_t reference;	/* the file's date, or now: TICKS */
	bool carve;		/* EVTX: look for deleted records too */
};

struct decode_ctx {
	struct arena *arena;
	struct names *names;
	const struct decode_options *options;
	struct decode_stats *stats;
	/* Called with each event; it and all that it points to is void after the call, but for the block and the arena. */
	void (*emit)(void *user, struct event *e);
	/* Called for each skip (may be NULL): the record or line, or the byte offset in the block for EVTX frames. `detail`
	 * may be NULL, and is void after the call. */
	void (*skip)(void *user, enum decode_cause cause, uint64_t place, const char *detail);
	void *user;
	uint64_t first_record;	/* number of the block's first line or object, from 1 */
	uint64_t offset;	/* of the block in its file */
	struct str context;	/* what the lines before this block left in force: see decode_format.carry */
	void *state;		/* the format's own, made by state_new: per worker, or per input where `ordered` */
};

/* Counts a skip and reports it. */
void decode_skip(struct decode_ctx *c, enum decode_cause cause, uint64_t bytes, uint64_t place, const char *detail);

/* How a format's input is cut into blocks. */
enum decode_unit {
	DECODE_UNIT_CHUNK,	/* EVTX: 64 KiB slots after a 4 KiB header; a block is one slot (the last may be short) */
	DECODE_UNIT_LINE,	/* a block is whole lines, each with its LF but perhaps the last */
	DECODE_UNIT_OBJECT,	/* a block is whole top-level JSON values: pretty-printed, concatenated or in an array */
	DECODE_UNIT_ELEMENT,	/* a block is whole elements: up to where the row's `cut` says */
	DECODE_UNIT_JOURNAL,	/* a systemd journal file: read through libsystemd by the hunt, not as blocks */
};

/* The longest line or object; a longer one is cut there, counted, and the rest skipped. */
#define DECODE_LINE_MAX (16u << 20)

struct decode_format {
	const char *name;	/* "evtx", "json", "syslog", "text": as in source.format */
	const char *summary;
	enum decode_unit unit;
	/* How sure it is that an input with these first bytes is its own: 0 no, 100 certain. The head is at most 64 KiB
	 * and may end anywhere. */
	int (*sniff)(struct str head);
	/* Decodes one block: calls emit for each event and decode_skip for all else. Never fails. */
	void (*decode)(struct decode_ctx *c, struct str block);
	void *(*state_new)(void);		/* may be NULL */
	void (*state_free)(void *state);
	/*
	 * Of lines that say how those after them are to be read (W3C's #Fields): called with each block in order, before it is
	 * decoded elsewhere; brings *context, at most DECODE_CONTEXT_MAX bytes, from what was in force before the block to what
	 * is in force behind it. Blocks of one input are still decoded side by side. May be NULL.
	 */
	void (*carry)(struct str block, struct buf *context);
	/* UNIT_ELEMENT: how many bytes at the front are whole elements, 0: none is yet. At the end of the input all is given. */
	size_t (*cut)(struct str bytes);
	/*
	 * An event may be spread over many lines, among those of others (auditd): the blocks of one input are decoded one
	 * after the other with a state of their own, and `finish` gives what is left behind the last one. Texts that outlive a
	 * block lie in the state.
	 */
	bool ordered;
	void (*finish)(struct decode_ctx *c);
};
#define DECODE_CONTEXT_MAX 65536u

extern const struct decode_format *const decode_formats[];	/* ends with NULL */

/* The row with the highest certainty; for bytes that look like text at least the "text" row; NULL for binary rubbish
 * and for an empty head. */
const struct decode_format *decode_sniff(struct str head);
#endif
