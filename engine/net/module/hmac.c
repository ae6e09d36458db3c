/* HMAC-SHA256 (RFC 2104, FIPS 180-4) by the TLS library that curl brings along. */
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <net/module/session.h>

int net_hmac_sha256(const char *key, size_t key_len, const char *data, size_t len, char out[65], struct rbk_error *err)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char mac[32];
    int rc = gnutls_hmac_fast(GNUTLS_MAC_SHA256, key, key_len, data, len, mac);
    if (rc < 0)
        return rbk_error_set(err, RBK_ESTORE, "the message cannot be signed: %s", gnutls_strerror(rc));
    for (size_t i = 0; i < sizeof mac; i++) {
        out[2 * i] = digits[mac[i] >> 4];
        out[2 * i + 1] = digits[mac[i] & 15];
    }
    out[64] = '\0';
    return 0;
}
