#include "cli/pages.h"

#include <string.h>

#include "base/lang.h"
#include "base/version.h"

/* Text as roff prints it: a backslash and a dash as themselves, no line that begins with a control character. */
static void put_text(FILE *out, const char *text)
{
	bool begins = true;

	for (; *text; text++) {
		if (begins && (*text == '.' || *text == '\''))
			fputs("\\&", out);
		begins = *text == '\n';
		if (*text == '\\')
			fputs("\\e", out);
		else if (*text == '-')
			fputs("\\-", out);
		else
			fputc(*text, out);
	}
}

/* Paragraphs are parted by empty lines; lines that begin with a blank stand as they are. */
static void put_paragraphs(FILE *out, const char *text)
{
	bool plain = false;

	while (*text) {
		size_t n = strcspn(text, "\n");
		bool indented = *text == ' ' || *text == '\t';

		if (indented != plain)
			fputs(indented ? ".nf\n" : ".fi\n", out);
		plain = indented;
		if (n == 0) {
			fputs(".PP\n", out);
		} else {
			char line[512];

			snprintf(line, sizeof line, "%.*s", (int)n, text);
			put_text(out, line);
			fputc('\n', out);
		}
		text += n + (text[n] == '\n');
	}
	if (plain)
		fputs(".fi\n", out);
}

static void put_section(FILE *out, const char *title)
{
	fprintf(out, ".SH \"%s\"\n", title);
}

static void put_option(FILE *out, const struct cli_option *o)
{
	fputs(".TP\n", out);
	if (o->letter)
		fprintf(out, "\\fB\\-%c\\fR, ", o->letter);
	fputs("\\fB\\-\\-", out);
	put_text(out, o->name);
	fputs("\\fR", out);
	if (o->argument)
		fprintf(out, " \\fI%s\\fR%s", o->argument, o->repeats ? "..." : "");
	fputc('\n', out);
	put_text(out, tr(o->help));
	fputc('\n', out);
}

static void put_options(FILE *out, const struct cli_option *options)
{
	const char *group = NULL;

	fprintf(out, ".SS \"%s\"\n", tr("Options"));
	for (const struct cli_option *o = options; o && o->name; o++) {
		if (o->group)
			continue;
		put_option(out, o);
	}
	fputs(".TP\n\\fB\\-h\\fR, \\fB\\-\\-help\\fR\n", out);
	put_text(out, tr("Show this help"));
	fputc('\n', out);
	for (const struct cli_option *o = options; o && o->name; o++) {
		if (!o->group)
			continue;
		if (!group || strcmp(group, o->group) != 0)
			fprintf(out, ".SS \"%s\"\n", tr(o->group));
		group = o->group;
		put_option(out, o);
	}
}

static void put_head(FILE *out, const char *name, const char *summary)
{
	char dashed[64];

	snprintf(dashed, sizeof dashed, "%s", name);
	for (char *p = dashed; *p; p++)
		*p = *p == ' ' ? '-' : *p;
	fprintf(out, ".TH \"%s\" 1 \"\" \"truc %s\" \"%s\"\n", dashed, truc_version, tr("User commands"));
	put_section(out, tr("NAME"));
	put_text(out, dashed);
	fputs(" \\- ", out);
	put_text(out, summary);
	fputc('\n', out);
}

static void put_usage(FILE *out, const char *name, const char *usage)
{
	fprintf(out, ".B %s\n", name);
	put_text(out, usage);
	fputc('\n', out);
}

static void put_command(FILE *out, const struct cli_command *c)
{
	if (c->text)
		put_paragraphs(out, tr(c->text));
	if (c->options)
		put_options(out, c->options);
}

static void put_subcommands(FILE *out, const struct cli_command *command, const char *name)
{
	for (size_t i = 0; command->subcommands[i]; i++) {
		const struct cli_command *c = command->subcommands[i];
		char full[96];

		snprintf(full, sizeof full, "%s %s", name, c->name);
		fprintf(out, ".SH \"%s\"\n", full);
		put_text(out, tr(c->summary));
		fputs("\n.PP\n", out);
		put_usage(out, full, c->usage);
		fputs(".PP\n", out);
		put_command(out, c);
	}
}

static void put_list(FILE *out, const struct cli_command *const *commands)
{
	for (size_t i = 0; commands[i]; i++) {
		fprintf(out, ".TP\n\\fBtruc %s\\fR\n", commands[i]->name);
		put_text(out, tr(commands[i]->summary));
		fputc('\n', out);
	}
}

static void put_status(FILE *out)
{
	put_section(out, tr("EXIT STATUS"));
	put_text(out, tr("0 done and nothing found, 1 something found, 2 an error, 3 done but some input could not be read."));
	fputc('\n', out);
}

static void put_program(const struct cli_command *const *commands, FILE *out)
{
	put_head(out, "truc", tr("finds attacks in logs"));
	put_section(out, tr("SYNOPSIS"));
	put_usage(out, "truc", tr("COMMAND [options] ..."));
	put_section(out, tr("COMMANDS"));
	put_list(out, commands);
	fputs(".PP\n", out);
	put_text(out, tr("'truc COMMAND --help' says more of each."));
	fputc('\n', out);
	put_status(out);
	put_section(out, tr("SEE ALSO"));
	for (size_t i = 0; commands[i]; i++)
		fprintf(out, ".BR truc\\-%s (1)%s\n", commands[i]->name, commands[i + 1] ? "," : "");
}

void cli_manual(const struct cli_command *const *commands, const struct cli_command *command, const char *name, FILE *out)
{
	if (!command) {
		put_program(commands, out);
		return;
	}
	put_head(out, name, tr(command->summary));
	put_section(out, tr("SYNOPSIS"));
	put_usage(out, name, command->usage);
	if (!command->subcommands) {
		put_section(out, tr("DESCRIPTION"));
		put_command(out, command);
	} else {
		put_subcommands(out, command, name);
	}
	put_section(out, tr("SEE ALSO"));
	fputs(".BR truc (1)\n", out);
}
