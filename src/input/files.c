#include "input/files.h"

#include "base/io.h"
#include "base/map.h"
#include "base/vec.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct files {
	const char *const *paths;
	size_t count;
	const atomic_bool *stop;
	pthread_t thread;
	pthread_mutex_t lock;		/* guards all below */
	pthread_cond_t changed;
	struct file_item items[FILES_AHEAD];
	size_t first, waiting;
	bool ended, abandoned;
};

static bool is_stopped(const atomic_bool *stop)
{
	return stop && atomic_load_explicit(stop, memory_order_relaxed);
}

/* Waits for room; 1 where nobody wants more. */
static int put(struct files *f, const char *path, bool found, int problem)
{
	int ended;

	pthread_mutex_lock(&f->lock);
	while (f->waiting == FILES_AHEAD && !f->abandoned)
		pthread_cond_wait(&f->changed, &f->lock);
	ended = f->abandoned || is_stopped(f->stop);
	if (!ended) {
		struct file_item *item = &f->items[(f->first + f->waiting++) % FILES_AHEAD];

		*item = (struct file_item){mem_alloc(strlen(path) + 1), found, problem};
		memcpy(item->path, path, strlen(path));
	}
	pthread_cond_broadcast(&f->changed);
	pthread_mutex_unlock(&f->lock);
	return ended;
}

static int visit(void *user, const char *path)
{
	return put(user, path, true, 0);
}

static void failed(void *user, const char *path, int problem)
{
	put(user, path, true, problem);
}

static bool is_folder(const char *path)
{
	struct stat st;

	return strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* The same text was given before: one input, whose findings would have the same ids. */
static bool is_repeated(struct map *seen, const char *const *paths, size_t i)
{
	return map_put(seen, str_c(paths[i]), (uint32_t)i) != (uint32_t)i;
}

static void *find_all(void *user)
{
	struct files *f = user;
	struct io_walk walk = {visit, failed, f};
	struct map *seen = map_new(f->count);
	int ended = 0;

	for (size_t i = 0; i < f->count && !ended; i++) {
		if (is_repeated(seen, f->paths, i))
			continue;
		if (is_folder(f->paths[i]))
			ended = io_walk(f->paths[i], &walk) > 0;
		else
			ended = put(f, f->paths[i], false, 0);
	}
	map_free(seen);
	pthread_mutex_lock(&f->lock);
	f->ended = true;
	pthread_cond_broadcast(&f->changed);
	pthread_mutex_unlock(&f->lock);
	return NULL;
}

struct files *files_start(const char *const *paths, size_t count, const atomic_bool *stop)
{
	struct files *f = mem_alloc(sizeof *f);

	f->paths = paths;
	f->count = count;
	f->stop = stop;
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->changed, NULL);
	if (pthread_create(&f->thread, NULL, find_all, f) != 0)
		abort();
	return f;
}

bool files_next(struct files *f, struct file_item *out)
{
	bool got;

	pthread_mutex_lock(&f->lock);
	while (!f->waiting && !f->ended)
		pthread_cond_wait(&f->changed, &f->lock);
	got = f->waiting > 0;
	if (got) {
		*out = f->items[f->first];
		f->first = (f->first + 1) % FILES_AHEAD;
		f->waiting--;
	}
	pthread_cond_broadcast(&f->changed);
	pthread_mutex_unlock(&f->lock);
	return got;
}

void files_free(struct files *f)
{
	struct file_item item;

	if (!f)
		return;
	pthread_mutex_lock(&f->lock);
	f->abandoned = true;
	pthread_cond_broadcast(&f->changed);
	pthread_mutex_unlock(&f->lock);
	pthread_join(f->thread, NULL);
	while (files_next(f, &item))
		free(item.path);
	pthread_mutex_destroy(&f->lock);
	pthread_cond_destroy(&f->changed);
	free(f);
}

/* --- the size of it all --- */

struct total {
	uint64_t bytes;
	const atomic_bool *stop;
};

static int add_size(void *user, const char *path)
{
	struct total *t = user;
	struct stat st;

	if (lstat(path, &st) == 0 && S_ISREG(st.st_mode))
		t->bytes += (uint64_t)st.st_size;
	return is_stopped(t->stop);
}

uint64_t files_total(const char *const *paths, size_t count, const atomic_bool *stop)
{
	struct total t = {0, stop};
	struct io_walk walk = {add_size, NULL, &t};
	struct map *seen = map_new(count);
	struct stat st;
	bool known = true;

	for (size_t i = 0; i < count && known; i++) {
		if (is_repeated(seen, paths, i))
			continue;
		if (is_folder(paths[i]))
			(void)!io_walk(paths[i], &walk);
		else if (strcmp(paths[i], "-") != 0 && stat(paths[i], &st) == 0 && S_ISREG(st.st_mode))
			t.bytes += (uint64_t)st.st_size;
		else
			known = false;
	}
	map_free(seen);
	return known ? t.bytes : 0;
}
