#ifndef BASE_TESTING_H
#define BASE_TESTING_H
/*
 * For tests only. Programs that `make check` runs start at the top of the tree.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * A path in the shared test data, as "sigma/rules" or "evtx/parser-samples", which is found below $TRUC_SHARED (the folder
 * `shared` or its `data`) or ../shared/data. NULL where it is absent, and then says SKIP with the reason: the test returns or
 * calls skip(). The text is static: it lives until the next call.
 */
static inline const char *testing_shared(const char *below)
{
	static char path[4096];
	const char *shared = getenv("TRUC_SHARED");
	if (!shared || !*shared)
		shared = "../shared";
	snprintf(path, sizeof(path), "%s/data/%s", shared, below);
	if (access(path, R_OK) == 0)
		return path;
	snprintf(path, sizeof(path), "%s/%s", shared, below);
	if (access(path, R_OK) == 0)
		return path;
	printf("SKIP: no shared test data %s\n", below);
	return NULL;
}
#endif
