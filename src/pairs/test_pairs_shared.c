/*
 * The events of FortiGate and FortiProxy of the shared test data: each field that is expected of a line (under ECS names) must
 * stand in the event under Fortinet's name. A table says which name that is, and which fields are not in the line but made up
 * by the product that wrote the expectations. An ECS name without a row fails.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

#include "event/value.h"
#include "pairs/parts.h"

#define FROM(names) names, NULL
#define DERIVED(reason) NULL, reason
#define OUTCOME DERIVED("a word chosen by action and status")
#define SUFFIXES DERIVED("from a list of public suffixes")
#define COLLECTED DERIVED("values of other fields, collected")
#define URL_PART DERIVED("a part of url, or made of hostname, service and url")
#define AGENT_PART DERIVED("a part of agent")

/* The fields of ours that may hold the value, in any of their values; more rows for one name in order of `ecs`. */
static const struct row { const char *ecs, *names, *derived; } rows[] = {
	{"@timestamp", FROM("@time")}, {"event.start", FROM("@time")},
	{"action.name", FROM("action name utmaction eventtype")}, {"event.action", FROM("action name eventtype subtype")},
	{"action.outcome", OUTCOME}, {"event.outcome", OUTCOME},
	{"action.outcome_reason", FROM("msg reason")}, {"event.reason", FROM("msg reason logdesc")},
	{"action.properties.icmp_code", FROM("icmpcode")}, {"action.properties.icmp_type", FROM("icmptype")},
	{"action.target", DERIVED("a constant")}, {"action.type", FROM("subtype eventtype utmaction type")},
	{"client.packets", FROM("sentpkt")}, {"destination.address", FROM("dstip hostname locip remotename")},
	{"destination.bytes", FROM("rcvdbyte rcvddelta")}, {"destination.domain", FROM("hostname remotename dstip")},
	{"destination.geo.city_name", FROM("dstcity")}, {"destination.geo.country_name", FROM("dstcountry")},
	{"destination.geo.region_name", FROM("dstregion")}, {"destination.ip", FROM("dstip locip")},
	{"destination.mac", FROM("dstmac masterdstmac")}, {"destination.nat.ip", FROM("tranip")},
	{"destination.nat.port", FROM("tranport")}, {"destination.packets", FROM("rcvdpkt rcvdpktdelta")},
	{"destination.port", FROM("dstport locport")}, {"destination.registered_domain", SUFFIXES},
	{"destination.top_level_domain", SUFFIXES}, {"destination.user.name", FROM("user")},
	{"dns.question.class", FROM("qclass")}, {"dns.question.name", FROM("qname")},
	{"dns.question.registered_domain", SUFFIXES}, {"dns.question.top_level_domain", SUFFIXES},
	{"dns.question.type", FROM("qtype")}, {"dns.rrname", FROM("qname")}, {"dns.rrtype", FROM("qtype")},
	{"event.category", FROM("type subtype eventtype cat")}, {"event.code", FROM("logid deviceEventClassId")},
	{"event.dataset", DERIVED("type and subtype, joined")}, {"event.duration", DERIVED("duration in nanoseconds")},
	{"event.kind", FROM("type")}, {"event.provider", FROM("method ui")}, {"event.timezone", FROM("tz")},
	{"file.name", FROM("filename")}, {"file.size", FROM("filesize")}, {"file.type", FROM("filetype")},
	{"fortinet.dstuuid", DERIVED("taken from dstunauthuser, by mistake")},
	{"fortinet.reqtime", DERIVED("a number of seconds as a date")}, {"fortinet.resptime", DERIVED("the same")},
	{"fortinet.respfinishtime", DERIVED("the same")},
	{"fortinet.fortigate.attack.id", FROM("attackid")}, {"fortinet.fortigate.attack.name", FROM("attack")},
	{"fortinet.fortigate.dst_internet_service", FROM("dstinetsvc")},
	{"fortinet.fortigate.dst_reputation", FROM("dstreputation")},
	{"fortinet.fortigate.event.severity", FROM("severity")}, {"fortinet.fortigate.event.type", FROM("type")},
	{"fortinet.fortigate.icmp.request.code", FROM("icmpcode")}, {"fortinet.fortigate.icmp.request.type", FROM("icmptype")},
	{"fortinet.fortigate.log_version", FROM("logver")}, {"fortinet.fortigate.nat_translation_type", FROM("trandisp")},
	{"fortinet.fortigate.poluuid", FROM("poluuid uuid")},
	{"fortinet.fortigate.security_profile", FROM("profile")}, {"fortinet.fortigate.threat.level", FROM("crlevel severity")},
	{"fortinet.fortigate.threat.score", FROM("crscore")}, {"fortinet.fortigate.threat.type", FROM("craction")},
	{"fortinet.fortigate.total.duration", DERIVED("duration in nanoseconds")},
	{"fortinet.fortigate.total.received_bytes", FROM("rcvdbyte")}, {"fortinet.fortigate.total.sent_bytes", FROM("sentbyte")},
	{"fortinet.fortigate.total.sent_packets", FROM("sentpkt")}, {"fortinet.fortigate.tunnel.id", FROM("tunnelid")},
	{"fortinet.fortigate.tunnel.ip", FROM("tunnelip")}, {"fortinet.fortigate.tunnel.name", FROM("vpntunnel")},
	{"fortinet.fortigate.tunnel.type", FROM("tunneltype")}, {"fortinet.fortigate.tunnel.version", FROM("version")},
	{"fortinet.fortigate.user.source", FROM("unauthusersource")}, {"fortinet.fortigate.virtual_domain", FROM("vd")},
	{"group.name", FROM("group")}, {"host.name", FROM("srcname")}, {"host.os.family", FROM("osname")},
	{"host.os.platform", FROM("devtype")}, {"host.type", FROM("osname")}, {"http.request.bytes", FROM("reqlength")},
	{"http.request.method", FROM("httpmethod method")}, {"http.request.referrer", FROM("referralurl")},
	{"http.response.bytes", FROM("resplength")}, {"log.description", FROM("logdesc")}, {"log.hostname", FROM("devname")},
	{"log.level", FROM("level")}, {"network.application", FROM("app service")},
	{"network.bytes", DERIVED("the sum of sentbyte and rcvdbyte")}, {"network.direction", DERIVED("another word for direction")},
	{"network.forwarded_ip", FROM("forwardedfor")}, {"network.protocol", DERIVED("service or app in lower case, or proto")},
	{"network.transport", DERIVED("proto, by its name")}, {"observer.egress.interface.alias", FROM("dstintfrole")},
	{"observer.egress.interface.name", FROM("dstintf")}, {"observer.hostname", FROM("devname")},
	{"observer.ingress.interface.alias", FROM("srcintfrole")}, {"observer.ingress.interface.name", FROM("srcintf")},
	{"observer.product", DERIVED("a constant")}, {"observer.serial_number", FROM("devid")},
	{"observer.type", DERIVED("a constant, or deviceProduct")}, {"observer.vendor", DERIVED("a constant, or deviceVendor")},
	{"observer.version", FROM("deviceVersion")}, {"process.pid", FROM("appid")}, {"related.", COLLECTED},
	{"rule.apprisk", FROM("apprisk")}, {"rule.category", FROM("appcat catdesc")}, {"rule.ruleset", FROM("policytype applist")},
	{"service.name", DERIVED("service in lower case")}, {"source.address", FROM("srcip srcname remip userip ui_ip")},
	{"source.bytes", FROM("sentbyte sentdelta")}, {"source.domain", FROM("srcname")}, {"source.geo.country_name", FROM("srccountry")},
	{"source.ip", FROM("srcip remip userip ui_ip")}, {"source.mac", FROM("srcmac mastersrcmac")},
	{"source.nat.ip", FROM("transip tunnelip")}, {"source.nat.port", FROM("transport")}, {"source.packets", FROM("sentpkt sentpktdelta")},
	{"source.port", FROM("srcport remport")}, {"source.registered_domain", SUFFIXES}, {"source.top_level_domain", SUFFIXES},
	{"source.user.domain", FROM("hostname")}, {"source.user.full_name", FROM("user")},
	{"source.user.name", FROM("user suser sender unauthuser")}, {"url.original", FROM("url")}, {"url.", URL_PART},
	{"user.domain", FROM("srcname")}, {"user.full_name", FROM("user")}, {"user.name", FROM("user suser sender unauthuser")},
	{"user_agent.original", FROM("agent")}, {"user_agent.", AGENT_PART},
	/* The rest are Fortinet's names already. */
	{"fortinet.fortigate.", FROM("=")}, {"fortinet.", FROM("=")},
};

struct counts { unsigned checked, derived; };

struct run {
	const char *file;
	struct event *e;
	int64_t first;		/* the time of the first line, where a case holds two */
	unsigned checked, derived, failures;
};

static const struct row *find_row(const char *ecs)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		size_t n = strlen(rows[i].ecs);
		if (rows[i].ecs[n - 1] == '.' ? strncmp(ecs, rows[i].ecs, n) == 0 : strcmp(ecs, rows[i].ecs) == 0)
			return &rows[i];
	}
	return NULL;
}

/* The value itself; or without its brackets, the blank behind it, the domain before it, the certificate's name behind it. */
static bool is_value(struct str value, struct str want)
{
	ptrdiff_t at = str_find(value, want);
	if (at < 0)
		return false;
	char before = at ? value.p[at - 1] : '\0', behind = (size_t)at + want.n < value.n ? value.p[(size_t)at + want.n] : '\0';
	return (before == '\0' || before == '[' || before == '\\') &&
		(behind == '\0' || behind == ']' || behind == ' ' || behind == ',') &&
		(behind != ' ' || str_trim(value).n == want.n);
}

static bool holds(const struct event *e, struct str name, struct str want)
{
	bool of_ui = str_eq(name, STR("ui_ip"));	/* ui="GUI(192.0.2.1)" */
	for (uint32_t i = 0; i < e->field_count; i++) {
		struct str text = names_text(e->names, e->fields[i].name), value = value_text(&e->fields[i], e->arena);
		if (of_ui && str_eq(text, STR("ui")) && str_find(value, want) > 0)
			return true;
		if (str_eq(text, name) && is_value(value, want))
			return true;
	}
	return false;
}

static bool time_agrees(const struct run *r, const char *ecs, struct str want)
{
	int64_t ticks;
	int offset;
	size_t used;
	assert_int_equal(clock_parse_rfc3339(want, &ticks, &offset, &used), 0);
	/* timestamp= there is 15:22:20 UTC, as date, time and tz are; the expectation takes the hour off twice. */
	if (!strcmp(r->file, "test_event_login_2.json") && !strcmp(ecs, "@timestamp"))
		ticks += 3600 * TICKS_PER_SECOND;
	/* Some are rounded. */
	return llabs(r->e->time - ticks) <= TICKS_PER_SECOND / 10 || llabs(r->first - ticks) <= TICKS_PER_SECOND / 10;
}

static void check_value(struct run *r, const char *ecs, struct str want)
{
	const struct row *row = find_row(ecs);
	if (!row) {
		r->failures++;
		print_error("%s: %s has no row\n", r->file, ecs);
		return;
	}
	if (row->derived) {
		r->derived++;
		return;
	}
	bool found = !strcmp(row->names, "@time") && time_agrees(r, ecs, want);
	struct str names = str_c(!strcmp(row->names, "=") ? ecs + strlen(row->ecs) : row->names);
	while (names.n && !found)
		found = holds(r->e, str_cut(&names, ' '), want);
	r->checked++;
	if (!found) {
		r->failures++;
		print_error("%s: %s = %.*s is not in the event\n", r->file, ecs, STR_ARGS(want));
	}
}

static void check_tree(struct run *r, const char *prefix, json_t *tree)
{
	const char *key;
	json_t *value;
	json_object_foreach(tree, key, value) {
		char name[256], text[32];
		snprintf(name, sizeof name, "%s%s%s", prefix, *prefix ? "." : "", key);
		if (!strcmp(name, "message") || !strcmp(name, "event.original"))
			continue;
		if (json_is_object(value)) {
			check_tree(r, name, value);
		} else if (json_is_string(value)) {
			check_value(r, name, str_n(json_string_value(value), json_string_length(value)));
		} else if (json_is_integer(value)) {
			snprintf(text, sizeof text, "%lld", (long long)json_integer_value(value));
			check_value(r, name, str_c(text));
		} else {
			r->derived += json_is_array(value);
		}
	}
}

static unsigned check_case(const char *path, struct pairs *p, struct names *names, struct counts *counts)
{
	static const struct pairs_clock clock = {.reference = INT64_C(17000000000000000)};
	json_error_t error;
	json_t *root = json_load_file(path, 0, &error);
	assert_non_null(root);
	const char *message = json_string_value(json_object_get(json_object_get(root, "input"), "message"));
	struct arena *arena = arena_new(0);
	struct str rest = str_c(message), line;
	struct event e;
	event_init(&e, names, arena);
	e.time = 0;
	struct run r = {.file = strrchr(path, '/') + 1, .e = &e};
	/* One case holds two lines, and its expectations are of both. */
	while ((line = str_trim(str_cut(&rest, '\n'))).n) {
		enum pairs_kind kind = pairs_kind_of(line);
		if (kind == PAIRS_NONE)
			fail_msg("%s: not known: %.60s", path, message);
		struct pairs_result got = pairs_decode(p, kind, line, &clock, &e);
		if (got.result != DECODE_MATCH)
			fail_msg("%s: %s", path, got.trouble);
		r.first = r.first ? r.first : e.time;
	}
	check_tree(&r, "", json_object_get(root, "expected"));
	counts->checked += r.checked;
	counts->derived += r.derived;
	json_decref(root);
	arena_free(arena);
	return r.failures;
}

static void check_folder(const char *shared, const char *folder, unsigned wanted)
{
	char path[4096];
	unsigned files = 0, failures = 0;
	struct counts counts = {0};
	struct names *names = names_new(NULL);
	struct pairs *p = pairs_new();
	snprintf(path, sizeof path, "%s/data/logs/fortigate/%s", shared, folder);
	DIR *d = opendir(path);
	if (!d)
		fail_msg("no %s", path);
	for (struct dirent *entry; (entry = readdir(d));) {
		if (entry->d_name[0] == '.')
			continue;
		char file[8192];
		snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
		failures += check_case(file, p, names, &counts);
		files++;
	}
	closedir(d);
	pairs_free(p);
	names_free(names);
	print_message("%s: %u events, %u fields agree, %u are not in the line\n", folder, files, counts.checked,
		      counts.derived);
	assert_int_equal(failures, 0);
	assert_int_equal(files, wanted);
	assert_true(counts.checked > 10 * files);
}

static void test_shared(void **state)
{
	const char *shared = getenv("TRUC_SHARED");
	(void)state;
	if (!shared) {
		print_message("SKIP: no TRUC_SHARED: the FortiGate cases were not tried\n");
		skip();
	}
	check_folder(shared, "sekoia_cases", 48);
	check_folder(shared, "sekoia_fortiproxy_cases", 13);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_shared)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
