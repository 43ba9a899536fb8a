#include "decode/wrapper.h"

#include <string.h>

#include "base/err.h"
#include "base/utf8.h"
#include "decode/json_time.h"
#include "decode/kinds.h"
#include "decode/wrapper_ecs.h"
#include "event/value.h"

/* Names that tell the form, hold what the event's head needs, or may be its time. Each has a bit; 0 is no role. */
enum role {
	ROLE_NONE,
	EVTX_CHANNEL, EVTX_PROVIDER, EVTX_ID, EVTX_COMPUTER, EVTX_TIME,
	ECS_CHANNEL, ECS_PROVIDER, ECS_PROVIDER_2, ECS_ID, ECS_ID_2, ECS_COMPUTER,
	WAZUH_CHANNEL, WAZUH_PROVIDER, WAZUH_ID, WAZUH_COMPUTER, WAZUH_TIME,
	FLAT_CHANNEL, FLAT_CHANNEL_2, FLAT_CHANNEL_3,
	FLAT_PROVIDER, FLAT_PROVIDER_2, FLAT_PROVIDER_3, FLAT_PROVIDER_4, FLAT_SOURCE,
	FLAT_ID, FLAT_ID_2, FLAT_ID_3,
	FLAT_COMPUTER, FLAT_COMPUTER_2, FLAT_COMPUTER_3, FLAT_COMPUTER_4, FLAT_COMPUTER_5,
	FLAT_PROCESS, FLAT_KEYWORDS, MESSAGE, NAMELESS,
	TIME_CREATED, TIME_EVENT, TIME_AT, TIME_GENERATED, TIME_UTC, TIME_STAMP, TIME_PLAIN, TIME_EVENT_2, TIME_DATETIME,
	TIME_DATE, TIME_TS, TIME_SPLUNK,
	JOURNAL_TIME,
	ROLES
};
_Static_assert((int)ROLES <= (int)KINDS_EVE, "one bit a role; kinds.h has the last ones");

#define BIT(role) (UINT64_C(1) << (role))

/* Flattened names that have a role, but for those below System, which evtx_system knows. */
static const struct {
	struct str path;
	uint8_t role;
} roles[] = {
	{STR("winlog.channel"), ECS_CHANNEL}, {STR("winlog.provider_name"), ECS_PROVIDER},
	{STR("event.provider"), ECS_PROVIDER_2}, {STR("winlog.event_id"), ECS_ID}, {STR("event.code"), ECS_ID_2},
	{STR("winlog.computer_name"), ECS_COMPUTER},
	{STR("win.system.channel"), WAZUH_CHANNEL}, {STR("win.system.providerName"), WAZUH_PROVIDER},
	{STR("win.system.eventID"), WAZUH_ID}, {STR("win.system.computer"), WAZUH_COMPUTER},
	{STR("win.system.systemTime"), WAZUH_TIME},
	{STR("Channel"), FLAT_CHANNEL}, {STR("log_name"), FLAT_CHANNEL_2}, {STR("LogName"), FLAT_CHANNEL_3},
	{STR("Provider_Name"), FLAT_PROVIDER}, {STR("SourceName"), FLAT_PROVIDER_2},
	{STR("source_name"), FLAT_PROVIDER_3}, {STR("ProviderName"), FLAT_PROVIDER_4}, {STR("Source"), FLAT_SOURCE},
	{STR("EventID"), FLAT_ID}, {STR("event_id"), FLAT_ID_2}, {STR("EventCode"), FLAT_ID_3},
	{STR("Computer"), FLAT_COMPUTER}, {STR("Hostname"), FLAT_COMPUTER_2}, {STR("computer_name"), FLAT_COMPUTER_3},
	{STR("MachineName"), FLAT_COMPUTER_4}, {STR("ComputerName"), FLAT_COMPUTER_5},
	{STR("Keywords"), FLAT_KEYWORDS}, {STR("Message"), MESSAGE},
	{STR("TimeCreated"), TIME_CREATED}, {STR("EventTime"), TIME_EVENT}, {STR("@timestamp"), TIME_AT},
	{STR("TimeGenerated"), TIME_GENERATED}, {STR("UtcTime"), TIME_UTC}, {STR("timestamp"), TIME_STAMP},
	{STR("time"), TIME_PLAIN}, {STR("event_time"), TIME_EVENT_2}, {STR("datetime"), TIME_DATETIME},
	{STR("date"), TIME_DATE}, {STR("ts"), TIME_TS}, {STR("_time"), TIME_SPLUNK},
	{STR("__REALTIME_TIMESTAMP"), JOURNAL_TIME},
};

/* Where each form keeps what, the best first; lists end with 0. */
static const struct form {
	uint8_t channel[4], provider[6], event_id[4], computer[6], time[5];
} forms[] = {
	[WRAPPER_EVTX] = {{EVTX_CHANNEL}, {EVTX_PROVIDER}, {EVTX_ID}, {EVTX_COMPUTER}, {EVTX_TIME, TIME_AT}},
	[WRAPPER_ECS] = {{ECS_CHANNEL}, {ECS_PROVIDER, ECS_PROVIDER_2}, {ECS_ID, ECS_ID_2}, {ECS_COMPUTER}, {TIME_AT}},
	[WRAPPER_WAZUH] = {{WAZUH_CHANNEL}, {WAZUH_PROVIDER}, {WAZUH_ID}, {WAZUH_COMPUTER}, {WAZUH_TIME, TIME_AT}},
	[WRAPPER_FLAT] = {{FLAT_CHANNEL, FLAT_CHANNEL_2, FLAT_CHANNEL_3},
		{FLAT_PROVIDER, FLAT_PROVIDER_2, FLAT_PROVIDER_3, FLAT_PROVIDER_4, FLAT_SOURCE},
		{FLAT_ID, FLAT_ID_2, FLAT_ID_3},
		{FLAT_COMPUTER, FLAT_COMPUTER_2, FLAT_COMPUTER_3, FLAT_COMPUTER_4, FLAT_COMPUTER_5},
		{TIME_CREATED, TIME_EVENT, TIME_AT, TIME_GENERATED}},
};

static const uint8_t plain_times[] = {TIME_AT, TIME_STAMP, TIME_PLAIN, TIME_EVENT, TIME_EVENT_2, TIME_DATETIME, TIME_DATE,
	TIME_TS, TIME_SPLUNK, TIME_CREATED, TIME_GENERATED, 0};

/* Other names of Event/System. `exact`: the same letters in another case are the event's own data. */
static const struct {
	uint8_t form;
	bool exact;
	struct str path, name;
} renames[] = {
	{WRAPPER_ECS, false, STR("winlog.record_id"), STR("EventRecordID")},
	{WRAPPER_ECS, false, STR("winlog.provider_guid"), STR("Provider_Guid")},
	{WRAPPER_ECS, false, STR("winlog.version"), STR("Version")},
	{WRAPPER_ECS, false, STR("winlog.process.pid"), STR("Execution_ProcessID")},
	{WRAPPER_ECS, false, STR("winlog.process.thread.id"), STR("Execution_ThreadID")},
	{WRAPPER_ECS, false, STR("winlog.process_id"), STR("Execution_ProcessID")},
	{WRAPPER_ECS, false, STR("winlog.thread_id"), STR("Execution_ThreadID")},
	{WRAPPER_ECS, false, STR("winlog.activity_id"), STR("Correlation_ActivityID")},
	{WRAPPER_ECS, false, STR("winlog.related_activity_id"), STR("Correlation_RelatedActivityID")},
	{WRAPPER_ECS, false, STR("winlog.user.identifier"), STR("Security_UserID")},
	{WRAPPER_WAZUH, false, STR("win.system.providerGuid"), STR("Provider_Guid")},
	{WRAPPER_WAZUH, false, STR("win.system.eventRecordID"), STR("EventRecordID")},
	{WRAPPER_WAZUH, false, STR("win.system.processID"), STR("Execution_ProcessID")},
	{WRAPPER_WAZUH, false, STR("win.system.threadID"), STR("Execution_ThreadID")},
	{WRAPPER_WAZUH, false, STR("win.system.version"), STR("Version")},
	{WRAPPER_WAZUH, false, STR("win.system.level"), STR("Level")},
	{WRAPPER_WAZUH, false, STR("win.system.task"), STR("Task")},
	{WRAPPER_WAZUH, false, STR("win.system.opcode"), STR("Opcode")},
	{WRAPPER_WAZUH, false, STR("win.system.keywords"), STR("Keywords")},
	{WRAPPER_FLAT, false, STR("RecordNumber"), STR("EventRecordID")},
	{WRAPPER_FLAT, false, STR("record_number"), STR("EventRecordID")},
	{WRAPPER_FLAT, false, STR("EventRecordID"), STR("EventRecordID")},
	{WRAPPER_FLAT, true, STR("RecordId"), STR("EventRecordID")},
	{WRAPPER_FLAT, false, STR("ProviderGuid"), STR("Provider_Guid")},
	{WRAPPER_FLAT, false, STR("provider_guid"), STR("Provider_Guid")},
	{WRAPPER_FLAT, false, STR("ExecutionProcessID"), STR("Execution_ProcessID")},
	{WRAPPER_FLAT, true, STR("process_id"), STR("Execution_ProcessID")},
	{WRAPPER_FLAT, true, STR("ThreadID"), STR("Execution_ThreadID")},
	{WRAPPER_FLAT, true, STR("thread_id"), STR("Execution_ThreadID")},
	{WRAPPER_FLAT, true, STR("UserID"), STR("Security_UserID")},
	{WRAPPER_FLAT, true, STR("user.identifier"), STR("Security_UserID")},
	{WRAPPER_FLAT, true, STR("ActivityID"), STR("Correlation_ActivityID")},
	{WRAPPER_FLAT, true, STR("activity_id"), STR("Correlation_ActivityID")},
	{WRAPPER_FLAT, true, STR("RelatedActivityID"), STR("Correlation_RelatedActivityID")},
	{WRAPPER_FLAT, true, STR("related_activity_id"), STR("Correlation_RelatedActivityID")},
	{WRAPPER_FLAT, false, STR("Keywords"), STR("Keywords")},
	{WRAPPER_FLAT, false, STR("Task"), STR("Task")},
	{WRAPPER_FLAT, false, STR("Version"), STR("Version")},
	{WRAPPER_FLAT, false, STR("Level"), STR("Level")},
	{WRAPPER_FLAT, false, STR("OpcodeValue"), STR("Opcode")},
};

/* What stands behind these is a data field's bare name. */
static const struct {
	uint8_t form;
	struct str prefix;
} bodies[] = {
	{WRAPPER_EVTX, STR("Event.EventData.")}, {WRAPPER_EVTX, STR("EventData.")},
	{WRAPPER_ECS, STR("winlog.event_data.")}, {WRAPPER_ECS, STR("winlog.user_data.")},
	{WRAPPER_WAZUH, STR("win.eventdata.")},
	{WRAPPER_FLAT, STR("event_data.")}, {WRAPPER_FLAT, STR("user_data.")},
};

#define NAME_MAX 256u

static void rename_to(struct wrapper_name *w, enum wrapper_form form, enum field_space space, struct str name,
		      struct names *names)
{
	w->form = (uint8_t)form;
	w->space = (uint8_t)space;
	w->name = names_intern(names, name);
	w->key = names_key(names, w->name);
}

/* Joins the steps below System by '_', without what only says how XML was written as JSON. */
static struct str system_name(struct str rest, char out[NAME_MAX])
{
	size_t n = 0;

	if (rest.n >= NAME_MAX)
		return STR_NONE;
	while (rest.n) {
		struct str step = str_cut(&rest, '.');

		if (str_eq(step, STR("#text")) || str_eq(step, STR("#attributes")) ||
		    (n && !rest.n && str_eq_nocase(step, STR("Value"))))
			continue;
		if (str_starts(step, STR("@")))
			step = str_skip(step, 1);
		if (str_ends(step, STR("_attributes")))
			step = str_head(step, step.n - 11);
		if (n)
			out[n++] = '_';
		memcpy(out + n, step.p, step.n);
		n += step.n;
	}
	return (struct str){out, n};
}

static const struct {
	struct str name;
	uint8_t role;
} evtx_system[] = {
	{STR("Channel"), EVTX_CHANNEL}, {STR("Provider_Name"), EVTX_PROVIDER}, {STR("EventID"), EVTX_ID},
	{STR("Computer"), EVTX_COMPUTER}, {STR("TimeCreated_SystemTime"), EVTX_TIME},
	{STR("TimeCreated"), EVTX_TIME},
};

static void classify_system(struct wrapper_name *w, struct names *names, struct str rest)
{
	char room[NAME_MAX];
	struct str name = system_name(rest, room);

	if (!name.n)
		return;
	for (size_t i = 0; i < sizeof evtx_system / sizeof *evtx_system; i++)
		if (str_eq_nocase(name, evtx_system[i].name))
			w->role = evtx_system[i].role;
	rename_to(w, WRAPPER_EVTX, FIELD_SYSTEM, name, names);
}

/* UserData/<any>/<child> gives child. */
static void classify_user_data(struct wrapper_name *w, struct names *names, struct str rest)
{
	struct str child = rest, any = str_cut(&child, '.');

	if (str_ends(child, STR(".#text")))
		child = str_head(child, child.n - 6);
	if (str_find(child, STR("#attributes")) >= 0 || str_starts(child, STR("@")) || str_ends(any, STR("_attributes")))
		return;
	if (!child.n || str_eq(child, STR("#text")))
		child = any;
	rename_to(w, WRAPPER_EVTX, FIELD_DATA, child, names);
}

/* Winlogbeat numbers <Data> elements without a name: param1, param2 ... */
static bool is_nameless(struct str name)
{
	uint64_t number;

	return str_starts(name, STR("param")) && !str_to_u64(str_skip(name, 5), &number);
}

static void classify_body(struct wrapper_name *w, struct names *names, enum wrapper_form form, struct str name)
{
	char room[NAME_MAX];

	if (str_ends(name, STR(".#text")))
		name = str_head(name, name.n - 6);
	if (!name.n || str_find(name, STR("#attributes")) >= 0)
		return;
	if (form == WRAPPER_WAZUH && name.n < NAME_MAX && name.p[0] >= 'a' && name.p[0] <= 'z') {
		memcpy(room, name.p, name.n);
		room[0] = (char)(name.p[0] - 32);
		name.p = room;
	}
	if (is_nameless(name) && form != WRAPPER_EVTX)
		w->role = NAMELESS;
	rename_to(w, form, FIELD_DATA, name, names);
}

static void find_role(struct wrapper_name *w, struct str path)
{
	w->role = kinds_role(path);
	for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
		if (str_eq_nocase(path, roles[i].path))
			w->role = roles[i].role;
	if (str_eq(path, STR("ProcessID")))
		w->role = FLAT_PROCESS;
}

static void find_rename(struct wrapper_name *w, struct names *names, struct str path)
{
	for (size_t i = 0; i < sizeof renames / sizeof *renames; i++) {
		if (renames[i].exact ? str_eq(path, renames[i].path) : str_eq_nocase(path, renames[i].path)) {
			rename_to(w, renames[i].form, FIELD_SYSTEM, renames[i].name, names);
			return;
		}
	}
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		if (str_starts_nocase(path, bodies[i].prefix)) {
			classify_body(w, names, bodies[i].form, str_skip(path, bodies[i].prefix.n));
			return;
		}
	}
	if (str_eq_nocase(path, STR("win.system.message")))
		rename_to(w, WRAPPER_WAZUH, FIELD_DATA, STR("Message"), names);
}

struct wrapper_name wrapper_classify(struct names *names, struct str path)
{
	struct wrapper_name w = {0};
	struct str below;

	if (str_starts(path, STR("_source.")))
		path = str_skip(path, 8);
	if (str_starts(path, STR("data.win.")))
		path = str_skip(path, 5);
	below = str_starts_nocase(path, STR("Event.")) ? str_skip(path, 6) : path;
	if (str_starts_nocase(below, STR("System."))) {
		classify_system(&w, names, str_skip(below, 7));
	} else if (str_starts_nocase(below, STR("UserData."))) {
		classify_user_data(&w, names, str_skip(below, 9));
	} else {
		find_role(&w, path);
		find_rename(&w, names, path);
		w.ecs = wrapper_ecs_row(path);
	}
	return w;
}

void wrapper_system_init(struct wrapper_system *s, struct names *names)
{
	s->channel = names_intern(names, STR("Channel"));
	s->provider = names_intern(names, STR("Provider_Name"));
	s->event_id = names_intern(names, STR("EventID"));
	s->computer = names_intern(names, STR("Computer"));
	s->time = names_intern(names, STR("TimeCreated_SystemTime"));
	s->process = names_intern(names, STR("Execution_ProcessID"));
	s->data = names_intern(names, STR("Data"));
}

bool wrapper_is_journal(const struct wrapper_seen *seen)
{
	return seen->roles & BIT(JOURNAL_TIME);
}

static struct field *first_seen(const struct wrapper_job *job, struct event *e, const uint8_t *list)
{
	for (; *list; list++)
		if (job->seen->roles & BIT(*list))
			return &e->fields[job->seen->at[*list]];
	return NULL;
}

/* Looking for a form: bits of its ids, and of its channels and providers. `Source` alone says nothing. */
static const struct {
	uint8_t form;
	uint64_t id, origin;
} marks[] = {
	{WRAPPER_EVTX, BIT(EVTX_ID), BIT(EVTX_CHANNEL) | BIT(EVTX_PROVIDER)},
	{WRAPPER_ECS, BIT(ECS_ID) | BIT(ECS_ID_2), BIT(ECS_CHANNEL) | BIT(ECS_PROVIDER)},
	{WRAPPER_WAZUH, BIT(WAZUH_ID), BIT(WAZUH_CHANNEL) | BIT(WAZUH_PROVIDER)},
	{WRAPPER_FLAT, BIT(FLAT_ID) | BIT(FLAT_ID_2) | BIT(FLAT_ID_3), BIT(FLAT_CHANNEL) | BIT(FLAT_CHANNEL_2) |
		BIT(FLAT_CHANNEL_3) | BIT(FLAT_PROVIDER) | BIT(FLAT_PROVIDER_2) | BIT(FLAT_PROVIDER_3) |
		BIT(FLAT_PROVIDER_4)},
};

#define EVENT_ID_MAX INT64_C(0xffffffff)

static bool event_id_of(const struct field *f, int64_t *out)
{
	int64_t id;

	if ((f->kind != VALUE_NUMBER && f->kind != VALUE_TEXT) ||
	    str_to_i64((struct str){f->data, f->size}, &id) || id < 0 || id > EVENT_ID_MAX)
		return false;
	*out = id;
	return true;
}

static const struct form *find_form(const struct wrapper_job *job, struct event *e, uint8_t *out_form)
{
	uint64_t seen = job->seen->roles;

	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		const struct form *form = &forms[marks[i].form];

		if (!(seen & marks[i].id) || !(seen & marks[i].origin))
			continue;
		if (event_id_of(first_seen(job, e, form->event_id), &e->event_id)) {
			*out_form = marks[i].form;
			return form;
		}
	}
	return NULL;
}

static void make_system(struct event *e, struct field *f, uint32_t name)
{
	f->name = name;
	f->key = names_key(e->names, name);
	f->space = FIELD_SYSTEM;
}

static struct str take_text(struct event *e, struct field *f, uint32_t name)
{
	if (!f)
		return STR_NONE;
	make_system(e, f, name);
	return f->kind == VALUE_TEXT ? (struct str){f->data, f->size} : STR_NONE;
}

/* The first of the list whose time can be read, with a zone where that is asked for. */
static struct field *take_time(const struct wrapper_job *job, struct event *e, const uint8_t *list, bool with_zone)
{
	for (; *list; list++) {
		struct field *f;

		if (!(job->seen->roles & BIT(*list)))
			continue;
		f = &e->fields[job->seen->at[*list]];
		if (json_time(f, job->options, with_zone, &e->time, &e->offset_min))
			return f;
	}
	return NULL;
}

static void set_time(const struct wrapper_job *job, struct event *e, const uint8_t *list)
{
	struct field *f = take_time(job, e, list, true);

	if (!f && (job->seen->roles & BIT(TIME_UTC)) &&
	    json_time(&e->fields[job->seen->at[TIME_UTC]], NULL, false, &e->time, &e->offset_min)) {
		e->offset_min = 0;
		return;
	}
	if (!f)
		f = take_time(job, e, list, false);
	if (f)
		make_system(e, f, job->system->time);
}

/* NXLog writes the Keywords bits as a signed number, EVTX as hexadecimal. */
static void fix_keywords(struct event *e, struct field *f)
{
	int64_t bits;
	char *raw;

	if (f->kind != VALUE_NUMBER || str_to_i64((struct str){f->data, f->size}, &bits))
		return;
	raw = arena_bytes(e->arena, 8);
	for (int i = 0; i < 8; i++)
		raw[i] = (char)(uint8_t)((uint64_t)bits >> (8 * i));
	f->data = raw;
	f->size = 8;
	f->kind = VALUE_HEX;
}

static void rename_fields(const struct wrapper_job *job, struct event *e, uint8_t form)
{
	for (uint32_t i = 0; i < e->field_count; i++) {
		const struct wrapper_name *w = &job->table[job->index[i]];

		if (w->form != form)
			continue;
		e->fields[i].name = w->name;
		e->fields[i].key = w->key;
		e->fields[i].space = w->space;
	}
}

static bool has_data(const struct event *e, uint32_t name)
{
	for (uint32_t i = 0; i < e->field_count; i++)
		if (e->fields[i].name == name)
			return true;
	return false;
}

/*
 * `own`: the object's fields, which stand before any copies. <Data> without a name is `Data` in EVTX, and rules about classic providers read it there. An event that is full goes
 * without.
 */
static void add_nameless(const struct wrapper_job *job, struct event *e, uint32_t own)
{
	uint32_t name = job->system->data;
	struct field f;

	if (job->seen->roles & BIT(NAMELESS)) {
		for (uint32_t i = 0; i < own; i++) {
			f = e->fields[i];
			if (job->table[job->index[i]].role == NAMELESS)
				event_add(e, FIELD_DATA, name, f.kind, (struct str){f.data, f.size});
		}
	} else if (job->seen->roles & BIT(MESSAGE) && str_eq_nocase(e->channel, STR("Windows PowerShell")) &&
		   !has_data(e, name)) {
		f = e->fields[job->seen->at[MESSAGE]];
		event_add(e, FIELD_DATA, name, f.kind, (struct str){f.data, f.size});
	}
}

static void finish_flat(const struct wrapper_job *job, struct event *e)
{
	uint64_t seen = job->seen->roles;

	if (seen & BIT(FLAT_PROCESS) && e->fields[job->seen->at[FLAT_PROCESS]].kind == VALUE_NUMBER)
		make_system(e, &e->fields[job->seen->at[FLAT_PROCESS]], job->system->process);
	if (seen & BIT(FLAT_KEYWORDS))
		fix_keywords(e, &e->fields[job->seen->at[FLAT_KEYWORDS]]);
}

bool wrapper_finish(const struct wrapper_job *job, struct event *e)
{
	const struct form *form;
	uint64_t seen = job->seen->roles;
	uint32_t own = e->field_count;
	uint8_t number;

	if (!seen)
		return false;
	form = find_form(job, e, &number);
	if (!form) {
		take_time(job, e, plain_times, false);
		if (seen & KINDS_ALL)
			kinds_finish(job, e);
		return false;
	}
	rename_fields(job, e, number);
	e->product = STR("windows");
	e->channel = take_text(e, first_seen(job, e, form->channel), job->system->channel);
	e->provider = take_text(e, first_seen(job, e, form->provider), job->system->provider);
	take_text(e, first_seen(job, e, form->event_id), job->system->event_id);
	take_text(e, first_seen(job, e, form->computer), job->system->computer);
	set_time(job, e, form->time);
	if (number == WRAPPER_FLAT)
		finish_flat(job, e);
	if (number == WRAPPER_ECS)
		wrapper_ecs_finish(job->table, job->index, e);
	if (seen & (BIT(NAMELESS) | BIT(MESSAGE)))
		add_nameless(job, e, own);
	return true;
}
