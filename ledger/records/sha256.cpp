// SHA-256 by OpenSSL's EVP interface.
#include "ledger/records/sha256.h"

#include "ledger/words/ensure.h"

#include <openssl/evp.h>

namespace tuma::ledger {
namespace {

// Fetched once: looking an algorithm up costs more than hashing a short record.
// OpenSSL's lookup takes a lock and searches its providers.
const EVP_MD* algorithm() {
    static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    ensure(fetched != nullptr, "OpenSSL has no SHA-256");
    return fetched;
}

EVP_MD_CTX* cast(void* context) {
    // Its type is not named in the header, so that nobody who hashes has to include OpenSSL.
    return static_cast<EVP_MD_CTX*>(context);
}

}  // namespace

void Sha256::FreeContext::operator()(void* context) const {
    EVP_MD_CTX_free(cast(context));
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
    // There is nothing sensible to do without a hash: every batch and every key depends on it.
    ensure(context_ != nullptr, "no memory for a hash context");
    ensure(EVP_DigestInit_ex2(cast(context_.get()), algorithm(), nullptr) == 1,
           "SHA-256 cannot be started");
}

void Sha256::update(std::span<const std::byte> bytes) {
    ensure(EVP_DigestUpdate(cast(context_.get()), bytes.data(), bytes.size()) == 1,
           "SHA-256 cannot be continued");
}

Hash Sha256::finish() {
    Hash hash;
    // OpenSSL speaks of unsigned characters; it is the same memory.
    auto* const out = reinterpret_cast<unsigned char*>(hash.data());
    ensure(EVP_DigestFinal_ex(cast(context_.get()), out, nullptr) == 1,
           "SHA-256 cannot be finished");
    // Begun again at once, so that a hash can be kept for the life of its thread.
    ensure(EVP_DigestInit_ex2(cast(context_.get()), nullptr, nullptr) == 1,
           "SHA-256 cannot be started again");
    return hash;
}

}  // namespace tuma::ledger
