#include "sigma/correlation.h"

#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "event/value.h"
#include "sigma/pattern.h"

bool sigma_correlation_is_late(const struct sigma_correlation *c)
{
	for (uint32_t i = 0; i < c->spec.condition_count; i++) {
		enum correlate_op op = c->spec.conditions[i].op;

		if (op == CORRELATE_LT || op == CORRELATE_LTE || op == CORRELATE_NEQ)
			return true;
	}
	return false;
}

void sigma_feed_free(struct sigma_feed *f)
{
	buf_free(&f->key);
	buf_free(&f->shown);
	buf_free(&f->value);
}

void sigma_shown_add(struct buf *shown, struct str value)
{
	uint32_t n = (uint32_t)value.n;

	buf_put(shown, &n, sizeof n);
	buf_str(shown, value);
}

bool sigma_shown_next(struct str *rest, struct str *out)
{
	uint32_t n;

	if (rest->n < sizeof n)
		return false;
	memcpy(&n, rest->p, sizeof n);
	*rest = str_skip(*rest, sizeof n);
	*out = str_head(*rest, n);
	*rest = str_skip(*rest, n);
	return true;
}

/* What is too long to be kept is told apart by the hash of all of it, folded. */
static struct str bounded(struct str text, struct arena *a)
{
	struct str folded;

	if (text.n <= SIGMA_SHOWN_MAX)
		return text;
	folded = sigma_fold(a, text);
	return arena_printf(a, "%.*s#%016llx", STR_ARGS(str_head(text, SIGMA_SHOWN_MAX)),
			    (unsigned long long)hash_str(folded));
}

static void clear(struct sigma_feed *f)
{
	buf_clear(&f->key);
	buf_clear(&f->shown);
	buf_clear(&f->value);
	f->has_value = false;
	f->number = (double)NAN;
}

static void add_group(struct sigma_feed *f, struct str text)
{
	correlate_key_add(&f->key, text);
	sigma_shown_add(&f->shown, text);
}

bool sigma_feed_make(const struct sigma_correlation *c, uint32_t input, const struct event *e,
		     const struct sigma_feed_source *source, struct sigma_feed *out)
{
	const struct sigma_input *in = &c->inputs[input];
	struct field f;

	clear(out);
	for (uint32_t i = 0; i < c->group_count; i++) {
		if (!source->find(source->user, in->rule, in->groups[i], e, &f))
			return false;
		add_group(out, bounded(value_text(&f, e->arena), e->arena));
	}
	out->has_value = c->value_count > 0;
	for (uint32_t i = 0; i < c->value_count && out->has_value; i++) {
		double number;

		out->has_value = source->find(source->user, in->rule, in->values[i], e, &f);
		if (!out->has_value)
			break;
		correlate_key_add(&out->value, bounded(value_text(&f, e->arena), e->arena));
		if (value_number(&f, &number) == 0)
			out->number = number;
	}
	return true;
}

static struct str shown_at(struct str shown, uint32_t number)
{
	struct str value = STR("");

	for (uint32_t i = 0; i <= number; i++)
		if (!sigma_shown_next(&shown, &value))
			return STR("");
	return value;
}

void sigma_feed_chain(const struct sigma_correlation *c, uint32_t input, struct str shown, struct sigma_feed *out)
{
	const struct sigma_input *in = &c->inputs[input];
	double number;

	clear(out);
	for (uint32_t i = 0; i < c->group_count; i++)
		add_group(out, shown_at(shown, in->groups[i]));
	out->has_value = c->value_count > 0;
	for (uint32_t i = 0; i < c->value_count; i++) {
		struct str value = shown_at(shown, in->values[i]);

		correlate_key_add(&out->value, value);
		if (str_to_double(value, &number) == 0)
			out->number = number;
	}
}
