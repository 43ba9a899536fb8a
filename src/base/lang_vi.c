#include <stddef.h>

#include "base/lang.h"

/* The catalogue: one row a message, in the order of the files that say them. Terms are those of the directive and of the
 * forms of the national centres. */
const struct lang_row lang_vi[] = {
	{"no such file", "không có tệp này"},
	{NULL, NULL},
};
