#include "sigma/regex.h"

#include <hs/hs.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "sigma/rule.h"

#define REGEX_MAX 8192u		/* bytes of an expression */

unsigned sigma_regex_flags(const struct sigma_match *m)
{
	unsigned flags = HS_FLAG_UTF8 | HS_FLAG_ALLOWEMPTY | HS_FLAG_SINGLEMATCH;

	if (m->re_nocase)
		flags |= HS_FLAG_CASELESS;
	if (m->re_multiline)
		flags |= HS_FLAG_MULTILINE;
	if (m->re_dotall)
		flags |= HS_FLAG_DOTALL;
	return flags;
}

int sigma_regex_check(const struct sigma_match *m, struct buf *why)
{
	hs_compile_error_t *error = NULL;
	hs_expr_info_t *info = NULL;

	if (m->pattern.n > REGEX_MAX || memchr(m->pattern.p, '\0', m->pattern.n)) {
		buf_printf(why, "a regular expression may have %u bytes and no NUL", REGEX_MAX);
		return ERR_UNSUPPORTED;
	}
	if (hs_expression_info(m->pattern.p, sigma_regex_flags(m), &info, &error) == HS_SUCCESS) {
		free(info);
		return 0;
	}
	buf_printf(why, "this regular expression cannot be run in linear time: %s", error ? error->message : "unknown error");
	hs_free_compile_error(error);
	return ERR_UNSUPPORTED;
}
