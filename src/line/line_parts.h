#ifndef LINE_PARTS_H
#define LINE_PARTS_H
/*
 * What the decoders of one program's messages share: the names of fields, and taking texts apart from both ends. Private
 * to line*.c and the files with one decoder each.
 *
 * Who attacks chooses user names, host names and more, and puts " from 192.0.2.1 port 22 ssh2" into them. So a text is
 * taken apart from the end that the program itself wrote: where it writes the address last, from the right, else from
 * the left; where neither end is sure, the doubtful fields are left out or given in every reading.
 */
#include <string.h>

#include "line/line.h"

enum line_name {
	LINE_ACTION, LINE_OUTCOME, LINE_REASON, LINE_METHOD, LINE_PROTOCOL,
	LINE_USER, LINE_UID, LINE_TARGET_USER, LINE_BY_USER, LINE_BY_UID, LINE_INVALID_USER,
	LINE_SRC_IP, LINE_SRC_HOST, LINE_SRC_PORT, LINE_DST_IP, LINE_DST_PORT, LINE_TTY, LINE_SESSION,
	LINE_KEY_TYPE, LINE_KEY_FINGERPRINT, LINE_REPEATED, LINE_FAILURES,
	LINE_PAM_MODULE, LINE_PAM_SERVICE, LINE_PAM_TYPE, LINE_LOGNAME, LINE_EUID, LINE_RUSER, LINE_RHOST,
	LINE_SUDO_TTY, LINE_SUDO_PWD, LINE_SUDO_USER, LINE_SUDO_GROUP, LINE_SUDO_COMMAND, LINE_SUDO_ENV, LINE_SUDO_TSID,
	LINE_SUDO_CHROOT, LINE_SUDO_HOST,
	LINE_COMMAND, LINE_DETAIL, LINE_GROUP, LINE_GID, LINE_HOME, LINE_SHELL, LINE_ORIGIN,
	LINE_UNIT, LINE_UNIT_TYPE, LINE_DESCRIPTION, LINE_RESULT, LINE_EXIT_CODE, LINE_EXIT_STATUS,
	LINE_UPTIME, LINE_MODULE, LINE_INTERFACE, LINE_PROCESS, LINE_PROCESS_PID,
	LINE_NAMES
};

struct str line_name_text(enum line_name name);

/* Add a data field: nothing where the value is STR_NONE. Numbers are written bare in JSON. */
void line_add(struct event *e, enum line_name name, struct str value);
void line_add_number(struct event *e, enum line_name name, struct str digits);
void line_add_action(struct event *e, const char *action, const char *outcome);	/* either may be NULL */
/* src_ip for an IP address, src_host for anything else. */
void line_add_source(struct event *e, struct str address, struct str port);

bool line_is_ip(struct str s);
bool line_is_digits(struct str s);

/* The decoders for a program, a bit for each row of line_decoders: for callers that meet the same programs again. */
uint32_t line_decoders_for(struct str program);
enum decode_result line_decode_with(uint32_t decoders, struct str message, struct event *e);

static inline struct str line_skip(struct str s, size_t n)
{
	return (struct str){s.p + n, s.n - n};
}

static inline bool line_begins(struct str s, struct str literal)
{
	return s.n >= literal.n && memcmp(s.p, literal.p, literal.n) == 0;
}

/* Takes a literal off the front or the back: true and *s without it, or false and *s as it was. */
#define line_take(s, literal) line_take_str((s), STR(literal))
#define line_take_end(s, literal) line_take_end_str((s), STR(literal))

static inline bool line_take_str(struct str *s, struct str literal)
{
	if (!line_begins(*s, literal))
		return false;
	*s = line_skip(*s, literal.n);
	return true;
}

static inline bool line_take_end_str(struct str *s, struct str literal)
{
	if (s->n < literal.n || memcmp(s->p + s->n - literal.n, literal.p, literal.n) != 0)
		return false;
	s->n -= literal.n;
	return true;
}

/* The first or last place of `mark`: what stands before it and behind it; false without one, and nothing written. */
bool line_split(struct str s, struct str mark, struct str *before, struct str *behind);
bool line_split_last(struct str s, struct str mark, struct str *before, struct str *behind);

/* Takes the first or last word (no blanks in it) and the blank that parts it from the rest; false where it is empty. */
bool line_take_word(struct str *s, struct str *word);
bool line_take_last_word(struct str *s, struct str *word);
/* Takes 'text' in single quotes off the front; false without. */
bool line_take_quoted(struct str *s, struct str *text);

extern const struct line_decoder line_pam, line_sshd, line_sudo, line_su, line_cron, line_account, line_systemd,
	line_logind, line_login, line_kernel;
#endif
