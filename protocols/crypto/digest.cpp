// Hashes by OpenSSL's EVP interface.
#include "protocols/crypto/digest.h"

#include "ledger/words/ensure.h"
#include "protocols/crypto/openssl_types.h"

#include <openssl/hmac.h>

#include <limits>

namespace tuma::crypto {
namespace {

template <typename Digest>
Digest digest_of(std::string_view message, const EVP_MD* algorithm) {
    Digest digest;
    unsigned int size = 0;
    ensure(EVP_Digest(message.data(), message.size(), to_openssl(digest.data()), &size, algorithm,
                      nullptr) == 1,
           "OpenSSL could not hash");
    // A hash shorter than its array would leave zeros in it that look like a hash.
    ensure(size == digest.size(), "the hash has another length");
    return digest;
}

}  // namespace

// Fetched once: looking an algorithm up costs more than hashing a short message.
const EVP_MD* sha256_algorithm() {
    static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    ensure(fetched != nullptr, "OpenSSL has no SHA-256");
    return fetched;
}

Md5 md5(std::string_view message) {
    static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "MD5", nullptr);
    // FIPS mode is the one cause that people meet, and OpenSSL does not name it.
    ensure(fetched != nullptr, "OpenSSL has no MD5; it runs in FIPS mode");
    return digest_of<Md5>(message, fetched);
}

Sha1 sha1(std::string_view message) {
    static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA1", nullptr);
    ensure(fetched != nullptr, "OpenSSL has no SHA-1");
    return digest_of<Sha1>(message, fetched);
}

Sha256 sha256(std::string_view message) {
    return digest_of<Sha256>(message, sha256_algorithm());
}

Sha256 hmac_sha256(std::string_view key, std::string_view message) {
    ensure(key.size() <= std::numeric_limits<int>::max(), "a key of more than 2 GiB");
    // A null key would mean "the one of the last call".
    static constexpr char no_key = 0;
    Sha256 digest;
    unsigned int size = 0;
    ensure(
        HMAC(sha256_algorithm(), key.empty() ? &no_key : key.data(), static_cast<int>(key.size()),
             to_openssl(message), message.size(), to_openssl(digest.data()), &size) != nullptr,
        "OpenSSL could not hash");
    ensure(size == digest.size(), "the hash has another length");
    return digest;
}

}  // namespace tuma::crypto
