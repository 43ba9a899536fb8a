#include "base/err.h"
#include "hunt/compare.h"

#include <assert.h>
#include <stdlib.h>

/*
 * A line of an older report: what is taken gives the same key twice, with white space around it too; what is refused leaves
 * the key alone; another seed gives another key.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str line = str_n(data, size);
	struct buf spaced = {0};
	uint64_t key = 1, again = 2, other = 3;
	int err = compare_key(line, 42, &key);

	assert(err == 0 || err == ERR_FORMAT);
	if (err) {
		assert(key == 1);
		return 0;
	}
	buf_text(&spaced, " \t");
	buf_str(&spaced, line);
	buf_text(&spaced, "\r\n ");
	assert(compare_key(buf_get(&spaced), 42, &again) == 0 && again == key);
	assert(compare_key(line, 43, &other) == 0 && other != key);
	buf_free(&spaced);
	return 0;
}
