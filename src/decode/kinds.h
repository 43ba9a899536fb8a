#ifndef DECODE_KINDS_H
#define DECODE_KINDS_H
/*
 * JSON objects of programs other than Windows', told by the names in them, object by object. Fields stay under their
 * flattened names; product, service, category and time are set, and fields are added where rules ask for something that no
 * single member holds. packs/sigma/logsources.yaml gives the members the names of generic categories.
 *
 *   written by            told by                               product, service, category
 *   Suricata EVE          event_type or alert.signature_id, and suricata, its event_type; dns: dns, http: proxy, flow and
 *                         a time                                netflow: firewall, others: suricata
 *   Zeek                  _path; id.orig_h, certificate.serial  zeek, the log's name (by _path, else by its fields); conn:
 *                                                               firewall, dns: dns, http: proxy, others: zeek
 *   AWS CloudTrail        eventSource, eventName, and           aws, cloudtrail
 *                         awsRegion or eventVersion
 *   Kubernetes            auditID, apiVersion audit.k8s.io/..   kubernetes, audit, application
 *   Google Cloud          protoPayload.methodName               gcp, gcp.audit (google_workspace.admin, .login)
 *   Azure                 operationName, category, and          azure, auditlogs, signinlogs, riskdetection, activitylogs
 *                         resourceId or tenantId
 *   Microsoft 365         Workload, Operation                   m365; exchange, threat_management, audit
 *   Okta, GitHub          legacyEventType; _document_id         okta, okta; github, audit
 *   ECS (auditbeat ...)   ecs.version                           by host.os.type, auditbeat: linux; the module's name
 *   web servers           remote_addr, request or request_uri   category webserver
 *
 * Fields that are added (copies, or parts of a text):
 *   EVE with http.url     cs-uri-stem, cs-uri-query, c-uri (behind the host's name)
 *   CloudTrail            requestParameters, responseElements: every value below them
 *   ECS                   of a process that began (category process_creation): Image, CommandLine (args joined by blanks
 *                         without command_line), CurrentDirectory, User, ProcessId, ParentProcessId, ParentImage,
 *                         ParentCommandLine; of a file that was created (file_event): TargetFilename, Image, User; of a
 *                         connection (network_connection): DestinationIp, DestinationPort, SourceIp, SourcePort, Image, User
 *   web servers           c-ip, cs-method, cs-uri-stem, cs-uri-query, cs-host, cs-user-agent, cs-referer, cs-username,
 *                         sc-status
 *
 * Envelopes: the elements of {"Records":[..]}, {"records":[..]}, {"kind":"EventList",..,"items":[..]} and
 * {"@odata.context":..,"value":[..]} are events, not the object around them: see kinds_envelope and json.h.
 */
#include "decode/wrapper.h"

/* Bits of wrapper_seen: names by which a kind is told. */
enum kinds_role {
	KINDS_EVE = WRAPPER_ROLES - 12, KINDS_ZEEK, KINDS_ZEEK_PATH, KINDS_AWS, KINDS_K8S, KINDS_GCP, KINDS_ECS, KINDS_WEB,
	KINDS_SAAS, KINDS_AZURE, KINDS_O365, KINDS_ENVELOPE,
};
#define KINDS_ALL (~UINT64_C(0) << KINDS_EVE)

/* The role of a flattened name; 0: none. */
uint8_t kinds_role(struct str path);

/* e is no Windows event, all of its fields are data; its time is set where wrapper.h found it. */
void kinds_finish(const struct wrapper_job *job, struct event *e);

/*
 * Does an input that begins with `head` (no white space before it) wrap its events in one object around an array? Returns the bytes up to
 * and with that array's '[' ; 0: no; -1: more bytes are needed to say.
 */
#define KINDS_ENVELOPE_MAX 1024u
int kinds_envelope(struct str head);
#endif
