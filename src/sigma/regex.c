#include "sigma/regex.h"

#include "base/err.h"
#include "sigma/rule.h"

struct regex_flags sigma_regex_flags(const struct sigma_match *m)
{
	return (struct regex_flags){m->re_nocase, m->re_multiline, m->re_dotall};
}

int sigma_regex_check(const struct sigma_match *m, struct buf *why)
{
	struct buf block = {0};
	size_t at = 0;
	int rc = regex_compile(m->pattern, sigma_regex_flags(m), &block, why, &at);

	buf_free(&block);
	if (rc < 0)
		buf_printf(why, " (at byte %zu)", at + 1);
	return rc < 0 ? ERR_UNSUPPORTED : 0;
}
