#include "base/io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/vec.h"

static int err_of_errno(void)
{
	switch (errno) {
	case ENOENT: case ENOTDIR: return ERR_NOENT;
	case EACCES: case EPERM: return ERR_DENIED;
	default: return ERR_IO;
	}
}

static int read_all(int fd, size_t max, struct arena *a, struct str *out)
{
	struct stat st;
	if (fstat(fd, &st) < 0)
		return err_of_errno();
	if (S_ISREG(st.st_mode) && (uint64_t)st.st_size > max)
		return ERR_LIMIT;
	/* A file may grow while it is read, and what is not a regular file has no size: read until the end. */
	size_t cap = S_ISREG(st.st_mode) ? (size_t)st.st_size + 1 : 65536, n = 0;
	char *p = arena_bytes(a, cap + 1);
	for (;;) {
		ssize_t got = read(fd, p + n, cap - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_of_errno();
		if (got == 0)
			break;
		n += (size_t)got;
		if (n > max)
			return ERR_LIMIT;
		if (n == cap) {
			char *more = arena_bytes(a, cap * 2 + 1);
			memcpy(more, p, n);
			p = more;
			cap *= 2;
		}
	}
	p[n] = '\0';
	*out = (struct str){p, n};
	return 0;
}

int io_read_file(const char *path, size_t max, struct arena *a, struct str *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_of_errno();
	int err = read_all(fd, max, a, out);
	int saved = errno;
	close(fd);
	errno = saved;
	return err;
}

int io_write_all(int fd, const void *p, size_t n)
{
	const char *at = p;
	while (n) {
		ssize_t done = write(fd, at, n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return err_of_errno();
		at += done;
		n -= (size_t)done;
	}
	return 0;
}

static int write_and_sync(int fd, struct str bytes, bool private_mode)
{
	mode_t mask = umask(0);
	umask(mask);
	int err = io_write_all(fd, bytes.p, bytes.n);
	if (!err && fchmod(fd, (private_mode ? 0600 : 0644) & ~mask) < 0)
		err = err_of_errno();
	if (!err && fsync(fd) < 0)
		err = err_of_errno();
	return err;
}

int io_write_file(const char *path, struct str bytes, bool private_mode)
{
	struct buf name = {0};
	buf_printf(&name, "%s.XXXXXX", path);
	buf_byte(&name, '\0');
	int fd = mkostemp(name.p, O_CLOEXEC), err, saved;
	if (fd < 0) {
		err = err_of_errno();
		saved = errno;
		goto out;
	}
	err = write_and_sync(fd, bytes, private_mode);
	saved = errno;
	if (close(fd) < 0 && !err) {
		err = err_of_errno();
		saved = errno;
	}
	if (!err && rename(name.p, path) < 0) {
		err = err_of_errno();
		saved = errno;
	}
	if (err)
		unlink(name.p);
out:
	buf_free(&name);
	errno = saved;
	return err;
}

int io_make_dirs(const char *path, unsigned mode)
{
	struct buf b = {0};
	int err = 0;
	buf_text(&b, path);
	buf_byte(&b, '\0');
	for (size_t i = 1; i < b.n && !err; i++) {
		if (b.p[i] != '/' && b.p[i] != '\0')
			continue;
		char was = b.p[i];
		b.p[i] = '\0';
		if (mkdir(b.p, mode) < 0 && errno != EEXIST)
			err = err_of_errno();
		b.p[i] = was;
	}
	buf_free(&b);
	return err;
}

struct entries {
	VEC(char *) names;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* false with errno; what was read before the error is in *out. */
static bool read_folder(const char *path, struct entries *out)
{
	DIR *d = opendir(path);
	if (!d)
		return false;
	errno = 0;
	for (struct dirent *e; (e = readdir(d)); errno = 0) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		char *name = strdup(e->d_name);
		if (name)
			*vec_add(&out->names) = name;
	}
	int problem = errno;
	closedir(d);
	if (out->names.n)
		qsort(out->names.at, out->names.n, sizeof *out->names.at, by_name);
	errno = problem;
	return !problem;
}

static void report(const struct io_walk *w, const char *path)
{
	if (w->failed)
		w->failed(w->user, path, errno);
}

static int walk_folder(struct buf *path, const struct io_walk *w, int depth);

static int walk_entry(struct buf *path, const struct io_walk *w, int depth)
{
	struct stat st;
	if (lstat(path->p, &st) < 0) {
		report(w, path->p);
		return 0;
	}
	if (S_ISREG(st.st_mode))
		return w->visit(w->user, path->p);
	return S_ISDIR(st.st_mode) ? walk_folder(path, w, depth + 1) : 0;
}

/* Entries in byte order of the whole path: a folder sorts as its name with the slash that follows it, which only matters
 * to names such as "a" beside "a.txt"; both walks of one tree agree, and that is what is asked. */
static int walk_folder(struct buf *path, const struct io_walk *w, int depth)
{
	struct entries list = {0};
	int result = 0;
	if (depth > IO_WALK_DEPTH_MAX) {
		errno = ELOOP;
		report(w, path->p);
		return 0;
	}
	if (!read_folder(path->p, &list))
		report(w, path->p);
	size_t base = path->n;
	for (size_t i = 0; i < list.names.n && result == 0; i++) {
		path->n = base;
		if (base && path->p[base - 1] != '/')
			buf_byte(path, '/');
		buf_text(path, list.names.at[i]);
		buf_byte(path, '\0');
		path->n--;
		result = walk_entry(path, w, depth);
	}
	for (size_t i = 0; i < list.names.n; i++)
		free(list.names.at[i]);
	vec_free(&list.names);
	path->n = base;
	if (path->p)
		path->p[base] = '\0';
	return result;
}

int io_walk(const char *path, const struct io_walk *walk)
{
	struct stat st;
	if (stat(path, &st) < 0)
		return err_of_errno();
	if (!S_ISDIR(st.st_mode))
		return walk->visit(walk->user, path);
	struct buf b = {0};
	buf_text(&b, path);
	buf_byte(&b, '\0');
	b.n--;
	int result = walk_folder(&b, walk, 0);
	buf_free(&b);
	return result;
}
