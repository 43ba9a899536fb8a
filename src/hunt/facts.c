#include "hunt/facts.h"

bool facts_is_loss(const struct hunt_result *r, unsigned cause)
{
	return hunt_is_loss((enum decode_cause)cause) || (cause == DECODE_INPUT_UNKNOWN && r->unknown_given);
}

static struct str places_text(const struct hunt_result *r, unsigned cause, struct arena *a)
{
	struct buf b = {0};
	struct str text;

	for (unsigned i = 0; i < r->places.count[cause]; i++) {
		place_print(&r->places.at[cause][i], &b);
		buf_byte(&b, '\n');
	}
	if (r->stats.count[cause] > r->places.count[cause])
		buf_text(&b, "...\n");
	text = arena_str(a, buf_get(&b));
	buf_free(&b);
	return text;
}

static void add_gap(const struct hunt_result *r, unsigned cause, struct arena *a, struct report_gap *out)
{
	*out = (struct report_gap){
		.name = decode_cause_name((enum decode_cause)cause), .text = decode_cause_text((enum decode_cause)cause),
		.count = r->stats.count[cause], .bytes = cause == DECODE_INPUT_UNKNOWN ? 0 : r->stats.bytes[cause],
		.loss = facts_is_loss(r, cause), .places = places_text(r, cause, a),
	};
}

void facts_make(const struct hunt_result *r, const struct sigma_counts *rules, struct arena *a, struct report_facts *out)
{
	struct report_gap *gaps = ARENA_ARRAY(a, struct report_gap, DECODE_CAUSES);
	uint32_t n = 0;

	for (unsigned c = 0; c < DECODE_CAUSES; c++) {
		if (r->stats.count[c])
			add_gap(r, c, a, &gaps[n++]);
	}
	*out = (struct report_facts){
		.files = r->files, .bytes = r->bytes, .events = r->stats.events,
		.first_event = r->first_event, .last_event = r->last_event,
		.rules_loaded = rules->loaded, .rules_used = r->rules_kept, .rules_refused = rules->refused + rules->unsupported,
		.gaps = gaps, .gap_count = n, .interrupted = r->interrupted,
		.compared = r->compare_name, .seen_before = r->seen_before,
		.not_seen_again = r->compared.old - r->compared.seen,
	};
}
