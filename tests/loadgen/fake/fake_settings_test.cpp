// The words of the fake server's options: what is read, and what is refused with which words.
#include "loadgen/fake/fake_settings.h"

#include <doctest/doctest.h>

#include <string>

using namespace tuma;
using namespace tuma::loadgen;

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

template <typename Value>
std::string reason(const Result<Value>& read) {
    return read ? "it was accepted" : read.error().reason;
}

bool has(const std::string& text, const std::string& part) {
    CAPTURE(text);
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("fake settings: a law of times is a duration or exponential") {
    CHECK(*parse_time_law("2ms") == TimeLaw{TimeLaw::Kind::fixed, milliseconds{2}});
    CHECK(*parse_time_law("exp:5ms") == TimeLaw{TimeLaw::Kind::exponential, milliseconds{5}});
    CHECK(*parse_time_law("0us") == TimeLaw{});
    for (const char* text : {"2ms", "exp:5ms", "exp:1h"})
        CHECK(parse_time_law(text)->text() == text);
    CHECK(has(reason(parse_time_law("ex:5ms")), "did you mean exp?"));
    for (const char* text : {"", "2", "-2ms", "exp:", "exp:2", "2h", "exp:61m", ":2ms"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_time_law(text));
    }
}

TEST_CASE("fake settings: a law draws what it says") {
    Random random(3);
    CHECK(TimeLaw{TimeLaw::Kind::fixed, milliseconds{2}}.draw(random) == milliseconds{2});
    const TimeLaw law{TimeLaw::Kind::exponential, milliseconds{2}};
    Offset sum{0};
    for (int i = 0; i < 100'000; ++i) sum += law.draw(random);
    CHECK(sum / 100'000 > std::chrono::microseconds{1980});
    CHECK(sum / 100'000 < std::chrono::microseconds{2020});
    Random again(3);
    Random same(3);
    CHECK(law.draw(again) == law.draw(same));
}

TEST_CASE("fake settings: shares are exact") {
    CHECK(parse_share("30%")->millionths == 300'000);
    CHECK(parse_share("0.5%")->millionths == 5'000);
    CHECK(parse_share("100%")->millionths == 1'000'000);
    CHECK(parse_share("0.0001%")->millionths == 1);
    CHECK(parse_share("0%")->millionths == 0);
    for (const char* text : {"", "%", "30", "101%", "-1%", "0.00001%", "1.%", ".5%%", "1e1%"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_share(text));
    }
}

TEST_CASE("fake settings: refusals have a share and the name of a code") {
    CHECK(*parse_refusing("30%") == Refusing{{300'000}, Refusal::insufficient_funds});
    CHECK(*parse_refusing("1%:ceiling_exceeded") == Refusing{{10'000}, Refusal::ceiling_exceeded});
    CHECK(has(reason(parse_refusing("1%:insuficient_funds")), "did you mean insufficient_funds?"));
    CHECK_FALSE(parse_refusing("1%:none"));
    CHECK_FALSE(parse_refusing("1%:"));
    CHECK_FALSE(parse_refusing(":overloaded"));
}

TEST_CASE("fake settings: stalls, drops and garbles have their moment") {
    CHECK(*parse_stalls("200ms/2s") == Stalls{milliseconds{200}, seconds{2}});
    for (const char* text : {"", "2s", "2s/2s", "3s/2s", "0us/2s", "1s/2h", "1s/", "/1s", "x/y"}) {
        CAPTURE(text);
        CHECK(has(reason(parse_stalls(text)), "LENGTH/PERIOD"));
    }
    CHECK(*parse_dropping("1@3s") == Dropping{1, seconds{3}});
    for (const char* text : {"", "1", "0@3s", "20001@3s", "1@", "@3s", "1@2d"}) {
        CAPTURE(text);
        CHECK(has(reason(parse_dropping(text)), "CONNECTIONS@TIME"));
    }
    CHECK(*parse_garbling("bytes@0s") == Garbling{Garble::bytes, Duration{0}});
    CHECK(has(reason(parse_garbling("htpp@1s")), "did you mean http?"));
    CHECK_FALSE(parse_garbling("http"));
    CHECK_FALSE(parse_garbling("http@2d"));
    for (const Garble kind : {Garble::http, Garble::bytes, Garble::nothing})
        CHECK(parse_garbling(std::string(name(kind)) + "@1s")->kind == kind);
}

TEST_CASE("fake settings: what does not fit together is named with the remedy") {
    FakeSettings settings;
    CHECK_FALSE(contradiction(settings));
    settings.service = {.groups = true, .group_max = 3, .queue_max = 5};
    CHECK_FALSE(contradiction(settings));
    settings.service = {.places = 2, .groups = true};
    CHECK(contradiction(settings)->field == "--group");
    settings.service = {.group_max = 3};
    CHECK(contradiction(settings)->field == "--group-max");
    settings.service = {.queue_max = 5};
    CHECK(contradiction(settings)->field == "--queue");
}
