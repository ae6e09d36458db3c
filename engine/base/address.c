/* Addresses and ranges of them. The special ranges are those of IANA's registries of special-purpose addresses
 * (RFC 6890 and its updates); what a metadata service listens on is in the documentation of the clouds. */
#include <arpa/inet.h>
#include <base/address.h>
#include <base/mem.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *word, *range;
} address_words[] = {
    {"unspecified", "0.0.0.0/8"},     {"unspecified", "::"},
    {"loopback", "127.0.0.0/8"},      {"loopback", "::1"},
    {"private", "10.0.0.0/8"},        {"private", "172.16.0.0/12"},
    {"private", "192.168.0.0/16"},    {"private", "100.64.0.0/10"}, /* shared by the customers of a carrier, RFC 6598 */
    {"private", "fc00::/7"},          {"private", "fec0::/10"},     /* site-local, deprecated by RFC 3879 */
    {"private", "64:ff9b:1::/48"}, /* local NAT64, RFC 8215: leads to addresses inside */
    {"link-local", "169.254.0.0/16"}, {"link-local", "fe80::/10"},
    {"metadata", "169.254.169.254"},  /* AWS, Azure, Google, and most others */
    {"metadata", "169.254.170.0/24"}, /* credentials of AWS containers */
    {"metadata", "fd00:ec2::/32"},    /* AWS */
    {"metadata", "fd20:ce::254"},     /* Google */
    {"metadata", "100.100.100.200"},  /* Alibaba */
    {"metadata", "168.63.129.16"},    /* Azure's host */
    {"metadata", "192.0.0.192"},      /* Oracle */
    {"multicast", "224.0.0.0/4"},     {"multicast", "ff00::/8"},
    {"reserved", "240.0.0.0/4"},                                     /* the broadcast address too */
    {"reserved", "192.0.0.0/24"},     {"reserved", "198.18.0.0/15"}, /* benchmarks between networks, RFC 2544 */
    {"reserved", "100::/64"},                                        /* discarded, RFC 6666 */
};
#define WORD_COUNT (sizeof address_words / sizeof address_words[0])

bool rbk_address_parse(const char *text, struct rbk_address *out)
{
    char plain[INET6_ADDRSTRLEN];
    size_t len = strlen(text);
    if (len > 2 && text[0] == '[' && text[len - 1] == ']') {
        text++;
        len -= 2;
    }
    if (len >= sizeof plain)
        return false;
    memcpy(plain, text, len);
    plain[len] = '\0';
    memset(out, 0, sizeof *out);
    out->v6 = strchr(plain, ':') != NULL;
    return inet_pton(out->v6 ? AF_INET6 : AF_INET, plain, out->bytes) == 1;
}

bool rbk_address_from(const struct sockaddr *sa, struct rbk_address *out)
{
    memset(out, 0, sizeof *out);
    if (sa->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, sa, sizeof in);
        memcpy(out->bytes, &in.sin_addr, 4);
        return true;
    }
    if (sa->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, sa, sizeof in6);
        memcpy(out->bytes, &in6.sin6_addr, 16);
        out->v6 = true;
        return true;
    }
    return false;
}

void rbk_address_format(const struct rbk_address *address, char out[64])
{
    if (!inet_ntop(address->v6 ? AF_INET6 : AF_INET, address->bytes, out, 64))
        snprintf(out, 64, "?");
}

static bool range_has(const struct rbk_range *range, const struct rbk_address *address)
{
    if (range->from.v6 != address->v6)
        return false;
    size_t whole = range->bits / 8, rest = range->bits % 8;
    if (memcmp(range->from.bytes, address->bytes, whole) != 0)
        return false;
    uint8_t mask = (uint8_t)(0xff00u >> rest);
    return rest == 0 || ((range->from.bytes[whole] ^ address->bytes[whole]) & mask) == 0;
}

static bool has_prefix(const struct rbk_address *address, const char *prefix, uint8_t bits)
{
    struct rbk_range range = {.bits = bits};
    return rbk_address_parse(prefix, &range.from) && range_has(&range, address);
}

static size_t add_ipv4(struct rbk_address *out, size_t count, const uint8_t *bytes, uint8_t flip)
{
    memset(&out[count], 0, sizeof out[count]);
    for (size_t i = 0; i < 4; i++)
        out[count].bytes[i] = bytes[i] ^ flip;
    return count + 1;
}

static bool is_compatible(const struct rbk_address *a) /* but not :: and ::1 */
{
    return has_prefix(a, "::", 96) && a->bytes[12] != 0;
}

static bool is_isatap(const uint8_t *b) /* RFC 5214 */
{
    return (b[8] & 0xfc) == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe;
}

size_t rbk_address_forms(const struct rbk_address *a, struct rbk_address out[RBK_ADDRESS_FORMS])
{
    const uint8_t *b = a->bytes;
    out[0] = *a;
    if (!a->v6)
        return 1;
    if (has_prefix(a, "2002::", 16)) /* 6to4 */
        return add_ipv4(out, 1, b + 2, 0);
    if (has_prefix(a, "2001::", 32)) /* Teredo: the client's bits are inverted */
        return add_ipv4(out, add_ipv4(out, 1, b + 4, 0), b + 12, 0xff);
    if (has_prefix(a, "::ffff:0:0", 96) || has_prefix(a, "::ffff:0:0:0", 96) || has_prefix(a, "64:ff9b::", 96) ||
        is_compatible(a) || is_isatap(b))
        return add_ipv4(out, 1, b + 12, 0);
    return 1;
}

const struct rbk_range *rbk_ranges_find(const struct rbk_ranges *ranges, const struct rbk_address *address)
{
    for (size_t i = 0; i < ranges->count; i++) {
        if (range_has(&ranges->items[i], address))
            return &ranges->items[i];
    }
    return NULL;
}

bool rbk_address_is_loopback(const struct rbk_address *address)
{
    if (has_prefix(address, "::ffff:127.0.0.0", 104) || has_prefix(address, "::1", 128))
        return true;
    return !address->v6 && address->bytes[0] == 127;
}

bool rbk_host_is_loopback(const char *host)
{
    struct rbk_address address;
    return strcasecmp(host, "localhost") == 0 ||
           (rbk_address_parse(host, &address) && rbk_address_is_loopback(&address));
}

static bool parse_bits(const char *text, uint8_t most, uint8_t *out)
{
    unsigned value = 0;
    size_t len = strlen(text);
    if (len < 1 || len > 3 || strspn(text, "0123456789") != len)
        return false;
    for (size_t i = 0; i < len; i++)
        value = value * 10 + (unsigned)(text[i] - '0');
    *out = (uint8_t)value;
    return value <= most;
}

static bool parse_range(const char *text, struct rbk_range *out)
{
    char address[64];
    const char *slash = strchr(text, '/');
    size_t len = slash ? (size_t)(slash - text) : strlen(text);
    if (len >= sizeof address)
        return false;
    memcpy(address, text, len);
    address[len] = '\0';
    out->word = "";
    if (!rbk_address_parse(address, &out->from))
        return false;
    out->bits = out->from.v6 ? 128 : 32;
    return !slash || parse_bits(slash + 1, out->bits, &out->bits);
}

static void ranges_push(struct rbk_ranges *ranges, struct rbk_range range)
{
    RBK_GROW(ranges->items, ranges->count, ranges->cap);
    ranges->items[ranges->count++] = range;
}

int rbk_ranges_add(struct rbk_ranges *ranges, const char *text, struct rbk_error *err)
{
    struct rbk_range range;
    size_t before = ranges->count;
    for (size_t i = 0; i < WORD_COUNT; i++) {
        if (strcmp(address_words[i].word, text) == 0 && parse_range(address_words[i].range, &range)) {
            range.word = address_words[i].word;
            ranges_push(ranges, range);
        }
    }
    if (ranges->count > before)
        return 0;
    if (!parse_range(text, &range)) {
        rbk_error_set(err, RBK_EINVAL, "\"%.64s\" is no range of addresses", text);
        return rbk_error_hint(err, "write it like 10.0.0.0/8 or fd00::/8, or one of the words private, loopback, "
                                   "link-local, metadata, multicast, unspecified, reserved");
    }
    ranges_push(ranges, range);
    return 0;
}

void rbk_ranges_fini(struct rbk_ranges *ranges)
{
    free(ranges->items);
    *ranges = (struct rbk_ranges){0};
}
