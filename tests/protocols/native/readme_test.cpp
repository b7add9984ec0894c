// The protocol's README tells the truth: its tables and its worked example are compared with the
// code.
#include "protocols/native/messages.h"
#include "tests/protocols/native/arbitrary.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

using namespace tuma;
using native::FrameType;

namespace {

std::vector<std::string> readme_lines() {
    std::ifstream file(TUMA_SOURCE_DIR "/protocols/native/README.md");
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    REQUIRE(lines.size() > 100);
    return lines;
}

/// The cells of a table's row, trimmed.
std::vector<std::string> cells(const std::string& line) {
    std::vector<std::string> result;
    std::istringstream stream(line.substr(1));
    for (std::string cell; std::getline(stream, cell, '|');) {
        const auto first = cell.find_first_not_of(' ');
        const auto last = cell.find_last_not_of(' ');
        result.push_back(first == std::string::npos ? "" : cell.substr(first, last - first + 1));
    }
    return result;
}

/// The rows of the first table behind the line `heading`, without its head.
std::vector<std::vector<std::string>> table_under(const std::string& heading) {
    std::vector<std::vector<std::string>> rows;
    bool is_under = false;
    for (const std::string& line : readme_lines()) {
        if (line == heading) is_under = true;
        if (!is_under) continue;
        if (line.starts_with("|"))
            rows.push_back(cells(line));
        else if (!rows.empty())
            break;
    }
    CAPTURE(heading);
    REQUIRE(rows.size() > 2);
    rows.erase(rows.begin(), rows.begin() + 2);
    return rows;
}

/// The bytes of the hexadecimal block that is fenced as `fence`.
std::vector<std::byte> block(const std::string& fence) {
    std::vector<std::byte> bytes;
    bool is_inside = false;
    for (const std::string& line : readme_lines()) {
        if (line == "```") is_inside = false;
        std::istringstream stream(line);
        for (std::string pair; is_inside && stream >> pair;)
            bytes.push_back(static_cast<std::byte>(std::stoi(pair, nullptr, 16)));
        if (line == "```" + fence) is_inside = true;
    }
    return bytes;
}

std::string hex_lines(std::span<const std::byte> bytes) {
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        text += fmt::format("{:02x}{}", std::to_integer<int>(bytes[i]), i % 16 == 15 ? '\n' : ' ');
    return text;
}

Timestamp time_of(std::string_view text) {
    const auto time = parse_timestamp(text);
    REQUIRE(time.has_value());
    return *time;
}

/// What the README says about its example.
core::Request example_request() {
    core::Request request;
    request.key.participant = ParticipantId{7};
    const auto reference = std::as_bytes(std::span{"invoice-00000042"}).first(16);
    std::ranges::copy(reference, request.key.reference.begin());
    request.valid_until = time_of("2026-01-02T03:04:05.000000Z");
    request.command = core::MoveMoney{ledger::Purpose::transfer, AccountId{2}, AccountId{3},
                                      *Money::parse("123.45", Currency::kes), 42};
    return request;
}

core::Outcome example_outcome() {
    return {.code = Refusal::none,
            .id = 1001,
            .time = time_of("2026-01-01T12:00:00.000001Z"),
            .balance = Money::parse("876.55", Currency::kes)->minor,
            .account = {}};
}

}  // namespace

TEST_CASE("native readme: the table of frame types is the code's") {
    const auto rows = table_under("## Frame types");
    REQUIRE(rows.size() == native::frame_table().size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const native::FrameRow& row = native::frame_table()[i];
        CAPTURE(row.name);
        CHECK(rows[i][0] == std::to_string(static_cast<int>(row.type)));
        CHECK(rows[i][1] == row.name);
        CHECK(rows[i][2] == std::to_string(row.command_bytes));
        CHECK(std::stoul(rows[i][3]) == row.result_bytes);
        CHECK(rows[i][4] == std::to_string(row.count_max));
    }
}

TEST_CASE("native readme: the fields of every table join without a gap and make up its size") {
    struct Row {
        const char* heading;
        std::size_t bytes;
    };
    const auto command = [](FrameType type) { return native::row(type).command_bytes; };
    const auto result = [](FrameType type) { return native::row(type).result_bytes; };
    const Row rows[] = {
        {"## Frame header", sizeof(native::FrameHeader)},
        {"### open_account", command(FrameType::open_account)},
        {"### issue, redeem, deposit, withdraw, transfer, pay_merchant, refund, disburse, "
         "bank_transfer, reserve",
         command(FrameType::reserve)},
        {"### linked", command(FrameType::linked)},
        {"### settle, release, reverse", command(FrameType::reverse)},
        {"### change_account", command(FrameType::change_account)},
        {"### query_account", command(FrameType::query_account)},
        {"### query_request", command(FrameType::query_request)},
        {"### query_transfer", command(FrameType::query_transfer)},
        {"### statement", command(FrameType::statement)},
        {"### outcome (32 bytes)", result(FrameType::transfer)},
        {"### outcome of query_account (104 bytes)", result(FrameType::query_account)},
        {"### outcome of query_transfer (160 bytes)", result(FrameType::query_transfer)},
        {"### page of statement (16 bytes)", result(FrameType::statement)},
        {"### entry of statement (136 bytes)", 8 + sizeof(ledger::TransferRecord)},
    };
    for (const Row& row : rows) {
        CAPTURE(row.heading);
        std::size_t end = 0;
        for (const auto& field : table_under(row.heading)) {
            CAPTURE(field[3]);
            CHECK(std::stoul(field[0]) == end);
            end += std::stoul(field[1]);
        }
        CHECK(end == row.bytes);
    }
}

TEST_CASE("native readme: the tables of codes are the code's") {
    const auto codes = table_under("## Codes");
    REQUIRE(codes.size() == refusal_table().size());
    for (std::size_t i = 0; i < codes.size(); ++i) {
        const RefusalRow& row = refusal_table()[i];
        CAPTURE(row.name);
        CHECK(codes[i][0] == std::to_string(static_cast<int>(row.refusal)));
        CHECK(codes[i][1] == row.name);
        CHECK(codes[i][2] == (row.is_transient ? "yes" : ""));
        CHECK(codes[i][3] == row.sentence);
    }
    const auto errors = table_under("## Error frame");
    REQUIRE(errors.size() == 9);
    for (std::size_t i = 0; i < errors.size(); ++i) {
        CHECK(errors[i][0] == std::to_string(i + 1));
        CHECK(errors[i][1] == native::name(*native::find_error(static_cast<std::uint16_t>(i + 1))));
    }
}

TEST_CASE("native readme: the example request decodes to what is said about it") {
    const auto bytes = block("request");
    std::vector<std::byte> body;
    native::append_command(body, example_request());
    const auto expected = test::frame_of(body, 6, 1, ParticipantId{7}, 42);
    CHECK(hex_lines(bytes) == hex_lines(expected));

    const auto frame = native::read_frame(bytes, false);
    REQUIRE((frame.has_value() && frame->has_value()));
    std::vector<core::Request> requests;
    REQUIRE_FALSE(native::read_requests(**frame, requests));
    REQUIRE(requests.size() == 1);
    CHECK(test::same(requests[0], example_request()));
    CHECK((**frame).header.request_id == 42);
}

TEST_CASE("native readme: the example reply decodes to what is said about it") {
    const auto bytes = block("reply");
    std::vector<std::byte> expected;
    const std::size_t position = native::begin_frame(expected);
    native::append_outcome(expected, FrameType::transfer, example_outcome());
    native::FrameHeader header;
    header.type = test::reply_type(FrameType::transfer);
    header.count = 1;
    header.request_id = 42;
    header.participant = ParticipantId{7};
    header.durability = 1;
    native::finish_frame(expected, position, header);
    CHECK(hex_lines(bytes) == hex_lines(expected));

    const auto frame = native::read_frame(bytes, true);
    REQUIRE((frame.has_value() && frame->has_value()));
    const auto outcomes = native::read_outcomes(**frame);
    REQUIRE(outcomes.has_value());
    REQUIRE(outcomes->size() == 1);
    CHECK(test::same((*outcomes)[0], example_outcome()));
}
