// How many calls a host gets at a time.
#include "switch/http/call_window.h"

#include "switch/gateway/attempt_words.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>

using namespace tuma;
using net::CallWindow;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr seconds patience{10};

/// The longest that a call waits for a host that takes one after the other, `each` so long.
Duration longest_wait(Duration each) {
    CallWindow window(16);
    std::deque<Duration> begun;
    Duration now{};
    Duration longest{};
    for (int i = 0; i < 500; ++i) {
        while (begun.size() < window.size()) begun.push_back(now);
        now += each;
        const Duration taken = now - begun.front();
        begun.pop_front();
        longest = std::max(longest, taken);
        window.on_answer(taken, patience);
    }
    return longest;
}

}  // namespace

TEST_CASE("call window: quick answers open it one by one, up to its bound") {
    CallWindow window(16);
    for (std::size_t size = 2; size < 16; ++size) {
        CHECK(window.size() == size);
        window.on_answer(milliseconds{5}, patience);
    }
    window.on_answer(milliseconds{5}, patience);
    CHECK(window.size() == 16);
    CHECK(CallWindow(1).size() == 1);
}

TEST_CASE("call window: a host that takes one call at a time has time for those it gets") {
    for (const Duration each : {Duration{milliseconds{50}}, Duration{milliseconds{600}},
                                Duration{seconds{1}}, Duration{seconds{2}}, Duration{seconds{4}}}) {
        CAPTURE(text(each));
        CHECK(longest_wait(each) < patience);
    }
}

TEST_CASE("call window: a host that takes its time, but many at once, gets many") {
    CallWindow window(16);
    for (int i = 0; i < 150; ++i) window.on_answer(seconds{4}, patience);
    CHECK(window.size() == 16);
}

TEST_CASE("call window: calls that wait behind others halve it, once in a while") {
    CallWindow window(16);
    for (int i = 0; i < 20; ++i) window.on_answer(milliseconds{5}, patience);
    const net::Steady::time_point start{seconds{100}};
    for (int i = 0; i < 9; ++i) window.on_crowd(start + milliseconds{i}, patience / 4);
    CHECK(window.size() == 8);
    for (int i = 1; i < 9; ++i) window.on_crowd(start + i * patience / 4, patience / 4);
    CHECK(window.size() == 1);
    // Then it feels its way.
    std::size_t answers = 0;
    while (window.size() < 4) {
        window.on_answer(milliseconds{5}, patience);
        ++answers;
    }
    CHECK(answers == 1 + 2 + 3);
}

TEST_CASE("call window: a host that never answers is worked through faster") {
    CallWindow window(16);
    for (int i = 0; i < 3; ++i) window.on_silence();
    CHECK(window.size() == 16);
    window.on_silence();
    CHECK(window.size() == 16);
}

TEST_CASE("attempt words: a host is shown without what may be a person's number") {
    struct Row {
        const char* url;
        const char* host;
    };
    const Row rows[] = {
        {"http://127.0.0.1:9000/cb?token=secret", "127.0.0.1:9000"},
        {"https://shop.example/cb", "shop.example:443"},
        {"http://[::1]:9000/", "[::1]:9000"},
        {"http://254799123456.invalid/", "***.invalid:80"},
        {"http://a254799123456b.123456.x7:1/", "a***b.123456.x7:1"},
        {"no url", ""},
    };
    for (const Row& row : rows) CHECK(net::shown_host(row.url) == row.host);
}

TEST_CASE("attempt words: what became of an attempt is said in words") {
    using protocols::CallbackResult;
    CHECK(net::attempt_words({.failure = "there is no connection"}, false) ==
          "there is no connection");
    CHECK(net::attempt_words({.status = 204}, true) == "it was acknowledged with 204");
    CHECK(net::attempt_words({.status = 500}, false) == "500 was answered");
    CHECK(net::attempt_words({.status = 302}, false) ==
          "302 was answered; no redirect is followed");
    CHECK(net::attempt_words({.status = 200}, false) ==
          "200 was answered, with a body that does not acknowledge it");
}
