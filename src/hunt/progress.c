#include "hunt/progress.h"

#include "base/clock.h"
#include "base/io.h"
#include "report/text.h"

#include <sys/ioctl.h>
#include <unistd.h>

#define REDRAW_TICKS (TICKS_PER_SECOND / 10)
#define BAR_CELLS 16u

void progress_begin(struct progress *p, uint64_t total_bytes)
{
	*p = (struct progress){.began = clock_now(), .total_bytes = total_bytes};
}

static void put_bar(struct buf *b, double part)
{
	unsigned full = (unsigned)(part * BAR_CELLS + 0.5);

	buf_byte(b, '[');
	for (unsigned i = 0; i < BAR_CELLS; i++)
		buf_byte(b, i < full ? '#' : '.');
	buf_printf(b, "] %3.0f%%, ", part * 100);
}

static void put_left(struct buf *b, double seconds)
{
	unsigned long s = (unsigned long)(seconds + 0.999);

	if (s >= 3600)
		buf_printf(b, "%lu h %02lu min left, ", s / 3600, s / 60 % 60);
	else if (s >= 60)
		buf_printf(b, "%lu min %02lu s left, ", s / 60, s % 60);
	else
		buf_printf(b, "%lu s left, ", s);
}

void progress_text(struct buf *out, uint64_t total, uint64_t bytes, uint64_t events, uint64_t findings, double seconds)
{
	double part = total ? (double)bytes / (double)total : 0;

	if (part > 1)
		part = 1;
	/* What matters most stands first: a narrow terminal cuts the end. */
	if (total)
		put_bar(out, part);
	if (total && part > 0.01 && seconds > 0.5)
		put_left(out, seconds / part - seconds);
	text_bytes(out, bytes);
	if (total) {
		buf_text(out, " of ");
		text_bytes(out, total);
	}
	buf_text(out, ", ");
	text_number(out, seconds > 0 ? (uint64_t)((double)events / seconds) : 0);
	buf_text(out, " events/s, ");
	text_number(out, findings);
	buf_text(out, findings == 1 ? " finding" : " findings");
}

static unsigned terminal_width(void)
{
	struct winsize w;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col ? w.ws_col : 80;
}

void progress_draw(struct progress *p, uint64_t bytes, uint64_t events, uint64_t findings)
{
	int64_t now = clock_now();
	struct buf text = {0};

	if (p->shown && now - p->drawn < REDRAW_TICKS)
		return;
	p->drawn = now;
	p->shown = true;
	progress_text(&text, p->total_bytes, bytes, events, findings,
		      (double)(now - p->began) / (double)TICKS_PER_SECOND);
	buf_clear(&p->line);
	buf_byte(&p->line, '\r');
	text_put(&p->line, buf_get(&text), terminal_width() - 1);
	buf_text(&p->line, "\033[K");
	(void)!io_write_all(STDERR_FILENO, p->line.p, p->line.n);
	buf_free(&text);
}

void progress_end(struct progress *p)
{
	if (p->shown)
		(void)!io_write_all(STDERR_FILENO, "\r\033[K", 4);
	p->shown = false;
	buf_free(&p->line);
}
