// The V2 encoding against another implementation's bytes, and damaged input.
#include "loadgen/measure/hdr_log.h"

#include "loadgen/arrivals/random.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <memory>
#include <string>

using namespace tuma;
using namespace tuma::loadgen;
using namespace std::chrono_literals;

namespace {

/// Written by hdr-histogram-js 3.0.1 for the samples of `known_samples`.
constexpr std::string_view known_text =
    "HISTFAAAAD14nJNpmSzMwMAgwcDAwMjAwMDMAAEgNsO1yUsYYHwmltP8JxhXC7A9OMrxm59pot+nA4yX3zAyAQAMNAzp";

std::unique_ptr<Histogram> known_samples() {
    auto histogram = std::make_unique<Histogram>();
    histogram->record(0);
    histogram->record_n(1, 2);
    histogram->record_n(1000, 100);
    histogram->record_n(2047, 3);
    histogram->record_n(2048, 70000);
    histogram->record(4095);
    histogram->record_n(123456, 12345);
    histogram->record(3'600'000'000);
    return histogram;
}

}  // namespace

TEST_CASE("hdr_log: reads what hdr-histogram-js wrote") {
    const Result<Histogram> histogram = decode_v2_base64(known_text);

    REQUIRE(histogram.has_value());
    CHECK(*histogram == *known_samples());
    // The percentiles that hdr-histogram-js itself gives for it.
    CHECK(histogram->value_at_percentile(50) == 2049);
    CHECK(histogram->value_at_percentile(99.99) == 123519);
    CHECK(histogram->value_at_percentile(100) == 3'600'809'983);
    CHECK(histogram->mean() == doctest::Approx(63888.04538343056).epsilon(1e-6));
}

TEST_CASE("hdr_log: the payload is laid out as the format says") {
    const auto histogram = std::make_unique<Histogram>();
    histogram->record_n(0, 1);
    histogram->record_n(2, 64);
    histogram->record_n(5, 3);

    const std::string bytes = encode_v2(*histogram);

    // Counts 1, 0, 64, two zeros, 3 in ZigZag: 2, 0, 128 in two bytes, -2 as 3, 6.
    const unsigned char expected[] = {
        0x1c, 0x84, 0x93, 0x13, 0, 0, 0, 6, 0,    0,    0,    0,    0,    0,
        0,    3,  // cookie, length, 0, digits
        0,    0,    0,    0,    0, 0, 0, 1, 0,    0,    0,    0,    0xd6, 0x93,
        0xa4, 0x00,                                                            // lowest, highest
        0x3f, 0xf0, 0,    0,    0, 0, 0, 0, 0x02, 0x00, 0x80, 0x01, 0x03, 6};  // ratio, counts
    REQUIRE(bytes.size() == sizeof expected);
    CHECK(bytes == std::string(reinterpret_cast<const char*>(expected), sizeof expected));
    CHECK(encode_v2_base64(*histogram).starts_with("HISTFAAA"));
}

TEST_CASE("hdr_log: what is written reads back the same") {
    CHECK(rc::check([](std::uint64_t seed) {
        const auto histogram = std::make_unique<Histogram>();
        Random random(seed);
        const std::uint64_t samples = random.below(200);
        for (std::uint64_t i = 0; i < samples; ++i) {
            // Counts up to 2^48 need all lengths of LEB128 but the last two.
            histogram->record_n(random.below(std::uint64_t{1} << (1 + random.below(31))),
                                1 + random.below(std::uint64_t{1} << random.below(49)));
        }
        const Result<Histogram> back = decode_v2_base64(encode_v2_base64(*histogram));
        RC_ASSERT(back.has_value());
        RC_ASSERT(*back == *histogram);
    }));
}

TEST_CASE("hdr_log: damaged text is refused or still a histogram, never a crash") {
    const std::string good = encode_v2_base64(*known_samples());
    CHECK(rc::check([&good](std::uint16_t at, char replacement) {
        std::string bad = good;
        bad[at % bad.size()] = replacement;
        const Result<Histogram> decoded = decode_v2_base64(bad);
        // The checksum of zlib finds every change but one of a padding bit.
        if (decoded.has_value()) RC_ASSERT(*decoded == *known_samples());
    }));
    for (std::size_t length = 0; length < good.size(); ++length) {
        CAPTURE(length);
        REQUIRE(!decode_v2_base64(good.substr(0, length)).has_value());
    }
}

TEST_CASE("hdr_log: a log of tagged intervals is merged by tag") {
    const auto first = std::make_unique<Histogram>();
    const auto second = std::make_unique<Histogram>();
    first->record_n(1500, 7);
    second->record_n(9, 2);
    const Timestamp start{std::chrono::seconds{1'700'000'000}};

    const std::string log = hdr_log_header(start) + hdr_log_line("response", 0ms, 1000ms, *first) +
                            hdr_log_line("service", 0ms, 1000ms, *second) +
                            hdr_log_line("response", 1000ms, 500ms, *second) +
                            hdr_log_line("send_lag", 1000ms, 500ms, *first) +
                            hdr_log_line("other", 1000ms, 500ms, *first);
    const Result<HdrLogTotals> totals = read_hdr_log(log);

    REQUIRE(totals.has_value());
    CHECK(totals->lines == 5);
    CHECK(totals->service == *second);
    CHECK(totals->send_lag == *first);
    CHECK(totals->response.count() == 9);
    CHECK(log.starts_with("#[Histogram log format version 1.3]\n"));
    CHECK(log.find("#[StartTime: 1700000000.000 (seconds since epoch), 2023-11-14T22:13:20") !=
          std::string::npos);
    CHECK(log.find("\nTag=response,1.000,0.500,0.009,HISTFAAA") != std::string::npos);
}

TEST_CASE("hdr_log: a bad line is named") {
    struct Row {
        const char* line;
        const char* reason;
    };
    const Row rows[] = {
        {"Tag=response", "expected [Tag=,]start,length,maximum,histogram"},
        {"Tag=response,0.0,1.0,2.0", "expected [Tag=,]start,length,maximum,histogram"},
        {"0.0,x,2.0,HISTFAAA", "expected [Tag=,]start,length,maximum,histogram"},
        {"0.0,1.0,nan,HISTFAAA", "expected [Tag=,]start,length,maximum,histogram"},
        {"0.0,1.0,2.0,HISTFAA", "not base64"},
        {"0.0,1.0,2.0,AAAA", "too short"},
        {"0.0,1.0,2.0,AAAAAAAAAAAAAAAA", "the cookie is not 0x1c849314"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.line);
        const Result<HdrLogTotals> totals = read_hdr_log("#[comment]\n" + std::string(row.line));
        REQUIRE(!totals.has_value());
        CHECK(totals.error() == InputError{"line 2", row.reason});
    }
}
