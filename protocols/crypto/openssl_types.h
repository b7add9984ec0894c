// OpenSSL's types with owners; included by the sources of this folder only.
#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace tuma::crypto {

template <auto free_function>
struct Free {
    template <typename Type>
    void operator()(Type* object) const {
        free_function(object);
    }
};

using BioOwner = std::unique_ptr<BIO, Free<&BIO_free_all>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Free<&EVP_MD_CTX_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Free<&EVP_PKEY_CTX_free>>;
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, Free<&EVP_CIPHER_CTX_free>>;
using X509Owner = std::unique_ptr<X509, Free<&X509_free>>;
using KeyOwner = std::unique_ptr<EVP_PKEY, Free<&EVP_PKEY_free>>;

inline unsigned char* to_openssl(std::byte* bytes) {
    return reinterpret_cast<unsigned char*>(bytes);
}
inline const unsigned char* to_openssl(std::string_view bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}
inline unsigned char* to_openssl(std::string& bytes) {
    return reinterpret_cast<unsigned char*>(bytes.data());
}

/// Takes away the errors that OpenSSL queues for this thread while it lives: TLS on the same thread
/// would take them for its own.
class ErrorScope {
public:
    ErrorScope() { ERR_set_mark(); }
    ~ErrorScope() { ERR_pop_to_mark(); }
    ErrorScope(const ErrorScope&) = delete;
    ErrorScope& operator=(const ErrorScope&) = delete;
};

/// A reader of `text`, which must outlive it.
BioOwner open_bio(std::string_view text);

/// What was written to a memory BIO.
std::string bio_text(BIO* bio);

/// Answers OpenSSL's question for the passphrase of a PEM text, which it would else ask on the
/// terminal: none.
int no_passphrase(char* buffer, int size, int is_writing, void* context);

const EVP_MD* sha256_algorithm();

}  // namespace tuma::crypto
