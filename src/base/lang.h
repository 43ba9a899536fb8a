#ifndef BASE_LANG_H
#define BASE_LANG_H
/*
 * Messages for people, in the language of the environment: English, or Vietnamese where LC_ALL, LC_MESSAGES or LANG (the first
 * that is set) begins with "vi". Machine output (JSON, CSV, numbers, times) never changes.
 *
 * A message is written in English where it is used, `tr("no such file")`, and that text is its key in the one catalogue,
 * lang_vi.c. tools/check-catalogue fails where a tr("...") of the sources or a help text of the command tables has no
 * row, where a row is used by nobody, or where a row's printf directives differ from the English ones.
 */
enum lang { LANG_EN, LANG_VI };

enum lang lang_now(void);		/* told from the environment at the first call */
void lang_set(enum lang lang);		/* for tests; before any other thread runs */
const char *lang_code(enum lang lang);	/* "en", "vi": BCP 47 */

/* The message in the language of the environment, or as it is where the catalogue does not hold it. Lives for ever. */
const char *tr(const char *english) __attribute__((format_arg(1)));
const char *tr_to(enum lang lang, const char *english) __attribute__((format_arg(2)));

/* Marks a text of a table as a message: tr() is asked for it where it is said. */
#define TR_KEY(english) english

/* One row of the catalogue; it ends with NULLs. */
struct lang_row { const char *english, *vietnamese; };
extern const struct lang_row lang_vi[];
extern const struct lang_row lang_vi_cli[];	/* of the command tables */
extern const struct lang_row lang_vi_rules[];	/* and of the titles of the shipped rules */
#endif
