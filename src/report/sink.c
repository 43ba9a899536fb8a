#include "report/sink.h"

#include "base/err.h"
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int fail(struct sink *s)
{
	if (!s->error) {
		s->error = ERR_IO;
		s->errno_kept = errno;
	}
	return s->error;
}

static int open_beside(struct sink *s)
{
	struct buf name = {0};
	mode_t mask = umask(0);

	umask(mask);
	buf_printf(&name, "%s.XXXXXX", s->path);
	buf_byte(&name, '\0');
	s->fd = mkostemp(name.p, O_CLOEXEC);
	if (s->fd < 0) {
		buf_free(&name);
		return fail(s);
	}
	s->temporary = name.p;
	return fchmod(s->fd, 0666 & ~mask) < 0 ? fail(s) : 0;
}

static int open_file(struct sink *s)
{
	struct stat st;

	if (stat(s->path, &st) < 0 || S_ISREG(st.st_mode))
		return open_beside(s);
	s->fd = open(s->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	return s->fd < 0 ? fail(s) : 0;
}

int sink_open(struct sink *s, const char *path)
{
	*s = (struct sink){.fd = STDOUT_FILENO};
	if (!path)
		return 0;
	s->path = strdup(path);
	return open_file(s) ? sink_close(s, false) : 0;
}

static void flush(struct sink *s)
{
	if (!s->error && io_write_all(s->fd, buf_get(&s->buf).p, s->buf.n))
		fail(s);
	buf_clear(&s->buf);
}

int sink_check(struct sink *s)
{
	if (s->buf.n >= SINK_FLUSH_BYTES || s->error)
		flush(s);
	return s->error;
}

static void finish_file(struct sink *s, bool keep)
{
	if (keep && !s->error && s->temporary && fsync(s->fd) < 0)
		fail(s);
	if (s->fd >= 0 && close(s->fd) < 0)
		fail(s);
	if (!s->temporary)
		return;
	if (!keep || s->error || rename(s->temporary, s->path) < 0) {
		if (keep)
			fail(s);
		unlink(s->temporary);
	}
}

int sink_close(struct sink *s, bool keep)
{
	if (keep)
		flush(s);
	if (s->path)
		finish_file(s, keep);
	buf_free(&s->buf);
	free(s->path);
	free(s->temporary);
	s->path = s->temporary = NULL;
	errno = s->errno_kept;
	return s->error;
}
