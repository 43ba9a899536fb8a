#include "sigma/matcher_internal.h"

#include <assert.h>
#include <string.h>

#include "base/utf8.h"
#include "event/value.h"

static uint32_t slot_add(struct sigma_matcher *m, const struct field *f, uint32_t key)
{
	if (m->slots.n == m->slots.cap) {
		vec_add(&m->slots);
		m->slots.n--;
	}
	struct slot *s = &m->slots.at[m->slots.n];
	s->field = f;
	s->key = key;
	s->next = SLOT_NONE;
	s->scan_at = TEXT_NONE;
	s->folded_round = s->raw_round = 0;
	s->keyword = !m->e->raw.p;
	return (uint32_t)m->slots.n++;
}

static void list_slot(struct sigma_matcher *m, struct key_list *k, uint32_t slot)
{
	if (k->epoch != m->epoch) {
		k->epoch = m->epoch;
		k->head = k->tail = slot;
		return;
	}
	m->slots.at[k->tail].next = slot;
	k->tail = slot;
}

/* A key's list holds the fields of one space: the data's, but for the keys that mean the system's. */
static void take_field(struct sigma_matcher *m, const struct field *f)
{
	struct key_list *k = &m->keys[f->key];
	uint8_t winner = m->system_keys[f->key] ? FIELD_SYSTEM : FIELD_DATA;
	if (k->epoch == m->epoch && k->space != f->space) {
		if (f->space != winner) {
			if (m->g->flags & GROUP_ALL_VALUES && !m->e->raw.p)
				slot_add(m, f, KEY_NONE);
			return;
		}
		for (uint32_t s = k->head; s != SLOT_NONE; s = m->slots.at[s].next)
			m->slots.at[s].key = KEY_NONE;
		k->epoch = m->epoch - 1;
	}
	k->space = f->space;
	list_slot(m, k, slot_add(m, f, f->key));
}

static bool may_have(const struct sigma_matcher *m, uint32_t key)
{
	return key == KEY_NONE || (m->have[key % KEY_BITS / 64] >> key % 64 & 1);
}

/* False: what it is made of is not in the event. Most derived fields are of other events. */
static bool may_derive(const struct sigma_matcher *m, const struct sigma_derived *d)
{
	bool one = d->kind == SIGMA_DERIVE_ANY || d->kind == SIGMA_DERIVE_DECIMAL, all = true;

	for (uint32_t i = 0; i < d->part_count; i++) {
		const struct sigma_derive_part *part = &d->parts[i];
		bool parts_joins = part->key == KEY_NONE && !part->text.n;

		if (all && i && (one || parts_joins))
			return true;
		all = one || parts_joins ? may_have(m, part->key) : all && may_have(m, part->key);
	}
	return all;
}

static void derive(struct sigma_matcher *m, uint32_t number)
{
	const struct sigma_derived *d = &m->p->derived_objects[number];
	struct key_list *k = &m->keys[d->key];
	struct field *fields = NULL;
	uint32_t count = 0;
	if (may_derive(m, d)) {
		fields = arena_alloc(m->arena, SIGMA_DERIVED_VALUES_MAX * sizeof *fields);
		count = sigma_derive(d, m->e, m->arena, fields, SIGMA_DERIVED_VALUES_MAX);
	}
	k->space = FIELD_DATA;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t slot = slot_add(m, &fields[i], d->key);
		m->slots.at[slot].keyword = false;
		list_slot(m, k, slot);
	}
	if (!count) {
		k->epoch = m->epoch;
		k->head = k->tail = SLOT_NONE;
	}
}

const struct key_list *matcher_key(struct sigma_matcher *m, uint32_t key)
{
	struct key_list *k = &m->keys[key];
	if (k->epoch != m->epoch && m->p->derived_of_key[key])
		derive(m, m->p->derived_of_key[key] - 1);
	return k->epoch == m->epoch && k->head != SLOT_NONE ? k : NULL;
}

bool matcher_is_null(const struct sigma_matcher *m, uint32_t slot)
{
	const struct field *f = m->slots.at[slot].field;
	return f && f->kind == VALUE_NULL;
}

/* Texts. */

static uint32_t render_folded(struct sigma_matcher *m, const struct slot *s, struct buf *b)
{
	if (!s->field) {
		buf_reserve(b, UTF8_FOLD_MAX(m->e->raw.n) + 2);
		return (uint32_t)utf8_fold(m->e->raw, b->p + b->n);
	}
	buf_reserve(b, value_text_max(s->field) + 2);
	return (uint32_t)value_render_folded(s->field, b->p + b->n);
}

static void side_room(struct sigma_matcher *m)
{
	if (m->side.n < MATCHER_BUFFER_MAX)
		return;
	buf_clear(&m->side);
	m->side_round++;
}

struct str matcher_folded(struct sigma_matcher *m, uint32_t slot)
{
	struct slot *s = &m->slots.at[slot];
	if (s->scan_at != TEXT_NONE)
		return (struct str){m->scan.p + s->scan_at, s->scan_n};
	if (s->folded_round != m->side_round) {
		side_room(m);
		s->folded_n = render_folded(m, s, &m->side);
		s->folded_at = (uint32_t)m->side.n;
		s->folded_round = m->side_round;
		m->side.n += s->folded_n;
	}
	return (struct str){m->side.p + s->folded_at, s->folded_n};
}

struct str matcher_raw(struct sigma_matcher *m, uint32_t slot)
{
	struct slot *s = &m->slots.at[slot];
	if (!s->field)
		return m->e->raw;
	if (s->raw_round != m->side_round) {
		side_room(m);
		buf_reserve(&m->side, value_text_max(s->field) + 1);
		s->raw_n = (uint32_t)value_render(s->field, m->side.p + m->side.n);
		s->raw_at = (uint32_t)m->side.n;
		s->raw_round = m->side_round;
		m->side.n += s->raw_n;
	}
	return (struct str){m->side.p + s->raw_at, s->raw_n};
}

/* Witnesses. */

static void take_hit(struct sigma_matcher *m, const struct image_hit *h)
{
	const struct sigma_program *p = m->p;
	if (h->flags & HIT_ASK && !matcher_ask(m, h->atom))
		return;
	if (m->atom_hinted[h->atom] != m->epoch) {
		m->atom_hinted[h->atom] = m->epoch;
		for (uint32_t i = 0; i < h->programs.n; i++)
			matcher_candidate(m, p->numbers[h->programs.at + i]);
	}
	if (h->flags & HIT_EXACT)
		m->atom_state[h->atom] = m->epoch << 1 | 1;
}

static void look_up(struct sigma_matcher *m, uint32_t key, uint64_t hash, struct str text)
{
	const struct sigma_program *p = m->p;
	struct span table = m->g->table;
	if (!table.n)
		return;
	for (uint32_t at = (uint32_t)hash;; at++) {
		const struct image_slot *s = &p->slots[table.at + (at & (table.n - 1))];
		if (!s->n)
			return;
		if (s->hash != hash)
			continue;
		for (uint32_t i = 0; i < s->n; i++) {
			const struct image_hit *h = &p->hits[p->numbers[s->at + i]];
			bool exact = h->flags & HIT_EXACT;
			if (h->key == key && (!exact || matcher_pattern(p, h->pattern, text)))
				take_hit(m, h);
		}
		return;
	}
}

static void look_up_all(struct sigma_matcher *m, uint32_t key, uint8_t wants, struct str text)
{
	struct str name;
	if (wants & WANT_EQUAL)
		look_up(m, key, hash_equal(text, key), text);
	if (wants & WANT_BASE && (name = image_last_component(text, '\\')).p)
		look_up(m, key, hash_base(name, key), text);
	if (wants & WANT_PATH && (name = image_last_component(text, '/')).p)
		look_up(m, key, hash_path(name, key), text);
}

static uint32_t segment_at(const struct sigma_matcher *m, uint32_t place)
{
	uint32_t low = 0, high = (uint32_t)m->segments.n;
	while (high - low > 1) {
		uint32_t mid = low + (high - low) / 2;
		if (m->segments.at[mid].at <= place)
			low = mid;
		else
			high = mid;
	}
	return low;
}

static int on_literal(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *user)
{
	struct sigma_matcher *m = user;
	const struct sigma_program *p = m->p;
	uint32_t last = (uint32_t)to - 1;
	(void)from;
	(void)flags;
	m->stats.hits++;
	if (id >= m->g->literals.n || !m->segments.n)
		return 0;
	const struct segment *s = &m->segments.at[m->cursor];
	if (last < s->at || last > s->end) {
		m->cursor = segment_at(m, last);
		s = &m->segments.at[m->cursor];
	}
	uint32_t key = m->slots.at[s->slot].key;
	bool keyword = m->slots.at[s->slot].keyword;
	struct span hits = p->spans[m->g->literals.at + id];
	for (uint32_t i = 0; i < hits.n; i++) {
		const struct image_hit *h = &p->hits[p->numbers[hits.at + i]];
		if (h->key == key || (h->key == KEY_NONE && keyword))
			take_hit(m, h);
	}
	return 0;
}

const hs_database_t *matcher_ready(struct sigma_matcher *m, const hs_database_t **known, const hs_database_t *made)
{
	if (!made || hs_alloc_scratch(made, &m->scratch) != HS_SUCCESS)
		return NULL;
	*known = made;
	return made;
}

static void scan_segments(struct sigma_matcher *m)
{
	uint32_t number = m->g->database;
	if (number == IMAGE_NONE || !m->segments.n)
		return;
	const hs_database_t *db = m->literals[number];
	if (!db)
		db = matcher_ready(m, &m->literals[number], image_literals(m->p, number));
	assert(db);	/* the image's check sum was right */
	m->cursor = 0;
	m->stats.scanned += m->scan.n;
	hs_error_t err = hs_scan(db, m->scan.p, (unsigned)m->scan.n, 0, m->scratch, on_literal, m);
	assert(err == HS_SUCCESS);
}

/* The buffer became too large: look through it now and begin again; its texts are rendered anew where they are asked. */
static void scan_and_forget(struct sigma_matcher *m)
{
	scan_segments(m);
	for (size_t i = 0; i < m->segments.n; i++)
		m->slots.at[m->segments.at[i].slot].scan_at = TEXT_NONE;
	m->scan.n = 1;
	vec_clear(&m->segments);
}

static void scan_add(struct sigma_matcher *m, uint32_t slot)
{
	struct slot *s = &m->slots.at[slot];
	s->scan_n = render_folded(m, s, &m->scan);
	s->scan_at = (uint32_t)m->scan.n;
	m->scan.n += s->scan_n;
	if (m->segments.n == m->segments.cap) {
		vec_add(&m->segments);
		m->segments.n--;
	}
	m->segments.at[m->segments.n++] = (struct segment){s->scan_at, (uint32_t)m->scan.n, slot};
	m->scan.p[m->scan.n++] = '\xff';
}

/* Can a keyword's literal stand in the value? Where all keywords have other bytes than numbers and times have, those need
 * not be written out for them. */
static bool is_wordy(const struct sigma_matcher *m, const struct slot *s)
{
	static const bool plain[VALUE_KINDS] = {
		[VALUE_INT] = true, [VALUE_UINT] = true, [VALUE_BINARY] = true, [VALUE_GUID] = true, [VALUE_HEX] = true,
		[VALUE_FILETIME] = true, [VALUE_SYSTEMTIME] = true, [VALUE_SID] = true};
	return s->keyword && (!s->field || !plain[s->field->kind] || m->g->flags & GROUP_ODD_KEYWORDS);
}

static void look_through(struct sigma_matcher *m)
{
	bool all = m->g->flags & GROUP_ALL_VALUES;
	buf_clear(&m->scan);
	buf_reserve(&m->scan, 2);
	m->scan.p[m->scan.n++] = '\xff';
	vec_clear(&m->segments);
	for (uint32_t i = 0; i < m->slots.n; i++) {
		uint32_t key = m->slots.at[i].key;
		uint8_t wants = m->wants[key];
		bool scanned = wants & WANT_SCAN || (all && is_wordy(m, &m->slots.at[i]));
		if (matcher_is_null(m, i) || (!scanned && !(wants & WANT_WITNESS)))
			continue;
		if (m->scan.n > MATCHER_BUFFER_MAX)
			scan_and_forget(m);
		if (scanned)
			scan_add(m, i);
		if (wants & WANT_PRESENT)
			look_up(m, key, hash_present(key), STR(""));
		if (wants & (WANT_EQUAL | WANT_BASE | WANT_PATH))
			look_up_all(m, key, wants, matcher_folded(m, i));
	}
	scan_segments(m);
}

void matcher_collect(struct sigma_matcher *m)
{
	const struct event *e = m->e;
	bool all = m->g->flags & GROUP_ALL_VALUES, values = all && !e->raw.p;
	vec_clear(&m->slots);
	if (arena_used(m->arena))
		arena_reset(m->arena);
	buf_clear(&m->side);
	if (++m->side_round == 0)
		m->side_round = 1;
	m->seen = 0;
	memset(m->have, 0, sizeof m->have);
	for (uint32_t i = 0; i < e->field_count; i++) {
		const struct field *f = &e->fields[i];
		m->have[f->key % KEY_BITS / 64] |= UINT64_C(1) << f->key % 64;
		uint8_t wants = m->wants[f->key];
		/* A derived field's key is ours: an event that names a field so does not stand in its place. */
		if (wants && m->p->derived_of_key[f->key])
			wants = 0;
		m->seen |= wants;
		if (wants & ~WANT_COMPANION)
			take_field(m, f);
		else if (values)
			slot_add(m, f, KEY_NONE);
	}
	if (all && e->raw.p) {
		uint32_t raw = slot_add(m, NULL, KEY_NONE);
		m->slots.at[raw].keyword = true;
	}
	for (uint32_t i = 0; i < m->g->derived.n; i++)
		matcher_key(m, m->p->derived[m->p->numbers[m->g->derived.at + i]].key);
	m->stats.slots += m->slots.n;
	look_through(m);
}
