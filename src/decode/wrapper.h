#ifndef DECODE_WRAPPER_H
#define DECODE_WRAPPER_H
/*
 * Windows events in JSON, as different programs wrap them, made the event that the same record gives as EVTX: product
 * "windows", channel, provider, event_id and time set; the values of Event/System are system fields under EVTX's names
 * (Provider_Name, EventID, Computer, TimeCreated_SystemTime, Execution_ProcessID, Security_UserID ...); the event's own
 * data are data fields under their bare names. Members that are neither stay data under their flattened names (Message,
 * winlog.api, host.name, SourceModuleName). Names compare without case.
 *
 * The form is told from the names present, object by object. Each needs an event id, and a channel or a provider:
 *
 *   form   written by                 event id                    channel         provider
 *   evtx   evtx_dump, Velociraptor    [Event.]System.EventID      ..Channel       ..Provider Name
 *   ecs    Winlogbeat 7, 8, Elastic   winlog.event_id, event.code winlog.channel  winlog.provider_name, event.provider
 *   wazuh  Wazuh, Splunk's win.       [data.]win.system.eventID   ..channel       ..providerName
 *   flat   NXLog, Security-Datasets,  EventID, event_id,          Channel,        Provider_Name, SourceName,
 *          Winlogbeat 6, PowerShell   EventCode                   log_name,       source_name, ProviderName, Source
 *                                                                 LogName
 *
 * They are tried in this order; `_source.` (Elasticsearch exports) may stand before all of them. Of several names for one
 * thing the first of the list is renamed, the others stay data.
 *
 * evtx: below System, '#text', 'Value', '#attributes', '@' and '_attributes' fall away and the rest is joined by '_':
 *   System.Provider.#attributes.Name, System.Provider_attributes.Name and System.Provider.@Name are Provider_Name. Below
 *   EventData, and two steps below UserData, what follows is the name.
 * ecs: values that Winlogbeat's modules moved out of event_data are made data fields again: wrapper_ecs.h.
 * wazuh: the first letter is made upper case again: win.eventdata.commandLine is CommandLine.
 * flat: members of the top level are data but for those that NXLog or Winlogbeat take from Event/System: Hostname or
 *   computer_name (Computer), RecordNumber, ExecutionProcessID, ThreadID, UserID, ProviderGuid, ActivityID, Keywords,
 *   Task, Version, Level, OpcodeValue (Opcode; NXLog's Opcode is a word and stays data). NXLog's older ProcessID is the
 *   logging process (Execution_ProcessID) where it is a bare number; text is the event's own ProcessId. event_data.X
 *   and user_data.X are X.
 *
 * <Data> elements without a name, which Winlogbeat numbers (param1, param2), stand as `Data` too; of "Windows PowerShell"
 * events that hold no data at all (NXLog, Security-Datasets) the message does.
 *
 * The time is the first of these that can be read:
 *   evtx   System.TimeCreated     ecs  @timestamp     wazuh  systemTime, then @timestamp
 *   flat   TimeCreated, EventTime, @timestamp, TimeGenerated with a zone; UtcTime (Sysmon's, always UTC); then the
 *          same without a zone, by decode_options.zone_min (NXLog and PowerShell write local time)
 *   none   @timestamp, timestamp, time, eventTime, event_time, datetime, date, ts, _time, TimeCreated, EventTime,
 *          TimeGenerated
 * The member that is used becomes TimeCreated_SystemTime in a Windows event (UtcTime stays). Times are RFC 3339 (also
 * without zone), PowerShell's /Date(ms)/, or a number since 1970: seconds (with a fraction), milliseconds, microseconds or
 * nanoseconds by its magnitude.
 */
#include "decode/decode.h"

/* What one flattened name may mean: found once for each name, then kept beside it. */
struct wrapper_name {
	uint8_t role;		/* 0, or the bit of a name that tells the form or the time: below WRAPPER_ROLES */
	uint8_t form;		/* the form in which the field is renamed, or WRAPPER_NONE */
	uint8_t space;		/* ... and its space there */
	uint8_t ecs;		/* its row in wrapper_ecs.h, or 0 */
	uint32_t name, key;	/* ... and its name */
};

enum wrapper_form { WRAPPER_NONE, WRAPPER_EVTX, WRAPPER_ECS, WRAPPER_WAZUH, WRAPPER_FLAT };
#define WRAPPER_ROLES 64

/* `path` is the flattened name. New names are interned in `names`. */
struct wrapper_name wrapper_classify(struct names *names, struct str path);

/* What a decoder notes of an object while it reads it. */
struct wrapper_seen {
	uint64_t roles;				/* bit r: role r was met */
	uint32_t at[WRAPPER_ROLES];		/* index of its last field */
};

/* The name numbers of the system fields that are renamed by role; made anew when names_epoch changes. */
struct wrapper_system {
	uint32_t channel, provider, event_id, computer, time, process, data;
};
void wrapper_system_init(struct wrapper_system *s, struct names *names);

/*
 * Makes e, all of whose fields stand under their flattened names as data, the event that it wraps: field i may mean
 * table[index[i]]. Returns false where e is no Windows event: then the time is set, and what kinds.h knows.
 */
struct wrapper_job {
	const struct wrapper_seen *seen;
	const struct wrapper_system *system;
	const struct decode_options *options;
	const struct wrapper_name *table;
	const uint32_t *index;
};
bool wrapper_finish(const struct wrapper_job *job, struct event *e);

/* Does the object come from journalctl -o json? */
bool wrapper_is_journal(const struct wrapper_seen *seen);
#endif
