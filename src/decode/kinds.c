#include "decode/kinds.h"

#include <string.h>

#include "base/clock.h"
#include "decode/json_time.h"

/* Names that are looked for or added, each with its slot in names.h. */
enum name {
	N_EVENT_NAME, N_AWS_REGION, N_EVENT_VERSION, N_API_VERSION, N_REQUEST_TIME, N_STAGE_TIME, N_SERVICE_NAME, N_RECEIVE_TIME,
	N_CATEGORY, N_RESOURCE_ID, N_TENANT_ID, N_OPERATION, N_CREATION_TIME, N_PUBLISHED, N_EVENT_TIME,
	N_EVE_TYPE, N_SIGNATURE, N_URL, N_HOSTNAME, N_STEM, N_QUERY, N_URI,
	N_REQUEST_PARAMETERS, N_RESPONSE_ELEMENTS,
	N_OS_TYPE, N_OS_PLATFORM, N_MODULE, N_EVENT_CATEGORY, N_EVENT_TYPE, N_AGENT,
	N_EXECUTABLE, N_COMMAND_LINE, N_ARGS, N_FOLDER, N_USER, N_PID, N_PPID, N_PARENT_PID, N_PARENT, N_PARENT_LINE, N_FILE,
	N_DST_IP, N_DST_PORT, N_SRC_IP, N_SRC_PORT,
	N_REQUEST, N_METHOD, N_REQUEST_URI, N_TIME_LOCAL,
	NAMES
};
_Static_assert(NAMES <= NAMES_SLOTS - NAMES_SLOTS_JSON, "our slots");

static const struct str spellings[NAMES] = {
	STR("eventName"), STR("awsRegion"), STR("eventVersion"), STR("apiVersion"), STR("requestReceivedTimestamp"),
	STR("stageTimestamp"), STR("protoPayload.serviceName"), STR("receiveTimestamp"), STR("category"), STR("resourceId"),
	STR("tenantId"), STR("Operation"), STR("CreationTime"), STR("published"), STR("eventTime"),
	STR("event_type"), STR("alert.signature_id"), STR("http.url"), STR("http.hostname"), STR("cs-uri-stem"), STR("cs-uri-query"), STR("c-uri"),
	STR("requestParameters"), STR("responseElements"),
	STR("host.os.type"), STR("host.os.platform"), STR("event.module"), STR("event.category"), STR("event.type"),
	STR("agent.type"),
	STR("process.executable"), STR("process.command_line"), STR("process.args"), STR("process.working_directory"),
	STR("user.name"), STR("process.pid"), STR("process.ppid"), STR("process.parent.pid"), STR("process.parent.executable"),
	STR("process.parent.command_line"), STR("file.path"),
	STR("destination.ip"), STR("destination.port"), STR("source.ip"), STR("source.port"),
	STR("request"), STR("request_method"), STR("request_uri"), STR("time_local"),
};

uint8_t kinds_role(struct str path)
{
	static const struct {
		struct str path;
		uint8_t role;
	} rows[] = {
		{STR("event_type"), KINDS_EVE}, {STR("alert.signature_id"), KINDS_EVE}, {STR("id.orig_h"), KINDS_ZEEK}, {STR("certificate.serial"), KINDS_ZEEK},
		{STR("_path"), KINDS_ZEEK_PATH}, {STR("eventSource"), KINDS_AWS}, {STR("auditID"), KINDS_K8S},
		{STR("protoPayload.methodName"), KINDS_GCP}, {STR("ecs.version"), KINDS_ECS}, {STR("remote_addr"), KINDS_WEB},
		{STR("legacyEventType"), KINDS_SAAS}, {STR("_document_id"), KINDS_SAAS}, {STR("operationName"), KINDS_AZURE},
		{STR("Workload"), KINDS_O365}, {STR("Records.eventSource"), KINDS_ENVELOPE},
		{STR("items.auditID"), KINDS_ENVELOPE}, {STR("records.operationName"), KINDS_ENVELOPE},
		{STR("value.operationName"), KINDS_ENVELOPE},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (str_eq(path, rows[i].path))
			return rows[i].role;
	return 0;
}

/* ---- fields ---- */

static uint32_t number_of(const struct event *e, enum name name)
{
	return names_fixed(e->names, NAMES_SLOTS_JSON + name, spellings[name]);
}

static const struct field *get(const struct event *e, enum name name)
{
	uint32_t number = number_of(e, name);

	for (uint32_t i = 0; i < e->field_count; i++)
		if (e->fields[i].name == number)
			return &e->fields[i];
	return NULL;
}

static struct str text_of(const struct field *f)
{
	return f && f->kind == VALUE_TEXT ? str_n(f->data, f->size) : STR_NONE;
}

static struct str get_text(const struct event *e, enum name name)
{
	return text_of(get(e, name));
}

static bool has_value(const struct event *e, enum name name, struct str value)
{
	uint32_t number = number_of(e, name);

	for (uint32_t i = 0; i < e->field_count; i++)
		if (e->fields[i].name == number && str_eq(text_of(&e->fields[i]), value))
			return true;
	return false;
}

static const struct field *seen_at(const struct wrapper_job *job, const struct event *e, enum kinds_role role)
{
	return job->seen->roles >> role & 1 ? &e->fields[job->seen->at[role]] : NULL;
}

/* An event that is full goes without. */
static void add(struct event *e, struct str name, struct str value)
{
	if (value.p)
		event_add_named(e, FIELD_DATA, name, VALUE_TEXT, value);
}

static void add_copy(struct event *e, struct str name, const struct field *f)
{
	struct field copy;

	if (!f || f->kind == VALUE_NULL)
		return;
	copy = *f;
	event_add_named(e, FIELD_DATA, name, copy.kind, str_n(copy.data, copy.size));
}

static void set_time(const struct wrapper_job *job, struct event *e, enum name name)
{
	const struct field *f = e->time == TICKS_NONE ? get(e, name) : NULL;

	if (f)
		json_time(f, job->options, false, &e->time, &e->offset_min);
}

static void set_source(struct event *e, struct str product, struct str service, struct str category)
{
	e->product = product;
	e->service = service;
	e->category = category;
}

/* ---- web ---- */

static void add_target(struct event *e, struct str target)
{
	struct str query = target, stem = str_cut(&query, '?');
	ptrdiff_t scheme = str_find(stem, STR("://"));

	/* A proxy is asked for http://host/path. */
	if (scheme > 0) {
		ptrdiff_t path = str_find_byte(str_skip(stem, (size_t)scheme + 3), '/');

		stem = path < 0 ? STR("/") : str_skip(stem, (size_t)scheme + 3 + (size_t)path);
	}
	if (stem.n)
		event_add(e, FIELD_DATA, number_of(e, N_STEM), VALUE_TEXT, stem);
	if (query.n)
		event_add(e, FIELD_DATA, number_of(e, N_QUERY), VALUE_TEXT, query);
}

/* "02/Jun/2020:13:07:18 +0200" */
static void set_local_time(struct event *e, struct str s)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	char text[32];
	int64_t ticks;
	int offset;
	size_t used;

	if (e->time != TICKS_NONE || s.n != 26 || s.p[2] != '/' || s.p[6] != '/' || s.p[11] != ':')
		return;
	for (unsigned m = 0; m < 12; m++) {
		if (memcmp(months + m * 3, s.p + 3, 3))
			continue;
		memcpy(text, "0000-00-00T", 11);
		memcpy(text, s.p + 7, 4);
		text[5] = (char)('0' + (m + 1) / 10);
		text[6] = (char)('0' + (m + 1) % 10);
		memcpy(text + 8, s.p, 2);
		memcpy(text + 11, s.p + 12, 8);
		memcpy(text + 19, s.p + 21, 5);
		if (!clock_parse_rfc3339(str_n(text, 24), &ticks, &offset, &used) && used == 24 && offset != CLOCK_NO_OFFSET) {
			e->time = ticks;
			e->offset_min = offset;
		}
	}
}

/* Members of access logs in JSON, as nginx is set up to write them; several spellings are met. */
static void add_web_fields(struct event *e)
{
	static const struct { struct str from, to; } rows[] = {
		{STR("remote_addr"), STR("c-ip")}, {STR("status"), STR("sc-status")}, {STR("response_status"), STR("sc-status")},
		{STR("http_user_agent"), STR("cs-user-agent")}, {STR("http_referer"), STR("cs-referer")},
		{STR("http_referrer"), STR("cs-referer")}, {STR("server_name"), STR("cs-host")}, {STR("http_host"), STR("cs-host")},
		{STR("host"), STR("cs-host")}, {STR("remote_user"), STR("cs-username")},
		{STR("request_method"), STR("cs-method")},
	};

	for (uint32_t i = 0, count = e->field_count; i < count; i++) {
		struct field f = e->fields[i];
		struct str name = names_text(e->names, f.name);

		if (!f.size || (f.size == 1 && *(const char *)f.data == '-'))
			continue;
		for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
			if (str_eq(name, rows[k].from))
				add_copy(e, rows[k].to, &f);
	}
}

static bool finish_web(const struct wrapper_job *job, struct event *e)
{
	struct str request = get_text(e, N_REQUEST), uri = get_text(e, N_REQUEST_URI), target = request, method;
	ptrdiff_t version;

	(void)job;
	if (!request.p && !uri.p)
		return false;
	set_source(e, STR_NONE, STR_NONE, STR("webserver"));
	set_local_time(e, get_text(e, N_TIME_LOCAL));
	add_web_fields(e);
	if (uri.n) {
		add_target(e, uri);
		return true;
	}
	method = str_cut(&target, ' ');
	version = str_find(target, STR(" HTTP/"));
	if (version >= 0)
		target = str_head(target, (size_t)version);
	if (target.n) {
		if (!get(e, N_METHOD))
			add(e, STR("cs-method"), method);
		add_target(e, target);
	}
	return true;
}

/* ---- sensors ---- */

static bool finish_eve(const struct wrapper_job *job, struct event *e)
{
	struct str type = get_text(e, N_EVE_TYPE), url, host;

	(void)job;
	if (!type.p && get(e, N_SIGNATURE))
		type = STR("alert");	/* some shippers drop it */
	if (!type.n || e->time == TICKS_NONE)
		return false;
	set_source(e, STR("suricata"), arena_str(e->arena, type), STR("suricata"));
	if (str_eq(type, STR("stats")))
		return true;
	if (str_eq(type, STR("dns")))
		e->category = STR("dns");
	else if (str_eq(type, STR("http")))
		e->category = STR("proxy");
	else if (str_eq(type, STR("flow")) || str_eq(type, STR("netflow")))
		e->category = STR("firewall");
	url = get_text(e, N_URL);
	if (!url.n)
		return true;
	host = get_text(e, N_HOSTNAME);
	add_target(e, url);
	event_add(e, FIELD_DATA, number_of(e, N_URI), VALUE_TEXT,
		  host.n && url.p[0] == '/' ? arena_printf(e->arena, "%.*s%.*s", STR_ARGS(host), STR_ARGS(url)) : url);
	return true;
}

/* Which of Zeek's logs has these fields; the first row that fits. */
static struct str zeek_log(const struct event *e)
{
	static const struct { struct str name, field; } rows[] = {
		{STR("x509"), STR("certificate.serial")}, {STR("dns"), STR("qtype_name")}, {STR("dns"), STR("query")},
		{STR("http"), STR("uri")}, {STR("http"), STR("status_code")}, {STR("ssl"), STR("cipher")},
		{STR("ssl"), STR("server_name")}, {STR("conn"), STR("conn_state")}, {STR("dce_rpc"), STR("named_pipe")},
		{STR("dce_rpc"), STR("operation")}, {STR("kerberos"), STR("request_type")}, {STR("rdp"), STR("cookie")},
		{STR("rdp"), STR("security_protocol")}, {STR("smb_mapping"), STR("share_type")}, {STR("smb_files"), STR("action")},
		{STR("ssh"), STR("auth_attempts")}, {STR("ntlm"), STR("server_nb_computer_name")}, {STR("smtp"), STR("mailfrom")},
		{STR("ftp"), STR("command")}, {STR("weird"), STR("notice")}, {STR("notice"), STR("note")},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (uint32_t k = 0; k < e->field_count; k++)
			if (str_eq(names_text(e->names, e->fields[k].name), rows[i].field))
				return rows[i].name;
	return STR("zeek");
}

static bool finish_zeek(const struct wrapper_job *job, struct event *e)
{
	struct str log = text_of(seen_at(job, e, KINDS_ZEEK_PATH));

	if (!(job->seen->roles >> KINDS_ZEEK & 1) && e->time == TICKS_NONE)
		return false;
	set_source(e, STR("zeek"), log.n ? arena_str(e->arena, log) : zeek_log(e), STR("zeek"));
	if (str_eq(e->service, STR("conn")))
		e->category = STR("firewall");
	else if (str_eq(e->service, STR("dns")))
		e->category = STR("dns");
	else if (str_eq(e->service, STR("http")))
		e->category = STR("proxy");
	return true;
}

/* ---- clouds ---- */

static bool is_below(struct str name, struct str parent)
{
	return name.n > parent.n && name.p[parent.n] == '.' && str_starts(name, parent);
}

static bool finish_aws(const struct wrapper_job *job, struct event *e)
{
	(void)job;
	if (!get(e, N_EVENT_NAME) || (!get(e, N_AWS_REGION) && !get(e, N_EVENT_VERSION)))
		return false;
	set_source(e, STR("aws"), STR("cloudtrail"), STR_NONE);
	set_time(job, e, N_EVENT_TIME);
	for (uint32_t i = 0, count = e->field_count; i < count; i++) {
		struct field f = e->fields[i];
		struct str name = names_text(e->names, f.name);

		if (is_below(name, spellings[N_REQUEST_PARAMETERS]))
			add_copy(e, spellings[N_REQUEST_PARAMETERS], &f);
		else if (is_below(name, spellings[N_RESPONSE_ELEMENTS]))
			add_copy(e, spellings[N_RESPONSE_ELEMENTS], &f);
	}
	return true;
}

static bool finish_k8s(const struct wrapper_job *job, struct event *e)
{
	if (!str_starts(get_text(e, N_API_VERSION), STR("audit.k8s.io/")))
		return false;
	set_source(e, STR("kubernetes"), STR("audit"), STR("application"));
	set_time(job, e, N_REQUEST_TIME);
	set_time(job, e, N_STAGE_TIME);
	return true;
}

static bool finish_gcp(const struct wrapper_job *job, struct event *e)
{
	struct str service = get_text(e, N_SERVICE_NAME);

	set_source(e, STR("gcp"), STR("gcp.audit"), STR_NONE);
	if (str_eq(service, STR("admin.googleapis.com")))
		e->service = STR("google_workspace.admin");
	else if (str_eq(service, STR("login.googleapis.com")))
		e->service = STR("google_workspace.login");
	set_time(job, e, N_RECEIVE_TIME);
	return true;
}

static bool finish_azure(const struct wrapper_job *job, struct event *e)
{
	struct str category = get_text(e, N_CATEGORY), service = STR("activitylogs");

	(void)job;
	if (!category.n || (!get(e, N_RESOURCE_ID) && !get(e, N_TENANT_ID)))
		return false;
	if (str_eq_nocase(category, STR("AuditLogs")))
		service = STR("auditlogs");
	else if (str_ends(category, STR("SignInLogs")))
		service = STR("signinlogs");
	else if (str_starts(category, STR("RiskyUser")) || str_starts(category, STR("UserRisk")))
		service = STR("riskdetection");
	set_source(e, STR("azure"), service, STR_NONE);
	return true;
}

static bool finish_o365(const struct wrapper_job *job, struct event *e)
{
	struct str workload = text_of(seen_at(job, e, KINDS_O365)), service = STR("audit");

	if (!get(e, N_OPERATION))
		return false;
	if (str_eq(workload, STR("Exchange")))
		service = STR("exchange");
	else if (str_eq(workload, STR("SecurityComplianceCenter")))
		service = STR("threat_management");
	set_source(e, STR("m365"), service, STR_NONE);
	set_time(job, e, N_CREATION_TIME);
	return true;
}

static bool finish_saas(const struct wrapper_job *job, struct event *e)
{
	const struct field *f = seen_at(job, e, KINDS_SAAS);

	if (str_eq(names_text(e->names, f->name), STR("_document_id")))
		set_source(e, STR("github"), STR("audit"), STR_NONE);
	else
		set_source(e, STR("okta"), STR("okta"), STR_NONE);
	set_time(job, e, N_PUBLISHED);
	return true;
}

/* ---- Elastic Common Schema ---- */

static struct str join_args(const struct event *e)
{
	uint32_t number = number_of(e, N_ARGS);
	size_t size = 0;
	char *text;
	struct str out;

	for (uint32_t i = 0; i < e->field_count; i++)
		size += e->fields[i].name == number ? e->fields[i].size + 1 : 0;
	if (!size)
		return STR_NONE;
	text = arena_bytes(e->arena, size);
	out = str_n(text, size - 1);
	for (uint32_t i = 0; i < e->field_count; i++) {
		if (e->fields[i].name != number)
			continue;
		if (e->fields[i].size)
			memcpy(text, e->fields[i].data, e->fields[i].size);
		text += e->fields[i].size;
		*text++ = ' ';
	}
	return out;
}

static void add_actor(struct event *e)
{
	add_copy(e, STR("Image"), get(e, N_EXECUTABLE));
	add_copy(e, STR("User"), get(e, N_USER));
	add_copy(e, STR("ProcessId"), get(e, N_PID));
}

static void add_process(struct event *e)
{
	const struct field *line = get(e, N_COMMAND_LINE), *parent = get(e, N_PPID);

	e->category = STR("process_creation");
	add_actor(e);
	if (line)
		add_copy(e, STR("CommandLine"), line);
	else
		add(e, STR("CommandLine"), join_args(e));
	add_copy(e, STR("CurrentDirectory"), get(e, N_FOLDER));
	add_copy(e, STR("ParentProcessId"), parent ? get(e, N_PPID) : get(e, N_PARENT_PID));
	add_copy(e, STR("ParentImage"), get(e, N_PARENT));
	add_copy(e, STR("ParentCommandLine"), get(e, N_PARENT_LINE));
}

static void add_connection(struct event *e)
{
	e->category = STR("network_connection");
	add_actor(e);
	add_copy(e, STR("DestinationIp"), get(e, N_DST_IP));
	add_copy(e, STR("DestinationPort"), get(e, N_DST_PORT));
	add_copy(e, STR("SourceIp"), get(e, N_SRC_IP));
	add_copy(e, STR("SourcePort"), get(e, N_SRC_PORT));
}

static bool finish_ecs(const struct wrapper_job *job, struct event *e)
{
	struct str os = get_text(e, N_OS_TYPE), module = get_text(e, N_MODULE);
	bool auditbeat = has_value(e, N_AGENT, STR("auditbeat"));

	(void)job;
	if (!os.n)
		os = get_text(e, N_OS_PLATFORM);
	if (str_eq(os, STR("windows")))
		e->product = STR("windows");
	else if (str_eq(os, STR("macos")) || str_eq(os, STR("darwin")))
		e->product = STR("macos");
	else if (os.n || auditbeat)
		e->product = STR("linux");
	/* auditd's own rules ask for auditd's records, which these are no longer. */
	if (auditbeat)
		e->service = STR("auditbeat");
	else if (module.n)
		e->service = arena_str(e->arena, module);
	if (has_value(e, N_EVENT_CATEGORY, STR("process")) && has_value(e, N_EVENT_TYPE, STR("start")) &&
	    (get(e, N_ARGS) || get(e, N_COMMAND_LINE))) {
		add_process(e);
	} else if (has_value(e, N_EVENT_CATEGORY, STR("file")) && has_value(e, N_EVENT_TYPE, STR("creation")) && get(e, N_FILE)) {
		e->category = STR("file_event");
		add_actor(e);
		add_copy(e, STR("TargetFilename"), get(e, N_FILE));
	} else if (has_value(e, N_EVENT_CATEGORY, STR("network")) && get(e, N_DST_IP)) {
		add_connection(e);
	}
	return true;
}

/* ---- all ---- */

void kinds_finish(const struct wrapper_job *job, struct event *e)
{
	static const struct {
		uint64_t roles;
		bool (*finish)(const struct wrapper_job *job, struct event *e);
	} rows[] = {
		{UINT64_C(1) << KINDS_EVE, finish_eve},
		{UINT64_C(1) << KINDS_ZEEK | UINT64_C(1) << KINDS_ZEEK_PATH, finish_zeek},
		{UINT64_C(1) << KINDS_AWS, finish_aws},
		{UINT64_C(1) << KINDS_K8S, finish_k8s},
		{UINT64_C(1) << KINDS_GCP, finish_gcp},
		{UINT64_C(1) << KINDS_AZURE, finish_azure},
		{UINT64_C(1) << KINDS_O365, finish_o365},
		{UINT64_C(1) << KINDS_SAAS, finish_saas},
		{UINT64_C(1) << KINDS_ECS, finish_ecs},
		{UINT64_C(1) << KINDS_WEB, finish_web},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if ((job->seen->roles & rows[i].roles) && rows[i].finish(job, e))
			return;
}

/* ---- envelopes ---- */

static bool skip_space(struct str *s)
{
	while (s->n && ascii_is_space((unsigned char)s->p[0]))
		*s = str_skip(*s, 1);
	return s->n;
}

/* A text without escapes, quotes taken off. 1, 0: it is none, -1: it does not end here. */
static int take_text(struct str *s, struct str *out)
{
	ptrdiff_t end;

	if (s->p[0] != '"')
		return 0;
	end = str_find_byte(str_skip(*s, 1), '"');
	if (end < 0)
		return -1;
	*out = str_n(s->p + 1, (size_t)end);
	*s = str_skip(*s, (size_t)end + 2);
	return str_find_byte(*out, '\\') < 0;
}

/* A number, word, text, or a flat object. 1, 0: none of these, -1: it does not end here. */
static int skip_value(struct str *s)
{
	struct str text;
	ptrdiff_t end;

	if (s->p[0] == '"')
		return take_text(s, &text);
	if (s->p[0] == '{') {
		end = str_find_byte(*s, '}');
		if (end < 0)
			return -1;
		*s = str_skip(*s, (size_t)end + 1);
		return 1;
	}
	for (size_t n = 0; n < s->n; n++) {
		if (s->p[n] != ',' && s->p[n] != '}' && !ascii_is_space((unsigned char)s->p[n]))
			continue;
		*s = str_skip(*s, n);
		return n > 0;
	}
	return -1;
}

static bool is_one_of(struct str s, const char *const *list)
{
	for (; *list; list++)
		if (str_eq(s, str_c(*list)))
			return true;
	return false;
}

/* One member: 2 where its value is the array of an envelope (s is behind '['), 1 where it may stand before it, 0, -1.
 * "items" and "value" alone say nothing: they are none as the first. */
static int take_member(struct str *s, bool first)
{
	static const char *const arrays[] = {"Records", "records", "items", "value", NULL};
	static const char *const before[] = {"kind", "apiVersion", "metadata", "@odata.context", "@odata.count",
					     "@odata.nextLink", NULL};
	struct str name;
	int got = skip_space(s) ? take_text(s, &name) : -1;

	if (got <= 0)
		return got;
	if (!is_one_of(name, arrays) && !is_one_of(name, before))
		return 0;
	if (!skip_space(s))
		return -1;
	if (s->p[0] != ':')
		return 0;
	*s = str_skip(*s, 1);
	if (!skip_space(s))
		return -1;
	if (is_one_of(name, arrays)) {
		if (first && !str_eq_nocase(name, STR("records")))
			return 0;
		got = s->p[0] == '[' ? 2 : 0;
		*s = str_skip(*s, 1);
		return got;
	}
	got = skip_value(s);
	return got <= 0 ? got : skip_space(s) ? s->p[0] == ',' : -1;
}

int kinds_envelope(struct str head)
{
	bool all = head.n <= KINDS_ENVELOPE_MAX;
	struct str s = str_head(head, KINDS_ENVELOPE_MAX);
	int got = 1;

	if (!s.n || s.p[0] != '{')
		return 0;
	for (bool first = true; got == 1; first = false) {
		s = str_skip(s, 1);
		got = take_member(&s, first);
	}
	if (got == 2)
		got = skip_space(&s) ? (s.p[0] == '{' ? 2 : 0) : -1;
	if (got == 2)
		return (int)(s.p - head.p);
	return got == 0 || !all ? 0 : -1;
}
