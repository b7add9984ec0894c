// Frames: each error in its turn, every truncation, every flipped bit, every split of a stream.
#include "protocols/native/frame.h"

#include "tests/protocols/native/arbitrary.h"

#include <doctest/doctest.h>

#include <cstring>
#include <string>

using namespace tuma;
using native::ErrorCode;
using native::FrameType;

namespace {

std::vector<std::byte> transfer_frame(std::size_t count, std::uint64_t request_id = 1) {
    std::vector<std::byte> body;
    for (std::size_t i = 0; i < count; ++i) {
        core::Request request;
        request.key.reference.fill(std::byte{static_cast<unsigned char>(i + 1)});
        request.command = core::MoveMoney{ledger::Purpose::transfer,
                                          AccountId{2},
                                          AccountId{3},
                                          {static_cast<std::int64_t>(i), Currency::kes},
                                          9};
        native::append_command(body, request);
    }
    return test::frame_of(body, 6, count, ParticipantId{7}, request_id);
}

template <typename Number>
void write(std::vector<std::byte>& bytes, std::size_t at, Number value) {
    std::memcpy(bytes.data() + at, &value, sizeof(value));
}

}  // namespace

TEST_CASE("frame: the table of types agrees with the bounds") {
    for (const native::FrameRow& row : native::frame_table()) {
        CAPTURE(row.name);
        CHECK(native::find_frame(static_cast<std::uint8_t>(row.type)) == &row);
        CHECK(row.count_max <= native::commands_max);
        CHECK(32 + row.count_max * row.command_bytes <= native::frame_bytes_max);
        CHECK(32 + row.count_max * row.result_bytes <= native::frame_bytes_max);
    }
    CHECK(native::row(FrameType::transfer).command_bytes == 64);
    CHECK(native::row(FrameType::transfer).result_bytes == 32);
    CHECK(native::row(FrameType::transfer).count_max == 8190);
    CHECK(native::find_frame(0) == nullptr);
    CHECK(native::find_frame(21) == nullptr);
    CHECK(native::find_frame(0x86) == nullptr);
}

TEST_CASE("frame: each error is found in its turn, when the faults before it are mended") {
    auto bytes = transfer_frame(2);
    const auto good = bytes;
    write(bytes, 0, std::uint32_t{31});
    write(bytes, 4, std::uint8_t{2});
    write(bytes, 5, std::uint8_t{0});
    write(bytes, 6, std::uint16_t{0});
    write(bytes, 28, std::uint32_t{0});
    const auto code = [&bytes](std::size_t arrived) {
        const auto read = native::read_frame(std::span{bytes}.first(arrived), false);
        REQUIRE(read.has_value());
        REQUIRE_FALSE(read->has_value());
        CHECK_FALSE(read->error().reason.empty());
        return read->error().code;
    };
    const auto mend = [&](std::size_t from, std::size_t to) {
        std::copy(good.begin() + static_cast<std::ptrdiff_t>(from),
                  good.begin() + static_cast<std::ptrdiff_t>(to),
                  bytes.begin() + static_cast<std::ptrdiff_t>(from));
    };

    CHECK_FALSE(native::read_frame(std::span{bytes}.first(3), false).has_value());
    for (const std::uint32_t length : {0U, 31U, (1U << 20U) + 1, 0xFFFFFFFFU}) {
        write(bytes, 0, length);
        CHECK(code(4) == ErrorCode::bad_length);
        CHECK(code(bytes.size()) == ErrorCode::bad_length);
    }
    mend(0, 4);
    CHECK_FALSE(native::read_frame(std::span{bytes}.first(4), false).has_value());
    CHECK(code(5) == ErrorCode::bad_version);
    CHECK(code(bytes.size()) == ErrorCode::bad_version);
    mend(4, 5);
    for (const int type : {0, 21, 0x86, 0xFF}) {
        write(bytes, 5, static_cast<std::uint8_t>(type));
        CHECK(code(6) == ErrorCode::bad_type);
        CHECK(code(bytes.size()) == ErrorCode::bad_type);
    }
    mend(5, 6);
    for (const int count : {0, 1, 3, 8191, 0xFFFF}) {
        write(bytes, 6, static_cast<std::uint16_t>(count));
        CHECK(code(8) == ErrorCode::bad_count);
        CHECK(code(bytes.size()) == ErrorCode::bad_count);
    }
    mend(6, 8);
    CHECK_FALSE(native::read_frame(std::span{bytes}.first(bytes.size() - 1), false).has_value());
    CHECK(code(bytes.size()) == ErrorCode::bad_checksum);
    mend(28, 32);
    CHECK(native::read_frame(bytes, false)->has_value());
}

TEST_CASE("frame: a request is no reply and a reply is no request") {
    const auto request = transfer_frame(1);
    std::vector<std::byte> body;
    native::append_outcome(body, FrameType::transfer, {});
    const auto reply = test::frame_of(body, 0x86, 1);

    CHECK(native::read_frame(request, false)->has_value());
    CHECK(native::read_frame(request, true)->error().code == ErrorCode::bad_type);
    CHECK(native::read_frame(reply, true)->has_value());
    CHECK(native::read_frame(reply, false)->error().code == ErrorCode::bad_type);
}

TEST_CASE("frame: every truncation needs more bytes") {
    const auto bytes = transfer_frame(3);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        CAPTURE(size);
        CHECK_FALSE(native::read_frame(std::span{bytes}.first(size), false).has_value());
    }
}

TEST_CASE("frame: every flipped bit is found") {
    const auto good = transfer_frame(2);
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
        CAPTURE(bit);
        auto bytes = good;
        bytes[bit / 8] ^= std::byte{static_cast<unsigned char>(1U << (bit % 8))};
        const auto read = native::read_frame(bytes, false);
        REQUIRE(read.has_value());
        CHECK_FALSE(read->has_value());
    }
}

TEST_CASE("frame: every split of a stream of two frames gives the same two frames") {
    auto stream = transfer_frame(1, 10);
    const auto second = transfer_frame(2, 11);
    stream.insert(stream.end(), second.begin(), second.end());
    for (std::size_t first_cut = 0; first_cut <= stream.size(); ++first_cut) {
        for (const std::size_t step : {1UL, 7UL, 31UL, 64UL, stream.size()}) {
            std::vector<std::byte> arrived;
            std::vector<std::uint64_t> ids;
            std::size_t at = 0;
            while (at < stream.size()) {
                const std::size_t size = at == 0 && first_cut > 0 ? first_cut : step;
                const std::size_t end = std::min(at + size, stream.size());
                arrived.insert(arrived.end(), stream.begin() + static_cast<std::ptrdiff_t>(at),
                               stream.begin() + static_cast<std::ptrdiff_t>(end));
                at = end;
                while (const auto read = native::read_frame(arrived, false)) {
                    REQUIRE(read->has_value());
                    const auto header = (**read).header;
                    ids.push_back(header.request_id * 10 + header.count);
                    arrived.erase(arrived.begin(), arrived.begin() + header.length);
                }
            }
            REQUIRE(arrived.empty());
            REQUIRE(ids == std::vector<std::uint64_t>{101, 112});
        }
    }
}

TEST_CASE("frame: an error frame says code, reason and the request it is about") {
    for (std::uint16_t number = 1; number <= 9; ++number) {
        const auto code = native::find_error(number);
        REQUIRE(code.has_value());
        CAPTURE(native::name(*code));
        std::vector<std::byte> bytes(5);
        native::append_error_frame(bytes, {*code, "length 7 is not 32 to 1048576"}, 42);
        const auto read = native::read_frame(std::span{bytes}.subspan(5), true);
        REQUIRE(read.has_value());
        REQUIRE(read->has_value());
        CHECK((**read).header.request_id == 42);
        const auto error = native::read_error(**read);
        CHECK(error.code == *code);
        CHECK(error.reason == "length 7 is not 32 to 1048576");
    }
    CHECK_FALSE(native::find_error(0).has_value());
    CHECK_FALSE(native::find_error(10).has_value());
}

TEST_CASE("frame: an error's reason is cut at 512 bytes and may be empty") {
    for (const std::size_t size : {0UL, 512UL, 513UL, 100'000UL}) {
        std::vector<std::byte> bytes;
        native::append_error_frame(bytes, {ErrorCode::bad_type, std::string(size, 'x')}, 1);
        CHECK(bytes.size() == 32 + std::min<std::size_t>(size, 512));
        const auto read = native::read_frame(bytes, true);
        REQUIRE((read.has_value() && read->has_value()));
    }
}

TEST_CASE("frame: an error frame with an unknown code is refused") {
    const auto bytes = test::frame_of({}, native::error_type, 10);
    CHECK(native::read_frame(bytes, true)->error().code == ErrorCode::bad_count);
}
