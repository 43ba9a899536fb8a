#ifndef EVENT_ROLES_H
#define EVENT_ROLES_H
/*
 * Inside of event: the names under which sources write which machine and whose account. A spelling's role is found once,
 * when it is interned, so that event_host and event_user need one pass over the fields and compare no text.
 */
#include "base/str.h"

/* Roles are ROLE_HOST + rank and ROLE_USER + rank: a lower rank is asked first. */
enum { ROLE_NONE = 0, ROLE_HOST = 1, ROLE_USER = 33, ROLE_END = 65 };

uint8_t role_of(struct str name);	/* without case */
#endif
