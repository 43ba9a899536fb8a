#include "cli/cli.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/version.h"

static char packs[PATH_MAX + 32];

/* `head` without its last path component, if it has one. */
static void cut_last(char *head)
{
	char *slash = strrchr(head, '/');
	if (slash)
		*slash = 0;
}

static bool holds_packs(const char *folder, const char *below)
{
	char probe[sizeof(packs) + 32];
	snprintf(packs, sizeof(packs), "%s%s", folder, below);
	snprintf(probe, sizeof(probe), "%s/sigma/logsources.yaml", packs);
	return access(probe, R_OK) == 0;
}

const char *cli_packs_dir(void)
{
	const char *given = getenv("TRUC_PACKS");
	if (given && *given)
		return holds_packs(given, "") ? packs : NULL;
	char self[PATH_MAX] = "";
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n > 0) {
		self[n] = 0;
		cut_last(self);		/* the folder of the binary: build/, build-asan/ */
		cut_last(self);		/* the tree */
		if (holds_packs(self, "/packs"))
			return packs;
	}
	return holds_packs(truc_datadir, "/packs") ? packs : NULL;
}
