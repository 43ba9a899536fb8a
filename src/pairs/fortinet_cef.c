#include <string.h>

#include "pairs/parts.h"

/* Fortinet's own names behind CEF's, as FortiOS writes them; also the labels of its custom fields. */
static const struct { const char *cef, *own; } names[] = {
	{"act", "action"}, {"app", "service"}, {"cat", "type"}, {"cnt", "count"}, {"destinationTranslatedAddress", "tranip"},
	{"destinationTranslatedPort", "tranport"}, {"deviceDirection", "direction"}, {"deviceExternalId", "devid"},
	{"deviceInboundInterface", "srcintf"}, {"deviceOutboundInterface", "dstintf"}, {"deviceSeverity", "level"},
	{"dhost", "hostname"}, {"dmac", "dstmac"}, {"dpt", "dstport"}, {"dst", "dstip"}, {"duser", "user"},
	{"dvchost", "devname"}, {"externalId", "sessionid"}, {"fname", "filename"}, {"fsize", "filesize"},
	{"in", "rcvdbyte"}, {"out", "sentbyte"}, {"outcome", "status"}, {"request", "url"},
	{"requestClientApplication", "agent"}, {"requestContext", "referralurl"}, {"requestMethod", "httpmethod"},
	{"shost", "srcname"}, {"smac", "srcmac"}, {"sourceTranslatedAddress", "transip"},
	{"sourceTranslatedPort", "transport"}, {"sproc", "ui"}, {"spt", "srcport"}, {"src", "srcip"},
	{"Duration", "duration"}, {"Packets Received", "rcvdpkt"}, {"Packets Sent", "sentpkt"}, {"Policy Id", "policyid"},
	{"Reference", "ref"}, {"Virus", "virus"},
};

static const struct { const char *text; size_t size; } prefixes[] = {
	{"FTNTFGT", 7}, {"FortinetFortiGate", 17}, {"FTNTFPX", 7}, {"FortinetFortiProxy", 18}, {"ad.", 3},
};

struct str fortinet_cef_name(struct str key)
{
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
		if (key.n > prefixes[i].size && memcmp(key.p, prefixes[i].text, prefixes[i].size) == 0)
			return str_skip(key, prefixes[i].size);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (str_eq(key, str_c(names[i].cef)))
			return str_c(names[i].own);
	return key;
}
