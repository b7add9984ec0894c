#include "tests/mpesa/daraja.h"

#include "protocols/crypto/digest.h"
#include "protocols/crypto/encoding.h"
#include "protocols/mpesa/access_token.h"
#include "protocols/mpesa/sandbox.h"
#include "switch/core/scheme_bytes.h"
#include "switch/files/scheme_file.h"

#include <doctest/doctest.h>

#include <cstring>

namespace tuma::testing {
namespace {

constexpr std::string_view secret = "a secret of tests";

// Generating one takes long, so all tests share it.
const crypto::PrivateKey& sandbox_key() {
    static const crypto::PrivateKey key = crypto::PrivateKey::generate();
    return key;
}

ledger::StateLimits limits() {
    return {.accounts_max = 512,
            .request_keys_max = 4'096,
            .request_keys_retention = std::chrono::hours{24}};
}

Timestamp start() {
    // 2026-10-02 18:11:02.123 in Nairobi.
    return parse_timestamp("2026-10-02T15:11:02.123Z").value();
}

}  // namespace

Daraja::Daraja(const mpesa::Options& options) : world(limits()) {
    world.now = start();
    receiver = [](const Arrived&) {
        return protocols::CallbackResult{200, R"({"ResultCode":0,"ResultDesc":"Success"})", {}};
    };
    load_scheme();
    for (const auto& [name, content] : mpesa::profiles_of(mpesa::default_sandbox()))
        directory.store(name, content);
    directory.store(std::string(mpesa::secret_profile), std::string(secret));
    directory.store(std::string(mpesa::certificate_profile),
                    mpesa::to_json(mpesa::CredentialKeys{sandbox_key().pem(), {}}));
    store(options);
}

void Daraja::load_scheme() {
    const SchemeFile file = find_scheme("mpesa-kenya", {}).value();
    core::LoadScheme load;
    load.name = *ledger::make_identity(file.scheme.name);
    load.scheme_version = *ledger::make_identity(file.scheme.version);
    load.source_hash = file.source_hash;
    load.content = std::make_shared<const std::vector<std::byte>>(core::scheme_bytes(file.scheme));
    core::Request request;
    request.key = {ParticipantId{1}, Reference{std::byte{1}}};
    request.command = std::move(load);
    const core::Outcome outcome = decide({request}).front();
    REQUIRE(outcome.code == Refusal::none);
    std::string json =
        R"({"id":)" + std::to_string(outcome.id) + R"(,"currency":"KES","classes":{)";
    for (std::size_t i = 0; i < file.scheme.classes.size(); ++i)
        json += (i == 0 ? "\"" : ",\"") + file.scheme.classes[i].name + "\":" + std::to_string(i);
    directory.store("scheme/mpesa-kenya", json + "}}");
}

protocols::Context Daraja::context() {
    ++counter_;
    // Every request has chance of its own, the same in every run.
    protocols::Chance chance{};
    for (std::size_t i = 0; i < 2; ++i) {
        const crypto::Sha256 bytes = crypto::sha256(std::to_string(counter_ * 2 + i));
        std::copy(bytes.begin(), bytes.end(),
                  chance.begin() + static_cast<std::ptrdiff_t>(i * bytes.size()));
    }
    return {world.now, directory, chance, counter_};
}

std::vector<core::Outcome> Daraja::decide(const std::vector<core::Request>& requests) {
    std::vector<core::Outcome> outcomes = world.handle_together(requests);
    for (std::size_t i = 0; i < requests.size(); ++i) {
        const auto account = AccountId{static_cast<std::uint32_t>(outcomes[i].id)};
        if (outcomes[i].code != Refusal::none) continue;
        if (const auto* query = std::get_if<core::QueryAccount>(&requests[i].command))
            directory.remember(std::string(ledger::text(query->identity)), account);
        else if (const auto* open = std::get_if<core::OpenAccount>(&requests[i].command))
            directory.remember(std::string(ledger::text(open->identity)), account);
        else if (const auto* stored = std::get_if<core::StoreProfile>(&requests[i].command))
            directory.store(stored->profile->name, stored->profile->content);
    }
    return outcomes;
}

void Daraja::deliver() {
    for (auto effects = world.core.take_effects(); !effects.empty();
         effects = world.core.take_effects()) {
        std::vector<core::Request> told;
        for (const core::Effect& effect : effects) {
            REQUIRE(adapter.owns(effect.order->terms.kind));
            const auto callback = adapter.render(effect, context());
            protocols::CallbackResult result;
            if (callback) {
                arrived.push_back({effect.order->terms.id, effect.channel, world.now, *callback});
                result = receiver(arrived.back());
            }
            const protocols::Verdict verdict = adapter.judge(effect, result);
            if (verdict.act)
                told.emplace_back().command =
                    core::MoveOrder{std::make_shared<const core::OrderAct>(*verdict.act)};
            told.emplace_back().command =
                core::EndAttempt{effect.notice, effect.attempt,
                                 static_cast<std::uint16_t>(result.status), verdict.is_delivered};
        }
        decide(told);
    }
}

http::HttpReply Daraja::send(const http::HttpRequest& request) {
    protocols::Answer answer = adapter.handle(request, context());
    while (auto* asking = std::get_if<protocols::Asking>(&answer)) {
        CHECK(!asking->overloaded.body.empty());
        const auto outcomes = decide(asking->requests);
        protocols::Answer next = asking->then(outcomes);
        deliver();
        answer = std::move(next);
    }
    return std::get<http::HttpReply>(answer);
}

std::string Daraja::token() const {
    return mpesa::make_token(secret, "key", world.now + std::chrono::hours{1});
}

http::HttpReply Daraja::post(const std::string& path, const std::string& body,
                             http::Fields headers) {
    headers.emplace_back("Authorization", "Bearer " + token());
    headers.emplace_back("Content-Type", "application/json");
    return send({.method = "POST", .target = path, .headers = std::move(headers), .body = body});
}

boost::json::value Daraja::post_json(const std::string& path, const std::string& body,
                                     http::Fields headers) {
    return boost::json::parse(post(path, body, std::move(headers)).body);
}

void Daraja::pass(Duration duration) {
    const Timestamp end = world.now + duration;
    for (auto next = world.core.next_deadline(); next && *next <= end;
         next = world.core.next_deadline()) {
        world.now = std::max(world.now, *next);
        decide({});
        deliver();
    }
    world.now = end;
}

void Daraja::store(const mpesa::Options& options) {
    directory.store(std::string(mpesa::options_profile), mpesa::to_json(options));
}

void Daraja::store(const mpesa::Shortcode& shortcode) {
    directory.store(mpesa::shortcode_profile(shortcode.number), mpesa::to_json(shortcode));
}

std::int64_t Daraja::balance(const std::string& identity) {
    core::QueryAccount query;
    query.identity = *ledger::make_identity(identity);
    core::Request request;
    request.command = query;
    const core::Outcome outcome = decide({request}).front();
    REQUIRE_MESSAGE(outcome.code == Refusal::none, identity);
    return ledger::balance(outcome.account->account);
}

void Daraja::restart() {
    world.restart();
    deliver();
}

void Daraja::check_books() {
    CHECK(world.core.state().broken_invariants().empty());
    CHECK(world.replayed().hash() == world.core.state().hash());
}

std::string credential(const std::string& password) {
    const crypto::PublicKey key = sandbox_key().public_key();
    const std::vector<std::byte> padding(key.size() - 3 - password.size(), std::byte{0x5A});
    return crypto::base64_encode(key.encrypt_pkcs1(password, padding).value());
}

std::string stk_password(const std::string& shortcode, const std::string& timestamp) {
    const mpesa::Sandbox sandbox = mpesa::default_sandbox();
    return crypto::base64_encode(shortcode + sandbox.shortcodes.front().passkey + timestamp);
}

std::string stk_body(const std::string& msisdn, std::int64_t amount,
                     const boost::json::object& changes) {
    boost::json::object body{{"BusinessShortCode", "174379"},
                             {"Password", stk_password("174379", "20261002181102")},
                             {"Timestamp", "20261002181102"},
                             {"TransactionType", "CustomerPayBillOnline"},
                             {"Amount", amount},
                             {"PartyA", msisdn},
                             {"PartyB", "174379"},
                             {"PhoneNumber", msisdn},
                             {"CallBackURL", "http://127.0.0.1:9/cb"},
                             {"AccountReference", "ACC-1"},
                             {"TransactionDesc", "Payment"}};
    for (const auto& change : changes) body[change.key()] = change.value();
    return boost::json::serialize(body);
}

std::string at(const boost::json::value& value, std::string_view path) {
    const boost::json::value* here = &value;
    while (!path.empty()) {
        const std::size_t slash = path.find('/');
        const std::string_view name = path.substr(0, slash);
        path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
        const boost::json::value* next = nullptr;
        if (here->is_object()) next = here->get_object().if_contains({name.data(), name.size()});
        if (here->is_array()) {
            const std::size_t index = std::stoul(std::string(name));
            if (index < here->get_array().size()) next = &here->get_array()[index];
        }
        if (next == nullptr) return "(nothing)";
        here = next;
    }
    if (here->is_string()) return std::string(here->get_string());
    return boost::json::serialize(*here);
}

}  // namespace tuma::testing
