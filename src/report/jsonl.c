#include "report/report.h"

#include "base/json.h"
#include "event/value.h"
#include "report/fields.h"

static void put_optional(struct buf *b, struct str s)
{
	if (s.p)
		json_string(b, s);
	else
		buf_text(b, "null");
}

static bool same_name(const struct report_finding *f, uint32_t i, uint32_t j)
{
	return j < f->field_count && str_eq(f->fields[i].name, f->fields[j].name);
}

static void put_values(struct buf *b, const struct report_finding *f, uint32_t first, uint32_t end)
{
	if (end - first > 1)
		buf_byte(b, '[');
	for (uint32_t i = first; i < end; i++) {
		json_comma(b);
		value_json(&f->fields[i].field, b);
	}
	if (end - first > 1)
		buf_byte(b, ']');
}

void report_put_fields(const struct report_finding *f, struct buf *b)
{
	buf_byte(b, '{');
	for (uint32_t i = 0, end; i < f->field_count; i = end) {
		for (end = i + 1; same_name(f, i, end);)
			end++;
		json_key_str(b, f->fields[i].name);
		if (end - i > 1)
			put_values(b, f, i, end);
		else
			value_json(&f->fields[i].field, b);
	}
	buf_byte(b, '}');
}

void report_rule_json(const struct report_rule *rule, struct buf *b)
{
	buf_str(b, STR(",\"level\":"));
	json_string(b, rule->level);
	json_key(b, "rule_id");
	json_string(b, rule->id);
	json_key(b, "rule_title");
	json_string(b, rule->title);
	json_key(b, "tags");
	buf_byte(b, '[');
	for (uint32_t i = 0; i < rule->tag_count; i++) {
		json_comma(b);
		json_string(b, rule->tags[i]);
	}
	buf_byte(b, ']');
}

static void put_source(const struct report_finding *f, struct buf *b)
{
	buf_str(b, STR(",\"source\":{\"file\":"));
	json_string(b, f->file);
	buf_str(b, STR(",\"format\":"));
	json_string(b, f->format);
	buf_str(b, STR(",\"record\":"));
	buf_u64(b, f->record);
	if (f->carved)
		buf_str(b, STR(",\"carved\":true"));
	buf_byte(b, '}');
}

static void put_time(int64_t time, struct buf *b)
{
	if (time == TICKS_NONE) {
		buf_text(b, "null");
		return;
	}
	buf_byte(b, '"');
	buf_time(b, time);
	buf_byte(b, '"');
}

static void put_source_of(struct str file, uint64_t record, struct buf *b)
{
	json_key(b, "file");
	json_string(b, file);
	json_key(b, "record");
	buf_u64(b, record);
}

/* Of a correlation. */
static void put_parts(const struct report_finding *f, struct buf *b)
{
	json_key(b, "count");
	buf_u64(b, f->count);
	json_key(b, "first_time");
	put_time(f->first_time, b);
	json_key(b, "last_time");
	put_time(f->last_time, b);
	json_key(b, "events");
	report_put_events(f, b);
}

void report_put_events(const struct report_finding *f, struct buf *b)
{
	buf_byte(b, '[');
	for (uint32_t i = 0; i < f->part_count; i++) {
		json_comma(b);
		buf_text(b, "{\"time\":");
		put_time(f->parts[i].time, b);
		json_key(b, "rule_id");
		json_string(b, f->parts[i].rule_id);
		put_source_of(f->parts[i].file, f->parts[i].record, b);
		buf_byte(b, '}');
	}
	buf_byte(b, ']');
}

static void put_indicator(const struct report_indicator *i, struct buf *b)
{
	json_key(b, "indicator");
	buf_byte(b, '{');
	json_key(b, "type");
	json_string(b, i->type);
	json_key(b, "value");
	json_string(b, i->value);
	json_key(b, "source");
	put_optional(b, i->source);
	json_key(b, "valid_until");
	put_time(i->valid_until, b);
	buf_byte(b, '}');
}

void report_put_geo(const struct report_finding *f, struct buf *b)
{
	buf_byte(b, '[');
	for (uint32_t i = 0; i < f->geo_count; i++) {
		const struct report_geo *g = &f->geo[i];

		json_comma(b);
		buf_byte(b, '{');
		json_key(b, "address");
		json_string(b, g->address);
		json_key(b, "country");
		put_optional(b, g->country);
		json_key(b, "city");
		put_optional(b, g->city);
		json_key(b, "asn");
		if (g->asn)
			buf_u64(b, g->asn);
		else
			buf_text(b, "null");
		json_key(b, "organisation");
		put_optional(b, g->organisation);
		buf_byte(b, '}');
	}
	buf_byte(b, ']');
}

static void render(const struct report_finding *f, struct buf *b)
{
	buf_str(b, STR("{\"id\":\""));
	buf_put(b, f->id, 32);
	buf_str(b, STR("\",\"time\":"));
	put_time(f->time, b);
	if (f->rule->json.p)
		buf_str(b, f->rule->json);
	else
		report_rule_json(f->rule, b);
	buf_str(b, STR(",\"host\":"));
	put_optional(b, f->host);
	buf_str(b, STR(",\"user\":"));
	put_optional(b, f->user);
	put_source(f, b);
	buf_str(b, STR(",\"fields\":"));
	report_put_fields(f, b);
	if (f->count)
		put_parts(f, b);
	if (f->indicator)
		put_indicator(f->indicator, b);
	if (f->geo_count) {
		json_key(b, "geo");
		report_put_geo(f, b);
	}
	if (f->event) {
		json_key(b, "event");
		event_json(f->event, b);
	}
	buf_byte(b, '}');
}

static void put_row(struct report *r, const struct report_row *row)
{
	buf_str(&r->sink->buf, row->body);
	buf_byte(&r->sink->buf, '\n');
}

const struct report_format report_jsonl = {
	.name = "jsonl",
	.summary = "one JSON object a finding and line",
	.render = render,
	.row = put_row,
};
