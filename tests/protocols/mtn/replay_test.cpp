// Requests of mtn-momo as they were recorded, byte for byte, against the dialect.
#include "protocols/http/http_readers.h"
#include "tests/protocols/mtn/momo.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
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

// The bytes through the server's own reader.
http::HttpRequest recorded(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    REQUIRE_MESSAGE(file, path.string());
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    net::RequestReader reader{net::HttpMessageLimits{}};
    const std::size_t used = reader.feed(bytes);
    REQUIRE_MESSAGE(reader.state() == net::HttpReadState::complete, path.string());
    CHECK_MESSAGE(used == bytes.size(), path.string());
    return reader.take();
}

// One run of the client, in order; what is Daraja's is left out.
std::vector<http::HttpRequest> run_of(const std::string& prefix) {
    std::vector<fs::path> paths;
    for (const auto& entry : fs::directory_iterator(recordings()))
        if (entry.path().filename().string().starts_with(prefix)) paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    std::vector<http::HttpRequest> run;
    const Momo momo;
    for (const fs::path& path : paths) {
        http::HttpRequest request = recorded(path);
        if (momo.adapter.owns(request.path())) run.push_back(std::move(request));
    }
    return run;
}

// The recorded run had one key for two products, and tokens of another service.
struct Recorded {
    Momo momo;

    explicit Recorded(bool accept_any_token) {
        mtn::Options options;
        options.accept_any_token = accept_any_token;
        momo.store(options);
        momo.directory.store(
            mtn::subscription_profile("subkey123"),
            mtn::to_json(mtn::Subscription{
                "subkey123", {"collection", "disbursement"}, "mtn.business", "collection", 1'000}));
    }

    // The API key that was recorded is not the one that was given out here.
    void know_key(const http::HttpRequest& request) {
        if (!request.path().ends_with("/apikey")) return;
        const std::string id = request.target.substr(request.target.find("apiuser/") + 8, 36);
        momo.directory.store(
            mtn::user_profile(id),
            mtn::to_json(mtn::ApiUser{id, "127.0.0.1", "f1db798c98df4bcf83b538175893bbf0"}));
    }
};

// What each API answers when nothing is wrong, by the end of its path.
struct Expected {
    std::string method;
    std::string path;
    int status;
    std::string body;  ///< its beginning
};
const std::vector<Expected>& expected_answers() {
    static const std::vector<Expected> answers{
        {"POST", "/v1_0/apiuser", 201, ""},
        {"POST", "/apikey", 201, R"({"apiKey":")"},
        {"POST", "/token/", 200, R"({"access_token":"ey)"},
        {"POST", "/collection/v1_0/requesttopay", 202, ""},
        {"POST", "/disbursement/v1_0/transfer", 202, ""},
        {"GET", "/account/balance", 200, R"({"availableBalance":"1)"},
        {"GET", "/active", 404, R"({"message":"Requested resource was not found.")"},
        // Of the request before it.
        {"GET", "", 200, R"({"financialTransactionId":"60000000)"}};
    return answers;
}

void check_answer(const http::HttpRequest& request, const http::HttpReply& reply) {
    const auto& answers = expected_answers();
    const auto fits = std::find_if(answers.begin(), answers.end(), [&](const Expected& one) {
        return one.method == request.method && request.path().ends_with(one.path);
    });
    INFO(request.method << " " << request.target << " → " << reply.status << " " << reply.body);
    REQUIRE(fits != answers.end());
    CHECK(reply.status == fits->status);
    CHECK(reply.body.starts_with(fits->body));
    CHECK(reply.body.empty() == fits->body.empty());
}

}  // namespace

TEST_CASE("mtn replay: every call of the client, by base URL, by another host name, by a proxy") {
    if (!has_recordings()) return;
    const std::map<std::string, std::size_t> runs{{"C-", 12}, {"D-", 12}, {"G-", 8}};
    for (const auto& expected : runs) {
        CAPTURE(expected.first);
        const auto run = run_of(expected.first);
        CHECK(run.size() == expected.second);
        Recorded world(true);
        for (const http::HttpRequest& request : run) {
            check_answer(request, world.momo.send(request));
            world.know_key(request);
            world.momo.pass(std::chrono::seconds{5});
        }
        REQUIRE(world.momo.arrived.size() == 1);
        CHECK(world.momo.arrived[0].callback.url == "http://127.0.0.1/cb");
        CHECK(at(world.momo.arrived[0].json(), "status") == "SUCCESSFUL");
        // It was paid 50, and where the recording goes on it paid 50.
        CHECK(world.momo.balance("mtn.business") == (expected.second == 12 ? 1'000'00 : 1'050'00));
        world.momo.check_books();
    }
}

TEST_CASE("mtn replay: tokens of another service open nothing") {
    if (!has_recordings()) return;
    Recorded world(false);
    for (const http::HttpRequest& request : run_of("C-")) {
        const http::HttpReply reply = world.momo.send(request);
        INFO(request.target << " → " << reply.status << " " << reply.body);
        const bool is_open = request.path().starts_with("/v1_0/");
        CHECK(reply.status == (is_open ? 201 : 401));
    }
    CHECK(world.momo.arrived.empty());
}
