#ifndef REPORT_ATTACK_H
#define REPORT_ATTACK_H
/*
 * MITRE ATT&CK's ids and names: the tactics, and the techniques that the pack and Sigma's public rules speak of.
 */
#include "base/buf.h"

#define ATTACK_TACTICS 16u

struct attack_tactic {
	const char *tag;	/* "initial-access", as in "attack.initial-access" */
	const char *name;	/* "Initial Access" */
};
extern const struct attack_tactic attack_tactics[ATTACK_TACTICS];	/* in the order of an attack */

struct attack_technique {
	const char *id;		/* "T1059.001" */
	const char *name;	/* of a sub-technique its own, without its parent's */
	const char *tactics;	/* letters: 'A' + place in attack_tactics */
};
/* By id, in any case; NULL: not in the table. */
const struct attack_technique *attack_find(struct str id);
/* For a tag of a rule ("attack.t1059.001"): appends "T1059.001":["name",[tactics]], with its parent, to a JSON object; those
 * that stand in it already may come again. Other tags add nothing, unknown techniques neither. */
void attack_put_technique(struct buf *object, struct str tag);
#endif
