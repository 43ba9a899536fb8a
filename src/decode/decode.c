#include "decode/decode.h"

#include <assert.h>
#include <string.h>

#include "base/utf16.h"
#include "decode/auditd.h"
#include "decode/columns_formats.h"
#include "decode/evtx.h"
#include "decode/json.h"
#include "decode/pairs_format.h"
#include "decode/syslog.h"
#include "decode/text.h"
#include "decode/winxml.h"
#include "decode/weblog_formats.h"

static const struct {
	const char *name, *text;
} causes[DECODE_CAUSES] = {
	[DECODE_EVTX_FILE_HEADER] = {"evtx-file-header", "a damaged file header"},
	[DECODE_EVTX_CHUNK_MAGIC] = {"evtx-chunk-magic", "a chunk that is no longer one"},
	[DECODE_EVTX_STALE] = {"evtx-stale", "a block that is no chunk and holds no records"},
	[DECODE_EVTX_CHUNK_HEADER_CRC] = {"evtx-chunk-header-crc", "a chunk header with a wrong check sum"},
	[DECODE_EVTX_CHUNK_DATA_CRC] = {"evtx-chunk-data-crc", "chunk data with a wrong check sum"},
	[DECODE_EVTX_RECORD_FRAME] = {"evtx-record-frame", "bytes where a record should begin"},
	[DECODE_EVTX_RECORD_BODY] = {"evtx-record-body", "a record whose binary XML cannot be read"},
	[DECODE_EVTX_VALUE] = {"evtx-value", "a value whose size does not fit its type"},
	[DECODE_EVTX_CUT] = {"evtx-cut", "a file that ends inside a chunk"},
	[DECODE_JSON_SYNTAX] = {"json-syntax", "text that is not JSON"},
	[DECODE_JSON_LIMIT] = {"json-limit", "an object nested too deep or with too many members"},
	[DECODE_JSON_NOT_OBJECT] = {"json-not-object", "JSON that is no object"},
	[DECODE_TEXT_LONG] = {"text-long", "a line that is too long"},
	[DECODE_TEXT_NUL] = {"text-nul", "a line with NUL bytes"},
	[DECODE_TEXT_TIME] = {"text-time", "a header without a time that can be read"},
	[DECODE_TEXT_FORMAT] = {"text-format", "a line that breaks the format of its file"},
	[DECODE_XML_SYNTAX] = {"xml-syntax", "an element that is no event in XML"},
	[DECODE_FIELDS_LIMIT] = {"fields-limit", "an event with too many fields"},
	[DECODE_EVENT_EARLY] = {"event-early", "an event that was given before its end was seen"},
	[DECODE_CARVED_RECORD] = {"carved-record", "a deleted record that can no longer be read"},
	[DECODE_INPUT_READ] = {"input-read", "input that could not be read"},
	[DECODE_INPUT_COMPRESSED] = {"input-compressed", "a damaged or cut compressed stream"},
	[DECODE_INPUT_UNKNOWN] = {"input-unknown", "input in no known format"},
	[DECODE_ARCHIVE_DAMAGED] = {"archive-damaged", "a damaged or cut archive"},
	[DECODE_ARCHIVE_ENCRYPTED] = {"archive-encrypted", "an encrypted file in an archive"},
	[DECODE_ARCHIVE_LIMIT] = {"archive-limit", "an archive that holds more than is allowed"},
	[DECODE_ARCHIVE_KIND] = {"archive-kind", "a file in an archive packed in a way that is not read here"},
	[DECODE_ARCHIVE_LINK] = {"archive-link", "a link or device in an archive"},
};

const char *decode_cause_name(enum decode_cause cause)
{
	assert((unsigned)cause < DECODE_CAUSES);
	return causes[cause].name;
}

const char *decode_cause_text(enum decode_cause cause)
{
	assert((unsigned)cause < DECODE_CAUSES);
	return causes[cause].text;
}

void decode_skip(struct decode_ctx *c, enum decode_cause cause, uint64_t bytes, uint64_t place, const char *detail)
{
	assert((unsigned)cause < DECODE_CAUSES);
	c->stats->count[cause]++;
	c->stats->bytes[cause] += bytes;
	if (c->skip)
		c->skip(c->user, cause, place, detail);
}

/* Every file of systemd's journal begins with this signature. */
static int journal_sniff(struct str head)
{
	return str_starts(head, STR("LPKSHHRH")) ? 100 : 0;
}

static const struct decode_format journal_format = {
	.name = "journal",
	.summary = "systemd's binary journal",
	.unit = DECODE_UNIT_JOURNAL,
	.sniff = journal_sniff,
};

const struct decode_format *const decode_formats[] = {
	&evtx_format,
	&winxml_format,
	&journal_format,
	&json_format,
	&json_objects_format,
	&w3c_format,
	&zeek_format,
	&auditd_format,
	&access_format,
	&weberror_format,
	&syslog_format,
	&fortinet_format,
	&cef_format,
	&leef_format,
	&text_format,
	NULL,
};

/* Enough to tell a format by. */
#define SNIFF_UTF16_MAX 8192u

static struct str head_as_utf8(struct str head, struct buf *text)
{
	struct utf16_reader u = {0};

	if (!utf16_is_marked(head, &u.big_endian))
		return head;
	utf16_add(&u, str_head(head, SNIFF_UTF16_MAX), false, text);
	return buf_get(text);
}

const struct decode_format *decode_sniff(struct str head)
{
	struct buf text = {0};
	struct str utf8 = head_as_utf8(head, &text);
	const struct decode_format *best = NULL;
	int best_sure = 0;

	for (size_t i = 0; decode_formats[i] && utf8.n; i++) {
		int sure = decode_formats[i]->sniff(utf8);

		if (sure > best_sure) {
			best_sure = sure;
			best = decode_formats[i];
		}
	}
	buf_free(&text);
	return best;
}
