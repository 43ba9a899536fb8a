#ifndef DECODE_XML_H
#define DECODE_XML_H
/*
 * A small strict reader of XML text: tags, attributes, text, CDATA, the five entities, character references. Comments and
 * processing instructions are passed over. No document types: nothing is ever expanded or fetched. It owns nothing; slices are
 * of the text that it reads. Line ends stay as they are written, for the values of logs hold them.
 */
#include "base/arena.h"

enum xml_kind {
	XML_OPEN,		/* <name attributes> or <name attributes/> */
	XML_CLOSE,		/* </name> */
	XML_TEXT,		/* raw, up to the next '<'; with references */
	XML_CDATA,		/* as it stands */
	XML_END,
	XML_BAD,		/* reader.why says what; reader.rest is at it */
};

struct xml_reader {
	struct str rest;
	const char *why;
};

struct xml_token {
	enum xml_kind kind;
	struct str name;	/* of tags */
	struct str body;	/* of a text; of an open tag its attributes, as written */
	bool empty;		/* <name/> */
};

struct xml_token xml_next(struct xml_reader *r);
/* The next of an open tag's attributes: 1, 0 at their end, -1 where they are none (why is set). The value is raw. */
int xml_attribute(struct str *attributes, struct str *out_name, struct str *out_value, const char **why);
/* The text with its references replaced: borrowed where it has none. False where one is not XML's own. */
bool xml_text(struct str raw, struct arena *a, struct str *out);
#endif
