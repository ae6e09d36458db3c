/* Internet addresses and ranges of them: parsing of CIDR notation and of the words of `net.deny`, whether an address is
 * in a list, and the IPv4 addresses that an IPv6 address carries inside. */
#ifndef RBK_BASE_ADDRESS_H
#define RBK_BASE_ADDRESS_H

#include <runbook/error.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct rbk_address {
    uint8_t bytes[16]; /* IPv4: the first four */
    bool v6;
};
struct rbk_range {
    struct rbk_address from;
    uint8_t bits;     /* of `from` that count */
    const char *word; /* the word it came from, "" = written as an address; static */
};
struct rbk_ranges {
    struct rbk_range *items;
    size_t count, cap;
};

/* "10.0.0.0/8", "::1", "fd00::/8", or a word: private loopback link-local metadata multicast unspecified reserved. */
int rbk_ranges_add(struct rbk_ranges *ranges, const char *text, struct rbk_error *err);
void rbk_ranges_fini(struct rbk_ranges *ranges);
/* The first range that the address is in, NULL = none. What it carries inside is not looked at. */
const struct rbk_range *rbk_ranges_find(const struct rbk_ranges *ranges, const struct rbk_address *address);

/* Only the usual spelling: four decimal numbers, or IPv6 without a zone; brackets are accepted. */
bool rbk_address_parse(const char *text, struct rbk_address *out);
bool rbk_address_from(const struct sockaddr *sa, struct rbk_address *out); /* false: no internet address */
/* The address, and the IPv4 addresses that packets for it may end up at: mapped, compatible, translated, NAT64, 6to4,
 * ISATAP: one more; Teredo: its server and its client. Returns how many. */
#define RBK_ADDRESS_FORMS 3
size_t rbk_address_forms(const struct rbk_address *address, struct rbk_address out[RBK_ADDRESS_FORMS]);
bool rbk_address_is_loopback(const struct rbk_address *address);
/* A host as URLs have it: localhost, or an address of this machine. Nothing is resolved. */
bool rbk_host_is_loopback(const char *host);
void rbk_address_format(const struct rbk_address *address, char out[64]);

#endif
