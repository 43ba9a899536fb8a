#include "decode/winxml.h"

#include <string.h>

#include "base/vec.h"
#include "decode/xml.h"

#define NAME_MAX_BYTES 1536u		/* as in EVTX: 512 characters */
#define TEXT_COPIED_LEAST 65536u

/* Where an element stands; decides how its children are named (as in evtx_xml.h). */
enum stage { AT_ROOT, IN_EVENT, IN_SYSTEM, IN_EVENTDATA, IN_USERDATA, IN_BODY, IN_RENDERING };

struct element {
	struct str name, field_name;	/* of <Data Name="...">, else STR_NONE */
	struct str text;		/* its own; STR_NONE: none yet */
	enum stage stage;		/* of its children */
	bool container, has_child, has_attribute;
};

struct reading {
	struct event *e;
	struct str event;		/* from <Event on */
	struct xml_reader xml;
	const char *why;		/* it is broken: this */
	bool limited;
	size_t text_left;		/* bytes that texts in several pieces may still be copied: they are, at each piece */
	unsigned depth;
	struct element open[WINXML_DEPTH_MAX];
};

static enum field_space space_of(enum stage stage)
{
	return stage == IN_SYSTEM || stage == IN_RENDERING ? FIELD_SYSTEM : FIELD_DATA;
}

static enum stage stage_below(enum stage outer, struct str name)
{
	if (outer == AT_ROOT)
		return IN_EVENT;
	if (outer == IN_EVENT)
		return str_eq(name, STR("System")) ? IN_SYSTEM : str_eq(name, STR("EventData")) ? IN_EVENTDATA :
			str_eq(name, STR("UserData")) ? IN_USERDATA : str_eq(name, STR("RenderingInfo")) ? IN_RENDERING : IN_BODY;
	return outer == IN_EVENTDATA || outer == IN_USERDATA ? IN_BODY : outer;
}

/* ---- fields ---------------------------------------------------------------------------------------------------------------- */

static void set_time(struct event *e, struct str text)
{
	int64_t ticks;
	int offset;
	size_t used;

	if (clock_parse_rfc3339(text, &ticks, &offset, &used) == 0)
		e->time = ticks;
}

static void set_known(struct event *e, struct str name, struct str text)
{
	uint64_t number;

	if (str_eq(name, STR("EventID")) && str_to_u64(text, &number) == 0 && number <= INT64_MAX)
		e->event_id = (int64_t)number;
	else if (str_eq(name, STR("EventRecordID")) && str_to_u64(text, &number) == 0)
		e->record = number;
	else if (str_eq(name, STR("Channel")))
		e->channel = text;
	else if (str_eq(name, STR("Provider_Name")))
		e->provider = text;
	else if (str_eq(name, STR("TimeCreated_SystemTime")))
		set_time(e, text);
}

static bool is_number(struct str name, struct str text)
{
	static const char *const numbers[] = {"EventID", "EventID_Qualifiers", "Version", "Level", "Task", "Opcode", "EventRecordID",
					      "Execution_ProcessID", "Execution_ThreadID"};
	bool plain = text.n && text.n < 20 && (text.p[0] != '0' || text.n == 1);

	for (size_t i = 0; i < text.n && plain; i++)
		plain = ascii_is_digit((unsigned char)text.p[i]);
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers && plain; i++)
		if (str_eq(name, str_c(numbers[i])))
			return true;
	return false;
}

static void put(struct reading *r, enum field_space space, struct str name, struct str text)
{
	bool system = space == FIELD_SYSTEM;
	enum value_kind kind = system && is_number(name, text) ? VALUE_NUMBER : VALUE_TEXT;

	if (!event_add_named(r->e, space, name, kind, text))
		r->limited = true;
	else if (system)
		set_known(r->e, name, text);
}

static struct str concat(struct arena *a, struct str head, struct str tail)
{
	char *p = arena_bytes(a, head.n + tail.n);

	memcpy(p, head.p, head.n);
	memcpy(p + head.n, tail.p, tail.n);
	return str_n(p, head.n + tail.n);
}

static struct str joined(struct reading *r, struct str prefix, struct str name)
{
	return concat(r->e->arena, concat(r->e->arena, prefix, STR("_")), name);
}

static void put_text(struct reading *r, const struct element *el, struct str text)
{
	struct str name = el->field_name.p ? el->field_name : el->name;

	if (el->stage == IN_RENDERING && !str_eq(name, STR("Message")))
		name = joined(r, STR("RenderingInfo"), name);
	put(r, space_of(el->stage), name, text);
}

/* ---- elements ----------------------------------------------------------------------------------------------------------------- */

static bool broken(struct reading *r, const char *why)
{
	r->why = why;
	return false;
}

static bool take_attribute(struct reading *r, struct element *el, struct str name, struct str raw)
{
	struct str value;

	if (name.n > NAME_MAX_BYTES)
		return broken(r, "a name that is too long");
	if (!xml_text(raw, r->e->arena, &value))
		return broken(r, "a reference that is not known");
	if (str_eq(name, STR("xmlns")) || str_starts(name, STR("xmlns:")))
		return true;
	if (space_of(el->stage) == FIELD_DATA && str_eq(el->name, STR("Data")) && str_eq(name, STR("Name"))) {
		if (value.n)
			el->field_name = value;
		return value.n <= NAME_MAX_BYTES || broken(r, "a name that is too long");
	}
	/* The culture of RenderingInfo, as of any element, is a field; an empty attribute is none. */
	el->has_attribute = true;
	if (value.n)
		put(r, space_of(el->stage), joined(r, el->name, name), value);
	return true;
}

static bool take_attributes(struct reading *r, struct element *el, struct str attributes)
{
	struct str name, value;
	const char *why = NULL;
	int got;

	while ((got = xml_attribute(&attributes, &name, &value, &why)) > 0)
		if (!take_attribute(r, el, name, value))
			return false;
	return got == 0 || broken(r, why);
}

/* Blanks with a line end among them are the layout of a pretty-printed document, not a value. */
static bool is_layout(struct str text)
{
	return str_trim(text).n == 0 && (text.n == 0 || str_find_byte(text, '\n') >= 0);
}

/* As in EVTX: text between children is a field of its own; one without text, children and attributes is an empty field, but in
 * System and right below Event. */
static void end_element(struct reading *r)
{
	struct element *el = &r->open[--r->depth];
	bool inner = !el->has_child && !el->container && space_of(el->stage) == FIELD_DATA;
	bool text = el->text.p && !is_layout(el->text) && (inner || str_trim(el->text).n);

	if (text)
		put_text(r, el, el->text);
	else if (inner && !el->has_attribute)
		put_text(r, el, STR(""));
}

static bool begin_element(struct reading *r, const struct xml_token *t)
{
	enum stage outer = r->depth ? r->open[r->depth - 1].stage : AT_ROOT;
	struct element *el = &r->open[r->depth];

	if (r->depth == WINXML_DEPTH_MAX)
		return broken(r, "elements too deep in one another");
	if (t->name.n > NAME_MAX_BYTES)
		return broken(r, "a name that is too long");
	if (r->depth) {
		struct element *parent = el - 1;
		if (parent->text.p && str_trim(parent->text).n)
			put_text(r, parent, parent->text);
		parent->text = STR_NONE;
		parent->has_child = true;
	}
	*el = (struct element){.name = t->name, .stage = stage_below(outer, t->name), .container = outer == AT_ROOT || outer == IN_EVENT};
	if (outer == IN_EVENT && str_eq(t->name, STR("ProcessingErrorData")))
		r->e->flags |= EVENT_PARTIAL;
	r->depth++;
	if (!take_attributes(r, el, t->body))
		return false;
	if (t->empty)
		end_element(r);
	return true;
}

static bool take_text(struct reading *r, const struct xml_token *t)
{
	struct element *el = &r->open[r->depth - 1];
	struct str text = t->body;

	if (t->kind == XML_TEXT && !xml_text(t->body, r->e->arena, &text))
		return broken(r, "a reference that is not known");
	if (el->text.p && el->text.n) {
		if (el->text.n + text.n > r->text_left)
			return broken(r, "text in too many pieces");
		r->text_left -= el->text.n + text.n;
		text = concat(r->e->arena, el->text, text);
	}
	el->text = text;
	return true;
}

static bool close_element(struct reading *r, struct str name)
{
	if (!str_eq(name, r->open[r->depth - 1].name))
		return broken(r, "an end tag of another name");
	end_element(r);
	return true;
}

/* The whole event, up to its end; r->why where it is broken. */
static void read_event(struct reading *r)
{
	bool ok = true;

	r->xml = (struct xml_reader){.rest = r->event};
	r->text_left = TEXT_COPIED_LEAST + 4 * r->event.n;
	do {
		struct xml_token t = xml_next(&r->xml);
		switch (t.kind) {
		case XML_OPEN:
			ok = begin_element(r, &t);
			break;
		case XML_CLOSE:
			ok = close_element(r, t.name);
			break;
		case XML_TEXT: case XML_CDATA:
			ok = take_text(r, &t);
			break;
		case XML_END:
			ok = broken(r, "an event without its end");
			break;
		case XML_BAD:
			ok = broken(r, r->xml.why);
			break;
		}
	} while (ok && r->depth);
}

static void set_source(struct event *e)
{
	bool is_linux = str_eq(e->provider, STR("Linux-Sysmon"));

	e->product = is_linux ? STR("linux") : STR("windows");
	e->service = e->category = STR_NONE;
}

/* ---- frames ------------------------------------------------------------------------------------------------------------------- */

/* "<Event" or "</Event" with nothing behind it that would make it another name. */
static bool is_tag(struct str s, struct str begin)
{
	return str_starts(s, begin) && s.n > begin.n && (ascii_is_space((unsigned char)s.p[begin.n]) || s.p[begin.n] == '>' ||
							(s.p[begin.n] == '/' && begin.p[1] != '/'));
}

/* Where the next such tag is at or behind `at`; s.n: nowhere. */
static size_t find_tag(struct str s, size_t at, struct str begin)
{
	while (at < s.n) {
		ptrdiff_t next = str_find(str_skip(s, at), begin);
		if (next < 0)
			break;
		at += (size_t)next;
		if (is_tag(str_skip(s, at), begin))
			return at;
		at++;
	}
	return s.n;
}

/* Behind the end tag at the front of s; 0 where it is not complete. */
static size_t end_tag_size(struct str s)
{
	size_t n = 7;

	while (n < s.n && ascii_is_space((unsigned char)s.p[n]))
		n++;
	return n < s.n && s.p[n] == '>' ? n + 1 : 0;
}

/* Behind the first whole end tag at or behind `at`; 0 where there is none. */
static size_t behind_end_tag(struct str s, size_t at)
{
	size_t size = 0;

	while (size == 0 && (at = find_tag(s, at, STR("</Event"))) < s.n) {
		size = end_tag_size(str_skip(s, at));
		at += size ? size : 7;
	}
	return size ? at : 0;
}

/* An event begins at `at`: where it ends. Up to the next <Event, or to the end, where it has no end of its own. */
static size_t frame_end(struct str s, size_t at)
{
	size_t next = find_tag(s, at + 6, STR("<Event")), end = behind_end_tag(str_head(s, next), at + 6);
	const char *gt = memchr(s.p + at, '>', next - at);

	if (gt && gt[-1] == '/')		/* <Event/> */
		return (size_t)(gt - s.p) + 1;
	return end ? end : next;
}

/* How much can be given: up to behind the last end tag. */
static size_t cut(struct str bytes)
{
	size_t n = bytes.n;

	for (;;) {
		const char *lt = memrchr(bytes.p, '<', n);
		if (!lt)
			return 0;
		n = (size_t)(lt - bytes.p);
		struct str tag = str_skip(bytes, n);
		size_t size = is_tag(tag, STR("</Event")) ? end_tag_size(tag) : 0;
		if (size)
			return n + size;
	}
}

/* Between events may stand the document's own tags, comments and instructions. */
static void check_between(struct decode_ctx *c, struct str s, uint64_t at)
{
	struct xml_reader r = {.rest = s};

	for (;;) {
		struct xml_token t = xml_next(&r);
		bool own = (t.kind == XML_OPEN || t.kind == XML_CLOSE) && str_eq(t.name, STR("Events"));
		if (t.kind == XML_END)
			return;
		if (own || (t.kind == XML_TEXT && str_trim(t.body).n == 0))
			continue;
		const char *why = t.kind == XML_BAD ? r.why : "something else than events";
		decode_skip(c, DECODE_XML_SYNTAX, s.n, at, why);
		return;
	}
}

static void decode_event(struct decode_ctx *c, struct reading *r, struct str bytes, uint64_t at)
{
	event_clear(r->e);
	r->e->record = c->offset + at;
	r->event = bytes;
	r->why = NULL;
	r->limited = false;
	r->depth = 0;
	read_event(r);
	set_source(r->e);
	bool lost = r->why && r->e->field_count == 0;
	if (r->why)
		decode_skip(c, DECODE_XML_SYNTAX, lost ? bytes.n : 0, at, r->why);
	if (r->limited)
		decode_skip(c, DECODE_FIELDS_LIMIT, 0, r->e->record, "more fields than an event may have");
	if (lost)
		return;
	r->e->flags |= r->why || r->limited ? EVENT_PARTIAL : 0;
	c->stats->events++;
	/* Its own place: exports of several channels hold one record number more than once. */
	c->offset += at;
	c->emit(c->user, r->e);
	c->offset -= at;
}

static void decode(struct decode_ctx *c, struct str block)
{
	struct reading *r = c->state;
	struct event e;
	size_t at = 0;

	event_init(&e, c->names, c->arena);
	r->e = &e;
	c->stats->used_bytes += block.n;
	if (c->offset == 0 && str_starts(block, STR("\xef\xbb\xbf")))
		at = 3;
	while (at < block.n) {
		size_t begin = find_tag(block, at, STR("<Event"));
		/* End tags of no event are where blocks are cut too: what stands between them is judged by itself. */
		while (at < begin) {
			size_t end = behind_end_tag(str_head(block, begin), at);
			end = end ? end : begin;
			check_between(c, str_n(block.p + at, end - at), at);
			at = end;
		}
		if (begin == block.n)
			break;
		at = frame_end(block, begin);
		decode_event(c, r, str_n(block.p + begin, at - begin), begin);
	}
}

static int sniff(struct str head)
{
	struct xml_reader r;
	struct xml_token t;

	if (str_starts(head, STR("\xef\xbb\xbf")))
		head = str_skip(head, 3);
	head = str_trim(head);
	if (head.n == 0 || *head.p != '<')
		return 0;
	r = (struct xml_reader){.rest = head};
	do
		t = xml_next(&r);
	while (t.kind == XML_TEXT && str_trim(t.body).n == 0);
	if (t.kind == XML_OPEN)
		return str_eq(t.name, STR("Event")) || str_eq(t.name, STR("Events")) ? 95 : 0;
	/* A document type before it: it is refused, with a message of ours. */
	return t.kind == XML_BAD && find_tag(head, 0, STR("<Event")) < head.n ? 80 : 0;
}

static void *state_new(void)
{
	return mem_alloc(sizeof(struct reading));
}

const struct decode_format winxml_format = {
	.name = "winxml",
	.summary = "Windows events exported as XML, and Sysmon for Linux's",
	.unit = DECODE_UNIT_ELEMENT,
	.sniff = sniff,
	.decode = decode,
	.state_new = state_new,
	.state_free = vec_release,
	.cut = cut,
};

/* ---- behind a syslog header ---------------------------------------------------------------------------------------------------- */

static bool is_event(struct str message)
{
	return is_tag(message, STR("<Event"));
}

/* Everything of the message must be the event; the header's fields stay. A broken one is told as text, so nothing is lost. */
static enum decode_result decode_payload(const struct payload_line *line, void *state, struct event *e)
{
	struct reading *r = state;
	struct event before = *e;

	*r = (struct reading){.e = e, .event = line->message};
	read_event(r);
	if (r->why || r->limited || str_trim(r->xml.rest).n) {
		before.fields = e->fields;
		before.field_cap = e->field_cap;
		*e = before;
		return DECODE_MISS;
	}
	set_source(e);
	e->record = before.record;
	return DECODE_MATCH;
}

const struct payload winxml_payload = {
	.name = "winxml",
	.first = "<",
	.programs = "",
	.is = is_event,
	.decode = decode_payload,
	.state_new = state_new,
	.state_free = vec_release,
};
