/* Contract fuzzer of correlations: bytes to a spec and matches, for the fast engine, the naive one, and one under limits. */
#include "correlate/differ.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf why = {0};

	if (size > 600)
		return 0;
	bool ok = differ_run((struct differ_bytes){data, size}, &why);
	if (!ok)
		fprintf(stderr, "%.*s", STR_ARGS(buf_get(&why)));
	assert(ok);
	buf_free(&why);
	return 0;
}
