// The local certificate authority and the server's certificate, made on the first start.
#pragma once

#include "ledger/words/time.h"

#include <filesystem>
#include <string>

namespace tuma {

/// Reads DIR/tls/ca.pem, ca.key, server.pem and server.key; makes what is not there, or expires
/// within a month of the clocks `outside`: a certificate authority of this installation alone, and
/// a certificate under it for the real services' host names, localhost and loopback addresses. The
/// authority is good for those and nothing else; one that is not so limited is replaced, with a
/// line in the log. Keys are readable by their owner only. Throws std::runtime_error when a file
/// cannot be read or written.
struct TlsFiles {
    std::string certificate_pem;  ///< the server's, then the authority's
    std::string key_pem;
    std::filesystem::path authority;  ///< what clients have to trust
};
TlsFiles tls_files(const std::filesystem::path& data, Timestamp outside);

/// How to make a client trust the authority, a line a language; for people.
std::string trust_lines(const std::filesystem::path& authority);

}  // namespace tuma
