#include <string.h>

#include "pairs/parts.h"

#define FIRST_NAME_MAX 24u	/* with its '=' */
#define SIGNATURE_MAX 640u	/* bytes in which a line shows whose it is */

/* A line's type, and a UTM line's subtype, to Sigma's words. Older versions have the subtypes as types. */
struct kind {
	struct str type;
	struct str service, category;
};

#define SERVICE_EVENT {"event", 5}
#define SERVICE_TRAFFIC {"traffic", 7}
#define SERVICE_UTM {"utm", 3}
#define FIREWALL {"firewall", 8}
#define PROXY {"proxy", 5}

static const struct kind types[] = {
	{{"traffic", 7}, SERVICE_TRAFFIC, FIREWALL}, {{"event", 5}, SERVICE_EVENT, {NULL, 0}},
	{{"utm", 3}, SERVICE_UTM, PROXY},
};

static const struct kind subtypes[] = {
	{{"webfilter", 9}, SERVICE_UTM, PROXY}, {{"app-ctrl", 8}, SERVICE_UTM, PROXY}, {{"ips", 3}, SERVICE_UTM, PROXY},
	{{"virus", 5}, SERVICE_UTM, {"antivirus", 9}}, {{"dns", 3}, SERVICE_UTM, {"dns", 3}},
	{{"dns-query", 9}, SERVICE_UTM, {"dns", 3}}, {{"dns-response", 12}, SERVICE_UTM, {"dns", 3}},
	{{"waf", 3}, SERVICE_UTM, PROXY}, {{"dlp", 3}, SERVICE_UTM, PROXY}, {{"ssl", 3}, SERVICE_UTM, PROXY},
	{{"file-filter", 11}, SERVICE_UTM, PROXY}, {{"videofilter", 11}, SERVICE_UTM, PROXY},
	{{"anomaly", 7}, SERVICE_UTM, FIREWALL}, {{"voip", 4}, SERVICE_UTM, FIREWALL}, {{"gtp", 3}, SERVICE_UTM, FIREWALL},
	{{"emailfilter", 11}, SERVICE_UTM, FIREWALL}, {{"spamfilter", 10}, SERVICE_UTM, FIREWALL},
	{{"ssh", 3}, SERVICE_UTM, FIREWALL}, {{"icap", 4}, SERVICE_UTM, PROXY}, {{"cifs", 4}, SERVICE_UTM, FIREWALL},
};

static const struct kind *find_kind(const struct kind *list, size_t count, struct str word)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(list[i].type, word))
			return &list[i];
	return NULL;
}

static void set_source(const struct pairs *p, struct event *e)
{
	struct str type = p->seen[PAIRS_TYPE], subtype = p->seen[PAIRS_SUBTYPE];
	const struct kind *k = find_kind(types, sizeof types / sizeof *types, type), *of = NULL;
	if (!k || str_eq(k->type, STR("utm"))) {
		of = find_kind(subtypes, sizeof subtypes / sizeof *subtypes, k ? subtype : type);
		k = of ? of : k;
	}
	e->product = str_starts(p->seen[PAIRS_DEVID], STR("FPX")) ? STR("fortiproxy") : STR("fortigate");
	e->service = k ? k->service : STR_NONE;
	e->category = k ? k->category : STR_NONE;
	if (str_eq(subtype, STR("http-transaction")))
		e->category = STR("proxy");
	else if (str_eq(subtype, STR("rest-api")))
		e->category = STR("webserver");
}

static void set_time(const struct pairs *p, const struct pairs_clock *clock, struct event *e)
{
	struct pairs_time t = {.ticks = TICKS_NONE, .offset_min = CLOCK_NO_OFFSET};
	bool known = time_from_epoch(p->seen[PAIRS_EVENTTIME], &t.ticks);
	if (known)
		time_from_offset(p->seen[PAIRS_TZ], &t.offset_min);
	else
		known = time_from_date(p->seen[PAIRS_DATE], p->seen[PAIRS_TIME], p->seen[PAIRS_TZ], clock, &t) ||
			time_from_epoch(p->seen[PAIRS_TIMESTAMP], &t.ticks) ||
			(p->seen[PAIRS_START].n && time_from_words(p->seen[PAIRS_START], clock, &t));
	if (known) {
		e->time = t.ticks;
		e->offset_min = t.offset_min;
	}
}

static bool put(struct event *e, struct str name, struct str value)
{
	return event_add_named(e, FIELD_DATA, name, VALUE_TEXT, value) != NULL;
}

/* "http://host:1/path?query" to path and query. */
static bool put_url(struct event *e, struct str url)
{
	struct str rest = url, stem;
	ptrdiff_t scheme = url.n && url.p[0] != '/' ? str_find(str_head(url, 12), STR("://")) : -1;
	if (scheme > 0) {
		rest = str_skip(url, (size_t)scheme + 3);
		size_t i = 0;
		while (i < rest.n && rest.p[i] != '/' && rest.p[i] != '?')
			i++;
		rest = str_skip(rest, i);
	}
	stem = str_cut(&rest, '?');
	if (stem.n && !put(e, STR("cs-uri-stem"), stem))
		return false;
	return rest.p == NULL || put(e, STR("cs-uri-query"), rest);
}

bool fortinet_finish(struct pairs *p, const struct pairs_clock *clock, struct event *e)
{
	set_source(p, e);
	set_time(p, clock, e);
	return p->seen[PAIRS_URL].n == 0 || put_url(e, p->seen[PAIRS_URL]);
}

/* A pair's name and '=', behind the beginning, a blank or a comma. */
static bool has_pair(struct str s, struct str name)
{
	struct str rest = s;
	ptrdiff_t at;
	while ((at = str_find(rest, name)) >= 0) {
		const char *p = rest.p + at;
		if (p == s.p || p[-1] == ' ' || p[-1] == ',')
			return true;
		rest = str_skip(rest, (size_t)at + 1);
	}
	return false;
}

bool fortinet_is_line(struct str line)
{
	/* Most lines of other programs are out here. */
	if (!memchr(line.p, '=', line.n < FIRST_NAME_MAX ? line.n : FIRST_NAME_MAX) ||
	    pairs_name_size(line.p, line.p + line.n) == 0)
		return false;
	struct str head = str_head(line, SIGNATURE_MAX);
	bool type = has_pair(head, STR("type="));
	if (type && has_pair(head, STR("subtype=")))
		return true;
	bool device = has_pair(head, STR("devid=")) || has_pair(head, STR("vd="));
	return (type || has_pair(head, STR("logid="))) && device;
}
