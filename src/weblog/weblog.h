#ifndef WEBLOG_WEBLOG_H
#define WEBLOG_WEBLOG_H
/*
 * Lines of web servers: access logs of Apache, nginx, Tomcat and their like (common, combined, with the virtual host
 * before, with more behind), and the error logs of Apache (2.2, 2.4, with ModSecurity's messages) and nginx.
 *
 * Fields bear the names that Sigma's rules for web servers use, the same as IIS's (columns/columns.h):
 *
 *   c-ip c-port          who asked; c-dns where the log has a name in the place of the address
 *   cs-host s-port       the virtual host that the line begins with; of error logs the Host header
 *   cs-username ident    where they are not "-"
 *   cs-method cs-uri-stem cs-uri-query cs-version      the request line's parts
 *   request              the request line where it is none (TLS on a plain port, other protocols)
 *   sc-status sc-bytes   numbers
 *   cs-referer cs-user-agent
 *   cs-x-forwarded-for   behind the agent, or in brackets behind the client: where it is nothing but addresses
 *   extra                whatever else stands behind, value by value
 *
 *   level module pid tid code message     error logs; code is Apache's AHnnnnn
 *   connection server upstream ...        nginx's, by its own words
 *   id msg severity tag file line ...     ModSecurity's pairs by their names, but hostname and uri: cs-host, cs-uri-stem
 *
 * The escapes \" \\ \t \n ... and \xHH are taken out. A value borrows from the line, or lies in the event's arena.
 *
 * Who asks chooses most of the text. An access line is read from the left: servers escape the quote in what a client
 * sends. In nginx's error log nothing is escaped, so that ", client: " may stand in a path: a part that a line has twice
 * is left out, and the line is PARTIAL.
 */
#include "event/event.h"
#include "line/line.h"

enum weblog_name {
	WEBLOG_C_IP, WEBLOG_C_DNS, WEBLOG_C_PORT, WEBLOG_CS_HOST, WEBLOG_S_PORT, WEBLOG_IDENT, WEBLOG_CS_USERNAME,
	WEBLOG_CS_METHOD, WEBLOG_CS_URI_STEM, WEBLOG_CS_URI_QUERY, WEBLOG_CS_VERSION, WEBLOG_REQUEST, WEBLOG_SC_STATUS,
	WEBLOG_SC_BYTES, WEBLOG_CS_REFERER, WEBLOG_CS_USER_AGENT, WEBLOG_X_FORWARDED_FOR, WEBLOG_EXTRA,
	WEBLOG_LEVEL, WEBLOG_MODULE, WEBLOG_PID, WEBLOG_TID, WEBLOG_CODE, WEBLOG_MESSAGE, WEBLOG_CONNECTION,
	WEBLOG_NAMES
};

/* The numbers of names in one batch, and what is remembered from line to line. Begin with zeros. */
struct weblog {
	struct names *names;
	uint32_t epoch;
	uint32_t name[WEBLOG_NAMES], key[WEBLOG_NAMES];
	int zone_min;			/* of error logs' times, which have none */
	char last_time[26];		/* "10/Oct/2000:13:55:36 -0700" */
	int64_t last_ticks;
	int last_offset;
};

/* Before the lines of a block: names may be of another batch. */
void weblog_begin(struct weblog *w, struct names *names, int zone_min);

/*
 * One line to the fields, the time and the category of *e; product and service of error logs (whose access lines these
 * are cannot be told: both write the same). PARTIAL: the line is cut short; MISS: the event is as it was.
 */
enum decode_result weblog_access(struct weblog *w, struct str line, struct event *e);
enum decode_result weblog_error(struct weblog *w, struct str line, struct event *e);

/* Does a line look like one? Access lines whose user's name has a blank do not: a syslog header may stand before them. */
bool weblog_is_access(struct str line);
bool weblog_is_error(struct str line);
#endif
