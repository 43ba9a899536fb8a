#ifndef AUDIT_AUDIT_H
#define AUDIT_AUDIT_H
/*
 * Records of the Linux audit system, as auditd, audispd and the kernel write them:
 *
 *	[node=HOST ]type=SYSCALL msg=audit(1783414613.166:447): arch=c000003e syscall=59 ... key=(null)\x1dARCH=x86_64 ...
 *
 * All records with one stamp are one event of the kernel (audit_join.h puts them together). What an event holds:
 *
 *   time        the stamp's; product "linux", service "auditd"
 *   system      host (node=), serial (the stamp's number, by which `ausearch -a` finds the event)
 *   data        every pair of every record, in order; what several records bear has several values: type=SYSCALL, EXECVE,
 *               CWD, PATH, PATH, PROCTITLE. Pairs inside msg='...' too. What enriched logs add stands under its own
 *               upper-case name (uid=0, UID=root), which for rules is the same name, so that both values are found.
 *   a0 a1 ...   EXECVE's arguments, joined where they were cut into pieces (a1[0], a1[1]; a1_len is left out). SYSCALL's
 *               registers are syscall_a0 to syscall_a3, and a0 to a3 too where the event has no EXECVE.
 *   key         several values where the rule had several
 *   seresult, seperms       of "avc: denied { read write } for"
 *   saddr_fam, laddr, lport, path    of SOCKADDR's saddr (families inet, inet6, local; by number for others)
 *   SYSCALL     the call's name where the log is not enriched and the machine is x86_64, i386 or aarch64
 *   message     words of a record that belong to no pair, each record's joined by blanks
 *   CommandLine             the arguments joined by blanks; without EXECVE the proctitle of a successful execve
 *   TargetFilename          each name with nametype CREATE, else DELETE, behind cwd where it is relative
 *   DestinationIp, DestinationPort, Initiated=true     of connect; SourceIp, SourcePort, Initiated=false of accept
 *
 *
 * The category is process_creation (EXECVE, or execve that succeeded), file_event (a name was created), file_delete,
 * network_connection (connect, accept), else unknown. Where there is one: Image (exe), User (uid's name, else its number),
 * ProcessId; and of processes ParentProcessId, CurrentDirectory, LogonId (ses). Who the parent was is not in the records.
 *
 * Values in quotes are taken as they stand. Hexadecimal without quotes is text where the field may hold any bytes (audit_is_text);
 * proctitle's NULs become blanks. (null), ?, and for ids 4294967295, -1 and "unset" mean that there is no value: no field.
 */
#include "event/event.h"

/* One line, taken apart; slices of it, but that a type written as a number is a static text. */
struct audit_record {
	struct str node, type;		/* STR_NONE where the line has none */
	struct str body;		/* behind the stamp */
	int64_t time;
	uint64_t serial;
};

/* False where the line has no stamp that can be read: node and type are set all the same, where there are any, time is
 * TICKS_NONE, and body is the rest of the line. */
bool audit_split(struct str line, struct audit_record *out);

/* The name of a record's type that is written as a number, as the kernel does in its own log; STR_NONE where unknown. */
struct str audit_type_name(struct str number);

/* Does a record of this type mostly come alone (a message of a program), so that nothing need be waited for? */
bool audit_is_alone(struct str type);

/* May this field hold any bytes, so that they are written as upper-case hexadecimal? */
bool audit_is_text(struct str name);

/*
 * Sets e, which is empty but for `record` and `raw`, from the records of one event (at least one). Values borrow from
 * the records and e's arena. False where the event is full (EVENT_FIELDS_MAX) and fields are missing.
 */
bool audit_fill(struct event *e, const struct audit_record *records, size_t count);

/* The name of a system call; STR_NONE where the machine or the call is unknown. `arch` is the record's. */
struct str audit_syscall_name(struct str arch, struct str number);

/* struct sockaddr in hexadecimal. False where it is none. */
struct audit_address {
	struct str family;		/* "inet", "inet6", "local", or the number */
	char address[48];		/* "" for others than inet and inet6 */
	uint16_t port;
	struct str path;		/* local; '@' before an abstract name; in the arena */
};
bool audit_read_address(struct str hex, struct arena *a, struct audit_address *out);
#endif
