// SHA-256 by OpenSSL's EVP interface.
#include "ledger/sha256.h"

#include "ledger/ensure.h"

#include <openssl/evp.h>

namespace tuma::ledger {
namespace {

// Fetched once: looking an algorithm up costs more than hashing a short record.
const EVP_MD* algorithm() {
    static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    ensure(fetched != nullptr, "OpenSSL has no SHA-256");
    return fetched;
}

EVP_MD_CTX* cast(void* context) {
    return static_cast<EVP_MD_CTX*>(context);
}

}  // namespace

void Sha256::FreeContext::operator()(void* context) const {
    EVP_MD_CTX_free(cast(context));
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
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
    auto* const out = reinterpret_cast<unsigned char*>(hash.data());
    ensure(EVP_DigestFinal_ex(cast(context_.get()), out, nullptr) == 1,
           "SHA-256 cannot be finished");
    ensure(EVP_DigestInit_ex2(cast(context_.get()), nullptr, nullptr) == 1,
           "SHA-256 cannot be started again");
    return hash;
}

}  // namespace tuma::ledger
