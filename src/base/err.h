#ifndef BASE_ERR_H
#define BASE_ERR_H
/*
 * Errors of the outside world: functions that can fail return 0 (or a count) or one of these. Our own bugs are asserts,
 * which stay on in production.
 */
enum err {
	ERR_NOMEM = -1,		/* no memory: only where a size comes from outside; small allocations abort */
	ERR_IO = -2,		/* the system call failed; errno says why */
	ERR_NOENT = -3,		/* no such file or thing */
	ERR_FORMAT = -4,	/* bytes are not what they should be */
	ERR_RANGE = -5,		/* a value is outside its bounds */
	ERR_LIMIT = -6,		/* a named maximum was reached */
	ERR_UNSUPPORTED = -7,	/* valid, but not done here */
	ERR_STALE = -8,		/* a cache or a copy that no longer fits */
	ERR_DENIED = -9,	/* not allowed, or not owned by us */
	ERR_USAGE = -10,	/* the command line is wrong */
};

const char *err_text(int err);	/* "bad format", ...; static */
#endif
