#ifndef DECODE_SYSLOG_H
#define DECODE_SYSLOG_H
/*
 * Syslog lines: RFC 3164 (as files hold it, without PRI, or as it was forwarded), RFC 5424, rsyslog's file formats with
 * ISO times, and what is met beside them: no host, no tag, a tag with a path or a module in parentheses, Cisco's
 * mnemonics, macOS's and ChromeOS's severity words. One line is one event, always: where the header cannot be read the
 * whole line is the message. Blank lines are no events and no errors.
 *
 * What an event of a syslog line holds, also when it comes out of systemd's journal (journald.h); a field stands only
 * where the line has it:
 *
 *   raw          the whole line without its end: rules with keywords search it
 *   time         missing years by decode_options; TICKS_NONE where there is none
 *   product      "linux"; "cisco" for %FAC-SEV-MNEM messages, "macos" for macOS's own; see syslog_service for `service`
 *   system       host       the sender, as it calls itself
 *                program    the tag's program, without folder and without "(module)" ("sshd" of "sshd(pam_unix)[7]")
 *                tag        the tag as written, where it says more than program and pid
 *                pid        text or number, as written (5424's PROCID)
 *                facility   by its word: "kern", "user", ... "authpriv", "cron", ... "local7"
 *                severity   by its word: "emerg" "alert" "crit" "err" "warning" "notice" "info" "debug"
 *                msgid      5424's MSGID; Cisco's mnemonic without its percent sign: "SYS-5-CONFIG_I"
 *   data         message    the text behind the header, without blanks before it and without a byte order mark
 *                ID.NAME    each parameter of 5424's structured data: "origin.ip", "exampleSDID@32473.iut"
 *                and what the program's decoder makes of the message: line.h
 *
 * Headers without a time that can be read count as DECODE_TEXT_TIME (0 bytes: nothing is lost), but for lines that
 * begin with a blank, which continue the line before and are events of their own.
 */
#include "decode/decode.h"

extern const struct decode_format syslog_format;

/* The row's parts, for formats whose lines stand behind a syslog header or alone: see payload.h. */
void syslog_decode(struct decode_ctx *c, struct str block);
void *syslog_state_new(void);
void syslog_state_free(void *state);

/*
 * The word by which rules choose a program's lines (logsource.service), a static text, never STR_NONE. SigmaHQ's Linux
 * rules name sshd, sudo, cron, auth, syslog, clamav, vsftpd, guacamole and auditd. Rules are passed over by conflict
 * only, so a line of some other program must have a known service too, or a rule for sshd would run on all of them:
 * such programs, and lines without a tag, are "syslog", the log as a whole. The words, in full:
 *
 *   sshd      sshd and its helper processes           cron      cron, crond, crontab, anacron, atd
 *   sudo, su  sudo; su, runuser                       login     login, systemd-logind, display managers
 *   auth      accounts and authorisation: passwd, useradd, usermod, groupadd, chage, polkitd, pkexec, doas ...;
 *             also any program's PAM messages, and unknown programs that log to facility auth or authpriv
 *   kernel    kernel                                  systemd   systemd itself
 *   clamav    clamd, freshclam, clamav-milter ...     vsftpd    vsftpd
 *   guacamole guacd, guacamole                        auditd    auditd, audispd, audisp-syslog
 *   named     named                                   syslog    all else
 *
 * The mapping (packs/sigma/logsources.yaml) says what a rule's word covers: `syslog` every one of them but auditd,
 * `auth` those of sshd, sudo, su, login and auth, and cron's PAM messages with it. Two kinds of line have no service at
 * all, because nothing is known of them: those without any header, and Cisco's (its rules' services aaa, bgp, ldp ...
 * cannot be told apart by the line).
 *
 * A folder before the name and a module in parentheses behind it do not count; upper and lower case are the same.
 */
struct str syslog_service(struct str program);

/* The same, knowing the facility (SYSLOG_NO_CODE: unknown): it decides where the program does not. */
struct str syslog_service_at(struct str program, int facility);

#define SYSLOG_NO_CODE (-1)
struct str syslog_facility_name(int facility);		/* 0-23; STR_NONE for others */
struct str syslog_severity_name(int severity);		/* 0-7; STR_NONE for others */

/*
 * How missing years are found: the year that puts a time nearest at or before the reference (the file's date) and a day
 * more; so the December lines of a file last written in January are of the year before. February 29 falls into the
 * nearest leap year. With a fixed year in the options February 29 of another than a leap year has no time.
 */
struct syslog_times {
	const struct decode_options *options;
	int64_t limit;		/* reference + 1 day; TICKS_NONE: no year can be chosen */
	int year;		/* in which the limit falls, in the options' zone */
	struct syslog_day {
		int year, month, day;
		int64_t ticks;
	} days[2];		/* met last, and when they begin */
};

void syslog_times_init(struct syslog_times *t, const struct decode_options *options);

enum {
	SYSLOG_HEADER = 1,	/* there is a header: a time, or a PRI and a tag */
	SYSLOG_CISCO = 2,
	SYSLOG_MACOS = 4,
	SYSLOG_NO_TIME = 8,	/* there should have been a time */
	SYSLOG_CUT = 16,	/* RFC 5424 that ends in its header, or damaged structured data: left in the message */
};

/* The parts of a line; all texts borrow from it (but the program "login" of a tag "-- NAME"), STR_NONE where missing. */
struct syslog_line {
	int facility, severity;		/* or SYSLOG_NO_CODE */
	int64_t time;
	int offset_min;
	struct str host, tag, program, pid, msgid;
	struct str data;		/* structured data with its brackets, well-formed */
	struct str message;
	uint32_t flags;
};

/* Splits a line (without its end). Never fails: see SYSLOG_HEADER. */
void syslog_split(struct syslog_times *t, struct str line, struct syslog_line *out);

/*
 * The next parameter of well-formed structured data; false at its end. `data` moves on; *id, the element's, must begin
 * as STR_NONE. *value is as written: syslog_unescape takes the escapes out (RFC 5424, 6.3.3), into the arena where there
 * are any.
 */
bool syslog_parameter(struct str *data, struct str *id, struct str *name, struct str *value);
struct str syslog_unescape(struct str value, struct arena *arena);
#endif
