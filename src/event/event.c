#include "event/event.h"

#include <assert.h>
#include <string.h>

#include "event/roles.h"
#include "event/value.h"

#define FIELDS_FIRST 64u

void event_init(struct event *e, struct names *names, struct arena *arena)
{
	memset(e, 0, sizeof *e);
	e->names = names;
	e->arena = arena;
	event_clear(e);
}

void event_clear(struct event *e)
{
	e->time = TICKS_NONE;
	e->offset_min = CLOCK_NO_OFFSET;
	e->record = 0;
	e->product = e->service = e->category = STR_NONE;
	e->channel = e->provider = e->raw = STR_NONE;
	e->event_id = EVENT_NO_ID;
	e->flags = 0;
	e->field_count = 0;
}

bool event_reserve(struct event *e, uint32_t more)
{
	if (more <= e->field_cap - e->field_count)
		return true;
	if (more > EVENT_FIELDS_MAX - e->field_count)
		return false;
	uint32_t cap = e->field_cap ? e->field_cap * 2 : FIELDS_FIRST;
	while (cap < e->field_count + more)
		cap *= 2;
	if (cap > EVENT_FIELDS_MAX)
		cap = EVENT_FIELDS_MAX;
	struct field *fields = arena_alloc(e->arena, cap * sizeof *fields);
	if (e->field_count)
		memcpy(fields, e->fields, e->field_count * sizeof *fields);
	e->fields = fields;
	e->field_cap = cap;
	return true;
}

struct field *event_add(struct event *e, enum field_space space, uint32_t name, enum value_kind kind, struct str bytes)
{
	assert(bytes.n <= UINT32_MAX);
	if (e->field_count == e->field_cap && !event_reserve(e, 1))
		return NULL;
	struct field *f = &e->fields[e->field_count++];
	f->data = bytes.p;
	f->size = (uint32_t)bytes.n;
	f->name = name;
	f->key = names_key(e->names, name);
	f->kind = (uint8_t)kind;
	f->space = (uint8_t)space;
	f->flags = 0;
	return f;
}

struct field *event_add_named(struct event *e, enum field_space space, struct str name, enum value_kind kind,
			      struct str bytes)
{
	return event_add(e, space, names_intern(e->names, name), kind, bytes);
}

/* Which of the two spaces answers, where they may both bear the name. */
static enum field_space answering(bool in_data, bool in_system, bool means_system)
{
	if (means_system)
		return in_system ? FIELD_SYSTEM : FIELD_DATA;
	return in_data ? FIELD_DATA : FIELD_SYSTEM;
}

static enum field_space space_of_key(const struct event *e, uint32_t key)
{
	bool in[2] = {false, false};
	for (uint32_t i = 0; i < e->field_count; i++)
		if (e->fields[i].key == key)
			in[e->fields[i].space == FIELD_SYSTEM] = true;
	return answering(in[0], in[1], keys_means_system(names_keys(e->names), key));
}

/* *at: the next index, and above it which space the walk is in. */
#define WALK_BEGUN (UINT32_C(1) << 31)
#define WALK_SYSTEM (UINT32_C(1) << 30)

const struct field *event_next(const struct event *e, uint32_t key, uint32_t *at)
{
	if (key == KEY_NONE)
		return NULL;
	if (!(*at & WALK_BEGUN))
		*at = WALK_BEGUN | (space_of_key(e, key) == FIELD_SYSTEM ? WALK_SYSTEM : 0);
	uint32_t mode = *at & (WALK_BEGUN | WALK_SYSTEM);
	enum field_space space = mode & WALK_SYSTEM ? FIELD_SYSTEM : FIELD_DATA;
	for (uint32_t i = *at & ~(WALK_BEGUN | WALK_SYSTEM); i < e->field_count; i++)
		if (e->fields[i].key == key && e->fields[i].space == space) {
			*at = mode | (i + 1);
			return &e->fields[i];
		}
	*at = mode | e->field_count;
	return NULL;
}

const struct field *event_first(const struct event *e, uint32_t key)
{
	uint32_t at = 0;
	return event_next(e, key, &at);
}

static bool means_system_text(struct str name)
{
	return str_eq_nocase(name, STR("Channel")) || str_eq_nocase(name, STR("EventID")) ||
		str_eq_nocase(name, STR("Provider_Name")) || str_eq_nocase(name, STR("Computer"));
}

const struct field *event_find(const struct event *e, struct str name)
{
	const struct field *first[2] = {NULL, NULL};
	for (uint32_t i = 0; i < e->field_count; i++) {
		const struct field *f = &e->fields[i];
		if (!first[f->space == FIELD_SYSTEM] && str_eq_nocase(names_text(e->names, f->name), name))
			first[f->space == FIELD_SYSTEM] = f;
	}
	return first[answering(first[0], first[1], means_system_text(name)) == FIELD_SYSTEM];
}

#define ROLES (ROLE_USER - ROLE_HOST)

/* The first field with a text, in order of rank; between the two spaces as event_find chooses. */
static struct str first_text(const struct event *e, uint8_t role)
{
	const struct field *first[ROLES][2] = {{NULL}};
	for (uint32_t i = 0; i < e->field_count; i++) {
		const struct field *f = &e->fields[i];
		unsigned rank = (unsigned)names_role(e->names, f->name) - role;
		if (rank < ROLES && !first[rank][f->space == FIELD_SYSTEM])
			first[rank][f->space == FIELD_SYSTEM] = f;
	}
	for (unsigned rank = 0; rank < ROLES; rank++) {
		const struct field *const *of = first[rank];
		if (!of[0] && !of[1])
			continue;
		const struct field *any = of[0] ? of[0] : of[1];
		bool system = means_system_text(names_text(e->names, any->name));
		struct str text = value_text(of[answering(of[0], of[1], system) == FIELD_SYSTEM], e->arena);
		if (text.n && !str_eq(text, STR("-")))
			return text;
	}
	return STR_NONE;
}

struct str event_host(const struct event *e)
{
	return first_text(e, ROLE_HOST);
}

struct str event_user(const struct event *e)
{
	return first_text(e, ROLE_USER);
}
