#ifndef DECODE_WRAPPER_ECS_H
#define DECODE_WRAPPER_ECS_H
/*
 * Winlogbeat's Sysmon and PowerShell modules, and Elastic's pipelines, move the values of an event's data to members of
 * the Elastic Common Schema and leave winlog.event_data without them. For Sysmon events (and ScriptBlockText of
 * PowerShell's) the data fields are made again, as copies, where the event lacks them:
 *
 *   process.executable, .command_line, .pid, .entity_id, .working_directory    Image, CommandLine, ProcessId, ProcessGuid,
 *                                           CurrentDirectory (events 8 and 10: SourceImage, SourceProcessId, ...GUID)
 *   process.parent. the same                ParentImage, ParentCommandLine, ParentProcessId, ParentProcessGuid
 *   process.pe. and file.pe.original_file_name, .company, .description, .product, .file_version
 *   file.path                               TargetFilename (6 and 7: ImageLoaded)
 *   registry.path, registry.data.strings    TargetObject, Details
 *   source. and destination.ip, .port, .domain    SourceIp, SourcePort, SourceHostname, DestinationIp ...
 *   network.transport, dns.question.name    Protocol, QueryName
 *   process.hash., file.hash.md5, .sha1, .sha256, process.pe. and file.pe.imphash    Hashes ("MD5=...,SHA256=...")
 *   user.domain and user.name               User ("DOMAIN\name")
 */
#include "decode/decode.h"

/* The number of the row for a flattened name; 0: none. */
uint8_t wrapper_ecs_row(struct str path);

/* e is a Windows event in the ecs form; table[index[i]] is what field i may mean, as for wrapper_finish. All of e's fields
 * are the object's own. */
struct wrapper_name;
void wrapper_ecs_finish(const struct wrapper_name *table, const uint32_t *index, struct event *e);
#endif
