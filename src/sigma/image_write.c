#include "sigma/compile.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Rules, variants, mappings: what the image keeps of the set. */

static struct span refs_of(struct compiler *c, const struct str *texts, uint32_t count)
{
	struct span s = {(uint32_t)c->t.refs.n, count};
	for (uint32_t i = 0; i < count; i++)
		*vec_add(&c->t.refs) = compile_text(c, texts[i]);
	return s;
}

static void look_at(struct compiler *c, struct span *looked, struct str name, uint32_t key)
{
	if (key == KEY_NONE)
		return;
	struct image_looked l = {compile_text(c, name), key};
	for (uint32_t i = 0; i < looked->n; i++) {
		const struct image_looked *old = &c->t.looked.at[looked->at + i];
		if (old->key == key && old->name.at == l.name.at && old->name.n == l.name.n)
			return;
	}
	*vec_add(&c->t.looked) = l;
	looked->n++;
}

static void look_at_tree(struct compiler *c, struct span *looked, const struct sigma_node *tree)
{
	for (uint32_t i = 0; i < tree->child_count; i++)
		look_at_tree(c, looked, tree->children[i]);
	if (tree->kind != SIGMA_NODE_MATCH || tree->match->keyword)
		return;
	look_at(c, looked, tree->match->field, tree->match->key);
	if (tree->match->test == SIGMA_TEST_FIELDREF)
		look_at(c, looked, tree->match->other, tree->match->other_key);
}

/* The source questions at the top of a variant: they tell which variant an event is of. */
static struct span sources_of(struct compiler *c, uint32_t root)
{
	struct node n = c->nodes.at[root];
	struct span s = {(uint32_t)c->t.numbers.n, 0};
	uint32_t count = n.kind == NODE_AND ? n.children.n : 1;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t child = n.kind == NODE_AND ? c->children.at[n.children.at + i] : root;
		if (c->nodes.at[child].kind != NODE_ATOM)
			continue;
		const struct image_atom *a = &c->t.atoms.at[c->nodes.at[child].atom];
		if (a->test != ATOM_SOURCE)
			continue;
		*vec_add(&c->t.numbers) = a->extra;
		s.n++;
	}
	return s;
}

static struct span numbers_of(struct compiler *c, const uint32_t *numbers, uint32_t count)
{
	struct span s = {(uint32_t)c->t.numbers.n, count};
	for (uint32_t i = 0; i < count; i++)
		*vec_add(&c->t.numbers) = numbers[i];
	return s;
}

static void describe_correlation(struct compiler *c, const struct sigma_correlation *from)
{
	struct image_correlation i = {.rule = from->rule, .type = from->spec.type, .generate = from->generate,
				      .condition_count = from->spec.condition_count, .timespan = from->spec.timespan,
				      .percentile = from->spec.percentile};
	i.groups = refs_of(c, from->groups, from->group_count);
	i.values = refs_of(c, from->values, from->value_count);
	i.inputs = (struct span){(uint32_t)c->t.inputs.n, from->spec.rule_count};
	for (uint32_t k = 0; k < from->spec.condition_count; k++) {
		i.ops[k] = from->spec.conditions[k].op;
		i.numbers[k] = from->spec.conditions[k].number;
	}
	for (uint32_t k = 0; k < from->spec.rule_count; k++)
		*vec_add(&c->t.inputs) = (struct image_input){
			from->inputs[k].rule, numbers_of(c, from->inputs[k].groups, from->group_count),
			numbers_of(c, from->inputs[k].values, from->value_count)};
	*vec_add(&c->t.correlations) = i;
}

static void describe_rule(struct compiler *c, uint32_t number, uint32_t *variant)
{
	const struct sigma_rule *r = c->set->rules[number];
	struct image_rule i = {.level = r->level};
	i.id = compile_text(c, r->id);
	i.title = compile_text(c, r->title);
	i.status = compile_text(c, r->status);
	i.author = compile_text(c, r->author);
	i.file = compile_text(c, r->file);
	i.description = compile_text(c, sigma_description_shown(r->description));
	i.tags = refs_of(c, r->tags, r->tag_count);
	i.fields = refs_of(c, r->fields, r->field_count);
	i.feeds = refs_of(c, r->feeds, r->feed_count);
	i.silent = r->silent;
	if (r->correlation)
		describe_correlation(c, r->correlation);
	i.variants.at = (uint32_t)c->t.variants.n;
	for (; *variant < c->set->variant_count && c->set->variants[*variant].rule_index == number; ++*variant) {
		struct image_variant v = {.rule = number};
		v.looked.at = (uint32_t)c->t.looked.n;
		look_at_tree(c, &v.looked, c->set->variants[*variant].root);
		v.sources = sources_of(c, c->roots.at[*variant]);
		v.feed_keys = numbers_of(c, c->set->variants[*variant].feed_keys, r->feed_count);
		*vec_add(&c->t.variants) = v;
		i.variants.n++;
	}
	*vec_add(&c->t.rules) = i;
}

static void describe_derived(struct compiler *c, const struct sigma_derived *d)
{
	struct image_derived i = {.key = d->key, .kind = d->kind};
	i.parts = (struct span){(uint32_t)c->t.derive_parts.n, d->part_count};
	for (uint32_t k = 0; k < d->part_count; k++)
		*vec_add(&c->t.derive_parts) = (struct image_derive_part){compile_text(c, d->parts[k].text),
									  d->parts[k].key};
	i.pairs = (struct span){(uint32_t)c->t.derive_pairs.n, d->pair_count};
	for (uint32_t k = 0; k < d->pair_count; k++)
		*vec_add(&c->t.derive_pairs) = (struct image_derive_pair){compile_text(c, d->pairs[k].from),
									  compile_text(c, d->pairs[k].to)};
	*vec_add(&c->t.derived) = i;
}

void image_describe_rules(struct compiler *c)
{
	uint32_t variant = 0;
	for (uint32_t i = 0; i < c->set->rule_count; i++)
		describe_rule(c, i, &variant);
	assert(variant == c->set->variant_count);
	for (uint32_t i = 1; i <= keys_count(c->set->keys); i++)
		*vec_add(&c->t.key_names) = compile_text(c, keys_text(c->set->keys, i));
	for (uint32_t i = 0; i < c->set->derived_count; i++)
		describe_derived(c, &c->set->derived[i]);
	*vec_add(&c->t.counts) = c->set->counts;
}

/*
 * Atoms that a program asks for, in their final order; one with many plain values gets a hash table of them. Pattern
 * texts are folded already, so cased atoms go without.
 */
#define TABLE_MIN 6u

static bool tabled(const struct image_pattern *p, struct str text)
{
	return p->form == PATTERN_EQUAL || (p->form == PATTERN_ENDS && image_base_separator(text));
}

static uint64_t tabled_hash(const struct image_pattern *p, struct str text)
{
	if (p->form == PATTERN_EQUAL)
		return hash_equal(text, 0);
	struct str name = str_skip(text, 1);
	return text.p[0] == '/' ? hash_path(name, 0) : hash_base(name, 0);
}

static void fill_table(struct compiler *c, struct image_atom *a)
{
	uint32_t size = 8;
	while (size < a->patterns.n * 2)
		size *= 2;
	a->table = (struct span){(uint32_t)c->t.slots.n, size};
	for (uint32_t i = 0; i < size; i++)
		vec_add(&c->t.slots);
	a->loose = (struct span){(uint32_t)c->t.numbers.n, 0};
	struct image_slot *table = c->t.slots.at + a->table.at;
	for (uint32_t i = 0; i < a->patterns.n; i++) {
		uint32_t pattern = c->t.numbers.at[a->patterns.at + i];
		const struct image_pattern *p = &c->t.patterns.at[pattern];
		struct str text = {c->t.text.at + p->text.at, p->text.n};
		if (!tabled(p, text)) {
			*vec_add(&c->t.numbers) = pattern;
			a->loose.n++;
			continue;
		}
		struct image_slot s = {tabled_hash(p, text), pattern, 1};
		uint32_t at = (uint32_t)s.hash & (size - 1);
		while (table[at].n)
			at = (at + 1) & (size - 1);
		table[at] = s;
	}
}

static uint32_t count_tabled(const struct compiler *c, const struct image_atom *a)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < a->patterns.n; i++) {
		const struct image_pattern *p = &c->t.patterns.at[c->t.numbers.at[a->patterns.at + i]];
		count += tabled(p, (struct str){c->t.text.at + p->text.at, p->text.n});
	}
	return count;
}

void image_atom_tables(struct compiler *c)
{
	VEC(struct image_atom) kept = {0};
	for (size_t i = 0; i < c->kept_atoms.n; i++) {
		struct image_atom a = c->t.atoms.at[c->kept_atoms.at[i]];
		a.table = (struct span){0, 0};
		a.loose = a.patterns;
		a.set = IMAGE_NONE;
		if (a.test == SIGMA_TEST_STRING && !(a.flags & ATOM_CASED) && count_tabled(c, &a) >= TABLE_MIN)
			fill_table(c, &a);
		*vec_add(&kept) = a;
	}
	vec_free(&c->t.atoms);
	c->t.atoms.at = kept.at;
	c->t.atoms.n = kept.n;
	c->t.atoms.cap = kept.cap;
}

/* The image. */

static size_t aligned(size_t n)
{
	return (n + IMAGE_ALIGN - 1) / IMAGE_ALIGN * IMAGE_ALIGN;
}

char *image_assemble(struct compiler *c, size_t *out_size)
{
	struct image_header h = {.format = IMAGE_FORMAT, .header_bytes = sizeof h, .section_count = IMAGE_SECTION_COUNT};
	memcpy(h.magic, IMAGE_MAGIC, sizeof h.magic);
	image_platform(&h);
	h.event_id_key = c->event_id_key;
	size_t at = aligned(sizeof h);
#define X(name, type)                                                                                                  \
	h.sections[IMAGE_##name].at = at;                                                                              \
	h.sections[IMAGE_##name].n = c->t.name.n;                                                                      \
	at += aligned(c->t.name.n * sizeof(type));
	IMAGE_SECTIONS(X)
#undef X
	h.total_bytes = at;
	char *bytes = aligned_alloc(IMAGE_ALIGN, at);
	assert(bytes);
	memset(bytes, 0, at);
#define X(name, type)                                                                                                  \
	if (c->t.name.n)                                                                                               \
		memcpy(bytes + h.sections[IMAGE_##name].at, c->t.name.at, c->t.name.n * sizeof(type));
	IMAGE_SECTIONS(X)
#undef X
	memcpy(bytes, &h, sizeof h);
	size_t skip = offsetof(struct image_header, format);
	sha256_of(bytes + skip, at - skip, h.sha256);
	memcpy(bytes, &h, sizeof h);
	*out_size = at;
	return bytes;
}
