#include "cli/passwords.h"
#include "cli/times.h"

#include "base/lang.h"
#include "hunt/dump.h"
#include "hunt/figures.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct cli_option options[] = {
	{"format", 0, "FORMAT", "ndjson (default): one JSON object an event; text: one readable line", false, NULL},
	{"output", 'o', "FILE", "Write to FILE, which appears when it is whole", false, NULL},
	{"quiet", 'q', NULL, "No closing figures on stderr", false, NULL},
	{"carve", 0, NULL, "Look for deleted records in EVTX files too; they are marked \"carved\"", false, NULL},
	CLI_TIME_OPTIONS,
	CLI_PASSWORD_OPTIONS
	{0},
};

static int finish(const struct cli_args *a, struct sink *sink, struct hunt_result *r)
{
	struct buf text = {0};
	int err = sink_close(sink, !r->interrupted), kept = errno;

	if (err && kept != EPIPE) {
		fprintf(stderr, tr("truc decode: the events cannot be written: %s\n"), strerror(kept));
		return CLI_EXIT_ERROR;
	}
	figures_losses(r, &text);
	if (!cli_has(a, "quiet"))
		fwrite(text.p, 1, text.n, stderr);
	buf_free(&text);
	if (r->interrupted) {
		fprintf(stderr, tr("truc decode: interrupted\n"));
		return CLI_EXIT_ERROR;
	}
	return hunt_is_partial(r) ? CLI_EXIT_PARTIAL : 0;
}

static int run(const struct cli_args *a)
{
	const char *format = cli_get(a, "format");
	struct dump_options o = {.text = format && !strcmp(format, "text")};
	struct hunt_result r;
	struct sink sink;
	int status;

	if (format && !o.text && strcmp(format, "ndjson") != 0)
		return cli_usage(a, tr("--format '%s' is neither ndjson nor text"), format);
	if (!cli_path_count(a))
		return cli_usage(a, tr("say what to decode: a file, a folder, or - for standard input"));
	if (cli_check_paths(a) || cli_get_times(a, &o.source) || cli_get_passwords(a, &o.source.archives))
		return CLI_EXIT_ERROR;
	if (sink_open(&sink, cli_get(a, "output"))) {
		fprintf(stderr, "truc decode: %s: %s\n", cli_get(a, "output"), strerror(errno));
		return CLI_EXIT_ERROR;
	}
	o.source.carve = cli_has(a, "carve");
	hunt_catch_signals();
	o.paths = cli_texts(a, NULL, &o.path_count);
	o.sink = &sink;
	(void)!dump_run(&o, &r);	/* the sink keeps its error for finish() */
	status = finish(a, &sink, &r);
	hunt_result_free(&r);
	cli_free_passwords(&o.source.archives);
	cli_texts_free(o.paths);
	return status;
}

extern const struct cli_command cmd_decode;
const struct cli_command cmd_decode = {
	.name = "decode",
	.summary = "Print every event of logs as JSON lines or text",
	.usage = "[options] PATH...",
	.text = "PATH is a file, a folder (links in it are not followed) or - for standard input. The format is\n"
		"told from the content: logs of Windows, firewalls, web servers, Linux, network devices, clouds,\n"
		"JSON, plain lines; also within gzip, xz, bzip2 and zstd, and in ZIP, tar and 7-Zip archives, these\n"
		"in one another too.\n"
		"\n"
		"Each line is an event: its fields, and \"source\" with file, format, record and time (UTC).\n"
		"\n"
		"Exit status: 0 done, 2 error, 3 done but some input was damaged or unreadable.",
	.options = options,
	.run = run,
};
