#include "switch/http/tls_context.h"

#include "ledger/words/ensure.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <string>
#include <vector>

namespace tuma::net {
namespace {

struct BioFree {
    void operator()(BIO* bio) const { BIO_free(bio); }
};
struct CertificateFree {
    void operator()(X509* certificate) const { X509_free(certificate); }
};
struct KeyFree {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Bio = std::unique_ptr<BIO, BioFree>;
using Certificate = std::unique_ptr<X509, CertificateFree>;
using Key = std::unique_ptr<EVP_PKEY, KeyFree>;

// Sessions remembered for clients of TLS 1.2 that do not take tickets; about 1 KiB each.
constexpr long sessions_max = 4096;

// For TLS 1.2: forward secrecy and authenticated encryption. Those of 1.3 have both.
constexpr const char* ciphers_1_2 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

Bio reader(std::string_view text) {
    return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

/// All certificates of a PEM text, in order.
std::vector<Certificate> certificates(std::string_view pem) {
    std::vector<Certificate> all;
    const Bio bio = reader(pem);
    while (X509* one = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr))
        all.emplace_back(one);
    // The end of the text is told as an error, which nobody may find later.
    ERR_clear_error();
    return all;
}

int no_password(char* /*buffer*/, int /*size*/, int /*is_write*/, void* /*context*/) {
    return 0;
}

int accept_any(int /*is_verified*/, X509_STORE_CTX* /*store*/) {
    return 1;
}

/// "http/1.1" when the client offers it; a client that offers only others is left to its luck.
int choose_protocol(SSL* /*ssl*/, const unsigned char** out, unsigned char* out_length,
                    const unsigned char* in, unsigned in_length, void* /*context*/) {
    static constexpr unsigned char ours[] = "\x08http/1.1";
    unsigned char* chosen = nullptr;
    const int result =
        SSL_select_next_proto(&chosen, out_length, ours, sizeof(ours) - 1, in, in_length);
    *out = chosen;
    // Without a match the handshake goes on, with no protocol agreed.
    return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

}  // namespace

TlsContext::TlsContext(bool is_server)
    : context_(SSL_CTX_new(is_server ? TLS_server_method() : TLS_client_method())),
      is_server_(is_server) {
    ensure(context_ != nullptr, "OpenSSL gives a context");
    SSL_CTX_set_min_proto_version(context_, TLS1_2_VERSION);
    ensure(SSL_CTX_set_cipher_list(context_, ciphers_1_2) == 1, "OpenSSL has these ciphers");
    // Many clients end without saying so in TLS. HTTP itself says whether a message is whole.
    SSL_CTX_set_options(
        context_, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    // Idle connections give their record buffers back: 34 KiB each.
    SSL_CTX_set_mode(context_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_RELEASE_BUFFERS |
                                   SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

TlsContext::~TlsContext() {
    SSL_CTX_free(context_);
}

Result<std::shared_ptr<const TlsContext>> TlsContext::server(std::string_view certificate_pem,
                                                             std::string_view key_pem) {
    const std::shared_ptr<TlsContext> context(new TlsContext(true));
    const std::vector<Certificate> chain = certificates(certificate_pem);
    if (chain.empty() || SSL_CTX_use_certificate(context->context_, chain.front().get()) != 1)
        return InputError{"certificate", "is no certificate in PEM"};
    // Clients need what stands between the certificate and an authority that they know.
    for (std::size_t i = 1; i < chain.size(); ++i)
        SSL_CTX_add1_chain_cert(context->context_, chain[i].get());
    const Bio bio = reader(key_pem);
    const Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
    const bool fits = key && SSL_CTX_use_PrivateKey(context->context_, key.get()) == 1;
    ERR_clear_error();
    if (!key) return InputError{"key", "is no private key in PEM without a password"};
    if (!fits) return InputError{"key", "does not belong to the certificate"};
    SSL_CTX_set_verify(context->context_, SSL_VERIFY_PEER, accept_any);
    // Sessions of a server that asks for certificates are not resumed without one.
    static constexpr unsigned char session_context[] = "tuma";
    SSL_CTX_set_session_id_context(context->context_, session_context, sizeof(session_context) - 1);
    SSL_CTX_sess_set_cache_size(context->context_, sessions_max);
    SSL_CTX_set_alpn_select_cb(context->context_, choose_protocol, nullptr);
    return std::shared_ptr<const TlsContext>(context);
}

Result<std::shared_ptr<const TlsContext>> TlsContext::client(bool verifies,
                                                             std::string_view trusted_pem) {
    const std::shared_ptr<TlsContext> context(new TlsContext(false));
    SSL_CTX_set_verify(context->context_, verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
    if (!verifies) return std::shared_ptr<const TlsContext>(context);
    // The given certificates come on top of the system's own.
    SSL_CTX_set_default_verify_paths(context->context_);
    const std::vector<Certificate> trusted = certificates(trusted_pem);
    if (trusted.empty() && !trusted_pem.empty())
        return InputError{"trusted certificates", "hold no certificate in PEM"};
    X509_STORE* store = SSL_CTX_get_cert_store(context->context_);
    for (const Certificate& one : trusted) X509_STORE_add_cert(store, one.get());
    ERR_clear_error();
    return std::shared_ptr<const TlsContext>(context);
}

}  // namespace tuma::net
