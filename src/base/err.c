#include "base/err.h"

const char *err_text(int err)
{
	switch ((enum err)err) {
	case ERR_NOMEM: return "out of memory";
	case ERR_IO: return "input or output failed";
	case ERR_NOENT: return "not found";
	case ERR_FORMAT: return "bad format";
	case ERR_RANGE: return "out of range";
	case ERR_LIMIT: return "over the limit";
	case ERR_UNSUPPORTED: return "not supported";
	case ERR_STALE: return "out of date";
	case ERR_DENIED: return "not allowed";
	case ERR_USAGE: return "wrong usage";
	}
	return err >= 0 ? "no error" : "unknown error";
}
