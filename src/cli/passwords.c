#include "cli/passwords.h"

#include "base/err.h"
#include "base/io.h"
#include "base/vec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool add(struct members_options *o, struct str password)
{
	const char **more;
	char *copy;

	if (!password.n)
		return true;
	if (o->password_count == CLI_PASSWORDS_MAX)
		return false;
	copy = mem_alloc(password.n + 1);
	memcpy(copy, password.p, password.n);
	more = mem_resize((void *)(uintptr_t)o->passwords, (o->password_count + 1) * sizeof *more);
	more[o->password_count++] = copy;
	o->passwords = more;
	return true;
}

static int add_lines(const struct cli_args *a, struct str text, struct members_options *o)
{
	while (text.p) {
		struct str line = str_cut(&text, '\n');

		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		if (!add(o, line)) {
			cli_usage(a, "more than %u passwords", CLI_PASSWORDS_MAX);
			return ERR_USAGE;
		}
	}
	return 0;
}

static int read_file(const struct cli_args *a, const char *path, struct members_options *o)
{
	struct arena *arena = arena_new(0);
	struct str text = STR_NONE;
	int err;

	errno = 0;
	err = io_read_file(path, CLI_PASSWORD_FILE_MAX, arena, &text);
	if (err)
		cli_usage(a, "--password-file '%s': %s", path, err == ERR_LIMIT || !errno ? err_text(err) : strerror(errno));
	else
		err = add_lines(a, text, o);
	arena_free(arena);
	return err ? ERR_USAGE : 0;
}

int cli_get_passwords(const struct cli_args *a, struct members_options *out)
{
	const char *path = cli_get(a, "password-file");
	int err = 0;

	*out = (struct members_options){0};
	for (size_t i = 0; i < cli_count(a, "password") && !err; i++)
		err = add(out, str_c(cli_get_at(a, "password", i))) ? 0 : ERR_USAGE;
	if (!err && path)
		err = read_file(a, path, out);
	if (err)
		cli_free_passwords(out);
	return err;
}

void cli_free_passwords(struct members_options *o)
{
	for (size_t i = 0; i < o->password_count; i++)
		free((void *)(uintptr_t)o->passwords[i]);
	free((void *)(uintptr_t)o->passwords);
	*o = (struct members_options){0};
}
