#include "sigma/image.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "sigma/regex.h"

struct str image_last_component(struct str text, char separator)
{
	const char *at = text.n ? memrchr(text.p, separator, text.n) : NULL;
	return at ? str_skip(text, (size_t)(at - text.p) + 1) : STR_NONE;
}

char image_base_separator(struct str literal)
{
	if (literal.n < 2 || (literal.p[0] != '\\' && literal.p[0] != '/'))
		return 0;
	return str_find_byte(str_skip(literal, 1), literal.p[0]) < 0 ? literal.p[0] : 0;
}

void image_platform(struct image_header *h)
{
	hs_platform_info_t info = {0};
	size_t n = strlen(hs_version());
	memcpy(h->engine, hs_version(), n < sizeof h->engine ? n : sizeof h->engine - 1);
	hs_error_t err = hs_populate_platform(&info);
	assert(err == HS_SUCCESS);
	h->cpu_features = info.cpu_features;
	h->cpu_tune = info.tune;
}

/* 0, ERR_STALE, ERR_FORMAT: the header, and that all sections lie within the image. */
static int check_header(const char *bytes, size_t size)
{
	static const size_t sizes[] = {
#define X(name, type) sizeof(type),
		IMAGE_SECTIONS(X)
#undef X
	};
	struct image_header h, here = {0};
	if (size < sizeof h)
		return ERR_FORMAT;
	memcpy(&h, bytes, sizeof h);
	image_platform(&here);
	if (memcmp(h.magic, IMAGE_MAGIC, sizeof h.magic) != 0)
		return ERR_FORMAT;
	if (h.format != IMAGE_FORMAT || h.header_bytes != sizeof h || h.section_count != IMAGE_SECTION_COUNT ||
	    memcmp(h.engine, here.engine, sizeof h.engine) != 0 || h.cpu_features != here.cpu_features ||
	    h.cpu_tune != here.cpu_tune)
		return ERR_STALE;
	if (h.total_bytes != size)
		return ERR_FORMAT;
	for (unsigned i = 0; i < IMAGE_SECTION_COUNT; i++)
		if (h.sections[i].at > size || h.sections[i].at % IMAGE_ALIGN || h.sections[i].n > UINT32_MAX / 2 ||
		    h.sections[i].n > (size - h.sections[i].at) / sizes[i])
			return ERR_FORMAT;
	uint8_t sum[SHA256_SIZE];
	size_t skip = offsetof(struct image_header, format);
	sha256_of(bytes + skip, size - skip, sum);
	return memcmp(sum, h.sha256, sizeof sum) == 0 ? 0 : ERR_FORMAT;
}

static struct str *texts_of(struct sigma_program *p, struct span refs)
{
	struct str *texts = ARENA_ARRAY(p->arena, struct str, refs.n + 1u);
	for (uint32_t i = 0; i < refs.n; i++)
		texts[i] = image_text(p, p->refs[refs.at + i]);
	return texts;
}

static void load_rules(struct sigma_program *p)
{
	p->infos = ARENA_ARRAY(p->arena, struct sigma_rule_info, p->rules_count + 1u);
	for (uint32_t i = 0; i < p->rules_count; i++) {
		const struct image_rule *r = &p->rules[i];
		struct sigma_rule_info *info = &p->infos[i];
		info->id = image_text(p, r->id);
		info->title = image_text(p, r->title);
		info->status = image_text(p, r->status);
		info->author = image_text(p, r->author);
		info->file = image_text(p, r->file);
		info->description = image_text(p, r->description);
		info->level = (enum sigma_level)r->level;
		info->tags = texts_of(p, r->tags);
		info->tag_count = r->tags.n;
		info->fields = texts_of(p, r->fields);
		info->field_count = r->fields.n;
		info->feeds = texts_of(p, r->feeds);
		info->feed_count = r->feeds.n;
		info->silent = r->silent;
	}
}

static void load_inputs(struct sigma_program *p, const struct image_correlation *c, struct sigma_correlation *o)
{
	struct sigma_input *inputs = ARENA_ARRAY(p->arena, struct sigma_input, c->inputs.n + 1u);
	for (uint32_t i = 0; i < c->inputs.n; i++) {
		const struct image_input *in = &p->inputs[c->inputs.at + i];
		inputs[i] = (struct sigma_input){in->rule, p->numbers + in->groups.at, p->numbers + in->values.at};
	}
	o->inputs = inputs;
}

static void load_correlations(struct sigma_program *p)
{
	p->correlation_objects = ARENA_ARRAY(p->arena, struct sigma_correlation, p->correlations_count + 1u);
	for (uint32_t i = 0; i < p->correlations_count; i++) {
		const struct image_correlation *c = &p->correlations[i];
		struct sigma_correlation *o = &p->correlation_objects[i];
		o->rule = c->rule;
		o->generate = c->generate;
		o->spec = (struct correlate_spec){.type = (enum correlate_type)c->type, .rule_count = c->inputs.n,
						  .timespan = c->timespan, .condition_count = c->condition_count,
						  .percentile = c->percentile};
		for (uint32_t k = 0; k < c->condition_count; k++) {
			o->spec.conditions[k].op = (enum correlate_op)c->ops[k];
			o->spec.conditions[k].number = c->numbers[k];
		}
		o->groups = texts_of(p, c->groups);
		o->group_count = c->groups.n;
		o->values = texts_of(p, c->values);
		o->value_count = c->values.n;
		load_inputs(p, c, o);
		p->infos[c->rule].correlation = o;
	}
}

static int load_keys(struct sigma_program *p)
{
	p->keys = keys_new();
	for (uint32_t i = 0; i < p->key_names_count; i++)
		if (keys_add(p->keys, image_text(p, p->key_names[i])) != i + 1)
			return ERR_FORMAT;
	p->derived_of_key = ARENA_ARRAY(p->arena, uint32_t, p->key_names_count + 1u);
	for (uint32_t i = 0; i < p->derived_count; i++)
		p->derived_of_key[p->derived[i].key] = i + 1;
	return 0;
}

static void load_derived(struct sigma_program *p)
{
	p->derived_objects = ARENA_ARRAY(p->arena, struct sigma_derived, p->derived_count + 1u);
	for (uint32_t i = 0; i < p->derived_count; i++) {
		const struct image_derived *d = &p->derived[i];
		struct sigma_derived *o = &p->derived_objects[i];
		o->key = d->key;
		o->kind = (enum sigma_derive_kind)d->kind;
		o->part_count = d->parts.n;
		o->pair_count = d->pairs.n;
		o->parts = ARENA_ARRAY(p->arena, struct sigma_derive_part, d->parts.n + 1u);
		o->pairs = ARENA_ARRAY(p->arena, struct sigma_derive_pair, d->pairs.n + 1u);
		for (uint32_t k = 0; k < d->parts.n; k++) {
			const struct image_derive_part *part = &p->derive_parts[d->parts.at + k];
			o->parts[k] = (struct sigma_derive_part){image_text(p, part->text), part->key};
		}
		for (uint32_t k = 0; k < d->pairs.n; k++) {
			const struct image_derive_pair *pair = &p->derive_pairs[d->pairs.at + k];
			o->pairs[k] = (struct sigma_derive_pair){image_text(p, pair->from), image_text(p, pair->to)};
		}
	}
}

/* The objects that the functions shared with the naive evaluator take. */
static void load_objects(struct sigma_program *p)
{
	p->match_objects = ARENA_ARRAY(p->arena, struct sigma_match, p->matches_count + 1u);
	for (uint32_t i = 0; i < p->matches_count; i++) {
		const struct image_match *m = &p->matches[i];
		struct sigma_match *o = &p->match_objects[i];
		o->test = (enum sigma_test)m->test;
		o->keyword = m->keyword;
		o->cased = m->cased;
		o->cidr.bits = (uint8_t)m->bits;
		o->cidr.v6 = m->v6;
		memcpy(o->cidr.address, m->address, sizeof m->address);
		o->compare = (enum sigma_compare)m->compare;
		o->number = m->number;
		o->wanted = m->wanted;
		o->other_key = m->other_key;
		o->anchor = (enum sigma_anchor)m->anchor;
		o->part = (enum sigma_datepart)m->part;
	}
	p->part_objects = ARENA_ARRAY(p->arena, struct sigma_part, p->parts_count + 1u);
	for (uint32_t i = 0; i < p->parts_count; i++)
		p->part_objects[i] = (struct sigma_part){(enum sigma_part_kind)p->parts[i].kind,
							 image_text(p, p->parts[i].text)};
	p->source_objects = ARENA_ARRAY(p->arena, struct sigma_source, p->sources_count + 1u);
	for (uint32_t i = 0; i < p->sources_count; i++) {
		const struct image_source *s = &p->sources[i];
		struct sigma_source *o = &p->source_objects[i];
		o->dimension = (enum sigma_dimension)s->dimension;
		o->strict = s->strict;
		o->texts = texts_of(p, s->texts);
		o->count = s->texts.n ? s->texts.n : s->ids.n;
		o->ids = ARENA_ARRAY(p->arena, int64_t, s->ids.n + 1u);
		for (uint32_t k = 0; k < s->ids.n; k++)
			o->ids[k] = p->ids[s->ids.at + k];
	}
}

static void load_values(struct sigma_program *p)
{
	for (int d = 0; d < SIGMA_DIMS; d++)
		p->value_maps[d] = map_new(16);
	for (uint32_t i = 0; i < p->values_count; i++)
		map_put(p->value_maps[p->values[i].dimension], image_text(p, p->values[i].text), p->values[i].number);
}

int image_open(char *bytes, size_t size, struct sigma_program **out)
{
	int err = check_header(bytes, size);
	if (err) {
		free(bytes);
		return err;
	}
	struct sigma_program *p = mem_alloc(sizeof *p);
	p->bytes = bytes;
	p->size = size;
	p->header = (const void *)bytes;
	p->arena = arena_new(1u << 20);
#define X(name, type)                                                                                                  \
	p->name = (const type *)(const void *)(bytes + p->header->sections[IMAGE_##name].at);                          \
	p->name##_count = (uint32_t)p->header->sections[IMAGE_##name].n;
	IMAGE_SECTIONS(X)
#undef X
	if ((err = image_check(p)) != 0 || (err = load_keys(p)) != 0) {
		sigma_program_free(p);
		return err;
	}
	load_rules(p);
	load_correlations(p);
	load_derived(p);
	load_objects(p);
	load_values(p);
	p->literal_ready = mem_alloc((p->literal_dbs_count + 1u) * sizeof *p->literal_ready);
	*out = p;
	return 0;
}

int sigma_program_load(struct str image, struct sigma_program **out)
{
	if (image.n < sizeof(struct image_header) || image.n % IMAGE_ALIGN)
		return ERR_FORMAT;
	char *bytes = aligned_alloc(IMAGE_ALIGN, image.n);
	if (!bytes)
		return ERR_NOMEM;
	memcpy(bytes, image.p, image.n);
	return image_open(bytes, image.n, out);
}

void sigma_program_save(const struct sigma_program *p, struct buf *out)
{
	buf_put(out, p->bytes, p->size);
}

/* Two threads may make the same database at the same time; the first to store it wins. */
static const hs_database_t *make_ready(const struct sigma_program *p, const struct image_blob *b,
				       _Atomic(hs_database_t *) *slot)
{
	hs_database_t *db = atomic_load_explicit(slot, memory_order_acquire), *none = NULL;
	if (db)
		return db;
	if (hs_deserialize_database(p->blob + b->at, b->n, &db) != HS_SUCCESS)
		return NULL;
	if (atomic_compare_exchange_strong(slot, &none, db))
		return db;
	hs_free_database(db);
	return none;
}

const hs_database_t *image_literals(const struct sigma_program *p, uint32_t database)
{
	return make_ready(p, &p->literal_dbs[database], &p->literal_ready[database]);
}

const struct regex *image_regex(const struct sigma_program *p, uint32_t regex)
{
	const struct image_blob *b = &p->regex_dbs[regex];
	return b->n ? (const void *)(p->blob + b->at) : NULL;
}

void sigma_program_free(struct sigma_program *p)
{
	if (!p)
		return;
	for (uint32_t i = 0; p->literal_ready && i < p->literal_dbs_count; i++)
		hs_free_database(atomic_load(&p->literal_ready[i]));
	for (int d = 0; d < SIGMA_DIMS; d++)
		map_free(p->value_maps[d]);
	free(p->literal_ready);
	keys_free(p->keys);
	arena_free(p->arena);
	free(p->bytes);
	free(p);
}
