#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "audit/audit.h"
#include "base/err.h"

/* Names that are spelled here, each with its slot in names.h. */
enum name {
	N_TYPE, N_HOST, N_SERIAL, N_MESSAGE, N_COMMAND_LINE, N_TARGET, N_DST_IP, N_DST_PORT, N_SRC_IP, N_SRC_PORT, N_INITIATED,
	N_FAMILY, N_LADDR, N_LPORT, N_PATH, N_SYSCALL, N_RESULT, N_PERMS, N_REG0, N_REG1, N_REG2, N_REG3, N_A0, N_A1, N_A2, N_A3,
	N_KEY, N_IMAGE, N_USER, N_PID, N_PPID, N_FOLDER, N_LOGON, N_NAMES
};
_Static_assert(N_NAMES <= NAMES_SLOTS_JSON - NAMES_SLOTS_AUDIT, "our slots");

static const struct str spellings[N_NAMES] = {
	STR("type"), STR("host"), STR("serial"), STR("message"), STR("CommandLine"), STR("TargetFilename"), STR("DestinationIp"),
	STR("DestinationPort"), STR("SourceIp"), STR("SourcePort"), STR("Initiated"), STR("saddr_fam"), STR("laddr"), STR("lport"),
	STR("path"), STR("SYSCALL"), STR("seresult"), STR("seperms"), STR("syscall_a0"), STR("syscall_a1"), STR("syscall_a2"),
	STR("syscall_a3"), STR("a0"), STR("a1"), STR("a2"), STR("a3"), STR("key"), STR("Image"), STR("User"), STR("ProcessId"), STR("ParentProcessId"), STR("CurrentDirectory"),
	STR("LogonId"),
};

/* Types of records whose pairs mean something of their own. */
enum kind { KIND_OTHER, KIND_SYSCALL, KIND_EXECVE, KIND_CWD, KIND_PATH, KIND_PROCTITLE };

/* str_eq, with a look at what mostly differs before a call is made; neither is empty. */
static inline bool same(struct str a, struct str b)
{
	return a.n == b.n && a.p[0] == b.p[0] && !memcmp(a.p, b.p, a.n);
}

/* An event being made. */
struct fill {
	struct event *e;
	const struct audit_record *record;
	enum kind kind;			/* of the record */
	bool has_execve, full;
	/* What the records say, for what is made of several of them. */
	struct str arch, number, call, success, cwd, parent, proctitle, exe, uid, user, pid, ppid, session;
	struct audit_address address;
	bool has_address;
	/* The arguments joined by blanks; there is room for all of them. */
	char *command;
	size_t command_size, command_room;
	/* The argument whose pieces are coming, where it begins in `command`. */
	struct str piece_name;
	size_t piece_at;
	/* Words that belong to no pair, of this record. */
	char *words;
	size_t words_size;
	/* Of this PATH record. */
	struct str path_name;
};

static void add_numbered(struct fill *f, enum field_space space, uint32_t name, enum value_kind kind, struct str value)
{
	if (!event_add(f->e, space, name, kind, value))
		f->full = true;
}

static void add(struct fill *f, enum name name, struct str value)
{
	if (value.p)
		add_numbered(f, FIELD_DATA, names_fixed(f->e->names, NAMES_SLOTS_AUDIT + name, spellings[name]), VALUE_TEXT, value);
}

static bool is_number(struct str s)
{
	if (s.n > 1 && s.p[0] == '-')
		s = str_skip(s, 1);
	if (!s.n || s.n > 15 || (s.p[0] == '0' && s.n > 1))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_is_digit((unsigned char)s.p[i]))
			return false;
	return true;
}

/* ---- values ---- */

bool audit_is_text(struct str name)
{
	static const struct str names[] = {
		STR("name"), STR("cwd"), STR("exe"), STR("comm"), STR("proctitle"), STR("cmd"), STR("acct"), STR("key"),
		STR("path"), STR("ocomm"), STR("dir"), STR("watch"), STR("file"), STR("data"), STR("device"), STR("root_dir"),
		STR("sw"), STR("vm"), STR("invalid_context"),
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (name.n && same(name, names[i]))
			return true;
	return name.n > 1 && name.p[0] == 'a' && ascii_is_digit((unsigned char)name.p[1]);
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool is_hex(struct str s)
{
	if (s.n % 2)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (hex_digit(s.p[i]) < 0)
			return false;
	return s.n;
}

/* s is_hex; out has room for half of it. */
static struct str unhex(struct str s, char *out)
{
	for (size_t i = 0; i < s.n; i += 2)
		out[i / 2] = (char)(hex_digit(s.p[i]) << 4 | hex_digit(s.p[i + 1]));
	return str_n(out, s.n / 2);
}

static bool is_id(struct str name)
{
	return str_ends(name, STR("uid")) || str_ends(name, STR("gid")) || str_ends(name, STR("ses")) ||
	       str_ends(name, STR("UID")) || str_ends(name, STR("GID"));
}

/* Means that there is no value. */
static bool is_unset(struct str name, struct str value, bool quoted)
{
	if (!quoted && (str_eq(value, STR("(null)")) || str_eq(value, STR("?"))))
		return true;
	if (!value.n || (value.p[0] != '4' && value.p[0] != '-' && value.p[0] != 'u'))
		return false;
	return (str_eq(value, STR("4294967295")) || str_eq(value, STR("-1")) || str_eq(value, STR("unset"))) && is_id(name);
}

/* ---- arguments ---- */

static void put_command(struct fill *f, struct str s)
{
	assert(s.n <= f->command_room - f->command_size);
	memcpy(f->command + f->command_size, s.p, s.n);
	f->command_size += s.n;
}

/* The value's bytes behind what `command` holds; hexadecimal is decoded there. */
static void put_argument(struct fill *f, struct str value, bool quoted)
{
	if (!quoted && is_hex(value))
		f->command_size += unhex(value, f->command + f->command_size).n;
	else
		put_command(f, value);
}

static void end_pieces(struct fill *f)
{
	struct str name = f->piece_name;

	if (!name.p)
		return;
	f->piece_name = STR_NONE;
	if (!event_add_named(f->e, FIELD_DATA, name, VALUE_TEXT,
			     str_n(f->command + f->piece_at, f->command_size - f->piece_at)))
		f->full = true;
}

/* EXECVE's a0, a1[0], a1_len. */
static bool take_argument(struct fill *f, struct str name, struct str value, bool quoted)
{
	size_t digits = 1, at;
	bool piece;

	while (digits < name.n && ascii_is_digit((unsigned char)name.p[digits]))
		digits++;
	if (name.p[0] != 'a' || digits == 1)
		return false;
	if (str_eq(str_skip(name, digits), STR("_len")))
		return true;
	piece = digits < name.n && name.p[digits] == '[';
	if (digits < name.n && !piece)
		return false;
	name = str_head(name, digits);
	if (!piece || !str_eq(name, f->piece_name)) {
		end_pieces(f);
		if (f->command_size)
			put_command(f, STR(" "));
		f->piece_at = f->command_size;
	}
	at = f->command_size;
	put_argument(f, value, quoted);
	if (piece)
		f->piece_name = name;
	else if (!event_add_named(f->e, FIELD_DATA, name, VALUE_TEXT, str_n(f->command + at, f->command_size - at)))
		f->full = true;
	return true;
}

/* ---- pairs ---- */

/* Keys of several -k options stand in one value, with \x01 between them. */
static void add_keys(struct fill *f, struct str keys)
{
	while (keys.n)
		add(f, N_KEY, str_cut(&keys, '\1'));
}

static void take_address(struct fill *f, struct str hex)
{
	struct audit_address *a = &f->address;

	if (!audit_read_address(hex, f->e->arena, a))
		return;
	f->has_address = *a->address;
	add(f, N_FAMILY, a->family);
	if (f->has_address) {
		add(f, N_LADDR, arena_str(f->e->arena, str_c(a->address)));
		add(f, N_LPORT, arena_printf(f->e->arena, "%u", a->port));
	}
	add(f, N_PATH, a->path);
}

/* What is made of several records later. */
static void note(struct fill *f, struct str name, struct str value)
{
	static const struct { enum kind kind; struct str name; size_t at; } notes[] = {
		{KIND_SYSCALL, STR("arch"), offsetof(struct fill, arch)},
		{KIND_SYSCALL, STR("syscall"), offsetof(struct fill, number)},
		{KIND_SYSCALL, STR("SYSCALL"), offsetof(struct fill, call)},
		{KIND_SYSCALL, STR("success"), offsetof(struct fill, success)},
		{KIND_SYSCALL, STR("exe"), offsetof(struct fill, exe)},
		{KIND_SYSCALL, STR("uid"), offsetof(struct fill, uid)},
		{KIND_SYSCALL, STR("UID"), offsetof(struct fill, user)},
		{KIND_SYSCALL, STR("pid"), offsetof(struct fill, pid)},
		{KIND_SYSCALL, STR("ppid"), offsetof(struct fill, ppid)},
		{KIND_SYSCALL, STR("ses"), offsetof(struct fill, session)},
		{KIND_CWD, STR("cwd"), offsetof(struct fill, cwd)},
		{KIND_PATH, STR("name"), offsetof(struct fill, path_name)},
		{KIND_PROCTITLE, STR("proctitle"), offsetof(struct fill, proctitle)},
	};
	char *base = (char *)f;

	if (f->kind == KIND_OTHER)
		return;
	for (size_t i = 0; i < sizeof notes / sizeof *notes; i++)
		if (f->kind == notes[i].kind && same(name, notes[i].name))
			memcpy(base + notes[i].at, &value, sizeof value);
	if (f->kind == KIND_PATH && same(name, STR("nametype")) && str_eq(value, STR("PARENT")))
		f->parent = f->path_name;
}

static struct str decode_text(struct fill *f, struct str name, struct str value)
{
	char *p = arena_bytes(f->e->arena, value.n / 2);
	struct str text = unhex(value, p);

	if (!str_eq(name, STR("proctitle")))
		return text;
	while (text.n && !text.p[text.n - 1])
		text.n--;
	for (size_t i = 0; i < text.n; i++)
		if (!p[i])
			p[i] = ' ';
	return text;
}

static bool is_register(struct str name)
{
	return name.n == 2 && name.p[0] == 'a' && name.p[1] >= '0' && name.p[1] <= '3';
}

/* A pair's value without its quotes. */
static void take_value(struct fill *f, struct str name, struct str value, bool quoted)
{
	if (f->kind == KIND_EXECVE && take_argument(f, name, value, quoted))
		return;
	if (is_unset(name, value, quoted))
		return;
	if (f->kind == KIND_SYSCALL && is_register(name)) {
		add(f, N_REG0 + (unsigned)(name.p[1] - '0'), value);
		if (!f->has_execve)
			add(f, N_A0 + (unsigned)(name.p[1] - '0'), value);
		return;
	}
	if (!quoted && is_hex(value) && audit_is_text(name)) {
		value = decode_text(f, name, value);
		quoted = true;
	}
	note(f, name, value);
	if (same(name, STR("key"))) {
		add_keys(f, value);
		return;
	}
	if (!event_add_named(f->e, FIELD_DATA, name, !quoted && is_number(value) ? VALUE_NUMBER : VALUE_TEXT, value))
		f->full = true;
	if (same(name, STR("saddr")))
		take_address(f, value);
}

/* ---- the text of a record ---- */

#define ENRICHED '\x1d'

/* What names are made of: letters, digits, '_', '-', '[', ']' and '.'. */
static const bool name_bytes[256] = {
	['-'] = 1, ['.'] = 1, ['0'] = 1, ['1'] = 1, ['2'] = 1, ['3'] = 1, ['4'] = 1, ['5'] = 1, ['6'] = 1, ['7'] = 1, ['8'] = 1,
	['9'] = 1, ['A'] = 1, ['B'] = 1, ['C'] = 1, ['D'] = 1, ['E'] = 1, ['F'] = 1, ['G'] = 1, ['H'] = 1, ['I'] = 1, ['J'] = 1,
	['K'] = 1, ['L'] = 1, ['M'] = 1, ['N'] = 1, ['O'] = 1, ['P'] = 1, ['Q'] = 1, ['R'] = 1, ['S'] = 1, ['T'] = 1, ['U'] = 1,
	['V'] = 1, ['W'] = 1, ['X'] = 1, ['Y'] = 1, ['Z'] = 1, ['['] = 1, [']'] = 1, ['_'] = 1, ['a'] = 1, ['b'] = 1, ['c'] = 1,
	['d'] = 1, ['e'] = 1, ['f'] = 1, ['g'] = 1, ['h'] = 1, ['i'] = 1, ['j'] = 1, ['k'] = 1, ['l'] = 1, ['m'] = 1, ['n'] = 1,
	['o'] = 1, ['p'] = 1, ['q'] = 1, ['r'] = 1, ['s'] = 1, ['t'] = 1, ['u'] = 1, ['v'] = 1, ['w'] = 1, ['x'] = 1, ['y'] = 1,
	['z'] = 1,
};

static bool is_blank(char c)
{
	return c == ' ' || c == ENRICHED || c == '\t' || c == ',';
}

static void take_word(struct fill *f, struct str word)
{
	if (!f->words)
		f->words = arena_bytes(f->e->arena, f->record->body.n + 1);
	if (f->words_size)
		f->words[f->words_size++] = ' ';
	memcpy(f->words + f->words_size, word.p, word.n);
	f->words_size += word.n;
}

/* "avc:  denied  { read write } for  " at the front. */
static void take_avc(struct fill *f, struct str *s)
{
	struct str rest = *s, result, perms;

	if (!str_starts(rest, STR("avc:")))
		return;
	rest = str_trim(str_skip(rest, 4));
	result = str_cut(&rest, ' ');
	rest = str_trim(rest);
	if (!str_starts(rest, STR("{")) || str_find_byte(rest, '}') < 0)
		return;
	rest = str_skip(rest, 1);
	perms = str_cut(&rest, '}');
	add(f, N_RESULT, result);
	while ((perms = str_trim(perms)).n)
		add(f, N_PERMS, str_cut(&perms, ' '));
	rest = str_trim(rest);
	*s = str_starts(rest, STR("for ")) ? str_skip(rest, 4) : rest;
}

/* Where a value that begins at `s` ends; *out_rest is what follows. */
static struct str cut_value(struct str s, struct str *out_rest, bool *out_quoted)
{
	struct str value = s;
	ptrdiff_t end = -1;
	size_t n = 0;

	*out_quoted = false;
	if (s.n && (s.p[0] == '"' || s.p[0] == '{')) {
		value = str_skip(s, 1);
		end = str_find_byte(value, s.p[0] == '"' ? '"' : '}');
		*out_quoted = true;
		*out_rest = end < 0 ? STR("") : str_skip(value, (size_t)end + 1);
		return end < 0 ? value : str_head(value, (size_t)end);
	}
	while (n < s.n && s.p[n] != ' ' && s.p[n] != ENRICHED && s.p[n] != '\t')
		n++;
	*out_rest = str_skip(s, n);
	while (n && (s.p[n - 1] == ',' || (s.p[n - 1] == ')' && s.p[0] != '(')))
		n--;
	return str_head(value, n);
}

/* 'msg' up to the last quote before the enriched part, which may hold quotes itself. */
static bool cut_message(struct str s, struct str *out_inside, struct str *out_rest)
{
	ptrdiff_t end = str_find_byte(s, ENRICHED);
	struct str part = end < 0 ? s : str_head(s, (size_t)end);
	const char *quote = part.n > 1 ? memrchr(part.p + 1, '\'', part.n - 1) : NULL;

	if (!part.n || part.p[0] != '\'')
		return false;
	if (!quote)
		quote = part.p + part.n;
	*out_inside = str_n(part.p + 1, (size_t)(quote - part.p) - 1);
	*out_rest = str_skip(s, (size_t)(quote - s.p) + 1);
	return true;
}

/* "old auid=1 new auid=2" of old kernels: old-auid, new-auid. */
static struct str age_name(struct fill *f, struct str word, struct str name)
{
	if (!str_eq(word, STR("old")) && !str_eq(word, STR("new")))
		return name;
	f->words_size -= word.n + (f->words_size > word.n);
	return arena_printf(f->e->arena, "%.*s-%.*s", STR_ARGS(word), STR_ARGS(name));
}

static void take_pairs(struct fill *f, struct str s, bool inside);

/* s stands behind "name=". Returns what follows the value. */
static struct str take_pair(struct fill *f, struct str name, struct str s, bool inside)
{
	struct str value, rest;
	bool quoted;

	if (!inside && same(name, STR("msg")) && cut_message(s, &value, &rest)) {
		take_pairs(f, value, true);
		return rest;
	}
	value = cut_value(s, &rest, &quoted);
	/* SADDR={ ... } says again what saddr says. */
	if (!same(name, STR("SADDR")))
		take_value(f, name, value, quoted);
	return rest;
}

static void take_pairs(struct fill *f, struct str s, bool inside)
{
	struct str last = STR_NONE;

	take_avc(f, &s);
	for (;;) {
		size_t n = 0;

		while (s.n && is_blank(s.p[0]))
			s = str_skip(s, 1);
		if (!s.n || f->full)
			return;
		if (s.p[0] == '(' && s.n > 1)
			s = str_skip(s, 1);
		while (n < s.n && name_bytes[(unsigned char)s.p[n]])
			n++;
		if (n && n < s.n && s.p[n] == '=') {
			s = take_pair(f, age_name(f, last, str_head(s, n)), str_skip(s, n + 1), inside);
			last = STR_NONE;
			continue;
		}
		while (n < s.n && !is_blank(s.p[n]))
			n++;
		last = str_head(s, n);
		if (n > 1 || s.p[0] != ':')
			take_word(f, last);
		s = str_skip(s, n);
	}
}

/* ---- what is made of several records ---- */

/* A name in full: behind the current folder where it is relative. */
static struct str full_path(const struct fill *f, struct str name)
{
	struct str folder = f->cwd;

	if (name.p[0] == '/')
		return name;
	if (!folder.n && f->parent.n && f->parent.p[0] == '/')
		folder = f->parent;
	if (!folder.n)
		return name;
	if (str_starts(name, STR("./")))
		name = str_skip(name, 2);
	return arena_printf(f->e->arena, "%.*s%s%.*s", STR_ARGS(folder), str_ends(folder, STR("/")) ? "" : "/", STR_ARGS(name));
}

static bool is_kind(const struct event *e, const struct field *f, struct str name, struct str value)
{
	return f->size == value.n && !memcmp(f->data, value.p, value.n) && str_eq(names_text(e->names, f->name), name);
}

/* The names of PATH records with this nametype: a record's name stands before its nametype. */
static bool add_targets(struct fill *f, struct str nametype)
{
	struct str name = STR_NONE;
	bool any = false;

	for (uint32_t i = 0, count = f->e->field_count; i < count; i++) {
		const struct field *field = &f->e->fields[i];
		struct str is = names_text(f->e->names, field->name);

		if (str_eq(is, STR("type")))
			name = STR_NONE;
		else if (str_eq(is, STR("name")))
			name = str_n(field->data, field->size);
		if (!name.n || !is_kind(f->e, field, STR("nametype"), nametype))
			continue;
		add(f, N_TARGET, full_path(f, name));
		any = true;
	}
	return any;
}

static void add_connection(struct fill *f)
{
	struct arena *a = f->e->arena;
	bool out = str_eq(f->call, STR("connect"));

	if (!out && !str_eq(f->call, STR("accept")) && !str_eq(f->call, STR("accept4")))
		return;
	f->e->category = STR("network_connection");
	add(f, out ? N_DST_IP : N_SRC_IP, arena_str(a, str_c(f->address.address)));
	add(f, out ? N_DST_PORT : N_SRC_PORT, arena_printf(a, "%u", f->address.port));
	add(f, N_INITIATED, out ? STR("true") : STR("false"));
}

static void add_category(struct fill *f, bool has_path)
{
	bool execve = str_eq(f->call, STR("execve")) || str_eq(f->call, STR("execveat"));

	if (f->has_execve || (execve && str_eq(f->success, STR("yes")))) {
		f->e->category = STR("process_creation");
		if (f->command_size)
			add(f, N_COMMAND_LINE, str_n(f->command, f->command_size));
		else
			add(f, N_COMMAND_LINE, f->proctitle);
	} else if (has_path && add_targets(f, STR("CREATE"))) {
		f->e->category = STR("file_event");
	} else if (has_path && add_targets(f, STR("DELETE"))) {
		f->e->category = STR("file_delete");
	} else if (f->has_address) {
		add_connection(f);
	}
}

/* Whose doing it was, under the names that the category's rules use. */
static void add_process(struct fill *f)
{
	add(f, N_IMAGE, f->exe);
	add(f, N_USER, f->user.n ? f->user : f->uid);
	add(f, N_PID, f->pid);
	if (!str_eq(f->e->category, STR("process_creation")))
		return;
	add(f, N_PPID, f->ppid);
	add(f, N_FOLDER, f->cwd);
	add(f, N_LOGON, f->session);
}

static enum kind kind_of(struct str type)
{
	static const struct str types[] = {
		[KIND_SYSCALL] = STR("SYSCALL"), [KIND_EXECVE] = STR("EXECVE"), [KIND_CWD] = STR("CWD"),
		[KIND_PATH] = STR("PATH"), [KIND_PROCTITLE] = STR("PROCTITLE"),
	};

	for (enum kind k = KIND_SYSCALL; type.n && k <= KIND_PROCTITLE; k++)
		if (same(type, types[k]))
			return k;
	return KIND_OTHER;
}

static void fill_record(struct fill *f, const struct audit_record *r)
{
	f->record = r;
	f->kind = kind_of(r->type);
	f->path_name = STR_NONE;
	f->words = NULL;
	f->words_size = 0;
	add(f, N_TYPE, r->type);
	take_pairs(f, r->body, false);
	if (f->words_size)
		add(f, N_MESSAGE, str_n(f->words, f->words_size));
}

static void begin_event(struct fill *f, const struct audit_record *first)
{
	struct event *e = f->e;

	e->time = first->time;
	e->offset_min = 0;
	e->product = STR("linux");
	e->service = STR("auditd");
	if (first->node.n)
		add_numbered(f, FIELD_SYSTEM, names_fixed(e->names, NAMES_SLOTS_AUDIT + N_HOST, spellings[N_HOST]), VALUE_TEXT,
			     first->node);
	if (first->time != TICKS_NONE)
		add_numbered(f, FIELD_SYSTEM, names_fixed(e->names, NAMES_SLOTS_AUDIT + N_SERIAL, spellings[N_SERIAL]), VALUE_NUMBER,
			     arena_printf(e->arena, "%llu", (unsigned long long)first->serial));
}

bool audit_fill(struct event *e, const struct audit_record *records, size_t count)
{
	struct fill f = {.e = e};
	bool has_path = false;

	assert(count > 0);
	for (size_t i = 0; i < count; i++) {
		bool execve = str_eq(records[i].type, STR("EXECVE"));

		f.has_execve |= execve;
		has_path |= str_eq(records[i].type, STR("PATH"));
		f.command_room += execve ? records[i].body.n + 1 : 0;
	}
	if (f.command_room)
		f.command = arena_bytes(e->arena, f.command_room);
	begin_event(&f, &records[0]);
	for (size_t i = 0; i < count && !f.full; i++)
		fill_record(&f, &records[i]);
	end_pieces(&f);
	if (!f.call.p && f.number.p) {
		f.call = audit_syscall_name(f.arch, f.number);
		add(&f, N_SYSCALL, f.call);
	}
	add_category(&f, has_path);
	if (e->category.p)
		add_process(&f);
	return !f.full;
}
