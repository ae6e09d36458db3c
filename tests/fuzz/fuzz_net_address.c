/* Addresses and ranges from any bytes: what is taken as an address is shown and read back as the same one and lies in
 * the range of itself; a range lies in itself; a place never holds what stands before the @. */
#include <base/address.h>
#include <base/mem.h>
#include <net/net.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_address(const char *text)
{
    struct rbk_address address, back, forms[RBK_ADDRESS_FORMS];
    struct rbk_ranges itself = {0};
    char shown[64];
    if (!rbk_address_parse(text, &address))
        return;
    rbk_address_format(&address, shown);
    if (!rbk_address_parse(shown, &back) || memcmp(address.bytes, back.bytes, 16) != 0 || address.v6 != back.v6)
        abort();
    if (rbk_ranges_add(&itself, shown, NULL) < 0 || !rbk_ranges_find(&itself, &address))
        abort();
    size_t count = rbk_address_forms(&address, forms);
    if (count < 1 || count > RBK_ADDRESS_FORMS || (!address.v6 && count != 1))
        abort();
    for (size_t i = 1; i < count; i++) {
        if (forms[i].v6)
            abort();
    }
    rbk_ranges_fini(&itself);
}

static void check_range(const char *text)
{
    struct rbk_ranges ranges = {0};
    struct rbk_error err = {0};
    int rc = rbk_ranges_add(&ranges, text, &err);
    if (rc < 0 ? ranges.count != 0 || !*err.hint : ranges.count == 0)
        abort();
    for (size_t i = 0; i < ranges.count; i++) {
        if (ranges.items[i].bits > 128 || !rbk_ranges_find(&ranges, &ranges.items[i].from))
            abort();
    }
    rbk_ranges_fini(&ranges);
}

static void check_place(const char *text)
{
    char *place = rbk_net_place(text);
    if (strchr(place, '@') && strstr(text, "://") && strchr(place, '@') > strstr(place, "://"))
        abort();
    free(place);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = rbk_strndup((const char *)data, size);
    check_address(text);
    check_range(text);
    check_place(text);
    free(text);
    return 0;
}
