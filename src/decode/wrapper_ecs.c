#include "decode/wrapper_ecs.h"

#include <string.h>

#include "base/buf.h"
#include "decode/wrapper.h"
#include "event/value.h"

enum part { WHOLE, HASH, DOMAIN, USER };

/* `other` is the name in the events with the ids beside it. */
static const struct {
	struct str path, name, other;
	uint8_t ids[2];
	uint8_t part;
} rows[] = {
	{STR(""), STR(""), STR_NONE, {0}, WHOLE},
	{STR("process.executable"), STR("Image"), STR("SourceImage"), {8, 10}, WHOLE},
	{STR("process.pid"), STR("ProcessId"), STR("SourceProcessId"), {8, 10}, WHOLE},
	{STR("process.entity_id"), STR("ProcessGuid"), STR("SourceProcessGUID"), {8, 10}, WHOLE},
	{STR("process.command_line"), STR("CommandLine"), STR_NONE, {0}, WHOLE},
	{STR("process.working_directory"), STR("CurrentDirectory"), STR_NONE, {0}, WHOLE},
	{STR("process.parent.executable"), STR("ParentImage"), STR_NONE, {0}, WHOLE},
	{STR("process.parent.command_line"), STR("ParentCommandLine"), STR_NONE, {0}, WHOLE},
	{STR("process.parent.pid"), STR("ParentProcessId"), STR_NONE, {0}, WHOLE},
	{STR("process.parent.entity_id"), STR("ParentProcessGuid"), STR_NONE, {0}, WHOLE},
	{STR("process.pe.original_file_name"), STR("OriginalFileName"), STR_NONE, {0}, WHOLE},
	{STR("process.pe.company"), STR("Company"), STR_NONE, {0}, WHOLE},
	{STR("process.pe.description"), STR("Description"), STR_NONE, {0}, WHOLE},
	{STR("process.pe.product"), STR("Product"), STR_NONE, {0}, WHOLE},
	{STR("process.pe.file_version"), STR("FileVersion"), STR_NONE, {0}, WHOLE},
	{STR("file.pe.original_file_name"), STR("OriginalFileName"), STR_NONE, {0}, WHOLE},
	{STR("file.pe.company"), STR("Company"), STR_NONE, {0}, WHOLE},
	{STR("file.pe.description"), STR("Description"), STR_NONE, {0}, WHOLE},
	{STR("file.pe.product"), STR("Product"), STR_NONE, {0}, WHOLE},
	{STR("file.pe.file_version"), STR("FileVersion"), STR_NONE, {0}, WHOLE},
	{STR("file.path"), STR("TargetFilename"), STR("ImageLoaded"), {6, 7}, WHOLE},
	{STR("registry.path"), STR("TargetObject"), STR_NONE, {0}, WHOLE},
	{STR("registry.data.strings"), STR("Details"), STR_NONE, {0}, WHOLE},
	{STR("source.ip"), STR("SourceIp"), STR_NONE, {0}, WHOLE},
	{STR("source.port"), STR("SourcePort"), STR_NONE, {0}, WHOLE},
	{STR("source.domain"), STR("SourceHostname"), STR_NONE, {0}, WHOLE},
	{STR("destination.ip"), STR("DestinationIp"), STR_NONE, {0}, WHOLE},
	{STR("destination.port"), STR("DestinationPort"), STR_NONE, {0}, WHOLE},
	{STR("destination.domain"), STR("DestinationHostname"), STR_NONE, {0}, WHOLE},
	{STR("network.transport"), STR("Protocol"), STR_NONE, {0}, WHOLE},
	{STR("dns.question.name"), STR("QueryName"), STR_NONE, {0}, WHOLE},
	{STR("powershell.file.script_block_text"), STR("ScriptBlockText"), STR_NONE, {0}, WHOLE},
	{STR("process.hash.md5"), STR("MD5="), STR_NONE, {0}, HASH},
	{STR("process.hash.sha1"), STR("SHA1="), STR_NONE, {0}, HASH},
	{STR("process.hash.sha256"), STR("SHA256="), STR_NONE, {0}, HASH},
	{STR("process.pe.imphash"), STR("IMPHASH="), STR_NONE, {0}, HASH},
	{STR("file.hash.md5"), STR("MD5="), STR_NONE, {0}, HASH},
	{STR("file.hash.sha1"), STR("SHA1="), STR_NONE, {0}, HASH},
	{STR("file.hash.sha256"), STR("SHA256="), STR_NONE, {0}, HASH},
	{STR("file.pe.imphash"), STR("IMPHASH="), STR_NONE, {0}, HASH},
	{STR("user.domain"), STR("User"), STR_NONE, {0}, DOMAIN},
	{STR("user.name"), STR("User"), STR_NONE, {0}, USER},
};
_Static_assert(sizeof rows / sizeof *rows < 256, "a row's number is a byte");

uint8_t wrapper_ecs_row(struct str path)
{
	for (size_t i = 1; i < sizeof rows / sizeof *rows; i++)
		if (str_eq(path, rows[i].path))
			return (uint8_t)i;
	return 0;
}

/* Names that the event bears by itself are left alone; the first `count` fields are its own. */
static void add_copy(struct event *e, uint32_t count, struct str name, enum value_kind kind, struct str bytes)
{
	for (uint32_t i = 0; i < count; i++)
		if (e->fields[i].space == FIELD_DATA && str_eq_nocase(names_text(e->names, e->fields[i].name), name))
			return;
	event_add_named(e, FIELD_DATA, name, kind, bytes);
}

static void join_hash(struct event *e, struct str *hashes, struct str name, const struct field *f)
{
	struct str text = value_text(f, e->arena);

	*hashes = hashes->n ? arena_printf(e->arena, "%.*s,%.*s%.*s", STR_ARGS(*hashes), STR_ARGS(name), STR_ARGS(text)) :
		arena_printf(e->arena, "%.*s%.*s", STR_ARGS(name), STR_ARGS(text));
}

#define HASHES_MAX 4096u	/* a list of hashes could be as long as the object */

#define ECS_FIELDS_MAX 512u	/* each copy looks at all fields; true events have a fifth of this */

void wrapper_ecs_finish(const struct wrapper_name *table, const uint32_t *index, struct event *e)
{
	bool sysmon = str_eq_nocase(e->provider, STR("Microsoft-Windows-Sysmon"));
	bool powershell = str_eq_nocase(e->provider, STR("Microsoft-Windows-PowerShell"));
	struct str hashes = STR_NONE, domain = STR_NONE, user = STR_NONE;
	uint32_t count = e->field_count;

	if (count > ECS_FIELDS_MAX || !(sysmon || powershell))
		return;
	for (uint32_t i = 0; i < count; i++) {
		uint8_t row = table[index[i]].ecs;
		struct field f = e->fields[i];
		bool other = e->event_id && (e->event_id == rows[row].ids[0] || e->event_id == rows[row].ids[1]);

		if (!row || f.kind == VALUE_NULL)
			continue;
		if (rows[row].part == WHOLE)
			add_copy(e, count, other ? rows[row].other : rows[row].name, f.kind, (struct str){f.data, f.size});
		else if (rows[row].part == HASH && hashes.n < HASHES_MAX && f.size < HASHES_MAX)
			join_hash(e, &hashes, rows[row].name, &f);
		else if (rows[row].part == DOMAIN)
			domain = value_text(&f, e->arena);
		else if (rows[row].part == USER)
			user = value_text(&f, e->arena);
	}
	if (hashes.n)
		add_copy(e, count, STR("Hashes"), VALUE_TEXT, hashes);
	if (sysmon && domain.n && user.n)
		add_copy(e, count, STR("User"), VALUE_TEXT,
			 arena_printf(e->arena, "%.*s\\%.*s", STR_ARGS(domain), STR_ARGS(user)));
}
