/*
 * Contract of the YAML reader: trees are bounded and whole, every node has a place inside the text, each document that was
 * lost is told of with its place, and reading twice gives the same.
 */
#include <assert.h>
#include <string.h>

#include "base/map.h"
#include "base/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct check { uint32_t lines; uint64_t nodes; };

static void check_map(const struct yaml_node *n)
{
	for (uint32_t i = 0; i < n->count; i++) {
		assert(n->pairs[i].key->kind == YAML_SCALAR && n->pairs[i].value);
		for (uint32_t j = 0; j < i && i < 50; j++)
			assert(!str_eq(n->pairs[i].key->text, n->pairs[j].key->text));
	}
}

static void check_node(struct check *c, const struct yaml_node *n, unsigned depth)
{
	assert(depth <= YAML_DEPTH_MAX && n->height <= YAML_DEPTH_MAX);
	assert(++c->nodes <= YAML_NODES_MAX);
	assert(n->line >= 1 && n->line <= c->lines && n->column >= 1);
	if (n->kind == YAML_SCALAR) {
		assert(n->text.p && n->text.p[n->text.n] == '\0');
		assert(!n->quoted || n->type == YAML_TEXT);
		assert(n->quoted || n->type == YAML_TEXT || n->type == yaml_type_of(n->text));
		return;
	}
	if (n->kind == YAML_MAP)
		check_map(n);
	for (uint32_t i = 0; i < n->count; i++) {
		if (n->kind == YAML_MAP)
			check_node(c, n->pairs[i].key, depth + 1);
		check_node(c, n->kind == YAML_MAP ? n->pairs[i].value : n->items[i], depth + 1);
	}
}

static uint32_t count_lines(struct str s)
{
	uint32_t lines = 2;	/* the last, and what ends at the text's end is on the line behind */

	/* YAML's other line ends count for libyaml, too. */
	for (size_t i = 0; i < s.n; i++)
		lines += s.p[i] == '\n' || s.p[i] == '\r' || s.p[i] == '\x85' || s.p[i] == '\xA8' || s.p[i] == '\xA9';
	return lines;
}

static void check_same(const struct yaml_node *a, const struct yaml_node *b)
{
	assert(a->kind == b->kind && a->count == b->count && a->line == b->line && a->type == b->type);
	if (a->kind == YAML_SCALAR)
		assert(str_eq(a->text, b->text));
	for (uint32_t i = 0; i < a->count && i < 8; i++)
		check_same(a->kind == YAML_MAP ? a->pairs[i].value : a->items[i],
			   b->kind == YAML_MAP ? b->pairs[i].value : b->items[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_n(data, size);
	struct arena *arena = arena_new(0);
	struct diags *diags = diags_new();
	struct yaml_documents docs, again;

	yaml_load(STR("f"), text, arena, diags, &docs);
	assert(diags_count(diags, DIAG_ERROR) >= docs.bad);
	for (size_t i = 0; i < diags_kept(diags); i++)
		assert(diags_at(diags, i)->line >= 1 && diags_at(diags, i)->line <= count_lines(text));
	for (uint32_t i = 0; i < docs.count; i++) {
		struct check c = {count_lines(text), 0};

		check_node(&c, docs.at[i], 1);
		assert(c.nodes <= docs.at[i]->weight);
	}
	yaml_load(STR("f"), text, arena, diags, &again);
	assert(again.count == docs.count && again.bad == docs.bad);
	for (uint32_t i = 0; i < docs.count; i++)
		if (docs.at[i]->weight < 1000)
			check_same(docs.at[i], again.at[i]);
	diags_free(diags);
	arena_free(arena);
	return 0;
}
