#include "intel/parts.h"

static const struct intel_type_info types[INTEL_TYPES] = {
	[INTEL_IPV4] = {"ipv4-addr", "indicator:ipv4-addr", "Indicator of compromise: IPv4 address"},
	[INTEL_IPV6] = {"ipv6-addr", "indicator:ipv6-addr", "Indicator of compromise: IPv6 address"},
	[INTEL_DOMAIN] = {"domain-name", "indicator:domain-name", "Indicator of compromise: domain name"},
	[INTEL_URL] = {"url", "indicator:url", "Indicator of compromise: URL"},
	[INTEL_EMAIL] = {"email-addr", "indicator:email-addr", "Indicator of compromise: e-mail address"},
	[INTEL_MD5] = {"file:hashes.MD5", "indicator:file-md5", "Indicator of compromise: file hash (MD5)"},
	[INTEL_SHA1] = {"file:hashes.'SHA-1'", "indicator:file-sha1", "Indicator of compromise: file hash (SHA-1)"},
	[INTEL_SHA256] = {"file:hashes.'SHA-256'", "indicator:file-sha256", "Indicator of compromise: file hash (SHA-256)"},
	[INTEL_SHA512] = {"file:hashes.'SHA-512'", "indicator:file-sha512", "Indicator of compromise: file hash (SHA-512)"},
	[INTEL_IMPHASH] = {"file:hashes.IMPHASH", "indicator:file-imphash", "Indicator of compromise: import hash of a file"},
	[INTEL_FILE_NAME] = {"file:name", "indicator:file-name", "Indicator of compromise: file name"},
	[INTEL_FILE_PATH] = {"file:path", "indicator:file-path", "Indicator of compromise: file path"},
	[INTEL_USER_AGENT] = {"user-agent", "indicator:user-agent", "Indicator of compromise: user agent"},
	[INTEL_REGISTRY_KEY] = {"windows-registry-key", "indicator:registry-key", "Indicator of compromise: registry key"},
	[INTEL_MUTEX] = {"mutex", "indicator:mutex", "Indicator of compromise: mutex"},
	[INTEL_PATTERN] = {"stix-pattern", "indicator:stix-pattern", "Indicator of compromise: STIX pattern"},
};

const struct intel_type_info *intel_type_info(enum intel_type type)
{
	return &types[type];
}

const char *intel_level_name(enum intel_level level)
{
	static const char *const names[INTEL_LEVELS] = {"low", "medium", "high"};

	return names[level];
}

/* Words of lists, MISP's attribute types and STIX's object types, without '-', '_', ' ' and '.' and in lower case. */
static const struct { const char *name; enum intel_type type; } words[] = {
	{"ip", INTEL_IPV4}, {"ipaddress", INTEL_IPV4}, {"ipaddr", INTEL_IPV4}, {"address", INTEL_IPV4}, {"ipv4", INTEL_IPV4},
	{"ipv4addr", INTEL_IPV4}, {"ipv4address", INTEL_IPV4}, {"ipsrc", INTEL_IPV4}, {"ipdst", INTEL_IPV4},
	{"cidr", INTEL_IPV4}, {"network", INTEL_IPV4}, {"srcip", INTEL_IPV4}, {"dstip", INTEL_IPV4},
	{"ip:port", INTEL_IPV4}, {"ipport", INTEL_IPV4},
	{"ipv6", INTEL_IPV6}, {"ipv6addr", INTEL_IPV6}, {"ipv6address", INTEL_IPV6},
	{"domain", INTEL_DOMAIN}, {"domainname", INTEL_DOMAIN}, {"hostname", INTEL_DOMAIN}, {"host", INTEL_DOMAIN},
	{"fqdn", INTEL_DOMAIN}, {"dns", INTEL_DOMAIN},
	{"url", INTEL_URL}, {"uri", INTEL_URL}, {"link", INTEL_URL},
	{"email", INTEL_EMAIL}, {"emailaddr", INTEL_EMAIL}, {"emailaddress", INTEL_EMAIL}, {"emailsrc", INTEL_EMAIL},
	{"emaildst", INTEL_EMAIL}, {"emailreplyto", INTEL_EMAIL}, {"mail", INTEL_EMAIL},
	{"md5", INTEL_MD5}, {"md5hash", INTEL_MD5}, {"filehashmd5", INTEL_MD5}, {"hashmd5", INTEL_MD5},
	{"sha1", INTEL_SHA1}, {"sha1hash", INTEL_SHA1}, {"filehashsha1", INTEL_SHA1}, {"hashsha1", INTEL_SHA1},
	{"sha256", INTEL_SHA256}, {"sha256hash", INTEL_SHA256}, {"filehashsha256", INTEL_SHA256}, {"hashsha256", INTEL_SHA256},
	{"sha512", INTEL_SHA512}, {"sha512hash", INTEL_SHA512}, {"filehashsha512", INTEL_SHA512},
	{"imphash", INTEL_IMPHASH}, {"pehash", INTEL_TYPES},
	{"filename", INTEL_FILE_NAME}, {"file", INTEL_FILE_NAME},
	{"filepath", INTEL_FILE_PATH}, {"path", INTEL_FILE_PATH},
	{"useragent", INTEL_USER_AGENT}, {"httpuseragent", INTEL_USER_AGENT},
	{"regkey", INTEL_REGISTRY_KEY}, {"registrykey", INTEL_REGISTRY_KEY}, {"registry", INTEL_REGISTRY_KEY},
	{"windowsregistrykey", INTEL_REGISTRY_KEY},
	{"mutex", INTEL_MUTEX},
};

enum intel_type intel_type_of(struct str name)
{
	char plain[32];
	size_t n = 0;

	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		if (c == '-' || c == '_' || c == ' ' || c == '.')
			continue;
		if (n == sizeof plain)
			return INTEL_TYPES;
		plain[n++] = (char)ascii_lower((unsigned char)c);
	}
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (str_eq(str_c(words[i].name), str_n(plain, n)))
			return words[i].type;
	}
	return INTEL_TYPES;
}
