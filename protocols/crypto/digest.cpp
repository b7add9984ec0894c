// Hashes by OpenSSL's EVP interface.
#include "protocols/crypto/digest.h"

#include "ledger/words/ensure.h"
#include "protocols/crypto/openssl_types.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <array>
#include <memory>
#include <string>

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

struct FreeMacContext {
    void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};
using MacContext = std::unique_ptr<EVP_MAC_CTX, FreeMacContext>;

MacContext fresh_hmac_sha256() {
    static EVP_MAC* const fetched = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    ensure(fetched != nullptr, "OpenSSL has no HMAC");
    MacContext context(EVP_MAC_CTX_new(fetched));
    std::string hash = "SHA256";
    const std::array<OSSL_PARAM, 2> parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, hash.data(), hash.size()),
        OSSL_PARAM_construct_end()};
    ensure(context != nullptr && EVP_MAC_CTX_set_params(context.get(), parameters.data()) == 1,
           "OpenSSL has no HMAC with SHA-256");
    return context;
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
    // One a thread, with its hash chosen already: both take longer than a short message.
    thread_local const MacContext context = fresh_hmac_sha256();
    // A null key would mean "the one of the last call".
    static constexpr unsigned char no_key = 0;
    Sha256 digest;
    std::size_t size = 0;
    const bool is_made =
        EVP_MAC_init(context.get(), key.empty() ? &no_key : to_openssl(key), key.size(), nullptr) ==
            1 &&
        EVP_MAC_update(context.get(), to_openssl(message), message.size()) == 1 &&
        EVP_MAC_final(context.get(), to_openssl(digest.data()), &size, digest.size()) == 1;
    ensure(is_made, "OpenSSL could not hash");
    ensure(size == digest.size(), "the hash has another length");
    return digest;
}

}  // namespace tuma::crypto
