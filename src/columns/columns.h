#ifndef COLUMNS_COLUMNS_H
#define COLUMNS_COLUMNS_H
/*
 * Logs in columns whose own lines say what the columns are: W3C extended (IIS, HTTP.sys, Exchange, AD FS, the Windows
 * firewall, proxies) and Zeek's tab-separated logs. A line that begins with '#' is a directive; it holds for the lines
 * behind it until another of its name comes, and any of them may change in the middle of a file.
 *
 * Not owned: the directives in force are borrowed from the lines (or the saved text) that they were read from.
 *
 * W3C: names of columns are kept as the log writes them, but for headers: cs(User-Agent) is the field cs-user-agent, as
 * Sigma writes it. In the values of headers Microsoft's programs write a blank as '+', and a blank is given. '-' means
 * that there is no value: there is no field. date and time are UTC (the Windows firewall's: local) and become the event's
 * time, no fields; without a date column the day is that of #Date. Where #Fields is written with commas (Exchange) the
 * lines are CSV. Of a whole cs-uri the parts stand in cs-uri-stem and cs-uri-query too, and of Exchange's UrlStem,
 * Method ... the values under Sigma's names.
 *
 * Zeek: the names of #fields; ts is the event's time, no field. A set or vector is as many fields of one name; \xHH in a
 * value is that byte.
 */
#include "event/event.h"
#include "line/line.h"

#define COLUMNS_MAX 512u
/* The longest #Fields or #types line; a longer one leaves nothing in force. */
#define COLUMNS_FIELDS_MAX 16000u
/* The longest of the others. */
#define COLUMNS_VALUE_MAX 1000u

enum columns_kind { COLUMNS_W3C, COLUMNS_ZEEK };

enum columns_directive {
	COLUMNS_FIELDS,
	W3C_SOFTWARE, W3C_DATE, W3C_LOG_TYPE, W3C_TIME_FORMAT,
	ZEEK_SEPARATOR, ZEEK_SET_SEPARATOR, ZEEK_EMPTY, ZEEK_UNSET, ZEEK_PATH, ZEEK_TYPES,
	COLUMNS_DIRECTIVES
};

/* The directives in force; begin with {.kind = ...}. */
struct columns_head {
	enum columns_kind kind;
	struct str value[COLUMNS_DIRECTIVES];	/* STR_NONE: none in force */
};

/* Is this line (without its end) a directive or a comment? A byte order mark before the '#' does not matter. */
bool columns_is_directive(struct str line);
/* Takes such a line: false where it changes nothing that is in force. */
bool columns_take(struct columns_head *h, struct str line);
/* All such lines of a text, at the beginning of its lines. */
void columns_take_all(struct columns_head *h, struct str text);
/* The directives in force as lines that columns_take_all reads back; at most COLUMNS_SAVED_MAX bytes. */
void columns_save(const struct columns_head *h, struct buf *out);
#define COLUMNS_SAVED_MAX 49152u

/* How sure it is that a text with these first bytes is such a log: 0 no, 100 certain. */
int columns_sniff(enum columns_kind kind, struct str head);

struct column {
	uint32_t name, key;		/* in the event's names */
	uint8_t what;
	uint8_t alias;			/* Exchange: which of Sigma's names it bears too; 0: none */
};

/* Reads lines as the directives in force say; set up by columns_begin for one batch of names. */
struct columns {
	struct columns_head head;
	int zone_min;			/* of local times */
	/* private */
	bool ready;			/* what follows is of the head as it is */
	char separator, set_separator;
	bool csv, dated, by_date, quotes, local;
	struct str product, service, category;
	uint32_t alias_names[16];
	uint32_t stem, query;
	int64_t day;			/* of #Date, or TICKS_NONE */
	char last_date[10];		/* the date column met last, and its day */
	int64_t last_day;
	uint32_t count;
	struct column column[COLUMNS_MAX];
	uint32_t at[COLUMNS_MAX + 2];
};

void columns_begin(struct columns *c, enum columns_kind kind, int zone_min);
/* The next line is read by what h now says: call it after columns_take. */
void columns_changed(struct columns *c);

/*
 * One line to the fields of *e, its time and its source. MISS: there is no #Fields in force, the number of columns is
 * another, or the time cannot be read; then only the source is set.
 */
enum decode_result columns_decode(struct columns *c, struct str line, struct event *e);
#endif
