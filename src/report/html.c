#include "report/html.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/map.h"
#include "report/fields.h"

/*
 * The findings stand in blocks of up to HTML_BLOCK_ROWS, so that the writer holds one block however many there are. A block
 * is two data scripts: "rows", columns for everything that a list, its filters and its order need, with a dictionary of the
 * block's own for hosts, users and files; and "more", a line of details for each row, which the page parses when it
 * is opened.
 */

struct block {
	struct buf times, rules, hosts, users, files, records;	/* the columns, each a JSON array that is not closed yet */
	struct buf texts, more;
	struct map *numbers;		/* of the texts */
	struct arena *arena;		/* theirs */
	int64_t last;			/* microseconds; times are differences from the one before */
	unsigned rows;
};

struct page {
	struct html_totals totals;
	struct block block;
	uint32_t *rule_rows;		/* listed so far, by rule */
	uint64_t bytes;
};

static void render(const struct report_finding *f, struct buf *out)
{
	struct buf json = {0}, escaped = {0}, brief = {0};

	html_details(f, &json);
	html_put_json(&escaped, buf_get(&json));
	report_put_brief(f, &brief);
	html_body_put(out, &(struct html_body){
		str_head(f->host, REPORT_HOST_BYTES_MAX), str_head(f->user, REPORT_HOST_BYTES_MAX),
		str_head(buf_get(&brief), REPORT_BRIEF_BYTES), buf_get(&escaped)});
	buf_free(&json);
	buf_free(&escaped);
	buf_free(&brief);
}

/* --- blocks --- */

static void block_clear(struct block *b)
{
	struct buf *all[] = {&b->times, &b->rules, &b->hosts, &b->users, &b->files, &b->records, &b->texts};

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		buf_clear(all[i]);
		buf_byte(all[i], '[');
	}
	buf_clear(&b->more);
	map_clear(b->numbers);
	arena_reset(b->arena);
	b->last = 0;
	b->rows = 0;
}

static void put_column(struct buf *out, const char *key, struct buf *column)
{
	json_key(out, key);
	buf_byte(column, ']');
	html_put_json(out, buf_get(column));
}

static void block_flush(struct page *page, struct buf *out)
{
	struct block *b = &page->block;
	size_t before = out->n;

	if (!b->rows)
		return;
	buf_text(out, "<script type=\"application/json\" class=\"rows\">{");
	put_column(out, "t", &b->times);
	put_column(out, "r", &b->rules);
	put_column(out, "h", &b->hosts);
	put_column(out, "u", &b->users);
	put_column(out, "f", &b->files);
	put_column(out, "n", &b->records);
	put_column(out, "s", &b->texts);
	buf_text(out, "}</script>\n<script type=\"application/x-ndjson\" class=\"more\">");
	buf_str(out, buf_get(&b->more));
	buf_text(out, "</script>\n");
	page->bytes += out->n - before;
	block_clear(b);
}

static void put_number(struct buf *column, int64_t n)
{
	json_comma(column);
	buf_i64(column, n);
}

static void put_text(struct block *b, struct buf *column, struct str s)
{
	uint32_t next = (uint32_t)map_count(b->numbers), number = map_get(b->numbers, s);

	if (number == MAP_NONE) {
		number = map_put(b->numbers, arena_str(b->arena, s), next);
		json_comma(&b->texts);
		json_string(&b->texts, s);
	}
	put_number(column, number);
}

static void put_time(struct block *b, int64_t time)
{
	int64_t us = time / (TICKS_PER_SECOND / 1000000);

	if (time == TICKS_NONE) {
		json_comma(&b->times);
		buf_text(&b->times, "null");
		return;
	}
	put_number(&b->times, us - b->last);
	b->last = us;
}

#define EXACT_MAX (UINT64_C(1) << 53)	/* JavaScript's whole numbers */

static void put_record(struct block *b, uint64_t record)
{
	json_comma(&b->records);
	if (record > EXACT_MAX)
		buf_byte(&b->records, '"');
	buf_u64(&b->records, record);
	if (record > EXACT_MAX)
		buf_byte(&b->records, '"');
}

static void block_add(struct block *b, const struct report_row *row, const struct html_body *body)
{
	put_time(b, row->time);
	put_number(&b->rules, row->rule);
	put_text(b, &b->hosts, body->host.n ? body->host : STR(""));
	put_text(b, &b->users, body->user.n ? body->user : STR(""));
	put_text(b, &b->files, row->file);
	put_record(b, row->record);
	if (b->rows++)
		buf_byte(&b->more, '\n');
	buf_str(&b->more, body->details);
}

/* --- the findings of the plain page --- */

static void keep_plain(struct page *page, const struct report_row *row, const struct html_body *body)
{
	html_plains *list = &page->totals.plain[report_severity(&page->totals.r->rules[row->rule])];
	struct html_plain *p;
	struct buf text = {0};

	if (list->n == HTML_PLAIN_ROWS)
		return;
	buf_str(&text, body->host);
	buf_byte(&text, '\0');
	buf_str(&text, str_head(row->file, 4096));
	buf_printf(&text, ":%llu", (unsigned long long)row->record);
	buf_byte(&text, '\0');
	buf_str(&text, body->brief);
	buf_byte(&text, '\0');
	p = vec_add(list);
	*p = (struct html_plain){row->time, row->rule, text.p, text.n};
}

/* --- the format --- */

static void begin(struct report *r)
{
	struct page *page = mem_alloc(sizeof *page);

	page->totals.r = r;
	page->totals.counts = report_counts_new(r->rule_count);
	page->rule_rows = mem_alloc((r->rule_count + 1) * sizeof *page->rule_rows);
	page->block.numbers = map_new(256);
	page->block.arena = arena_new(0);
	block_clear(&page->block);
	r->state = page;
	html_put_head(&r->sink->buf);
}

static void put_row(struct report *r, const struct report_row *row)
{
	struct page *page = r->state;
	struct html_body body = html_body_get(row->body);

	report_counts_add(page->totals.counts, r, row, body.host);
	keep_plain(page, row, &body);
	if (page->rule_rows[row->rule] == HTML_RULE_ROWS || page->bytes >= HTML_BYTES)
		return;
	page->rule_rows[row->rule]++;
	page->totals.listed++;
	block_add(&page->block, row, &body);
	if (page->block.rows == HTML_BLOCK_ROWS || page->block.more.n >= HTML_BLOCK_BYTES)
		block_flush(page, &r->sink->buf);
}

static void free_page(struct page *page)
{
	struct block *b = &page->block;
	struct buf *all[] = {&b->times, &b->rules, &b->hosts, &b->users, &b->files, &b->records, &b->texts, &b->more};

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		buf_free(all[i]);
	map_free(b->numbers);
	arena_free(b->arena);
	for (unsigned s = 0; s < REPORT_SEVERITIES; s++) {
		for (size_t i = 0; i < page->totals.plain[s].n; i++)
			free(page->totals.plain[s].at[i].text);
		vec_free(&page->totals.plain[s]);
	}
	report_counts_free(page->totals.counts);
	free(page->rule_rows);
	free(page);
}

static void end(struct report *r)
{
	struct page *page = r->state;
	struct buf *out = &r->sink->buf;

	block_flush(page, out);
	report_counts_sort_hosts(page->totals.counts);
	html_put_about(out, &page->totals);
	html_put_plain(out, &page->totals);
	html_put_foot(out);
	free_page(page);
	r->state = NULL;
}

const struct report_format report_html = {
	.name = "html",
	.summary = "one self-contained page for people: summary, timeline, hosts, rules, ATT&CK, findings",
	.render = render,
	.begin = begin,
	.row = put_row,
	.end = end,
};
