#include "switch/setup/tls_files.h"

#include "protocols/crypto/certificate.h"
#include "protocols/crypto/rsa.h"
#include "switch/ops/log.h"
#include "switch/setup/dialects.h"
#include "switch/setup/entropy.h"
#include "switch/setup/written_file.h"

#include <fmt/format.h>

#include <stdexcept>

namespace tuma {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::days server_life{397};  // what clients of today accept at most
constexpr std::chrono::days authority_life{3'650};
constexpr std::chrono::days renewed_before{30};

// This machine's, and those under which clients know the real services.
std::vector<std::string> host_names() {
    std::vector<std::string> names{"localhost"};
    for (const protocols::DialectInfo* const dialect : dialect_list())
        names.insert(names.end(), dialect->hosts.begin(), dialect->hosts.end());
    return names;
}

const std::vector<std::string> addresses{"127.0.0.1", "::1"};

template <typename T>
T must(Result<T> result, const fs::path& path) {
    if (!result)
        throw std::runtime_error(fmt::format("{}: {}", path.string(), result.error().text()));
    return std::move(result).value();
}

crypto::CertificateTerms terms_for(crypto::CertificateUse use, const char* common_name,
                                   Timestamp now, Duration life) {
    crypto::CertificateTerms terms;
    terms.use = use;
    terms.common_name = common_name;
    terms.organization = "tuma";
    // Never from the seed of --entropy: clients confuse certificates that have one issuer and one
    // serial.
    terms.serial = crypto::certificate_serial(Entropy{}.bytes<20>("tls"));
    // Clients' clocks may be behind this machine's.
    terms.not_before = now - std::chrono::days{1};
    terms.not_after = now + life;
    return terms;
}

void make_authority(const fs::path& directory, Timestamp now) {
    const crypto::PrivateKey key = crypto::PrivateKey::generate();
    crypto::CertificateTerms terms =
        terms_for(crypto::CertificateUse::authority, "tuma local authority", now, authority_life);
    // Whoever trusts it on a machine trusts it for these names and no others.
    terms.permitted_dns_names = host_names();
    terms.permitted_ip_addresses = addresses;
    const auto certificate = must(crypto::make_self_signed(terms, key), directory);
    // The key first, because the next start takes `ca.pem` as the sign that both are there.
    write_whole_file(directory / "ca.key", key.pem());
    write_whole_file(directory / "ca.pem", certificate.pem());
}

void make_server(const fs::path& directory, Timestamp now) {
    const auto authority = must(crypto::Certificate::read(read_whole_file(directory / "ca.pem")),
                                directory / "ca.pem");
    const auto authority_key =
        must(crypto::PrivateKey::read(read_whole_file(directory / "ca.key")), directory / "ca.key");
    const crypto::PrivateKey key = crypto::PrivateKey::generate();
    crypto::CertificateTerms terms =
        terms_for(crypto::CertificateUse::server, "tuma", now, server_life);
    terms.dns_names = host_names();
    terms.ip_addresses = addresses;
    const auto certificate = must(
        crypto::make_certificate(terms, key.public_key(), authority, authority_key), directory);
    // The key first, because the next start looks for `server.pem` alone.
    write_whole_file(directory / "server.key", key.pem());
    write_whole_file(directory / "server.pem", certificate.pem() + authority.pem());
}

// True if the certificate is there and lasts for a while.
bool lasts(const fs::path& path, Timestamp now) {
    if (!fs::exists(path)) return false;
    const auto certificate = must(crypto::Certificate::read(read_whole_file(path)), path);
    return certificate.not_after() > now + renewed_before;
}

// An authority of an older version could sign for any name.
bool is_limited(const fs::path& path) {
    return must(crypto::Certificate::read(read_whole_file(path)), path).permitted_dns_names() ==
           host_names();
}

}  // namespace

TlsFiles tls_files(const fs::path& data, Timestamp outside) {
    const fs::path directory = data / "tls";
    const bool lasts_long = lasts(directory / "ca.pem", outside);
    const bool has_authority = lasts_long && is_limited(directory / "ca.pem");
    if (lasts_long && !has_authority)
        net::log_event(net::LogLevel::warn, "authority_replaced",
                       {{"file", (directory / "ca.pem").string()},
                        {"why", std::string("it could sign for names that are not emulated; "
                                            "clients have to trust the new one")}});
    if (!has_authority) make_authority(directory, outside);
    // A new authority has not signed the certificate that is there.
    if (!has_authority || !lasts(directory / "server.pem", outside))
        make_server(directory, outside);
    return {read_whole_file(directory / "server.pem"), read_whole_file(directory / "server.key"),
            directory / "ca.pem"};
}

std::string trust_lines(const fs::path& authority) {
    const std::string path = fs::absolute(authority).string();
    return fmt::format(
        "  Node.js   NODE_EXTRA_CA_CERTS={0}\n"
        "  Python    REQUESTS_CA_BUNDLE={0}    (requests), SSL_CERT_FILE={0} (httpx, ssl)\n"
        "  curl      curl --cacert {0}\n"
        "  Go, Ruby  SSL_CERT_FILE={0}\n"
        "  PHP       php -d curl.cainfo={0} -d openssl.cafile={0}\n"
        "  Java      keytool -importcert -noprompt -alias tuma -file {0} -keystore tuma.p12 "
        "-storepass changeit,\n"
        "            then java -Djavax.net.ssl.trustStore=tuma.p12 "
        "-Djavax.net.ssl.trustStorePassword=changeit\n",
        path);
}

}  // namespace tuma
