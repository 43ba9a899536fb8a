#ifndef LINE_LINE_H
#define LINE_LINE_H
/*
 * Decoders of the text behind a syslog header: one program's messages to fields. Each is a row. A decoder gets the
 * message (without header, PRI, tag), adds data fields to the event, and may sharpen its source (service).
 *
 * What the fields mean, whichever program they come from. Names that SigmaHQ's Linux rules use come first (sudo's USER).
 * Texts are as written in the message; a field stands only where the message tells it.
 *
 *   action       what happened, one of the program's words: login, invalid_user, connection_closed, disconnect,
 *                too_many_failures, negotiation_failed ... (sshd); session_opened, session_closed, authentication,
 *                password_changed, account_locked (PAM); command (sudo); su; user_added, group_member_added,
 *                user_removed ... (accounts); started, stopped, failed ... (systemd); module_loaded, promiscuous_on,
 *                crash ... (kernel); cron's own word as it writes it: CMD, REPLACE, RELOAD
 *   outcome      success or failure
 *   reason       why, in the program's words; `detail` is what else it says
 *   method protocol key_type key_fingerprint      sshd: password, publickey ...; ssh2; the key
 *   user         the account that the line is about: who logs in, runs a command, is made or changed
 *   target_user  whom `user` acts as: su, sudo
 *   by_user by_uid       who did it to `user`: password changes, groups, sessions opened for another
 *   invalid_user         "true": there is no such account
 *   src_ip src_port      where it came from; src_host where a name stands in the place of the address
 *   dst_ip dst_port      the own end
 *   repeated failures    how often: "message repeated N times", "PAM N more authentication failures"
 *   pam_module pam_service pam_type logname uid euid tty ruser rhost     PAM's words. uid is the user's own where it
 *                stands behind the name, else the caller's. rhost is given as src_ip or src_host too
 *   TTY PWD USER GROUP COMMAND ENV TSID CHROOT HOST     sudo's words. Keys compare without case, so a rule on USER sees
 *                `user` too, the caller; target_user is the account alone
 *   command detail       cron
 *   group gid home shell origin     accounts; origin is the terminal ("from=")
 *   unit unit_type description result exit_code exit_status     systemd: "apt.timer", "timer", ...
 *   session      logind's number; uptime module interface process process_pid: the kernel
 *
 * Who attacks chooses names. A message is therefore taken apart from the end that the program itself wrote: a login by
 * the name "root from 192.0.2.1 port 22 ssh2" does not change src_ip. Where two readings are possible sshd's address and
 * user are left out (PARTIAL), and sudo's USER and COMMAND are given in every reading.
 */
#include "event/event.h"

enum decode_result {
	DECODE_MATCH,		/* the line is ours, all of it is in the event */
	DECODE_PARTIAL,		/* ours, but cut short: the fields so far stand */
	DECODE_MISS,		/* not ours; the event is untouched */
};

struct line_decoder {
	const char *name;	/* "sshd" */
	const char *summary;
	const char *programs;	/* space-separated program names that it is for; "" for any */
	enum decode_result (*decode)(struct str message, struct event *e);
};

extern const struct line_decoder *const line_decoders[];	/* in the order tried; ends with NULL */

/* Runs the first decoder that takes it; MISS where none does. */
enum decode_result line_decode(struct str program, struct str message, struct event *e);
#endif
