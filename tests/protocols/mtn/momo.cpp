#include "tests/protocols/mtn/momo.h"

#include "protocols/crypto/encoding.h"
#include "protocols/mtn/dialect.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace tuma::testing {
namespace {

const std::string user = "c72025f5-5cd1-4630-99e4-8ba4722fad56";
const std::string api_key = "f1db798c98df4bcf83b538175893bbf0";

protocols::Making making() {
    protocols::Making made;
    made.fill = [](std::string_view, std::span<std::byte> bytes) {
        std::fill(bytes.begin(), bytes.end(), std::byte{0x5A});
    };
    return made;
}

}  // namespace

// The bench keeps a reference only, so that it may be given away before it is made.
Momo::Momo(const mtn::Options& options)
    : DialectBench(adapter, parse_timestamp("2026-10-02T15:11:02.123Z").value()) {
    if (!options.scheme.empty()) load_scheme(options.scheme);
    store(options);
    const protocols::Provision wanted = mtn::dialect.provision(nullptr, directory, making());
    for (const auto& [name, content] : wanted.profiles) directory.store(name, content);
    // Accounts are opened when they are met; only who issues money has to be there.
    if (!options.scheme.empty()) return;
    core::Request trust;
    trust.key = {ParticipantId{1}, Reference{std::byte{0x77}}};
    trust.command = core::OpenAccount{.kind = ledger::AccountKind::trust,
                                      .currency = options.money(),
                                      .floor = ledger::no_floor,
                                      .identity = *ledger::make_identity(options.trust())};
    REQUIRE(world.handle(trust).code == Refusal::none);
}

std::string Momo::token(const std::string& product) {
    const http::HttpReply reply = send(
        {.method = "POST",
         .target = "/" + product + "/token/",
         .headers = {{"Content-Length", "0"},
                     {"Ocp-Apim-Subscription-Key", key_of(product)},
                     {"Authorization", "Basic " + crypto::base64_encode(user + ":" + api_key)}}});
    REQUIRE(reply.status == 200);
    return at(boost::json::parse(reply.body), "access_token");
}

http::HttpReply Momo::call(const std::string& method, const std::string& path,
                           const std::string& body, http::Fields headers) {
    const std::string product = path.substr(1, path.find('/', 1) - 1);
    headers.emplace_back("Ocp-Apim-Subscription-Key", key_of(product));
    headers.emplace_back("X-Target-Environment", "sandbox");
    headers.emplace_back("Authorization", "Bearer " + token(product));
    headers.emplace_back("Content-Length", std::to_string(body.size()));
    return send({.method = method, .target = path, .headers = std::move(headers), .body = body});
}

http::HttpReply Momo::post(const std::string& path, const std::string& reference,
                           const boost::json::object& body, const std::string& callback) {
    http::Fields headers{{"X-Reference-Id", reference}};
    if (!callback.empty()) headers.emplace_back("X-Callback-Url", callback);
    return call("POST", path, boost::json::serialize(body), std::move(headers));
}

boost::json::value Momo::get(const std::string& path) {
    const http::HttpReply reply = call("GET", path);
    INFO(path << " → " << reply.status << " " << reply.body);
    CHECK(reply.status == 200);
    return boost::json::parse(reply.body);
}

void Momo::store(const mtn::Options& options) {
    directory.store(std::string(mtn::options_profile), mtn::to_json(options));
}

std::string reference(int number) {
    return fmt::format("{:08x}-0dd6-4f5a-87b6-84edff4d1122", number);
}

std::string key_of(const std::string& product) {
    if (product == "disbursement") return "8e4b2d6f0a1c4935b8d7f2e6a0c41357";
    if (product == "remittance") return "f7d3b9a5c1e84602d6b0f4a8c2e59713";
    return "3c1a7f5e9b2d4860a7c3e5f1d9b80246";
}

boost::json::object payment_body(const std::string& role, const std::string& msisdn,
                                 const std::string& amount) {
    return {{"amount", amount},    {"currency", "EUR"},
            {"externalId", "123"}, {role, {{"partyIdType", "MSISDN"}, {"partyId", msisdn}}},
            {"payerMessage", "m"}, {"payeeNote", "n"}};
}

void check_error(const http::HttpReply& reply, int status, const std::string& code) {
    CAPTURE(reply.body);
    CHECK(reply.status == status);
    const boost::json::value error = boost::json::parse(reply.body);
    CHECK(error.as_object().size() == 2);
    CHECK(at(error, "code") == code);
    CHECK(at(error, "message").size() > 10);
}

}  // namespace tuma::testing
