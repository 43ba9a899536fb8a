"use strict";
/*
 * The page of `truc hunt --format html`. All that comes from logs reaches the document as text nodes (`put`), never as markup.
 * Data: #about (totals), script.rows (columns of a block of findings), script.more (a line of JSON for each of them).
 * The state of the view is the part of the address behind '#'.
 */
(() => {
performance.mark("truc-script");
const LEVELS = ["informational", "low", "medium", "high", "critical"];
const ROW_PX = 52, ROW_PX_NARROW = 84, BINS = 120, TOP = 12, CELLS = 7, WORST = 6, PRINTED = 100, NONE = -1;
const about = JSON.parse(document.getElementById("about").textContent);
const facts = about.facts || null;
const moreBlocks = document.querySelectorAll("script.more");

/* --- language, numbers, times --- */

let lang = about.lang === "vi" ? "vi" : "en", local = false;
function t(english, ...values)
{
	const text = lang === "vi" ? about.vi[english] || english : english;
	return text.replace(/\{(\d)\}/g, (whole, n) => values[n]);
}
function levelName(s)
{
	return [t("informational"), t("low"), t("medium"), t("high"), t("critical")][s];
}
function number(n)
{
	return String(n).replace(/\B(?=(\d{3})+$)/g, lang === "vi" ? "\u202f" : ",");
}
function bytes(n)
{
	const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
	let unit = 0;
	for (; n >= 1023.5 && unit < 4; unit++)
		n /= 1024;
	return (unit && n < 9.95 ? n.toFixed(1) : n.toFixed(0)) + " " + (unit ? units[unit] : t("bytes"));
}
const two = n => String(n).padStart(2, "0");
/* Microseconds to "2023-07-19 09:03:40", in UTC or the reader's zone. */
function when(us, digits = 19)
{
	if (us === null || Number.isNaN(us))
		return "";
	const d = new Date(us / 1000), shift = local ? d.getTimezoneOffset() * 60000 : 0;
	const text = new Date(d - shift).toISOString().replace("T", " ");
	return text.slice(0, text.length - 24 + digits);
}
function zoneName()
{
	if (!local)
		return "UTC";
	const m = -new Date().getTimezoneOffset();
	return "UTC" + (m < 0 ? "-" : "+") + two(Math.floor(Math.abs(m) / 60)) + ":" + two(Math.abs(m) % 60);
}
function span(first, last, digits = 16)
{
	const a = when(first, digits), b = when(last, digits);
	return a === b ? a : a + " – " + b;
}
/* "2023-07-19[ 09:03[:40]]" as typed, in the zone that is shown, to microseconds; null where it is none. */
function parseInput(text)
{
	const m = /^\s*(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d)?))?\s*$/.exec(text);
	const ms = m ? Date.parse(m[1] + "T" + (m[2] || "00:00") + (local ? "" : "Z")) : NaN;
	return Number.isNaN(ms) ? null : ms * 1000;
}

/* --- building the document --- */

/* What a reader could not see, or what would turn the text around it: shown by its number. */
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|[\ud800-\udfff]/gu;
function put(node, text)
{
	let from = 0;
	for (const m of text.matchAll(HIDDEN)) {
		node.append(text.slice(from, m.index));
		const mark = document.createElement("span");
		mark.className = "hidden";
		mark.textContent = "U+" + m[0].codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
		node.append(mark);
		from = m.index + m[0].length;
	}
	node.append(text.slice(from));
	return node;
}
/* h("td.n", {scope: "row"}, "text", node, ...): attributes named on... are listeners. */
function h(name, attributes, ...children)
{
	const [tag, ...classes] = name.split(".");
	const node = document.createElement(tag);
	if (classes.length)
		node.className = classes.join(" ");
	for (const key in attributes || {}) {
		const value = attributes[key];
		if (key.startsWith("on"))
			node.addEventListener(key.slice(2), value);
		else if (value !== false && value !== null && value !== undefined)
			node.setAttribute(key, value === true ? "" : value);
	}
	for (const child of children.flat()) {
		if (child instanceof Node)
			node.append(child);
		else if (child !== null && child !== undefined)
			put(node, String(child));
	}
	return node;
}
function svg(tag, attributes)
{
	const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
	for (const key in attributes)
		node.setAttribute(key, attributes[key]);
	return node;
}
function badge(s)
{
	return h("span.badge.l" + s, null, levelName(s));
}

/* --- the findings --- */

const N = about.listed;
const T = new Float64Array(N), R = new Uint32Array(N), H = new Uint32Array(N), U = new Uint32Array(N), F = new Uint32Array(N);
const S = new Uint8Array(N), RECORD = new Array(N), BLOCK = new Uint32Array(N);
const blockFirst = [], texts = [], numbers = new Map();
const rules = new Map();	/* by index */

function textNumber(text)
{
	let n = numbers.get(text);
	if (n === undefined) {
		n = texts.length;
		numbers.set(text, n);
		texts.push(text);
	}
	return n;
}
function loadBlock(node, index, first)
{
	const b = JSON.parse(node.textContent), own = b.s.map(textNumber);
	let time = 0;
	blockFirst.push(first);
	for (let i = 0, at = first; i < b.r.length; i++, at++) {
		T[at] = b.t[i] === null ? NaN : time += b.t[i];
		R[at] = b.r[i];
		S[at] = rules.get(b.r[i]).s;
		H[at] = own[b.h[i]];
		U[at] = own[b.u[i]];
		F[at] = own[b.f[i]];
		RECORD[at] = b.n[i];
		BLOCK[at] = index;
	}
	node.remove();
	return first + b.r.length;
}
function loadRules()
{
	const tactic = new Map(about.tactics.map((row, i) => [row[0], i]));
	for (const rule of about.rules) {
		const own = [], ids = new Set();
		for (const tag of rule.tags) {
			const m = /^attack\.(.*)$/i.exec(tag), id = m ? m[1].toUpperCase() : "";
			if (/^T\d{4}(\.\d{3})?$/.test(id))
				ids.add(id);
			else if (m && tactic.has(m[1].toLowerCase().replace(/_/g, "-")))
				own.push(tactic.get(m[1].toLowerCase().replace(/_/g, "-")));
		}
		rule.tactics = own;
		rule.attack = [...ids];
		rule.hosts = new Map();
		rules.set(rule.i, rule);
	}
}
/* In which tactics' columns a rule's technique stands: the rule's own, as far as they are the technique's. */
function tacticsOf(rule, id)
{
	const known = about.techniques[id], of = known ? known[1] : [];
	const both = rule.tactics.filter(x => of.includes(x));
	return both.length ? both : of.length ? of.slice(0, 1) : rule.tactics.length ? rule.tactics : [NONE];
}
function techniqueName(id)
{
	const own = about.techniques[id], parent = about.techniques[id.slice(0, 5)];
	if (!own)
		return parent ? parent[0] : "";
	return id.length > 5 && parent ? parent[0] + ": " + own[0] : own[0];
}
function load()
{
	let first = 0;
	loadRules();
	document.querySelectorAll("script.rows").forEach((node, i) => { first = loadBlock(node, i, first); });
	for (let i = 0; i < N; i++) {
		const hosts = rules.get(R[i]).hosts;
		hosts.set(H[i], (hosts.get(H[i]) || 0) + 1);
	}
}
const lines = [];	/* of script.more, by block */
function detailText(i)
{
	const b = BLOCK[i];
	if (!lines[b])
		lines[b] = moreBlocks[b].textContent.split("\n");
	return lines[b][i - blockFirst[b]];
}
const details = i => JSON.parse(detailText(i));
/* A value: text, null, or [beginning, bytes in all]. */
function valueText(v)
{
	return v === null ? "" : typeof v === "string" ? v : v[0];
}
function brief(d)
{
	const parts = [];
	if (d.indicator)
		parts.push(d.indicator.type + ": " + d.indicator.value);
	if (d.count)
		parts.push(t("{0} matches", number(d.count)));
	let length = 0;
	for (const [name, value] of d.fields) {
		const text = valueText(value).slice(0, 200);
		parts.push(name + ": " + text);
		length += text.length + name.length;
		if (length > 300)
			break;
	}
	return parts.join("   ");
}

/* --- the state, as the address keeps it --- */

const state = {q: "", levels: new Set(), host: null, rule: null, attack: null, from: null, to: null, sort: "level", down: false, id: null};
let view = new Uint32Array(0);

function writeHash()
{
	const p = new URLSearchParams();
	if (state.q)
		p.set("q", state.q);
	if (state.levels.size)
		p.set("level", [...state.levels].sort().reverse().map(s => LEVELS[s]).join(","));
	for (const key of ["host", "rule", "attack", "id"])
		if (state[key] !== null)
			p.set(key, state[key]);
	for (const key of ["from", "to"])
		if (state[key] !== null)
			p.set(key, new Date(state[key] / 1000).toISOString());
	if (state.sort !== "level" || state.down)
		p.set("sort", (state.down ? "-" : "") + state.sort);
	if (local)
		p.set("zone", "local");
	if (lang !== about.lang)
		p.set("lang", lang);
	const text = p.toString();
	if (text !== location.hash.slice(1))
		history.replaceState(null, "", text ? "#" + text : location.pathname + location.search);
}
function readTime(text)
{
	const ms = text === null ? NaN : Date.parse(text);
	return Number.isNaN(ms) ? null : ms * 1000;
}
function readHash()
{
	const p = new URLSearchParams(location.hash.slice(1)), sort = p.get("sort") || "level";
	state.q = p.get("q") || "";
	state.levels = new Set((p.get("level") || "").split(",").map(x => LEVELS.indexOf(x)).filter(x => x >= 0));
	for (const key of ["host", "rule", "attack", "id"])
		state[key] = p.get(key);
	state.from = readTime(p.get("from"));
	state.to = readTime(p.get("to"));
	state.down = sort.startsWith("-");
	state.sort = sort.replace("-", "");
	if (!(state.sort in orders))
		state.sort = "level";
	local = p.get("zone") === "local";
	lang = ["en", "vi"].includes(p.get("lang")) ? p.get("lang") : about.lang;
}

/* --- filtering and sorting --- */

/* As the data's JSON spells it, in small letters. */
function spelled(term)
{
	return JSON.stringify(term).slice(1, -1).replace(/[<>&\u007f-\u009f\u2028\u2029]/g,
		c => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0")).toLowerCase();
}
function flatten(v, out)
{
	if (v !== null && typeof v === "object")
		for (const x of Object.values(v))
			flatten(x, out);
	else if (v !== null)
		out.push(String(v).toLowerCase());
	return out;
}
/* Words, each of which must occur; "several words" in quotes are one. */
function terms(q)
{
	return [...q.toLowerCase().matchAll(/"([^"]+)"|(\S+)/g)].map(m => m[1] || m[2]);
}
const lowered = [];
function loweredDetail(i)
{
	const b = BLOCK[i];
	if (!lowered[b])
		lowered[b] = moreBlocks[b].textContent.toLowerCase().split("\n");
	return lowered[b][i - blockFirst[b]];
}
function textMatcher(q)
{
	const list = terms(q).map(text => ({text, spelled: spelled(text), strict: /[":,{}[\]]/.test(text),
		inTexts: texts.map(x => x.toLowerCase().includes(text)), inRule: new Map()}));
	for (const term of list)
		for (const rule of about.rules)
			term.inRule.set(rule.i, (rule.title + " " + rule.id + " " + rule.tags.join(" ")).toLowerCase().includes(term.text));
	return i => list.every(x => x.inRule.get(R[i]) || x.inTexts[H[i]] || x.inTexts[U[i]] || x.inTexts[F[i]] ||
		(loweredDetail(i).includes(x.spelled) && (!x.strict || flatten(details(i), []).some(v => v.includes(x.text)))));
}
const ruleHasAttack = (rule, id) => rule.attack.some(x => x === id || x.startsWith(id + ".")) ||
	about.tactics.some((row, i) => row[0] === id && rule.attack.some(x => tacticsOf(rule, x).includes(i)));
/* A function of the row, for all that is asked for but `but`. */
function filterOf(but)
{
	const tests = [];
	if (state.levels.size && but !== "levels")
		tests.push(i => state.levels.has(S[i]));
	if (state.host !== null && but !== "host") {
		const wanted = new Set(texts.flatMap((x, n) => x.toLowerCase() === state.host.toLowerCase() ? [n] : []));
		tests.push(i => wanted.has(H[i]));
	}
	if (state.rule !== null && but !== "rule") {
		const wanted = new Set(about.rules.filter(r => r.id === state.rule || r.title === state.rule).map(r => r.i));
		tests.push(i => wanted.has(R[i]));
	}
	if (state.attack !== null && but !== "attack") {
		const wanted = new Set(about.rules.filter(r => ruleHasAttack(r, state.attack)).map(r => r.i));
		tests.push(i => wanted.has(R[i]));
	}
	if (but !== "time" && (state.from !== null || state.to !== null)) {
		const from = state.from === null ? -Infinity : state.from, to = state.to === null ? Infinity : state.to;
		tests.push(i => T[i] >= from && T[i] < to);
	}
	if (state.q.trim())
		tests.push(textMatcher(state.q));
	return i => tests.every(test => test(i));
}
let ranks = null;
function textRank(n)
{
	if (!ranks) {
		const order = texts.map((x, i) => i).sort((a, b) => texts[a] < texts[b] ? -1 : texts[a] > texts[b] ? 1 : 0);
		ranks = new Uint32Array(texts.length);
		order.forEach((x, i) => { ranks[x] = i; });
	}
	return ranks[n];
}
/* Rows stand in order of time already. */
const orders = {
	level: (a, b) => S[b] - S[a] || a - b,
	time: (a, b) => a - b,
	host: (a, b) => textRank(H[a]) - textRank(H[b]) || S[b] - S[a] || a - b,
	user: (a, b) => textRank(U[a]) - textRank(U[b]) || a - b,
	rule: (a, b) => {
		const x = rules.get(R[a]).title, y = rules.get(R[b]).title;
		return x < y ? -1 : x > y ? 1 : a - b;
	},
};
function select()
{
	const match = filterOf(null), found = new Uint32Array(N), order = orders[state.sort];
	let n = 0;
	for (let i = 0; i < N; i++)
		if (match(i))
			found[n++] = i;
	view = found.subarray(0, n);
	if (state.sort === "time")
		return state.down ? view.reverse() : view;
	return view.sort(state.down ? (a, b) => order(b, a) : order);
}

/* --- summary --- */

function findings(n)
{
	return n === 1 ? t("{0} finding", number(n)) : t("{0} findings", number(n));
}
function machines(n)
{
	return n === 1 ? t("{0} machine", number(n)) : t("{0} machines", number(n));
}
function sentenceOfInput()
{
	if (!facts)
		return null;
	const files = facts.files === 1 ? t("{0} file", number(facts.files)) : t("{0} files", number(facts.files));
	const text = [t("{0} ({1}) with {2} events were searched with {3} rules.", files, bytes(facts.bytes), number(facts.events), number(facts.rules_used))];
	if (facts.span[0] !== null)
		text.push(t("The events date from {0} to {1} ({2}).", when(facts.span[0], 16), when(facts.span[1], 16), zoneName()));
	return h("p", null, text.join(" "));
}
function sentenceOfFindings()
{
	const hosts = about.hosts.filter(x => x[0]).length;
	if (!about.total)
		return h("p.lead", null, facts && facts.gaps.some(g => g.loss) ?
			t("Nothing was found in what could be read. Some of the input could not be read.") : t("Nothing was found."));
	const text = [hosts ? t("{0} on {1}.", findings(about.total), machines(hosts)) : findings(about.total) + "."];
	if (about.span[0] !== null)
		text.push(t("They date from {0} to {1} ({2}).", when(about.span[0], 16), when(about.span[1], 16), zoneName()));
	return h("p.lead", null, text.join(" "));
}
function tiles()
{
	return h("div.tiles", {role: "group", "aria-label": t("Findings by level")}, [4, 3, 2, 1, 0].map(s =>
		h("button.tile.l" + s, {type: "button", "aria-pressed": String(state.levels.has(s)), "data-level": s,
			disabled: !about.levels[s], onclick: () => toggleLevel(s)},
			h("span.count", null, number(about.levels[s])), h("span", null, levelName(s)))));
}
function hostsOf(rule)
{
	const named = [...rule.hosts].sort((a, b) => b[1] - a[1]).map(x => texts[x[0]]).filter(x => x);
	if (!named.length)
		return "";
	return named.length > 3 ? t("{0} and {1} more", named.slice(0, 3).join(", "), number(named.length - 3)) : named.join(", ");
}
function advice()
{
	if (!about.total)
		return null;
	if (about.levels[4] + about.levels[3])
		return h("p", null, t("Critical and high findings should be looked into at once: they may mean that an attack has happened or is under way. Medium ones come next; low and informational ones are the context."));
	return h("p", null, t("Nothing critical or high was found. Medium findings deserve a look; low and informational ones are the context."));
}
function worst()
{
	const all = about.rules.filter(r => r.s >= 3), list = all.slice(0, WORST);
	if (!list.length)
		return null;
	return h("div", null, h("h3", null, t("The worst first")), h("ol.worst", null, list.map(rule => h("li", null, badge(rule.s), " ",
		h("button.link", {type: "button", onclick: () => setRule(rule)}, rule.title), " – ",
		[findings(rule.n), hostsOf(rule), span(rule.t[0], rule.t[1])].filter(x => x).join(" · ")))),
		all.length > WORST ? h("p.small", null, t("and {0} more rules of level critical or high, below", number(all.length - WORST))) : null);
}
function compared()
{
	if (!facts || facts.compared === undefined)
		return null;
	return h("p", null, t("Compared with {0}: {1} new findings (only these are shown), {2} seen before, {3} of the older report not seen any more.",
		facts.compared, number(about.total), number(facts.seen_before), number(facts.not_seen_again)));
}
function gapTable(list)
{
	return h("table", null, h("thead", null, h("tr", null, [t("What"), t("Count"), t("First places")].map(x => h("th", {scope: "col"}, x)))),
		h("tbody", null, list.map(g => h("tr", null, h("td", null, lang === "vi" ? g.vi : g.en, h("span.small", null, " " + g.name)),
			h("td.n", null, number(g.n) + (g.bytes ? " (" + bytes(g.bytes) + ")" : "")),
			h("td", null, h("ul.places", null, g.places.split("\n").filter(x => x).map(x => h("li", null, x))))))));
}
function gaps()
{
	if (!facts)
		return null;
	const lost = facts.gaps.filter(g => g.loss), noted = facts.gaps.filter(g => !g.loss), out = [];
	if (facts.interrupted)
		out.push(h("p.warning", null, t("The hunt was interrupted: this is only a part of the result.")));
	if (lost.length)
		out.push(h("details.warning", null, h("summary", null, t("Some of the input could not be read, or only in part: what stood there was not searched.")), gapTable(lost)));
	else
		out.push(h("p", null, t("All of the input was read.")));
	if (noted.length)
		out.push(h("details", null, h("summary", null, t("Noted while reading, without loss")), gapTable(noted)));
	if (about.listed < about.total)
		out.push(h("p.warning", null, t("{0} of {1} findings are listed here; the others are counted only. --format jsonl has them all; --level, --since and --rule make less.",
			number(about.listed), number(about.total))));
	return h("div", null, out);
}

/* --- timeline --- */

let timelineSpan = null;
function timeRange()
{
	let first = Infinity, last = -Infinity;
	for (let i = 0; i < N; i++) {
		if (T[i] < first)
			first = T[i];
		if (T[i] > last)
			last = T[i];
	}
	return first > last ? null : [first, last + 1e6];
}
function shownRange()
{
	const whole = timeRange();
	if (!whole)
		return null;
	const a = state.from === null ? whole[0] : state.from, b = state.to === null ? whole[1] : state.to;
	return b > a ? [a, b] : whole;
}
function binCounts(range)
{
	const match = filterOf("time"), bins = LEVELS.map(() => new Uint32Array(BINS)), width = (range[1] - range[0]) / BINS;
	for (let i = 0; i < N; i++)
		if (T[i] >= range[0] && T[i] < range[1] && match(i))
			bins[S[i]][Math.min(BINS - 1, Math.floor((T[i] - range[0]) / width))]++;
	return bins;
}
const LANE = 34, LEFT = 0, WIDE = 1200;
function drawLane(picture, bins, s, y, max)
{
	const step = WIDE / BINS;
	for (let i = 0; i < BINS; i++) {
		const n = bins[s][i], height = n && Math.max(3, Math.sqrt(n / max) * (LANE - 6));
		if (n)
			picture.append(svg("rect", {x: i * step, y: y + LANE - 2 - height, width: step - 1, height, class: "f" + s}));
	}
	picture.append(svg("line", {x1: 0, x2: WIDE, y1: y + LANE - 1.5, y2: y + LANE - 1.5, class: "axis"}));
}
function binText(bins, range, i)
{
	const width = (range[1] - range[0]) / BINS, counts = [];
	for (let s = 4; s >= 0; s--)
		if (bins[s][i])
			counts.push(number(bins[s][i]) + " " + levelName(s));
	return span(range[0] + i * width, range[0] + (i + 1) * width, 19) + ": " + (counts.join(", ") || "0");
}
/* Dragging chooses a range of time; a click one bar. */
function brush(picture, range, bins, note)
{
	let from = null;
	const mark = svg("rect", {y: 0, height: "100%", class: "brush", width: 0, x: 0});
	const at = e => {
		const box = picture.getBoundingClientRect();
		return Math.max(0, Math.min(1, (e.clientX - box.left) / box.width));
	};
	picture.append(mark);
	picture.addEventListener("pointerdown", e => { from = at(e); picture.setPointerCapture(e.pointerId); });
	picture.addEventListener("pointermove", e => {
		const x = at(e);
		note.replaceChildren();
		put(note, binText(bins, range, Math.min(BINS - 1, Math.floor(x * BINS))));
		if (from !== null) {
			mark.setAttribute("x", Math.min(from, x) * WIDE);
			mark.setAttribute("width", Math.abs(x - from) * WIDE);
		}
	});
	picture.addEventListener("pointerup", e => {
		if (from === null)
			return;
		let a = Math.min(from, at(e)), b = Math.max(from, at(e));
		if (b - a < 0.5 / BINS) {
			a = Math.floor(a * BINS) / BINS;
			b = a + 1 / BINS;
		}
		from = null;
		state.from = Math.floor((range[0] + a * (range[1] - range[0])) / 1e6) * 1e6;
		state.to = Math.ceil((range[0] + b * (range[1] - range[0])) / 1e6) * 1e6;
		update();
	});
}
function ticks(range)
{
	const long = range[1] - range[0] > 3 * 86400e6, list = [];
	for (let i = 0; i <= 4; i++)
		list.push(h("span", null, when(range[0] + (range[1] - range[0]) * i / 4, long ? 10 : range[1] - range[0] > 600e6 ? 16 : 19)));
	return h("div.ticks", {"aria-hidden": "true"}, list);
}
function timeline(node)
{
	const range = shownRange();
	node.replaceChildren();
	if (!range) {
		node.append(h("p", null, t("No finding has a time.")));
		return;
	}
	const bins = binCounts(range), lanes = [4, 3, 2, 1, 0].filter(s => about.levels[s]);
	const picture = svg("svg", {viewBox: "0 0 " + WIDE + " " + lanes.length * LANE, preserveAspectRatio: "none", height: lanes.length * LANE, role: "img", class: "lanes"});
	const totals = lanes.map(s => bins[s].reduce((a, b) => a + b, 0)), note = h("p.note", {"aria-live": "off"});
	picture.setAttribute("aria-label", t("Findings over time") + ": " + lanes.map((s, k) => number(totals[k]) + " " + levelName(s)).join(", "));
	lanes.forEach((s, k) => drawLane(picture, bins, s, k * LANE, Math.max(...bins[s], 1)));
	brush(picture, range, bins, note);
	put(note, t("Drag over the picture to choose a time; each level has its own height."));
	node.append(h("div.chart", null, h("div.names", {"aria-hidden": "true"}, lanes.map((s, k) => h("div.lane.t" + s, null, levelName(s) + " " + number(totals[k])))),
		h("div.plot", null, picture, ticks(range))),
		h("div.row", null, note, h("button", {type: "button", disabled: state.from === null && state.to === null,
			onclick: () => { state.from = state.to = null; update(); }}, t("Whole period"))));
}

/* --- hosts, rules, ATT&CK --- */

const open = {hosts: false, rules: false, attack: false};
function moreButton(key, all, shownAtFirst = TOP)
{
	if (all <= shownAtFirst)
		return null;
	return h("button", {type: "button", onclick: () => { open[key] = !open[key]; tables(); }},
		open[key] ? t("Fewer") : key === "attack" ? t("All techniques") : t("All {0}", number(all)));
}
function toggle(key, value)
{
	state[key] = state[key] === value ? null : value;
	update();
}
function setRule(rule)
{
	state.rule = rule.id || rule.title;
	update();
	document.getElementById("findings").scrollIntoView();
}
function hostRow(row)
{
	const [name, counts, first, last] = row;
	return h("tr", null, h("th", {scope: "row"}, h("button.link", {type: "button", "aria-pressed": String(state.host === name), onclick: () => toggle("host", name)},
		name || t("(no machine named)"))),
		[4, 3, 2, 1, 0].map(s => h("td.n" + (counts[s] ? ".t" + s : ".zero"), null, number(counts[s]))), h("td.t.wide", null, span(first, last)));
}
function hostTable()
{
	const list = open.hosts ? about.hosts : about.hosts.slice(0, TOP);
	return h("div.scroll", null, h("table.hosts", null, h("thead", null, h("tr", null, h("th", {scope: "col"}, t("Machine")),
		[4, 3, 2, 1, 0].map(s => h("th.n", {scope: "col"}, levelName(s))), h("th.wide", {scope: "col"}, t("First – last") + " (" + zoneName() + ")"))),
		h("tbody", null, list.map(hostRow))),
		about.other_hosts ? h("p.small", null, t("Findings of further machines: {0}", number(about.other_hosts))) : null);
}
function techniqueLinks(rule)
{
	return rule.attack.map(id => h("button.chip", {type: "button", title: techniqueName(id), "aria-label": id + " " + techniqueName(id), onclick: () => toggle("attack", id)}, id));
}
function ruleRow(rule)
{
	return h("tr", null, h("td", null, badge(rule.s)), h("th", {scope: "row"}, h("button.link", {type: "button", "aria-pressed": String(state.rule === (rule.id || rule.title)),
		onclick: () => toggle("rule", rule.id || rule.title)}, rule.title), rule.text ? h("div.small.clamp", {title: rule.text}, rule.text) : null),
		h("td.n", null, number(rule.n)), h("td.n", null, number(rule.hosts.size)), h("td.ids", null, techniqueLinks(rule)), h("td.t.wide", null, span(rule.t[0], rule.t[1])));
}
function ruleTable()
{
	const list = open.rules ? about.rules : about.rules.slice(0, TOP);
	return h("div.scroll", null, h("table.rules", null, h("thead", null, h("tr", null, [t("Level"), t("Rule")].map(x => h("th", {scope: "col"}, x)),
		h("th.n", {scope: "col"}, t("Findings")), h("th.n", {scope: "col"}, t("Machines")), h("th", {scope: "col"}, "ATT&CK"),
		h("th.wide", {scope: "col"}, t("First – last") + " (" + zoneName() + ")"))), h("tbody", null, list.map(ruleRow))));
}
function attackColumns()
{
	const columns = new Map();
	for (const rule of about.rules)
		for (const id of rule.attack)
			for (const x of tacticsOf(rule, id)) {
				const column = columns.get(x) || columns.set(x, new Map()).get(x);
				const cell = column.get(id) || column.set(id, {n: 0, s: 0}).get(id);
				cell.n += rule.n;
				cell.s = Math.max(cell.s, rule.s);
			}
	return columns;
}
function techniqueCells(column)
{
	const list = [...column].sort((a, b) => b[1].s - a[1].s || b[1].n - a[1].n);
	return (open.attack ? list : list.slice(0, CELLS)).map(([id, cell]) =>
		h("button.cell.b" + cell.s, {type: "button", "aria-pressed": String(state.attack === id), onclick: () => toggle("attack", id)},
			h("span.n", null, number(cell.n)), h("span.id", null, id), " " + techniqueName(id)));
}
function attackMatrix()
{
	const columns = attackColumns(), order = [...columns.keys()].sort((a, b) => (a < 0 ? 99 : a) - (b < 0 ? 99 : b));
	if (!order.length)
		return h("p", null, t("No rule that was met names a technique."));
	return h("div.matrix", null, order.map(x => {
		const row = x < 0 ? null : about.tactics[x];
		return h("section", null, h("h3", null, row ? h("button.link", {type: "button", "aria-pressed": String(state.attack === row[0]), onclick: () => toggle("attack", row[0])},
			lang === "vi" ? row[2] : row[1]) : t("Other"), lang === "vi" && row ? h("span.small", null, " " + row[1]) : null),
			techniqueCells(columns.get(x)));
	}));
}
function tables()
{
	fill("hosts", hostTable(), moreButton("hosts", about.hosts.length));
	fill("rules", ruleTable(), moreButton("rules", about.rules.length));
	fill("attack", attackMatrix(), moreButton("attack", Math.max(0, ...[...attackColumns().values()].map(x => x.size)), CELLS));
}
function fill(id, ...nodes)
{
	const node = document.getElementById(id), at = document.activeElement, label = node.contains(at) ? at.textContent : null;
	node.replaceChildren(...nodes.filter(x => x));
	/* What had the focus keeps it where it is still there. */
	if (label !== null)
		for (const x of node.querySelectorAll("button"))
			if (x.textContent === label) {
				x.focus();
				break;
			}
}

/* --- the list --- */

let active = 0, rowPx = ROW_PX;
function rowNode(at)
{
	const i = view[at], rule = rules.get(R[i]);
	const row = h("div.finding.b" + S[i], {role: "row", "aria-rowindex": at + 2, tabindex: at === active ? 0 : -1, "data-at": at},
		h("span.time", {role: "cell"}, when(T[i]) || t("no time")), h("span.level", {role: "cell"}, badge(S[i])),
		h("span.host", {role: "cell"}, texts[H[i]]), h("span.user", {role: "cell"}, texts[U[i]]),
		h("span.what", {role: "cell"}, h("span.title", null, rule.title), h("span.brief", null, brief(details(i)))));
	row.style.top = at * rowPx + "px";
	row.style.height = rowPx + "px";
	return row;
}
function drawList()
{
	const list = document.getElementById("list"), room = document.getElementById("room");
	rowPx = list.clientWidth < 700 ? ROW_PX_NARROW : ROW_PX;
	const first = Math.max(0, Math.floor(list.scrollTop / rowPx) - 6), last = Math.min(view.length, first + Math.ceil(list.clientHeight / rowPx) + 12);
	const focused = room.contains(document.activeElement), nodes = [];
	room.style.height = view.length * rowPx + "px";
	for (let at = first; at < last; at++)
		nodes.push(rowNode(at));
	if (active < first || active >= last)
		(nodes[0] || room).tabIndex = 0;
	room.replaceChildren(...nodes);
	if (focused)
		focusRow();
}
function focusRow()
{
	const row = document.querySelector('#room [data-at="' + active + '"]');
	if (row)
		row.focus({preventScroll: true});
}
function moveTo(at)
{
	const list = document.getElementById("list");
	active = Math.max(0, Math.min(view.length - 1, at));
	const top = active * rowPx;
	if (top < list.scrollTop)
		list.scrollTop = top;
	else if (top + rowPx > list.scrollTop + list.clientHeight - 30)
		list.scrollTop = top + rowPx - list.clientHeight + 30;
	drawList();
	focusRow();
}
function onListKey(e)
{
	const page = Math.max(1, Math.floor(document.getElementById("list").clientHeight / rowPx) - 1);
	const moves = {ArrowDown: active + 1, ArrowUp: active - 1, PageDown: active + page, PageUp: active - page, Home: 0, End: view.length - 1};
	if (e.key in moves && view.length) {
		e.preventDefault();
		moveTo(moves[e.key]);
	} else if ((e.key === "Enter" || e.key === " ") && view.length) {
		e.preventDefault();
		show(active);
	}
}
function sortButton(key, text)
{
	const on = state.sort === key;
	return h("span." + (key === "rule" ? "what" : key), {role: "columnheader", "aria-sort": on ? (state.down ? "descending" : "ascending") : "none"},
		h("button.link", {type: "button", onclick: () => { state.down = on && !state.down; state.sort = key; update(); }},
			text + (on ? state.down ? " ▾" : " ▴" : "")));
}
function listHead()
{
	return [sortButton("time", t("Time") + " (" + zoneName() + ")"), sortButton("level", t("Level")), sortButton("host", t("Machine")),
		sortButton("user", t("Account")), sortButton("rule", t("Rule and what it saw"))];
}

/* --- one finding --- */

function pairTable(pairs, left)
{
	return h("table.pairs", null, h("tbody", null, pairs.map(([name, value]) => h("tr", null, h("th", {scope: "row"}, name),
		h("td", null, value === null ? h("span.small", null, "null") : h("div.value", null, valueText(value)),
			Array.isArray(value) ? h("div.cut", null, t("Cut here: the value has {0} bytes in all.", number(value[1]))) : null))),
		left ? h("tr", null, h("td.cut", {colspan: 2}, t("{0} further fields are left out of this page.", number(left)))) : null));
}
function partsTable(d)
{
	return h("section", null, h("h3", null, t("{0} matches", number(d.count)) + (d.first ? " · " + d.first + (d.last && d.last !== d.first ? " – " + d.last : "") : "")),
		d.parts.length < d.count ? h("p.small", null, t("The first and the last of them:")) : null,
		h("div.scroll", null, h("table", null, h("tbody", null, d.parts.map(p => h("tr", null, h("td.t", null, p[0] ? when(Date.parse(p[0]) * 1000) : ""),
			h("td", null, p[1]), h("td.value", null, p[2] + ":" + p[3])))))));
}
function indicatorTable(x)
{
	return h("section", null, h("h3", null, t("Indicator of compromise")), pairTable([[t("Type"), x.type], [t("Value"), x.value], [t("Source"), x.source],
		[t("Valid until"), x.valid_until || t("no end")]]));
}
function geoTable(list)
{
	return h("section", null, h("h3", null, t("Addresses")), h("div.scroll", null, h("table", null, h("thead", null, h("tr", null, [t("Address"), t("Country"), t("City"), "AS", t("Organisation")].map(x =>
		h("th", {scope: "col"}, x)))), h("tbody", null, list.map(g => h("tr", null, [g.address, g.country, g.city, g.asn, g.organisation].map(x =>
		h("td", null, x === null ? "" : x))))))));
}
function techniqueList(rule)
{
	if (!rule.tags.length)
		return null;
	const others = rule.tags.filter(x => !/^attack\./i.test(x));
	return h("section", null, h("h3", null, "ATT&CK"), h("ul", null, rule.attack.map(id => h("li", null, id + " " + techniqueName(id)))),
		others.length ? h("p.small", null, others.join(", ")) : null);
}
function detailBody(i)
{
	const d = details(i), rule = rules.get(R[i]);
	return h("div.body", null, h("p", null, badge(S[i]), " ", when(T[i], 23) || t("no time"), T[i] === T[i] ? " " + zoneName() : ""),
		rule.text ? h("p.text", null, rule.text) : null,
		pairTable([[t("Machine"), texts[H[i]]], [t("Account"), texts[U[i]]], [t("Source"), texts[F[i]] + ":" + RECORD[i]], [t("Format"), d.format]].filter(x => x[1])),
		d.indicator ? indicatorTable(d.indicator) : null, d.count ? partsTable(d) : null,
		d.fields.length ? h("section", null, h("h3", null, t("What the rule saw")), pairTable(d.fields, d.fields_left)) : null,
		d.geo ? geoTable(d.geo) : null, techniqueList(rule),
		d.event ? h("section", null, h("h3", null, t("The whole event")), pairTable(d.event, d.event_left)) : null,
		d.raw ? h("section", null, h("h3", null, t("The line")), h("div.value", null, d.raw)) : null,
		h("section", null, h("h3", null, t("Identification")), pairTable([[t("Finding"), d.id], [t("Rule"), rule.id], [t("Time"), d.time || ""]].filter(x => x[1]))));
}
let shown = NONE;
function show(at)
{
	const dialog = document.getElementById("detail"), i = view[at], rule = rules.get(R[i]), id = details(i).id;
	shown = active = at;
	state.id = id;
	writeHash();
	dialog.replaceChildren(h("header", null, h("h2", {id: "detail-title"}, rule.title),
		h("div.row", null, h("button", {type: "button", disabled: at === 0, onclick: () => show(at - 1)}, "← " + t("Previous")),
			h("button", {type: "button", disabled: at + 1 >= view.length, onclick: () => show(at + 1)}, t("Next") + " →"),
			h("button", {type: "button", onclick: () => { dialog.close(); state.host = texts[H[i]]; update(); }}, t("Only this machine")),
			h("button", {type: "button", onclick: () => { dialog.close(); state.rule = rule.id || rule.title; update(); }}, t("Only this rule")),
			h("button.close", {type: "button", onclick: () => dialog.close(), "aria-label": t("Close")}, "✕"))), detailBody(i));
	if (!dialog.open)
		dialog.showModal();
	dialog.scrollTop = 0;
}
function onDetailKey(e)
{
	if (e.key === "ArrowLeft" && shown > 0)
		show(shown - 1);
	else if (e.key === "ArrowRight" && shown + 1 < view.length)
		show(shown + 1);
}
function onClose()
{
	state.id = null;
	writeHash();
	if (shown !== NONE && shown < view.length)
		moveTo(shown);
	shown = NONE;
}
/* A link may name a finding that is not in the view: then it is sought among all. */
function showById()
{
	for (const list of [view, null]) {
		if (!list) {
			Object.assign(state, {q: "", levels: new Set(), host: null, rule: null, attack: null, from: null, to: null});
			update();
		}
		for (let at = 0; at < view.length; at++)
			if (detailText(view[at]).startsWith('{"id":"' + state.id))
				return show(at);
	}
	state.id = null;
}

/* --- filters --- */

function toggleLevel(s)
{
	if (!state.levels.delete(s))
		state.levels.add(s);
	update();
}
function timeInput(key, label)
{
	return h("label", null, label + " (" + zoneName() + ")", h("input.moment", {type: "text", value: when(state[key]), placeholder: "2024-05-01 10:00", onchange: e => {
		const value = e.target.value.trim() ? parseInput(e.target.value) : null;
		e.target.setAttribute("aria-invalid", String(value === null && e.target.value.trim() !== ""));
		if (value !== null || !e.target.value.trim()) {
			state[key] = value;
			update();
		}
	}}));
}
function choice(key, label, options)
{
	const node = h("select", {onchange: e => { state[key] = e.target.value || null; update(); }}, key === "sort" ? null : h("option", {value: ""}, t("all")),
		options.map(([value, text]) => h("option", {value, selected: state[key] === value}, text)));
	return h("label", null, label, node);
}
function attackOptions()
{
	const ids = new Set(about.rules.flatMap(r => r.attack)), used = new Set(about.rules.flatMap(r => r.attack.flatMap(id => tacticsOf(r, id))));
	return [...[...used].filter(x => x >= 0).sort((a, b) => a - b).map(x => [about.tactics[x][0], lang === "vi" ? about.tactics[x][2] : about.tactics[x][1]]),
		...[...ids].sort().map(id => [id, id + " " + techniqueName(id)])];
}
function filters()
{
	return h("form.filters", {role: "search", onsubmit: e => e.preventDefault()},
		h("label.grow", null, t("Text"), h("input", {type: "search", id: "q", value: state.q, placeholder: t("words in fields, machines, accounts, files, rules"), oninput: onSearch})),
		h("fieldset", null, h("legend", null, t("Level")), [4, 3, 2, 1, 0].filter(s => about.levels[s]).map(s => h("label.check", null,
			h("input", {type: "checkbox", checked: state.levels.has(s), onchange: () => toggleLevel(s)}), levelName(s)))),
		choice("host", t("Machine"), about.hosts.map(x => [x[0], x[0] || t("(no machine named)")]).filter(x => x[0])),
		choice("rule", t("Rule"), about.rules.map(r => [r.id || r.title, r.title])),
		choice("attack", "ATT&CK", attackOptions()), timeInput("from", t("From")), timeInput("to", t("Until")),
		choice("sort", t("Order"), [["level", t("worst first")], ["time", t("by time")], ["host", t("by machine")], ["user", t("by account")], ["rule", t("by rule")]]),
		h("button", {type: "button", onclick: clearAll}, t("Clear filters")));
}
let searching = 0;
function onSearch(e)
{
	clearTimeout(searching);
	searching = setTimeout(() => { state.q = e.target.value; update(true); }, 200);
}
function clearAll()
{
	Object.assign(state, {q: "", levels: new Set(), host: null, rule: null, attack: null, from: null, to: null});
	update();
}
function isFiltered()
{
	return state.q.trim() || state.levels.size || state.host !== null || state.rule !== null || state.attack !== null || state.from !== null || state.to !== null;
}

/* --- the whole page --- */

function headRow()
{
	const choose = (label, value, options, change) => h("label", null, label, h("select", {onchange: change},
		options.map(([v, text]) => h("option", {value: v, selected: v === value}, text))));
	return h("header.top", null, h("h1", null, t("Threat hunt report")), h("div.row.switches", null,
		choose(t("Language"), lang, [["en", "English"], ["vi", "Tiếng Việt"]], e => { lang = e.target.value; draw(); }),
		choose(t("Time zone"), local ? "local" : "utc", [["utc", "UTC"], ["local", t("local")]], e => { local = e.target.value === "local"; draw(); }),
		h("button", {type: "button", onclick: () => print()}, t("Print"))));
}
/* Stays in sight: ways to the sections, and what is being filtered by. */
function jumpBar()
{
	const to = (id, text) => h("button.link", {type: "button", onclick: () => document.getElementById(id).closest(".part").scrollIntoView()}, text);
	return h("nav.jump", {"aria-label": t("Sections")}, to("summary", t("Summary")), to("timeline", t("When")), to("hosts", t("Machines")),
		to("rules", t("Rules")), to("attack", "ATT&CK"), to("filters", t("Findings")), h("div.now", {id: "now"}));
}
function filterChips()
{
	const chips = [], chip = (text, clear) => chips.push(h("button", {type: "button", title: t("Take this filter away"), onclick: () => { clear(); update(); }}, text + " ✕"));
	for (const s of [...state.levels].sort().reverse())
		chip(levelName(s), () => state.levels.delete(s));
	if (state.q.trim())
		chip("“" + state.q.trim() + "”", () => { state.q = ""; });
	if (state.host !== null)
		chip(state.host || t("(no machine named)"), () => { state.host = null; });
	if (state.rule !== null)
		chip((about.rules.find(r => r.id === state.rule) || {title: state.rule}).title.slice(0, 40), () => { state.rule = null; });
	if (state.attack !== null)
		chip(state.attack, () => { state.attack = null; });
	if (state.from !== null || state.to !== null)
		chip(when(state.from, 16) + " – " + when(state.to, 16), () => { state.from = state.to = null; });
	return chips;
}
function section(id, title)
{
	return h("section.part", {"aria-labelledby": id + "-title"}, h("h2", {id: id + "-title"}, title), h("div", {id}));
}
/* Everything anew: the language or the zone changed. */
function draw()
{
	document.documentElement.lang = lang;
	for (const rule of about.rules) {
		rule.english ??= rule.title;
		rule.title = lang === "vi" && rule.vi || rule.english;
	}
	document.title = t("Threat hunt report");
	const list = h("div.list", {id: "list", role: "table", "aria-label": t("Findings"), onscroll: () => requestAnimationFrame(drawList), onkeydown: onListKey},
		h("div.finding.head", {role: "row", id: "list-head"}), h("div", {id: "room", role: "rowgroup", onclick: e => {
			const row = e.target.closest("[data-at]");
			if (row)
				show(Number(row.dataset.at));
		}}));
	const parts = about.total ? [section("timeline", t("When")), section("hosts", t("Machines")), section("rules", t("Rules")), section("attack", "MITRE ATT&CK"),
		h("section.part", {id: "findings", "aria-labelledby": "findings-title"}, h("h2", {id: "findings-title"}, t("Findings")),
			h("div", {id: "filters"}), h("p", {id: "count", role: "status"}), list)] : [];
	const page = h("div", {id: "page"}, headRow(), about.total ? jumpBar() : null, h("main", null, section("summary", t("Summary")), parts),
		h("dialog", {id: "detail", "aria-labelledby": "detail-title", onclose: onClose, onkeydown: onDetailKey, onclick: e => { if (e.target.id === "detail") e.target.close(); }}),
		h("div", {id: "printed"}), h("footer.small", null, "truc " + about.version));
	for (const id of ["plain", "page"]) {
		const old = document.getElementById(id);
		if (old)
			old.remove();
	}
	document.body.append(page);
	update();
}
function update(keepFilters)
{
	fill("summary", ...[sentenceOfFindings(), about.total ? tiles() : null, advice(), worst(), sentenceOfInput(), compared(), gaps()]);
	if (about.total) {
		select();
		active = 0;
		timeline(document.getElementById("timeline"));
		tables();
		if (!keepFilters)
			fill("filters", filters());
		fill("list-head", ...listHead());
		const count = document.getElementById("count");
		fill("now", isFiltered() ? h("span", null, t("{0} of {1} findings", number(view.length), number(N))) : null, ...filterChips());
		count.replaceChildren();
		put(count, isFiltered() ? t("{0} of {1} findings", number(view.length), number(N)) : findings(N));
		document.getElementById("list").scrollTop = 0;
		drawList();
	}
	writeHash();
}

/* On paper: the first findings of the view instead of a window that scrolls. */
function beforePrint()
{
	const rows = [...view.slice(0, PRINTED)];
	const head = [t("Time") + " (" + zoneName() + ")", t("Level"), t("Machine"), t("Rule"), t("What")];
	open.hosts = open.rules = open.attack = true;
	tables();
	document.getElementById("printed").replaceChildren(h("h2", null, view.length > PRINTED ? t("The first {0} of {1} findings", number(PRINTED), number(view.length)) : t("Findings")),
		h("table", null, h("thead", null, h("tr", null, head.map(x => h("th", {scope: "col"}, x)))), h("tbody", null, rows.map(i => h("tr", null,
			h("td.t", null, when(T[i])), h("td", null, badge(S[i])), h("td", null, texts[H[i]]), h("td", null, rules.get(R[i]).title), h("td.value", null, brief(details(i)).slice(0, 300)))))));
}
function afterPrint()
{
	open.hosts = open.rules = open.attack = false;
	tables();
	document.getElementById("printed").replaceChildren();
}

load();
readHash();
draw();
if (state.id && N)
	showById();
addEventListener("hashchange", () => { readHash(); draw(); if (state.id && N) showById(); });
addEventListener("resize", () => { if (about.total) drawList(); });
addEventListener("beforeprint", () => { if (about.total) beforePrint(); });
addEventListener("afterprint", () => { if (about.total) afterPrint(); });
performance.mark("truc-ready");
document.documentElement.dataset.ready = Math.round(performance.now());
document.documentElement.dataset.script = Math.round(performance.measure("truc", "truc-script", "truc-ready").duration);
requestAnimationFrame(() => requestAnimationFrame(() => { document.documentElement.dataset.painted = Math.round(performance.now()); }));
})();
