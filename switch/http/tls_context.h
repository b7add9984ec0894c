// Certificates, keys and trust for TLS connections, made from PEM text.
#pragma once

#include "ledger/words/result.h"

#include <memory>
#include <string_view>

struct ssl_ctx_st;

namespace tuma::net {

/// What TLS connections of one side share: TLS 1.3, or 1.2 with ECDHE and an AEAD cipher; session
/// resumption. Any thread.
class TlsContext {
public:
    /// For a listener. A client's certificate is asked for and taken unseen, not required.
    /// `certificate_pem` may hold the chain, the own certificate first.
    /// Refuses, in this order: certificate, key, a key that does not fit the certificate.
    static Result<std::shared_ptr<const TlsContext>> server(std::string_view certificate_pem,
                                                            std::string_view key_pem);
    /// For a client. Verifies against the system's trusted certificates and those of
    /// `trusted_pem`, or not at all. Refuses `trusted_pem` when it holds no certificate but is not
    /// empty.
    static Result<std::shared_ptr<const TlsContext>> client(bool verifies,
                                                            std::string_view trusted_pem);
    ~TlsContext();
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

    ssl_ctx_st* native() const { return context_; }
    bool is_server() const { return is_server_; }

private:
    explicit TlsContext(bool is_server);

    ssl_ctx_st* context_;
    bool is_server_;
};

}  // namespace tuma::net
