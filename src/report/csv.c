#include "report/report.h"

#include "base/utf8.h"
#include "event/value.h"
#include "report/fields.h"

/*
 * RFC 4180, lines end in CRLF. A cell that a spreadsheet would take for a formula (it begins with = + - @, a tab or a
 * carriage return) gets an apostrophe in front, also where the sign is a full-width one: some take that for the same.
 */

static bool begins_formula(struct str s)
{
	size_t size;

	switch (s.n ? utf8_decode(s.p, s.n, &size) : 0) {
	case '=': case '+': case '-': case '@': case '\t': case '\r': case '\n':
	case 0xff1d: case 0xff0b: case 0xff0d: case 0xff20:
		return true;
	default:
		return false;
	}
}

static void put_cell(struct buf *b, struct str s)
{
	bool quote = false;

	for (size_t i = 0; i < s.n && !quote; i++)
		quote = s.p[i] == '"' || s.p[i] == ',' || (unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f;
	if (quote)
		buf_byte(b, '"');
	if (begins_formula(s))
		buf_byte(b, '\'');
	for (size_t i = 0, size; i < s.n; i += size) {
		char bytes[4];
		uint32_t c = utf8_decode(s.p + i, s.n - i, &size);

		if (c == '"')
			buf_byte(b, '"');
		/* Other control characters do not survive: a terminal may be the reader. */
		if ((c < ' ' && c != '\n' && c != '\r' && c != '\t') || (c >= 0x7f && c < 0xa0))
			c = UTF8_REPLACEMENT;
		buf_put(b, bytes, utf8_encode(c, bytes));
	}
	if (quote)
		buf_byte(b, '"');
}

static void next_cell(struct buf *b, struct str s)
{
	buf_byte(b, ',');
	put_cell(b, s);
}

static void put_tags(struct buf *b, const struct report_rule *rule)
{
	struct buf tags = {0};

	for (uint32_t i = 0; i < rule->tag_count; i++) {
		if (i)
			buf_byte(&tags, ' ');
		buf_str(&tags, rule->tags[i]);
	}
	next_cell(b, buf_get(&tags));
	buf_free(&tags);
}

/* Of a correlation: count, first and last time, the events as JSON in one cell; of others empty. */
static void put_correlation(struct buf *b, const struct report_finding *f)
{
	struct buf json = {0};

	if (!f->count) {
		buf_text(b, ",,,,");
		return;
	}
	buf_byte(b, ',');
	buf_u64(b, f->count);
	buf_byte(b, ',');
	buf_time(b, f->first_time);
	buf_byte(b, ',');
	buf_time(b, f->last_time);
	report_put_events(f, &json);
	next_cell(b, buf_get(&json));
	buf_free(&json);
}

/* The fields, and the event with --full, are JSON in one cell. */
static void put_json(struct buf *b, const struct report_finding *f)
{
	struct buf json = {0};

	report_put_fields(f, &json);
	next_cell(b, buf_get(&json));
	next_cell(b, f->indicator ? f->indicator->type : STR_NONE);
	next_cell(b, f->indicator ? f->indicator->value : STR_NONE);
	next_cell(b, f->indicator ? f->indicator->source : STR_NONE);
	put_correlation(b, f);
	if (f->event) {
		buf_clear(&json);
		event_json(f->event, &json);
		next_cell(b, buf_get(&json));
	}
	buf_free(&json);
}

/* A column where databases were given; several addresses in one cell. */
static void put_geo(struct buf *b, const struct report_finding *f)
{
	struct buf text = {0};

	if (!f->geo)
		return;
	report_put_geo_text(f, &text);
	next_cell(b, buf_get(&text));
	buf_free(&text);
}

static void render(const struct report_finding *f, struct buf *b)
{
	if (f->time != TICKS_NONE)
		buf_time(b, f->time);
	next_cell(b, f->rule->level);
	next_cell(b, f->rule->title);
	next_cell(b, f->host);
	next_cell(b, f->user);
	next_cell(b, f->file);
	next_cell(b, f->format);
	buf_byte(b, ',');
	buf_u64(b, f->record);
	next_cell(b, f->rule->id);
	put_tags(b, f->rule);
	next_cell(b, str_c(f->id));
	put_json(b, f);
	put_geo(b, f);
}

static void begin(struct report *r)
{
	buf_text(&r->sink->buf, "time,level,rule_title,host,user,file,format,record,rule_id,tags,id,fields,"
			       "indicator_type,indicator,indicator_source,"
			       "count,first_time,last_time,events");
	buf_text(&r->sink->buf, r->style.full ? ",event" : "");
	buf_text(&r->sink->buf, r->style.geo ? ",geo\r\n" : "\r\n");
}

static void put_row(struct report *r, const struct report_row *row)
{
	buf_str(&r->sink->buf, row->body);
	buf_text(&r->sink->buf, "\r\n");
}

const struct report_format report_csv = {
	.name = "csv",
	.summary = "one finding a line, for spreadsheets (cells that look like formulas get an apostrophe)",
	.render = render,
	.begin = begin,
	.row = put_row,
};
