#include "cli/parse.h"

#include <string.h>

#include "base/lang.h"
#include "base/version.h"

#define HELP_COLUMNS 100u
#define HELP_INDENT 2u
#define HELP_LEFT_MAX 30u	/* a longer left side stands on a line of its own */

/* Columns of UTF-8 text: code points, as the languages of the catalogue need no more. */
static size_t columns_of(const char *text, size_t n)
{
	size_t columns = 0;
	for (size_t i = 0; i < n; i++)
		columns += ((unsigned char)text[i] & 0xC0) != 0x80;
	return columns;
}

/* Text in words, wrapped so that every line but the first begins at `indent`; `column` is where the first one begins. */
static void put_wrapped(FILE *out, const char *text, size_t column, size_t indent)
{
	bool first = true;
	while (*text) {
		size_t n = strcspn(text, " "), columns = columns_of(text, n);
		if (!first && column + 1 + columns > HELP_COLUMNS) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (!first) {
			fputc(' ', out);
			column++;
		}
		fwrite(text, 1, n, out);
		column += columns;
		text += n + strspn(text + n, " ");
		first = false;
	}
	fputc('\n', out);
}

static void put_row(FILE *out, const char *left, size_t width, const char *help)
{
	size_t n = strlen(left);
	fprintf(out, "%*s%s", (int)HELP_INDENT, "", left);
	size_t indent = HELP_INDENT + width + 2;
	if (n > width)
		fprintf(out, "\n%*s", (int)indent, "");
	else
		fprintf(out, "%*s", (int)(width + 2 - n), "");
	put_wrapped(out, help, indent, indent);
}

static void option_left(const struct cli_option *o, char *left, size_t size)
{
	char letter[8] = "    ";
	if (o->letter)
		snprintf(letter, sizeof(letter), "-%c, ", o->letter);
	snprintf(left, size, "%s--%s%s%s%s", letter, o->name, o->argument ? " " : "", o->argument ? o->argument : "",
		 o->repeats ? "..." : "");
}

static size_t options_width(const struct cli_option *options)
{
	size_t width = strlen("-h, --help");
	for (const struct cli_option *o = options; o && o->name; o++) {
		char left[80];
		option_left(o, left, sizeof(left));
		size_t n = strlen(left);
		if (n > width && n <= HELP_LEFT_MAX)
			width = n;
	}
	return width;
}

/* Same heading: both none, or the same words. */
static bool same_group(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static void put_group(FILE *out, const struct cli_option *options, const char *group, size_t width)
{
	for (const struct cli_option *o = options; o && o->name; o++) {
		if (!same_group(o->group, group))
			continue;
		char left[80];
		option_left(o, left, sizeof(left));
		put_row(out, left, width, tr(o->help));
	}
}

/* Options without a group first, then each group where its first option stands. */
static void put_options(FILE *out, const struct cli_option *options)
{
	size_t width = options_width(options);
	fprintf(out, "\n%s:\n", tr("Options"));
	put_group(out, options, NULL, width);
	put_row(out, "-h, --help", width, tr("Show this help"));
	for (const struct cli_option *o = options; o && o->name; o++) {
		const struct cli_option *first = options;
		while (!same_group(first->group, o->group))
			first++;
		if (!o->group || first != o)
			continue;
		fprintf(out, "\n%s:\n", tr(o->group));
		put_group(out, options, o->group, width);
	}
}

static void put_commands(FILE *out, const struct cli_command *const *commands)
{
	size_t width = 0;
	for (size_t i = 0; commands[i]; i++)
		width = strlen(commands[i]->name) > width ? strlen(commands[i]->name) : width;
	fprintf(out, "\n%s:\n", tr("Commands"));
	for (size_t i = 0; commands[i]; i++)
		put_row(out, commands[i]->name, width, tr(commands[i]->summary));
}

void cli_help_command(const struct cli_command *c, const char *name, FILE *out)
{
	const char *text = c->text ? tr(c->text) : NULL;
	fprintf(out, "%s: %s %s\n\n", tr("Usage"), name, c->usage);
	put_wrapped(out, tr(c->summary), 0, 0);
	if (text)
		fprintf(out, "\n%s%s", text, text[strlen(text) - 1] == '\n' ? "" : "\n");
	if (c->subcommands)
		put_commands(out, c->subcommands);
	put_options(out, c->options);
	if (c->subcommands)
		fprintf(out, tr("\n'%s COMMAND --help' says more of each.\n"), name);
}

void cli_help_program(const struct cli_command *const *commands, FILE *out)
{
	fprintf(out, "truc %s: %s\n\n%s: truc %s\n", truc_version, tr("finds attacks in logs"), tr("Usage"),
		tr("COMMAND [options] ..."));
	put_commands(out, commands);
	fprintf(out, "\n%s:\n", tr("Options"));
	put_row(out, "-h, --help", 13, tr("Show this help"));
	put_row(out, "    --version", 13, tr("Show the version"));
	fprintf(out, "\n%s\n\n%s: ", tr("'truc COMMAND --help' says more of each."), tr("Exit status"));
	put_wrapped(out, tr("0 done and nothing found, 1 something found, 2 an error, 3 done but some input could not be read."), 13, 0);
}
