#include "sigma/matcher_internal.h"

#include <string.h>

#include "base/utf8.h"
#include "event/value.h"

#define FIELD_TEXT_MAX 256u	/* an EventID field that could be longer is not looked at */

static uint32_t named_value(struct sigma_matcher *m, enum sigma_dimension d, struct str text)
{
	const struct sigma_program *p = m->p;
	buf_clear(&m->side);
	buf_reserve(&m->side, UTF8_FOLD_MAX(text.n));
	struct str folded = {m->side.p, utf8_fold(text, m->side.p)};
	uint32_t value = map_get(p->value_maps[d], folded), best = 0;
	if (value != MAP_NONE)
		return value;
	value = VALUE_OTHER;
	for (uint32_t i = 0; i < p->values_count; i++) {
		const struct image_value *v = &p->values[i];
		struct str prefix = image_text(p, v->text);
		if (v->dimension != d || !v->prefix || !prefix.n || prefix.n <= best ||
		    !str_starts(folded, str_head(prefix, prefix.n - 1)))
			continue;
		best = (uint32_t)prefix.n;
		value = v->number;
	}
	return value;
}

/* The number of a dimension's value; most events say the same as the one before. */
static uint32_t value_of(struct sigma_matcher *m, enum sigma_dimension d, struct str text)
{
	struct dimension_memo *memo = &m->memo[d];
	if (!text.p || !text.n)
		return text.p ? VALUE_OPEN : VALUE_ABSENT;
	if (text.n > sizeof memo->text)
		return named_value(m, d, text);
	if (memo->n == text.n && memcmp(memo->text, text.p, text.n) == 0)
		return memo->value;
	uint32_t value = named_value(m, d, text);
	memo->value = value;
	memo->n = (uint32_t)text.n;
	memcpy(memo->text, text.p, text.n);
	return value;
}

static const struct image_class *class_at(const struct sigma_program *p, uint64_t key)
{
	uint32_t low = 0, high = p->classes_count;
	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		uint64_t at = image_class_key(&p->classes[mid]);
		if (at == key)
			return &p->classes[mid];
		if (at < key)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

/* The class of what is known, or the one of which nothing is known: it has all programs. */
static const struct image_class *class_of(struct sigma_matcher *m, struct image_class wanted)
{
	uint64_t key = image_class_key(&wanted);
	if (m->class && m->class_key == key)
		return m->class;
	m->class = class_at(m->p, key);
	if (!m->class)
		m->class = &m->p->classes[0];	/* of which nothing is known */
	m->class_key = key;
	return m->class;
}

static size_t decimal(int64_t v, char out[24])
{
	char digits[24];
	size_t n = 0, at = 0;
	uint64_t rest = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
	do
		digits[n++] = (char)('0' + rest % 10);
	while (rest /= 10);
	if (v < 0)
		out[at++] = '-';
	while (n)
		out[at++] = digits[--n];
	return at;
}

static bool says_id(const struct field *f, int64_t id)
{
	char text[FIELD_TEXT_MAX], want[24];
	if (f->kind == VALUE_UINT && f->size == 2) {
		uint16_t v;
		memcpy(&v, f->data, sizeof v);
		return v == id;
	}
	if (value_text_max(f) > sizeof text || f->kind == VALUE_NULL)
		return false;
	size_t n = value_render_folded(f, text), w = decimal(id, want);
	return n == w && memcmp(text, want, n) == 0;
}

/* Tests of the field EventID were answered when the groups were made; that holds where the field says what the event's
 * source says, once. */
static bool id_agrees(const struct sigma_matcher *m)
{
	uint32_t key = m->p->header->event_id_key;
	const struct field *in[2] = {NULL, NULL};
	uint32_t count[2] = {0, 0};
	if (key == KEY_NONE)
		return true;
	for (uint32_t i = 0; i < m->e->field_count; i++) {
		const struct field *f = &m->e->fields[i];
		if (f->key != key)
			continue;
		in[f->space == FIELD_SYSTEM] = f;
		count[f->space == FIELD_SYSTEM]++;
	}
	bool system = m->system_keys[key] ? count[1] > 0 : count[0] == 0;
	return count[system] == 1 && says_id(in[system], m->e->event_id);
}

static uint32_t group_of_id(const struct sigma_program *p, const struct image_row *row, int64_t id)
{
	uint32_t low = row->ids.at, high = row->ids.at + row->ids.n;
	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		if (p->row_ids[mid].id == id)
			return p->row_ids[mid].group;
		if (p->row_ids[mid].id < id)
			low = mid + 1;
		else
			high = mid;
	}
	return row->other;
}

const struct image_group *matcher_route(struct sigma_matcher *m)
{
	const struct sigma_program *p = m->p;
	const struct event *e = m->e;
	struct image_class wanted = {value_of(m, SIGMA_DIM_PRODUCT, e->product),
				     value_of(m, SIGMA_DIM_SERVICE, e->service),
				     value_of(m, SIGMA_DIM_CATEGORY, e->category), {0, 0}};
	uint32_t channel = value_of(m, SIGMA_DIM_CHANNEL, e->channel);
	const struct image_class *class = class_of(m, wanted);
	const struct image_row *row = &p->rows[p->numbers[class->rows.at + (channel < class->rows.n ? channel : 0)]];
	uint32_t group = row->open;
	if (e->event_id == EVENT_NO_ID)
		group = row->absent;
	else if ((row->ids.n || row->other != row->open) && id_agrees(m))
		group = group_of_id(p, row, e->event_id);
	return &p->groups[group];
}
