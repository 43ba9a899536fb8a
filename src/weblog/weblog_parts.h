#ifndef WEBLOG_PARTS_H
#define WEBLOG_PARTS_H
/* What the files of weblog share. Private to them and to the naive reading that tests compare with. */
#include <string.h>

#include "weblog/weblog.h"

/* An access line's parts as they are written; STR_NONE where there is none, or "-". */
struct weblog_parts {
	struct str host, port, client, client_port, ident, user, forwarded;
	struct str time, request, status, bytes;
	struct str rest;		/* behind the bytes */
	bool cut;			/* the line ends inside of a part */
};
bool weblog_split(struct str line, struct weblog_parts *out);

struct weblog_request { struct str method, stem, query, version, other; };
void weblog_split_request(struct str request, struct weblog_request *out);

struct str weblog_name_text(enum weblog_name name);
void weblog_add(struct weblog *w, struct event *e, enum weblog_name name, struct str value);	/* nothing where STR_NONE */
void weblog_add_number(struct weblog *w, struct event *e, enum weblog_name name, struct str digits);
void weblog_add_request(struct weblog *w, struct event *e, struct str request);
/* c-ip, or c-dns for a name. */
void weblog_add_client(struct weblog *w, struct event *e, struct str client);

bool weblog_is_ip(struct str s);
bool weblog_is_addresses(struct str s);		/* "192.0.2.1, 2001:db8::1": one or more, nothing else */
bool weblog_is_digits(struct str s);
struct str weblog_unescape(struct str s, struct arena *a);

/* "10/Oct/2000:13:55:36[.123] -0700", or RFC 3339; false where it is neither. */
bool weblog_time(struct str s, int64_t *ticks, int *offset_min);
/* "Sun Dec 04 04:47:44[.123456] 2005" and "2023/11/15 12:49:01", without a zone: as UTC. *used bytes of s. */
bool weblog_apache_time(struct str s, int64_t *ticks);
bool weblog_nginx_time(struct str s, int64_t *ticks);
#define WEBLOG_NGINX_TIME 19u
#endif
