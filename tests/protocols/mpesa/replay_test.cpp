// Requests of mpesa-node as they were recorded, byte for byte, against the dialect.
#include "protocols/crypto/encoding.h"
#include "protocols/http/http_readers.h"
#include "tests/protocols/mpesa/daraja.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

using namespace tuma;
using namespace tuma::testing;

namespace fs = std::filesystem;

namespace {

/// $TUMA_SHARED, or the folder beside the tree.
fs::path recordings() {
    const char* shared = std::getenv("TUMA_SHARED");
    const fs::path directory =
        shared != nullptr ? shared : fs::path(TUMA_SOURCE_DIR) / ".." / "shared";
    return directory / "transcripts" / "mpesa";
}

/// Whether they are there; says so where they are not.
bool has_recordings() {
    if (fs::exists(recordings())) return true;
    MESSAGE("SKIPPED: " << recordings().string()
                        << " is not there, so nothing was replayed; set TUMA_SHARED");
    return false;
}

std::string content_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    REQUIRE_MESSAGE(file, path.string());
    return {std::istreambuf_iterator<char>(file), {}};
}

// The bytes through the server's own reader.
http::HttpRequest recorded(const fs::path& path) {
    const std::string bytes = content_of(path);
    net::RequestReader reader{net::HttpMessageLimits{}};
    const std::size_t used = reader.feed(bytes);
    REQUIRE_MESSAGE(reader.state() == net::HttpReadState::complete, path.string());
    CHECK_MESSAGE(used == bytes.size(), path.string());
    return reader.take();
}

struct Recording {
    std::string name;
    http::HttpRequest request;
};

// MTN MoMo's, which some runs of the client ask after Daraja.
bool is_mtn(const std::string& target) {
    return target.starts_with("/v1_0/") || target.starts_with("/collection/") ||
           target.starts_with("/disbursement/");
}

// All of one run of the client, in order; what is MTN's is left out.
std::vector<Recording> run_of(const std::string& prefix) {
    std::vector<fs::path> paths;
    for (const auto& entry : fs::directory_iterator(recordings()))
        if (entry.path().filename().string().starts_with(prefix)) paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    std::vector<Recording> run;
    for (const fs::path& path : paths) {
        http::HttpRequest request = recorded(path);
        if (!is_mtn(request.target)) run.push_back({path.filename().string(), std::move(request)});
    }
    return run;
}

// What was recorded was encrypted for a key that is not ours.
mpesa::Options lenient() {
    mpesa::Options options;
    options.accept_any_token = true;
    options.accept_any_credential = true;
    return options;
}

struct Recorded {
    Daraja daraja{lenient()};

    Recorded() {
        daraja.directory.store(mpesa::app_profile("CK"),
                               mpesa::to_json(mpesa::App{"CK", "CS", {}, {}}));
    }
};

std::string code_of(const http::HttpReply& reply) {
    return reply.body.empty() ? std::string{} : at(boost::json::parse(reply.body), "errorMessage");
}

// The clients were not all configured with the sandbox's passkey.
void store_passkey_of(Daraja& daraja, const http::HttpRequest& request) {
    if (!request.path().starts_with("/mpesa/stkpush")) return;
    const auto body = boost::json::parse(request.body);
    mpesa::Shortcode business =
        mpesa::find_shortcode(daraja.directory, at(body, "BusinessShortCode")).value();
    const std::string plain = crypto::base64_decode(at(body, "Password"), 1'000).value();
    const std::size_t others = business.number.size() + at(body, "Timestamp").size();
    REQUIRE(plain.size() > others);
    business.passkey = plain.substr(business.number.size(), plain.size() - others);
    daraja.store(business);
}

// The names of the members of a body, in order.
std::vector<std::string> keys_in(const boost::json::value& body) {
    std::vector<std::string> keys;
    for (const auto& member : body.as_object()) keys.emplace_back(member.key());
    return keys;
}

// The answer that each API gives when nothing is wrong.
void check_answer(const Recording& one, const http::HttpReply& reply) {
    INFO(one.name << " → " << reply.status << " " << reply.body);
    const std::string path{one.request.path()};
    if (path == "/mpesa/stkpushquery/v1/query") {
        // The prompt that is asked for was another Daraja's.
        CHECK(reply.status == 500);
        CHECK(code_of(reply) == "The transaction does not Exist");
        return;
    }
    CHECK(reply.status == 200);
    const auto body = boost::json::parse(reply.body);
    if (path == "/oauth/v1/generate") {
        CHECK(keys_in(body) == std::vector<std::string>{"access_token", "expires_in"});
        CHECK(at(body, "access_token").size() == 28);
        CHECK(at(body, "expires_in") == "3599");
        return;
    }
    CHECK(at(body, "ResponseCode") == "0");
    using Keys = std::vector<std::string>;
    if (path == "/mpesa/stkpush/v1/processrequest") {
        CHECK(keys_in(body) == Keys{"MerchantRequestID", "CheckoutRequestID", "ResponseCode",
                                    "ResponseDescription", "CustomerMessage"});
        CHECK(at(body, "CheckoutRequestID").starts_with("ws_CO_"));
        CHECK(at(body, "CustomerMessage") == "Success. Request accepted for processing");
    } else if (path.starts_with("/mpesa/c2b/")) {
        CHECK(keys_in(body) ==
              Keys{"OriginatorCoversationID", "ResponseCode", "ResponseDescription"});
    } else {
        CHECK(keys_in(body) == Keys{"OriginatorConversationID", "ConversationID", "ResponseCode",
                                    "ResponseDescription"});
        CHECK(at(body, "ConversationID").starts_with("AG_20261002_"));
        CHECK(at(body, "ResponseDescription") == "Accept the service request successfully.");
    }
}

std::vector<Arrived> told_to(const Daraja& daraja, const std::string& url) {
    std::vector<Arrived> told;
    std::copy_if(daraja.arrived.begin(), daraja.arrived.end(), std::back_inserter(told),
                 [&](const Arrived& one) { return one.callback.url == url; });
    return told;
}

}  // namespace

TEST_CASE("mpesa replay: every API as a real client has called it") {
    if (!has_recordings()) return;
    const std::vector<Recording> run = run_of("A-");
    CHECK(run.size() == 19);
    Recorded world;
    Daraja& daraja = world.daraja;
    for (const Recording& one : run) {
        check_answer(one, daraja.send(one.request));
        // A person waits between two calls; the customer can pay one thing at a time.
        daraja.pass(std::chrono::seconds{5});
    }
    daraja.pass(std::chrono::minutes{1});

    CHECK(told_to(daraja, "http://127.0.0.1:9/cb/conf").size() == 1);
    CHECK(told_to(daraja, "http://127.0.0.1:9/cb/val").empty());
    REQUIRE(told_to(daraja, "http://127.0.0.1:9/cb").size() == 1);
    CHECK(at(told_to(daraja, "http://127.0.0.1:9/cb")[0].json(), "Body/stkCallback/ResultCode") ==
          "0");
    CHECK(told_to(daraja, "http://127.0.0.1:9/cb/q").empty());
    const auto results = told_to(daraja, "http://127.0.0.1:9/cb/r");
    // B2C, B2B, balance; status and reversal of a receipt that is not ours.
    REQUIRE(results.size() == 5);
    for (std::size_t i = 0; i < 3; ++i) CHECK(at(results[i].json(), "Result/ResultCode") == "0");
    for (std::size_t i = 3; i < 5; ++i)
        CHECK(at(results[i].json(), "Result/ResultCode") == "R000002");
    // It paid 10 by C2B and 1 by its prompt, and was paid 100.
    CHECK(daraja.balance("254708374149") == 5'000'000 - 1'000 - 100 + 10'000);
    daraja.check_books();
}

TEST_CASE("mpesa replay: the client behind another host name and behind a proxy") {
    // Absolute-form targets, numbers as numbers, "CustomerPayBillOnline " with a blank.
    if (!has_recordings()) return;
    for (const char* prefix : {"D-", "F2-"}) {
        const std::vector<Recording> run = run_of(prefix);
        CHECK(run.size() == (*prefix == 'D' ? 5 : 3));
        Recorded world;
        for (const Recording& one : run) {
            store_passkey_of(world.daraja, one.request);
            check_answer(one, world.daraja.send(one.request));
            world.daraja.pass(std::chrono::seconds{5});
        }
        world.daraja.check_books();
    }
}

TEST_CASE("mpesa replay: a client that is not known gets no token, an old token opens nothing") {
    if (!has_recordings()) return;
    Daraja daraja;
    for (const Recording& one : run_of("A-")) {
        const http::HttpReply reply = daraja.send(one.request);
        INFO(one.name << " → " << reply.status << " " << reply.body);
        const bool is_oauth = one.request.target.starts_with("/oauth/");
        CHECK(reply.status >= 400);
        CHECK(reply.status <= 404);
        CHECK(reply.body.empty() == is_oauth);
        if (!is_oauth) CHECK(code_of(reply).find("Invalid Access Token") != std::string::npos);
    }
    daraja.pass(std::chrono::minutes{1});
    CHECK(daraja.arrived.empty());
    daraja.check_books();
}
