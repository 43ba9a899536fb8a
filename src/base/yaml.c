#include "base/yaml.h"

#include <assert.h>
#include <string.h>
#include <yaml.h>

#include "base/map.h"
#include "base/utf8.h"
#include "base/vec.h"

#define ANCHORS_MAX 1024u
#define DUPLICATES_BY_MAP 24u	/* pairs from which a map looks for duplicate keys */

struct anchor { struct str name; struct yaml_node *node; };

/* A collection that is still open. */
struct frame {
	struct yaml_node *node;
	struct yaml_node *key;			/* MAP: read, its value is next */
	VEC(struct yaml_node *) items;		/* LIST: items; MAP: key, value, key, value */
};

struct reader {
	struct str file;
	struct arena *arena;
	struct diags *diags;
	uint32_t line_base;			/* lines of the text before this document */
	yaml_parser_t parser;
	VEC(struct frame) frames;
	VEC(struct anchor) anchors;
	struct yaml_node *root;
	uint32_t nodes;
	bool failed;
};

static struct diag_place place_of(const struct reader *r, yaml_mark_t mark)
{
	return (struct diag_place){r->file, r->line_base + (uint32_t)mark.line + 1, (uint32_t)mark.column + 1};
}

static void fail(struct reader *r, yaml_mark_t mark, const char *code, const char *message)
{
	diags_add(r->diags, DIAG_ERROR, code, place_of(r, mark), "%s", message);
	r->failed = true;
}

/* ---- the core schema ---- */

static bool is_one_of(struct str s, const char *const *words)
{
	for (; *words; words++)
		if (str_eq(s, str_c(*words)))
			return true;
	return false;
}

static size_t digits_at(struct str s, size_t i)
{
	while (i < s.n && ascii_is_digit((unsigned char)s.p[i]))
		i++;
	return i;
}

static bool is_radix_int(struct str s)
{
	if (s.n < 3 || s.p[0] != '0' || (s.p[1] != 'x' && s.p[1] != 'o'))
		return false;
	for (size_t i = 2; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i], l = ascii_lower(c);
		bool ok = s.p[1] == 'o' ? c >= '0' && c <= '7' : ascii_is_digit(c) || (l >= 'a' && l <= 'f');

		if (!ok)
			return false;
	}
	return true;
}

/* [-+]? ( '.' digits | digits ('.' digits?)? ) ([eE] [-+]? digits)? */
static enum yaml_type number_type(struct str s)
{
	size_t i = s.n && (s.p[0] == '-' || s.p[0] == '+'), whole = digits_at(s, i), end = whole;

	if (whole == s.n && whole > i)
		return YAML_INT;
	if (end < s.n && s.p[end] == '.')
		end = digits_at(s, end + 1);
	if (whole == i && end <= i + 1)
		return YAML_TEXT;
	if (end < s.n && (s.p[end] == 'e' || s.p[end] == 'E')) {
		size_t from = end + 1;

		if (from < s.n && (s.p[from] == '-' || s.p[from] == '+'))
			from++;
		end = digits_at(s, from);
		if (end == from)
			return YAML_TEXT;
	}
	return end == s.n ? YAML_FLOAT : YAML_TEXT;
}

enum yaml_type yaml_type_of(struct str s)
{
	static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
	static const char *const bools[] = {"true", "True", "TRUE", "false", "False", "FALSE", NULL};
	static const char *const floats[] = {".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf",
					     "-.INF", ".nan", ".NaN", ".NAN", NULL};

	if (is_one_of(s, nulls))
		return YAML_NULL;
	if (is_one_of(s, bools))
		return YAML_BOOL;
	if (is_radix_int(s))
		return YAML_INT;
	return is_one_of(s, floats) ? YAML_FLOAT : number_type(s);
}

/* ---- building the tree ---- */

static struct yaml_node *node_new(struct reader *r, enum yaml_kind kind, yaml_mark_t mark)
{
	struct yaml_node *n = ARENA_NEW(r->arena, struct yaml_node);

	n->kind = kind;
	n->line = r->line_base + (uint32_t)mark.line + 1;
	n->column = (uint32_t)mark.column + 1;
	n->weight = n->height = 1;
	if (++r->nodes > YAML_NODES_MAX)
		fail(r, mark, "yaml-limit", "the document has too many nodes");
	return n;
}

static void report_duplicate(struct reader *r, const struct yaml_node *key)
{
	struct diag_place place = {r->file, key->line, key->column};

	diags_add(r->diags, DIAG_ERROR, "yaml-duplicate-key", place, "the key '%.*s' stands twice in one map",
		  (int)(key->text.n > 80 ? 80 : key->text.n), key->text.p);
	r->failed = true;
}

static void check_duplicates(struct reader *r, const struct yaml_node *map)
{
	struct map *seen = map->count < DUPLICATES_BY_MAP ? NULL : map_new(map->count);

	for (uint32_t i = 0; i < map->count; i++) {
		const struct yaml_node *key = map->pairs[i].key;

		if (seen) {
			if (map_put(seen, key->text, i) != i)
				report_duplicate(r, key);
			continue;
		}
		for (uint32_t j = 0; j < i; j++) {
			if (str_eq(map->pairs[j].key->text, key->text)) {
				report_duplicate(r, key);
				break;
			}
		}
	}
	map_free(seen);
}

static void weigh(struct reader *r, struct yaml_node *n, const struct yaml_node *child, yaml_mark_t mark)
{
	n->weight += child->weight;
	if (child->height + 1 > n->height)
		n->height = child->height + 1;
	if (n->weight > YAML_NODES_MAX || n->height > YAML_DEPTH_MAX) {
		if (!r->failed)
			fail(r, mark, "yaml-limit", "the document is too large or too deep once its aliases are expanded");
		n->weight = n->height = 1;
	}
}

/* Puts a finished node into the open collection, or makes it the root. */
static void place_node(struct reader *r, struct yaml_node *n, yaml_mark_t mark)
{
	struct frame *top = r->frames.n ? &r->frames.at[r->frames.n - 1] : NULL;

	if (!top) {
		r->root = n;
		return;
	}
	if (top->node->kind == YAML_MAP && top->items.n % 2 == 0 && n->kind != YAML_SCALAR)
		fail(r, mark, "yaml-key", "a map's key must be a scalar");
	*vec_add(&top->items) = n;
	weigh(r, top->node, n, mark);
}

static void name_anchor(struct reader *r, const yaml_char_t *anchor, struct yaml_node *n, yaml_mark_t mark)
{
	struct str name = str_c((const char *)anchor);

	if (!anchor)
		return;
	for (size_t i = 0; i < r->anchors.n; i++) {
		if (str_eq(r->anchors.at[i].name, name)) {
			r->anchors.at[i].node = n;
			return;
		}
	}
	if (r->anchors.n >= ANCHORS_MAX) {
		fail(r, mark, "yaml-limit", "the document has too many anchors");
		return;
	}
	*vec_add(&r->anchors) = (struct anchor){arena_str(r->arena, name), n};
}

static void on_scalar(struct reader *r, const yaml_event_t *e)
{
	struct yaml_node *n = node_new(r, YAML_SCALAR, e->start_mark);
	yaml_scalar_style_t style = e->data.scalar.style;
	const char *tag = (const char *)e->data.scalar.tag;

	n->text = arena_str(r->arena, str_n(e->data.scalar.value, e->data.scalar.length));
	n->quoted = style != YAML_PLAIN_SCALAR_STYLE;
	n->block = style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE;
	if (!n->quoted && (!tag || strcmp(tag, YAML_STR_TAG) != 0))
		n->type = yaml_type_of(n->text);
	place_node(r, n, e->start_mark);
	name_anchor(r, e->data.scalar.anchor, n, e->start_mark);
}

static void on_alias(struct reader *r, const yaml_event_t *e)
{
	struct str name = str_c((const char *)e->data.alias.anchor);

	for (size_t i = 0; i < r->anchors.n; i++) {
		if (str_eq(r->anchors.at[i].name, name)) {
			place_node(r, r->anchors.at[i].node, e->start_mark);
			return;
		}
	}
	fail(r, e->start_mark, "yaml", "the alias names no anchor that is complete before it");
}

/* The anchor of a collection is named when it closes, so that an alias inside it finds nothing: no cycles. */
static void on_open(struct reader *r, enum yaml_kind kind, const yaml_event_t *e)
{
	if (r->frames.n >= YAML_DEPTH_MAX) {
		fail(r, e->start_mark, "yaml-limit", "the document is nested too deep");
		return;
	}
	struct yaml_node *n = node_new(r, kind, e->start_mark);
	const yaml_char_t *anchor = kind == YAML_MAP ? e->data.mapping_start.anchor : e->data.sequence_start.anchor;
	struct frame *f = vec_add(&r->frames);

	f->node = n;
	if (anchor)
		n->text = arena_str(r->arena, str_c((const char *)anchor));
}

static void on_close(struct reader *r, const yaml_event_t *e)
{
	assert(r->frames.n);
	struct frame f = r->frames.at[--r->frames.n];
	struct yaml_node *n = f.node;
	size_t count = n->kind == YAML_MAP ? f.items.n / 2 : f.items.n;

	n->count = (uint32_t)count;
	if (n->kind == YAML_LIST) {
		n->items = ARENA_ARRAY(r->arena, struct yaml_node *, count);
		if (count)
			memcpy(n->items, f.items.at, count * sizeof *n->items);
	} else {
		n->pairs = ARENA_ARRAY(r->arena, struct yaml_pair, count);
		for (size_t i = 0; i < count; i++)
			n->pairs[i] = (struct yaml_pair){f.items.at[2 * i], f.items.at[2 * i + 1]};
		if (!r->failed)
			check_duplicates(r, n);
	}
	vec_free(&f.items);
	if (n->text.p)
		name_anchor(r, (const yaml_char_t *)n->text.p, n, e->start_mark);
	n->text = STR_NONE;
	place_node(r, n, (yaml_mark_t){0, n->line - r->line_base - 1, n->column - 1});
}

static void on_event(struct reader *r, const yaml_event_t *e)
{
	switch (e->type) {
	case YAML_SCALAR_EVENT:
		on_scalar(r, e);
		break;
	case YAML_ALIAS_EVENT:
		on_alias(r, e);
		break;
	case YAML_SEQUENCE_START_EVENT:
		on_open(r, YAML_LIST, e);
		break;
	case YAML_MAPPING_START_EVENT:
		on_open(r, YAML_MAP, e);
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		on_close(r, e);
		break;
	default:
		break;
	}
}

static void report_parser(struct reader *r)
{
	yaml_mark_t mark = r->parser.problem_mark;
	const char *problem = r->parser.problem ? r->parser.problem : "not YAML";

	if (r->parser.error == YAML_READER_ERROR)
		mark = r->parser.mark;
	fail(r, mark, "yaml", problem);
}

static void clear_document(struct reader *r)
{
	for (size_t i = 0; i < r->frames.n; i++)
		vec_free(&r->frames.at[i].items);
	vec_clear(&r->frames);
	vec_clear(&r->anchors);
	r->nodes = 0;
	r->failed = false;
	r->root = NULL;
}

static void keep_document(struct reader *r, struct yaml_documents *out)
{
	bool empty = !r->root || (r->root->kind == YAML_SCALAR && r->root->type == YAML_NULL);

	if (r->failed)
		out->bad++;
	else if (!empty)
		out->at[out->count++] = r->root;
	clear_document(r);
}

/* One piece of the text: a document, or several where they end in "..." lines. */
static void load_piece(struct reader *r, struct str piece, struct yaml_documents *out)
{
	bool done = false;
	yaml_event_t e;

	int made = yaml_parser_initialize(&r->parser);

	assert(made);
	yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r->parser, (const unsigned char *)piece.p, piece.n);
	while (!done && !r->failed) {
		if (!yaml_parser_parse(&r->parser, &e)) {
			report_parser(r);
			break;
		}
		on_event(r, &e);
		done = e.type == YAML_STREAM_END_EVENT;
		if (e.type == YAML_DOCUMENT_END_EVENT && !r->failed && out->count < YAML_DOCUMENTS_MAX)
			keep_document(r, out);
		yaml_event_delete(&e);
	}
	if (r->failed)
		keep_document(r, out);
	clear_document(r);
	yaml_parser_delete(&r->parser);
}

static bool is_marker(struct str line)
{
	return line.n >= 3 && memcmp(line.p, "---", 3) == 0 && (line.n == 3 || ascii_is_space((unsigned char)line.p[3]));
}

/* Lines that may stand before "---" without being a document. */
static bool is_preamble(struct str line)
{
	struct str s = str_trim(line);

	return !s.n || s.p[0] == '#' || line.p[0] == '%' || str_eq(s, STR("..."));
}

/* The length of the first document of s: up to the next "---" line. A "---" at a line's start can only be that. */
static size_t piece_length(struct str s, uint32_t *out_lines)
{
	bool content = false;
	size_t at = 0;
	uint32_t lines = 0;

	while (at < s.n) {
		struct str rest = str_skip(s, at);
		ptrdiff_t end = str_find_byte(rest, '\n');
		struct str line = str_head(rest, end < 0 ? rest.n : (size_t)end);

		if (is_marker(line)) {
			if (content)
				break;
			content = true;
		} else if (!is_preamble(line)) {
			content = true;
		}
		at += line.n + (end >= 0);
		lines++;
	}
	*out_lines = lines;
	return at;
}

static bool check_utf8(struct reader *r, struct str piece)
{
	yaml_mark_t mark = {0, 0, 0};
	size_t at = 0, size;

	if (utf8_is_valid(piece))
		return true;
	while (at < piece.n && !(utf8_decode(piece.p + at, piece.n - at, &size) == UTF8_REPLACEMENT && size == 1)) {
		mark.column++;
		if (piece.p[at] == '\n') {
			mark.line++;
			mark.column = 0;
		}
		at += size;
	}
	fail(r, mark, "yaml-utf8", "the text is not UTF-8");
	r->failed = false;
	return false;
}

void yaml_load(struct str file, struct str text, struct arena *arena, struct diags *diags, struct yaml_documents *out)
{
	struct reader r = {.file = file, .arena = arena, .diags = diags};
	VEC(struct yaml_node *) all = {0};

	*out = (struct yaml_documents){0};
	if (text.n > YAML_TEXT_MAX) {
		fail(&r, (yaml_mark_t){0, 0, 0}, "yaml-limit", "the text is too long");
		out->bad++;
		return;
	}
	if (str_starts(text, STR("\xEF\xBB\xBF")))
		text = str_skip(text, 3);
	/* Grown piece by piece: a piece gives at most as many documents as it has lines. */
	while (text.n) {
		uint32_t lines;
		struct str piece = str_head(text, piece_length(text, &lines));
		struct yaml_documents part = {0};

		if (all.n + out->bad >= YAML_DOCUMENTS_MAX) {
			fail(&r, (yaml_mark_t){0, 0, 0}, "yaml-limit", "the text has too many documents");
			out->bad++;
			break;
		}
		part.at = mem_alloc((lines + 1) * sizeof *part.at);
		if (check_utf8(&r, piece))
			load_piece(&r, piece, &part);
		else
			part.bad++;
		for (uint32_t i = 0; i < part.count; i++)
			*vec_add(&all) = part.at[i];
		out->bad += part.bad;
		vec_release(part.at);
		r.line_base += lines;
		text = str_skip(text, piece.n);
	}
	out->count = (uint32_t)all.n;
	out->at = ARENA_ARRAY(arena, struct yaml_node *, all.n + 1);
	if (all.n)
		memcpy(out->at, all.at, all.n * sizeof *all.at);
	vec_free(&all);
	vec_free(&r.frames);
	vec_free(&r.anchors);
}

/* ---- reading the tree ---- */

const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
	if (!map || map->kind != YAML_MAP)
		return NULL;
	for (uint32_t i = 0; i < map->count; i++)
		if (str_eq(map->pairs[i].key->text, str_c(key)))
			return map->pairs[i].value;
	return NULL;
}

bool yaml_is_value(const struct yaml_node *n)
{
	return n && n->kind == YAML_SCALAR && n->type != YAML_NULL;
}

struct str yaml_text(const struct yaml_node *n)
{
	return yaml_is_value(n) ? n->text : STR_NONE;
}
