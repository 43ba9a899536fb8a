#ifndef INPUT_FILES_H
#define INPUT_FILES_H
/*
 * The inputs of a job, found by a thread of its own and handed out one by one: files as given, and every regular file
 * below the folders given, in byte order. A path that is given twice is read once. At most FILES_AHEAD wait, however many
 * there are.
 */
#include <stdatomic.h>

#include "base/str.h"

struct files;
#define FILES_AHEAD 256u

struct file_item {
	char *path;		/* owned by whoever takes the item: free() */
	bool found;		/* by a walk: links are not followed, only regular files are opened */
	int problem;		/* errno of a folder that could not be read; 0: an input */
};

struct files *files_start(const char *const *paths, size_t count, const atomic_bool *stop);
/* The next input; waits for it. false: there are no more. Any thread may ask. */
bool files_next(struct files *f, struct file_item *out);
void files_free(struct files *f);	/* waits for its thread; NULL is fine */

/* Bytes of all files that files_start would find, for the progress bar; 0 where that is unknown (standard input). */
uint64_t files_total(const char *const *paths, size_t count, const atomic_bool *stop);
#endif
