#include "report/report.h"

#include "base/json.h"
#include "event/value.h"
#include "report/fields.h"

/*
 * JSON lines as Timesketch's importer takes them: message, datetime and timestamp_desc must be there, timestamp is in
 * microseconds, tag is a list. Everything else is a flat attribute of text, so that a name has one type in its index.
 */

#define VALUE_BYTES_MAX (16u << 10)

static void put_text(struct buf *b, const char *key, struct str s)
{
	if (!s.p)
		return;
	json_key(b, key);
	json_string(b, str_head(s, VALUE_BYTES_MAX));
}

/* "2023-07-19T09:03:40.710123+00:00" */
static void put_datetime(struct buf *b, int64_t time)
{
	struct civil c;

	clock_to_civil(time, &c);
	json_key(b, "datetime");
	buf_printf(b, "\"%04d-%02d-%02dT%02d:%02d:%02d.%06d+00:00\"", c.year, c.month, c.day, c.hour, c.minute, c.second,
		   c.ticks / 10);
}

static int64_t microseconds(int64_t time)
{
	return time / 10 - (time % 10 < 0);
}

static void put_message(struct buf *b, const struct report_finding *f)
{
	struct buf text = {0};

	buf_str(&text, f->rule->title);
	if (f->field_count)
		buf_text(&text, " | ");
	report_put_brief(f, &text);
	put_text(b, "message", buf_get(&text));
	buf_free(&text);
}

static void put_tags(struct buf *b, const struct report_rule *rule)
{
	json_key(b, "tag");
	buf_byte(b, '[');
	json_string(b, rule->level);
	for (uint32_t i = 0; i < rule->tag_count; i++) {
		json_comma(b);
		json_string(b, rule->tags[i]);
	}
	buf_byte(b, ']');
}

/* "field_" and the name, other characters than letters, digits and _ as _. */
static void put_name(struct buf *b, struct str name)
{
	struct buf key = {0};

	buf_text(&key, "field_");
	for (size_t i = 0; i < name.n && i < 200; i++) {
		unsigned char c = ascii_lower((unsigned char)name.p[i]);

		buf_byte(&key, (c >= 'a' && c <= 'z') || ascii_is_digit(c) ? name.p[i] : '_');
	}
	json_key_str(b, buf_get(&key));
	buf_free(&key);
}

static void put_value(struct buf *b, const struct field *f, struct buf *room)
{
	buf_clear(room);
	buf_reserve(room, value_text_max(f) + 1);
	json_string(b, str_head((struct str){room->p, value_render(f, room->p)}, VALUE_BYTES_MAX));
}

static void put_fields(struct buf *b, const struct report_finding *f)
{
	struct buf room = {0};

	for (uint32_t i = 0, end; i < f->field_count; i = end) {
		for (end = i + 1; end < f->field_count && str_eq(f->fields[i].name, f->fields[end].name);)
			end++;
		put_name(b, f->fields[i].name);
		if (end - i > 1)
			buf_byte(b, '[');
		for (uint32_t k = i; k < end; k++) {
			if (k > i)
				buf_byte(b, ',');
			put_value(b, &f->fields[k].field, &room);
		}
		if (end - i > 1)
			buf_byte(b, ']');
	}
	buf_free(&room);
}

static void put_extras(struct buf *b, const struct report_finding *f)
{
	struct buf text = {0};

	if (f->count) {
		json_key(b, "count");
		buf_u64(b, f->count);
	}
	if (f->indicator) {
		put_text(b, "indicator_type", f->indicator->type);
		put_text(b, "indicator_value", f->indicator->value);
		put_text(b, "indicator_source", f->indicator->source);
	}
	if (f->geo_count) {
		report_put_geo_text(f, &text);
		put_text(b, "geo", buf_get(&text));
	}
	if (f->event) {
		buf_clear(&text);
		event_json(f->event, &text);
		put_text(b, "event", buf_get(&text));
	}
	buf_free(&text);
}

static void render(const struct report_finding *f, struct buf *b)
{
	buf_byte(b, '{');
	put_message(b, f);
	put_datetime(b, f->time);
	json_key(b, "timestamp");
	buf_i64(b, microseconds(f->time));
	put_text(b, "timestamp_desc", STR("Event time"));
	put_tags(b, f->rule);
	put_text(b, "rule", f->rule->title);
	put_text(b, "rule_id", f->rule->id);
	put_text(b, "level", f->rule->level);
	put_text(b, "host", f->host);
	put_text(b, "user", f->user);
	put_text(b, "source_file", f->file);
	put_text(b, "source_format", f->format);
	json_key(b, "source_record");
	buf_u64(b, f->record);
	put_text(b, "finding_id", str_c(f->id));
	put_fields(b, f);
	put_extras(b, f);
	buf_byte(b, '}');
}

static void put_row(struct report *r, const struct report_row *row)
{
	buf_str(&r->sink->buf, row->body);
	buf_byte(&r->sink->buf, '\n');
}

const struct report_format report_timesketch = {
	.name = "timesketch",
	.summary = "JSON lines for Timesketch's importer; findings without a time are left out",
	.needs_time = true,
	.render = render,
	.row = put_row,
};
