#include "report/fields.h"

#include "event/value.h"

struct str report_head(struct str s, size_t max)
{
	size_t n = max;

	if (s.n <= max)
		return s;
	while (n > max - 4 && ((unsigned char)s.p[n] & 0xC0) == 0x80)
		n--;
	return str_head(s, n);
}

struct str report_text(const struct field *f, struct buf *room)
{
	buf_clear(room);
	buf_reserve(room, value_text_max(f) + 1);
	return (struct str){room->p, value_render(f, room->p)};
}

void report_put_brief(const struct report_finding *f, struct buf *out)
{
	struct buf room = {0};
	size_t from = out->n;

	for (uint32_t i = 0; i < f->field_count && out->n - from < REPORT_BRIEF_BYTES; i++) {
		if (i)
			buf_text(out, "  ");
		buf_str(out, report_head(f->fields[i].name, 64));
		buf_text(out, ": ");
		buf_str(out, report_head(report_text(&f->fields[i].field, &room), REPORT_BRIEF_BYTES));
	}
	buf_free(&room);
}

void report_put_geo_text(const struct report_finding *f, struct buf *b)
{
	for (uint32_t i = 0; i < f->geo_count; i++) {
		const struct report_geo *g = &f->geo[i];
		const struct str *parts[] = {&g->country, &g->city};

		buf_text(b, i ? "; " : "");
		buf_str(b, g->address);
		for (size_t k = 0; k < 2; k++) {
			buf_text(b, parts[k]->n ? " " : "");
			buf_str(b, *parts[k]);
		}
		if (g->asn)
			buf_printf(b, " AS%u", g->asn);
		buf_text(b, g->organisation.n ? " " : "");
		buf_str(b, g->organisation);
	}
}
