/* What the directives in force make of each column. */
#include <string.h>

#include "columns/columns_parts.h"

const struct columns_alias columns_aliases[] = {
	{"UrlStem", "cs-uri-stem"}, {"UrlQuery", "cs-uri-query"}, {"UrlHost", "cs-host"}, {"Method", "cs-method"},
	{"UserAgent", "cs-user-agent"}, {"ClientIpAddress", "c-ip"}, {"HttpStatus", "sc-status"},
	{"AuthenticatedUser", "cs-username"}, {"client-ip", "c-ip"}, {"src-ip", "src_ip"}, {"dst-ip", "dst_ip"},
	{"src-port", "src_port"}, {"dst-port", "dst_port"}, {NULL, NULL},
};

/* Fixed slots of names: the columns that nearly every log has. */
static const char *const common[] = {
	"s-ip", "cs-method", "cs-uri-stem", "cs-uri-query", "s-port", "cs-username", "c-ip", "cs-user-agent", "cs-referer",
	"sc-status", "sc-substatus", "sc-win32-status", "time-taken", "s-sitename", "s-computername", "cs-host",
};
_Static_assert(sizeof common / sizeof *common == NAMES_SLOTS_PAIRS - NAMES_SLOTS_COLUMNS, "one slot each");

static const char *const numbers[] = {
	"sc-status", "sc-substatus", "sc-win32-status", "time-taken", "s-port", "c-port", "sc-bytes", "cs-bytes", "HttpStatus",
	"src-port", "dst-port", "size", "s-siteid", NULL,
};

static uint32_t name_of(struct names *names, struct str name)
{
	for (uint32_t i = 0; i < sizeof common / sizeof *common; i++)
		if (str_eq(str_c(common[i]), name))
			return names_fixed(names, NAMES_SLOTS_COLUMNS + i, name);
	return names_intern(names, name);
}

static bool is_one_of(struct str name, const char *const *list)
{
	for (; *list; list++)
		if (str_eq(str_c(*list), name))
			return true;
	return false;
}

static struct column *add_column(struct columns *c, struct names *names, struct str name, enum column_what what)
{
	if (c->count == COLUMNS_MAX)
		return NULL;
	struct column *column = &c->column[c->count++];
	column->name = name_of(names, name);
	column->key = names_key(names, column->name);
	column->what = (uint8_t)what;
	column->alias = 0;
	return column;
}

/* --- W3C --- */

struct str columns_w3c_name(struct str written, char *room, bool *header)
{
	ptrdiff_t open = str_find_byte(written, '(');
	*header = open > 0 && written.p[written.n - 1] == ')' && written.n <= COLUMN_NAME_MAX;
	if (!*header)
		return written;
	size_t n = 0;
	for (size_t i = 0; i + 1 < written.n; i++)
		room[n++] = i == (size_t)open ? '-' : (char)ascii_lower((unsigned char)written.p[i]);
	return str_n(room, n);
}

static enum column_what what_of(struct str name, bool header)
{
	if (header)
		return COLUMN_HEADER;
	if (str_eq_nocase(name, STR("date")))
		return COLUMN_DATE;
	if (str_eq_nocase(name, STR("time")))
		return COLUMN_TIME;
	if (str_eq_nocase(name, STR("date-time")) || str_eq_nocase(name, STR("DateTime")))
		return COLUMN_STAMP;
	if (str_eq(name, STR("cs-uri")))
		return COLUMN_URI;
	return is_one_of(name, numbers) ? COLUMN_NUMBER : COLUMN_TEXT;
}

static void set_alias(struct columns *c, struct names *names, struct column *column, struct str name)
{
	for (uint8_t i = 0; columns_aliases[i].column; i++) {
		if (!str_eq(str_c(columns_aliases[i].column), name))
			continue;
		c->alias_names[i] = name_of(names, str_c(columns_aliases[i].name));
		column->alias = (uint8_t)(i + 1);
	}
}

static bool has_name(struct str fields, struct str name)
{
	ptrdiff_t at = str_find(fields, name);
	return at >= 0;
}

static void set_source(struct columns *c, struct str product, struct str service, struct str category)
{
	c->product = product;
	c->service = service;
	c->category = category;
}

/* Which rules such a log is for. */
static void set_w3c_source(struct columns *c)
{
	struct str software = c->head.value[W3C_SOFTWARE], fields = c->head.value[COLUMNS_FIELDS];
	bool web = has_name(fields, STR("cs-uri")) || has_name(fields, STR("cs-method")) || has_name(fields, STR("UrlStem"));
	struct str category = web ? STR("webserver") : STR("columns");
	if (str_starts(software, STR("Microsoft Internet Information")))
		set_source(c, STR("iis"), STR("iis"), STR("webserver"));
	else if (str_starts(software, STR("Microsoft HTTP")))
		set_source(c, STR("iis"), STR("httperr"), STR("webserver"));
	else if (str_starts(software, STR("Microsoft Exchange")))
		set_source(c, STR("exchange"), STR("exchange"), category);
	else if (str_starts(software, STR("Microsoft Windows Firewall")))
		set_source(c, STR("windows-firewall"), STR("windows-firewall"), STR("firewall"));
	else if (has_name(fields, STR("x-exception-id")) || str_starts(software, STR("SGOS")))
		set_source(c, STR("bluecoat"), STR("proxy"), STR("proxy"));
	else if (!software.p && (has_name(fields, STR("sc-win32-status")) || has_name(fields, STR("s-ip"))))
		set_source(c, STR("iis"), STR("iis"), STR("webserver"));
	else
		set_source(c, STR("w3c"), STR("w3c"), category);
}

void columns_plan_w3c(struct columns *c, struct names *names)
{
	struct str rest = c->head.value[COLUMNS_FIELDS], written, date = c->head.value[W3C_DATE];
	char room[COLUMN_NAME_MAX];
	bool header, microsoft = !c->head.value[W3C_SOFTWARE].p || str_starts(c->head.value[W3C_SOFTWARE], STR("Microsoft"));
	c->csv = rest.p && str_find_byte(rest, ',') >= 0;
	c->separator = ' ';
	c->quotes = !microsoft;
	c->local = str_eq_nocase(c->head.value[W3C_TIME_FORMAT], STR("local"));
	c->day = date.n >= 10 ? columns_date(str_head(date, 10)) : TICKS_NONE;
	c->stem = name_of(names, STR("cs-uri-stem"));
	c->query = name_of(names, STR("cs-uri-query"));
	set_w3c_source(c);
	while (columns_next_name(&rest, c->csv, &written)) {
		struct str name = columns_w3c_name(written, room, &header);
		enum column_what what = what_of(name, header);
		struct column *column = add_column(c, names, name, what == COLUMN_HEADER && !microsoft ? COLUMN_TEXT : what);
		if (!column)
			break;
		c->dated |= what == COLUMN_DATE || what == COLUMN_TIME;
		c->by_date |= what == COLUMN_DATE;
		set_alias(c, names, column, written);
	}
}

/* --- Zeek --- */

static char byte_of(struct str s, char otherwise)
{
	struct arena *a = arena_new(256);
	struct str got = s.n > 0 && s.n <= 4 ? columns_unescape(s, a) : STR_NONE;
	char c = got.n == 1 ? got.p[0] : otherwise;
	arena_free(a);
	return c;
}

static enum column_what zeek_what(struct str type, struct str name)
{
	static const char *const plain[] = {"count", "int", "port", "double", "interval", NULL};
	if (str_eq(type, STR("time")) && str_eq(name, STR("ts")))
		return COLUMN_EPOCH;
	if (str_starts(type, STR("set[")) || str_starts(type, STR("vector[")) || str_starts(type, STR("table[")))
		return COLUMN_SET;
	return is_one_of(type, plain) ? COLUMN_NUMBER : COLUMN_ESCAPED;
}

void columns_plan_zeek(struct columns *c, struct names *names)
{
	struct str rest = c->head.value[COLUMNS_FIELDS], types = c->head.value[ZEEK_TYPES];
	c->csv = false;
	c->quotes = c->local = false;
	c->separator = byte_of(c->head.value[ZEEK_SEPARATOR], '\t');
	c->set_separator = byte_of(c->head.value[ZEEK_SET_SEPARATOR], ',');
	set_source(c, STR("zeek"), c->head.value[ZEEK_PATH].p ? c->head.value[ZEEK_PATH] : STR("zeek"), STR("zeek"));
	if (str_eq(c->service, STR("conn")))
		c->category = STR("firewall");
	else if (str_eq(c->service, STR("http")))
		c->category = STR("proxy");
	else if (str_eq(c->service, STR("dns")))
		c->category = STR("dns");
	while (rest.p) {
		struct str name = str_cut(&rest, c->separator), type = types.p ? str_cut(&types, c->separator) : STR_NONE;
		if (!add_column(c, names, name, zeek_what(type, name)))
			break;
	}
}

void columns_plan(struct columns *c, struct names *names)
{
	c->count = 0;
	c->dated = c->by_date = false;
	c->day = TICKS_NONE;
	if (c->head.kind == COLUMNS_W3C)
		columns_plan_w3c(c, names);
	else
		columns_plan_zeek(c, names);
	c->ready = true;
}
