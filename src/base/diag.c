#include "base/diag.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/vec.h"

struct diags {
	struct arena *arena;
	VEC(struct diag) list;
	size_t counts[DIAG_WARNING + 1];
};

#define MESSAGE_MAX 2048

struct diags *diags_new(void)
{
	struct diags *d = mem_alloc(sizeof *d);
	d->arena = arena_new(0);
	return d;
}

void diags_free(struct diags *d)
{
	if (!d)
		return;
	arena_free(d->arena);
	vec_free(&d->list);
	free(d);
}

void diags_add(struct diags *d, enum diag_severity severity, const char *code, struct diag_place place,
	       const char *format, ...)
{
	char text[MESSAGE_MAX];
	d->counts[severity]++;
	if (d->list.n >= DIAGS_MAX)
		return;
	va_list args;
	va_start(args, format);
	int n = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (n < 0)
		n = 0;
	/* The last diagnostic of the same file shares its name's copy. */
	struct str file = place.file;
	if (d->list.n && str_eq(d->list.at[d->list.n - 1].file, file))
		file = d->list.at[d->list.n - 1].file;
	else
		file = arena_str(d->arena, file);
	struct str message = {text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1};
	*vec_add(&d->list) = (struct diag){
		.severity = severity, .code = code, .file = file, .line = place.line, .column = place.column,
		.message = arena_str(d->arena, message),
	};
}

size_t diags_count(const struct diags *d, enum diag_severity severity)
{
	return d->counts[severity];
}

size_t diags_kept(const struct diags *d)
{
	return d->list.n;
}

const struct diag *diags_at(const struct diags *d, size_t i)
{
	return &d->list.at[i];
}

/* What a person's terminal must not get from a file: control characters as '?'. */
static void put_safe(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		buf_byte(out, (unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f ? '?' : s.p[i]);
}

void diag_print(const struct diag *d, struct buf *out)
{
	static const char *const words[] = {"error", "unsupported", "warning"};
	put_safe(out, d->file);
	if (d->line)
		buf_printf(out, ":%u", d->line);
	if (d->line && d->column)
		buf_printf(out, ":%u", d->column);
	buf_printf(out, "%s%s: ", d->file.n || d->line ? ": " : "", words[d->severity]);
	put_safe(out, d->message);
	buf_printf(out, " [%s]", d->code);
}
