// Commands and results survive the way over the wire, and nothing else gets through.
#include "protocols/native/messages.h"

#include "tests/protocols/native/arbitrary.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <chrono>
#include <cstring>
#include <set>

using namespace tuma;
using native::ErrorCode;
using native::FrameType;
using native::FrameView;

namespace {

constexpr ParticipantId participant{7};

bool is_core_command(FrameType type) {
    return type != FrameType::query_transfer && type != FrameType::statement;
}

FrameView view_of(const std::vector<std::byte>& bytes, bool is_reply = false) {
    const auto read = native::read_frame(bytes, is_reply);
    REQUIRE(read.has_value());
    if (!read->has_value()) FAIL(read->error().reason);
    return **read;
}

core::Request transfer_request() {
    core::Request request;
    request.key.participant = participant;
    request.key.reference.fill(std::byte{0x11});
    request.command = core::MoveMoney{
        ledger::Purpose::transfer, AccountId{2}, AccountId{3}, {500, Currency::kes}, 9};
    return request;
}

std::vector<std::byte> command_bytes(const core::Request& request) {
    std::vector<std::byte> body;
    native::append_command(body, request);
    return body;
}

/// A command that is accepted, to be spoilt.
std::vector<std::byte> valid_command(FrameType type) {
    core::Request request = transfer_request();
    switch (type) {
        case FrameType::reserve:
            request.command = core::Reserve{};
            break;
        case FrameType::open_account:
            request.command = core::OpenAccount{};
            break;
        case FrameType::linked: {
            core::MoveLinked linked;
            linked.leg_count = 1;
            linked.legs[0] = {AccountId{1}, AccountId{2}, 3};
            request.command = linked;
            break;
        }
        case FrameType::release:
            request.command = core::Release{TransferId{4}, 0};
            break;
        case FrameType::change_account:
            request.command = core::ChangeAccount{};
            break;
        case FrameType::query_account:
            request.command = core::QueryAccount{AccountId{4}, {}};
            break;
        default:
            break;
    }
    return command_bytes(request);
}

}  // namespace

TEST_CASE("messages: every kind of request comes back as it was sent, with its digest") {
    for (const native::FrameRow& row : native::frame_table()) {
        if (!is_core_command(row.type)) continue;
        CAPTURE(row.name);
        CHECK(rc::check([&row] {
            std::vector<core::Request> sent;
            std::vector<std::byte> body;
            const auto count = *rc::gen::inRange<std::size_t>(1, 6);
            for (std::size_t i = 0; i < count; ++i) {
                sent.push_back(test::any_request(row.type, participant));
                RC_ASSERT(native::append_command(body, sent.back()) == row.type);
            }
            RC_ASSERT(body.size() == count * row.command_bytes);
            const auto bytes = test::frame_of(body, static_cast<std::uint8_t>(row.type), count);
            const auto frame = native::read_frame(bytes, false);
            RC_ASSERT(frame.has_value());
            RC_ASSERT(frame->has_value());

            std::vector<core::Request> received;
            const auto refused = native::read_requests(**frame, received);

            RC_ASSERT(!refused.has_value());
            RC_ASSERT(received.size() == sent.size());
            for (std::size_t i = 0; i < count; ++i) {
                RC_ASSERT(test::same(received[i], sent[i]));
                RC_ASSERT(received[i].digest == native::digest_of(sent[i]));
            }
        }));
    }
}

TEST_CASE("messages: queries of the journal come back as they were sent") {
    std::vector<std::byte> body;
    native::append_command(body, native::QueryTransfer{TransferId{0x0102030405060708}});
    native::append_command(body, native::QueryTransfer{TransferId{9}});
    std::vector<native::QueryTransfer> transfers;
    const auto bytes = test::frame_of(body, 16, 2);
    REQUIRE_FALSE(native::read_queries(view_of(bytes), transfers));
    REQUIRE(transfers.size() == 2);
    CHECK(transfers[0].transfer.value == 0x0102030405060708);
    CHECK(transfers[1].transfer.value == 9);

    body.clear();
    native::append_command(body, native::StatementQuery{AccountId{5}, TransferId{77}, 100});
    std::vector<native::StatementQuery> statements;
    const auto statement_bytes = test::frame_of(body, 17, 1);
    REQUIRE_FALSE(native::read_queries(view_of(statement_bytes), statements));
    REQUIRE(statements.size() == 1);
    CHECK(statements[0].account.value == 5);
    CHECK(statements[0].before.value == 77);
    CHECK(statements[0].limit == 100);
}

TEST_CASE("messages: a statement's limit is 1 to 100") {
    for (const std::uint32_t limit : {0U, 101U, 0xFFFFFFFFU}) {
        CAPTURE(limit);
        std::vector<std::byte> body;
        native::append_command(body, native::StatementQuery{AccountId{5}, {}, limit});
        const auto bytes = test::frame_of(body, 17, 1);
        std::vector<native::StatementQuery> statements;
        const auto refused = native::read_queries(view_of(bytes), statements);
        REQUIRE(refused.has_value());
        CHECK(refused->code == ErrorCode::bad_command);
        CHECK(statements.empty());
    }
}

TEST_CASE("messages: the digest tells every byte but the reference, and the frame type") {
    for (const native::FrameRow& row : native::frame_table()) {
        if (!is_core_command(row.type)) continue;
        CAPTURE(row.name);
        std::vector<std::byte> body(row.command_bytes);
        // The smallest command of each type that is accepted.
        core::Request request;
        request.key.participant = participant;
        rc::check("one request", [&] { request = test::any_request(row.type, participant); });
        body = command_bytes(request);
        const Digest digest = native::digest_of(request);

        std::set<Digest> seen{digest};
        std::vector<core::Request> read;
        const bool has_reference = row.type != FrameType::query_account;
        for (std::size_t at = 0; at < body.size(); ++at) {
            auto changed = body;
            changed[at] ^= std::byte{1};
            const auto bytes = test::frame_of(changed, static_cast<std::uint8_t>(row.type), 1);
            read.clear();
            if (native::read_requests(view_of(bytes), read)) continue;
            CAPTURE(at);
            if (has_reference && at < sizeof(Reference))
                CHECK(read[0].digest == digest);
            else
                CHECK(seen.insert(read[0].digest).second);
        }
    }

    std::set<Digest> by_type;
    for (std::uint8_t purpose = 1; purpose <= 6; ++purpose) {
        core::Request request = transfer_request();
        std::get<core::MoveMoney>(request.command).purpose = static_cast<ledger::Purpose>(purpose);
        CHECK(by_type.insert(native::digest_of(request)).second);
    }
}

TEST_CASE("messages: the digest never changes, because the journal keeps it") {
    const Digest digest = native::digest_of(transfer_request());
    CHECK(ledger::hex(digest) == "198ba704797bdb782e4a316fce674a72");
}

TEST_CASE("messages: a field that holds what it may not is refused by name") {
    struct Row {
        FrameType type;
        std::size_t at;
        std::uint8_t value;
        const char* reason;
    };
    const Row rows[] = {
        {FrameType::transfer, 49, 0x77, "command 1: currency is not a known ISO 4217 number"},
        {FrameType::transfer, 50, 1, "command 1: a reserved byte is not 0"},
        {FrameType::transfer, 55, 1, "command 1: a reserved byte is not 0"},
        {FrameType::transfer, 56, 1, "command 1: timeout is not 0, and only reserve has one"},
        {FrameType::reserve, 51, 1, "command 1: a reserved byte is not 0"},
        {FrameType::open_account, 73, 0x77, "command 1: currency is not a known ISO 4217 number"},
        {FrameType::open_account, 74, 0, "command 1: kind is not in the chart of accounts"},
        {FrameType::open_account, 74, 12, "command 1: kind is not in the chart of accounts"},
        {FrameType::open_account, 78, 1, "command 1: a reserved byte is not 0"},
        {FrameType::linked, 33, 0x77, "command 1: currency is not a known ISO 4217 number"},
        {FrameType::linked, 35, 1, "command 1: a reserved byte is not 0"},
        {FrameType::linked, 39, 1, "command 1: a reserved byte is not 0"},
        {FrameType::linked, 34, 0, "command 1: a leg behind leg_count is not 0"},
        {FrameType::release, 24, 1, "command 1: amount is not 0, and release gives all back"},
        {FrameType::change_account, 28, 0,
         "command 1: change is not 1 (freeze), 2 (unfreeze) or 3 (close)"},
        {FrameType::change_account, 28, 4,
         "command 1: change is not 1 (freeze), 2 (unfreeze) or 3 (close)"},
        {FrameType::change_account, 31, 1, "command 1: a reserved byte is not 0"},
        {FrameType::query_account, 36, 1, "command 1: a reserved byte is not 0"},
        {FrameType::query_account, 0, 'a',
         "command 1: identity is not 0 although account names the account"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.at);
        CAPTURE(row.reason);
        const auto good = valid_command(row.type);
        auto body = good;
        body.insert(body.end(), good.begin(), good.end());
        body[good.size() + row.at] = std::byte{row.value};
        const auto bytes = test::frame_of(body, static_cast<std::uint8_t>(row.type), 2);
        std::vector<core::Request> read(1);

        const auto refused = native::read_requests(view_of(bytes), read);

        REQUIRE(refused.has_value());
        CHECK(refused->code == ErrorCode::bad_command);
        CHECK(refused->reason == row.reason);
        CHECK(read.size() == 1);
    }
}

TEST_CASE("messages: a header's reserved bytes must be zero and the participant must not") {
    const auto body = command_bytes(transfer_request());
    struct Row {
        std::size_t at;
        std::uint8_t value;
    };
    for (const Row row : {Row{20, 1}, Row{21, 1}, Row{23, 1}, Row{24, 1}, Row{27, 0x80}}) {
        CAPTURE(row.at);
        auto bytes = test::frame_of(body, 6, 1);
        native::FrameHeader header;
        std::memcpy(&header, bytes.data(), sizeof(header));
        std::memcpy(reinterpret_cast<std::byte*>(&header) + row.at, &row.value, 1);
        native::finish_frame(bytes, 0, header);
        std::vector<core::Request> read;
        const auto refused = native::read_requests(view_of(bytes), read);
        REQUIRE(refused.has_value());
        CHECK(refused->code == ErrorCode::bad_command);
    }
    const auto bytes = test::frame_of(body, 6, 1, ParticipantId{0});
    std::vector<core::Request> read;
    const auto refused = native::read_requests(view_of(bytes), read);
    REQUIRE(refused.has_value());
    CHECK(refused->reason == "header: participant 0 is the switch itself");
}

TEST_CASE("messages: every kind of outcome comes back as it was sent") {
    for (const native::FrameRow& row : native::frame_table()) {
        if (!is_core_command(row.type)) continue;
        CAPTURE(row.name);
        CHECK(rc::check([&row] {
            std::vector<core::Outcome> sent;
            std::vector<std::byte> body;
            const auto count = *rc::gen::inRange<std::size_t>(1, 5);
            for (std::size_t i = 0; i < count; ++i) {
                const bool has_account =
                    row.type == FrameType::query_account && *rc::gen::arbitrary<bool>();
                sent.push_back(test::any_outcome(has_account));
                native::append_outcome(body, row.type, sent.back());
            }
            RC_ASSERT(body.size() == count * row.result_bytes);
            const auto bytes = test::frame_of(body, test::reply_type(row.type), count);
            const auto frame = native::read_frame(bytes, true);
            RC_ASSERT(frame.has_value());
            RC_ASSERT(frame->has_value());

            const auto received = native::read_outcomes(**frame);

            RC_ASSERT(received.has_value());
            RC_ASSERT(received->size() == count);
            for (std::size_t i = 0; i < count; ++i) RC_ASSERT(test::same((*received)[i], sent[i]));
        }));
    }
}

TEST_CASE("messages: records and statements come back as they were sent") {
    CHECK(rc::check([] {
        std::vector<native::RecordAnswer> answers{{Refusal::none, test::any_entry()},
                                                  {Refusal::transfer_not_found, {}}};
        std::vector<std::byte> body;
        for (const auto& answer : answers) native::append_record(body, answer);
        const auto bytes = test::frame_of(body, test::reply_type(FrameType::query_transfer), 2);
        const auto frame = native::read_frame(bytes, true);
        RC_ASSERT(frame && frame->has_value());
        const auto received = native::read_records(**frame);
        RC_ASSERT(received.has_value());
        RC_ASSERT(*received == answers);
    }));
    CHECK(rc::check([] {
        std::vector<native::StatementPage> pages(3);
        for (auto& page : pages) {
            page.next = test::any_transfer();
            const auto count = *rc::gen::inRange<std::size_t>(0, 4);
            for (std::size_t i = 0; i < count; ++i) page.entries.push_back(test::any_entry());
        }
        pages[1] = {Refusal::account_not_found, {}, {}};
        std::vector<std::byte> body;
        for (const auto& page : pages) native::append_statement(body, page);
        const auto bytes = test::frame_of(body, test::reply_type(FrameType::statement), 3);
        const auto frame = native::read_frame(bytes, true);
        RC_ASSERT(frame && frame->has_value());
        const auto received = native::read_statements(**frame);
        RC_ASSERT(received.has_value());
        RC_ASSERT(*received == pages);
    }));
}

TEST_CASE("messages: the largest statement reply fits a frame") {
    std::vector<std::byte> body;
    native::StatementPage page;
    ledger::TransferRecord record;
    record.id = TransferId{1};
    record.debit = AccountId{1};
    record.credit = AccountId{2};
    record.amount = 1;
    page.entries.assign(native::statement_entries_max, {record, Timestamp{}});
    for (std::size_t i = 0; i < native::statement_commands_max; ++i)
        native::append_statement(body, page);
    const auto bytes = test::frame_of(body, test::reply_type(FrameType::statement),
                                      native::statement_commands_max);
    const auto read = native::read_statements(view_of(bytes, true));
    REQUIRE(read.has_value());
    CHECK(read->size() == native::statement_commands_max);
}

TEST_CASE("messages: results that no server writes are refused") {
    std::vector<std::byte> body;
    native::append_outcome(body, FrameType::query_account, {});
    struct Row {
        std::size_t at;
        std::uint8_t value;
        const char* what;
    };
    // Offsets of code, flags, reserved, and behind the account's number of kind, state, reserved.
    const Row rows[] = {{1, 0xFF, "code"},     {2, 2, "flags"},  {4, 1, "reserved"},
                        {98, 77, "kind"},      {99, 3, "state"}, {100, 1, "reserved"},
                        {97, 0x77, "currency"}};
    core::AccountView account{AccountId{1}, {}};
    for (const Row& row : rows) {
        CAPTURE(row.what);
        std::vector<std::byte> changed;
        core::Outcome outcome;
        outcome.account = account;
        native::append_outcome(changed, FrameType::query_account, outcome);
        changed[row.at] = std::byte{row.value};
        const auto bytes = test::frame_of(changed, test::reply_type(FrameType::query_account), 1);
        const auto read = native::read_outcomes(view_of(bytes, true));
        REQUIRE_FALSE(read.has_value());
        CHECK(read.error().code == ErrorCode::bad_command);
    }

    std::vector<std::byte> statement;
    native::append_statement(statement, {});
    statement.push_back(std::byte{0});
    const auto longer = test::frame_of(statement, test::reply_type(FrameType::statement), 1);
    CHECK_FALSE(native::read_statements(view_of(longer, true)).has_value());
    statement.pop_back();
    statement[2] = std::byte{1};
    const auto missing = test::frame_of(statement, test::reply_type(FrameType::statement), 1);
    CHECK_FALSE(native::read_statements(view_of(missing, true)).has_value());
}
