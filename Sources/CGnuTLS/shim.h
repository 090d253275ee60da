#pragma once
#include <gnutls/gnutls.h>
#include <gnutls/crypto.h>

/// SHA-256 of `count` bytes. GnuTLS takes the processor's own instructions for it, where libsodium takes five times as
/// long; it is here with libmicrohttpd. Returns whether it could.
static inline int cgnutls_sha256(const void *bytes, size_t count, unsigned char *digest) {
    return gnutls_hash_fast(GNUTLS_DIG_SHA256, bytes, count, digest) == 0;
}
