// The native listener over real loopback sockets.
#include "switch/native/frame_server.h"

#include "switch/ops/process_usage.h"
#include "tests/switch/native/world.h"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <thread>
#include <vector>

using namespace tuma;
using native::ErrorCode;
using test::Requests;
using test::World;

namespace {

std::vector<std::byte> transfer_frame(Requests& requests, std::uint64_t request_id,
                                      std::size_t count = 1) {
    std::vector<std::byte> bytes;
    const std::size_t position = native::begin_frame(bytes);
    for (std::size_t i = 0; i < count; ++i)
        native::append_command(bytes, requests.transfer(2, 3, 1));
    native::FrameHeader header;
    header.type = static_cast<std::uint8_t>(native::FrameType::transfer);
    header.count = static_cast<std::uint16_t>(count);
    header.request_id = request_id;
    header.participant = ParticipantId{7};
    native::finish_frame(bytes, position, header);
    return bytes;
}

/// True when the server has closed the connection.
bool is_closed(loadgen::NativeClient& client) {
    try {
        client.receive_any();
    } catch (const loadgen::ConnectionError&) {
        return true;
    }
    return false;
}

native::FrameError error_of(const loadgen::Reply& reply) {
    REQUIRE(reply.header.type == native::error_type);
    return native::read_error(reply.view());
}

}  // namespace

TEST_CASE("frame server: a request is answered, and a repetition gets the stored answer") {
    World world;
    Requests requests;
    auto client = world.client();
    test::open_wallets(client, requests);
    const auto request = requests.transfer(2, 3, 250);

    const auto first = client.call(request);
    const auto again = client.call(request);

    CHECK(first.code == Refusal::none);
    CHECK(first.balance == 999'750);
    CHECK_FALSE(first.is_replayed);
    CHECK(again.is_replayed);
    CHECK(again == first);
    CHECK(client.durability() == 0);
    const auto account = client.call(requests.make(core::QueryAccount{AccountId{3}, {}}));
    REQUIRE(account.account.has_value());
    CHECK(ledger::balance(account.account->account) == 250);
    CHECK(world.metrics.connections.value() == 1);
}

TEST_CASE("frame server: pipelined requests are decided and answered in the order sent") {
    World world({.io_threads = 2});
    Requests requests;
    auto client = world.client();
    test::open_wallets(client, requests);
    constexpr std::uint64_t count = 3'000;
    std::vector<std::byte> bytes;
    for (std::uint64_t id = 1; id <= count; ++id) {
        const auto frame = transfer_frame(requests, 1'000 + id);
        bytes.insert(bytes.end(), frame.begin(), frame.end());
    }
    const auto batches_before = world.metrics.batches.value();
    const auto operations_before = world.metrics.native_operations.operations.value();

    client.send_bytes(bytes);

    std::uint64_t last_transfer = 0;
    for (std::uint64_t id = 1; id <= count; ++id) {
        const auto reply = client.receive();
        REQUIRE(reply.header.request_id == 1'000 + id);
        const auto outcomes = native::read_outcomes(reply.view());
        REQUIRE(outcomes.has_value());
        REQUIRE((*outcomes)[0].code == Refusal::none);
        REQUIRE((*outcomes)[0].id > last_transfer);
        last_transfer = (*outcomes)[0].id;
    }
    // Frames of one read go to the engine together.
    CHECK(world.metrics.batches.value() - batches_before < count / 10);
    // However many shared a batch, each is an operation.
    CHECK(world.stop());
    CHECK(world.metrics.native_operations.operations.value() - operations_before == count);
    CHECK(world.metrics.native_operations.decode.value() > 0);
    CHECK(world.metrics.native_operations.reply.value() > 0);
}

TEST_CASE("frame server: a frame of 8190 transfers is answered in one frame") {
    World world;
    Requests requests;
    auto client = world.client();
    test::open_wallets(client, requests);
    client.send_bytes(transfer_frame(requests, 5, 8190));
    client.send_bytes(transfer_frame(requests, 6, 8190));
    for (const std::uint64_t id : {5U, 6U}) {
        const auto reply = client.receive();
        CHECK(reply.header.request_id == id);
        CHECK(reply.header.count == 8190);
    }
}

TEST_CASE("frame server: a frame that arrives byte by byte is a frame") {
    World world;
    Requests requests;
    auto client = world.client();
    test::open_wallets(client, requests);
    const auto frame = transfer_frame(requests, 77);
    for (const std::byte& byte : frame) client.send_bytes(std::span{&byte, 1});
    CHECK(client.receive().header.request_id == 77);
}

TEST_CASE("frame server: every bad frame is answered with its reason after the replies before it") {
    struct Row {
        const char* what;
        std::size_t at;
        std::uint32_t value;
        std::size_t bytes;
        bool is_resealed;
        ErrorCode code;
        std::uint64_t request_id;
    };
    const Row rows[] = {
        {"too short", 0, 31, 4, false, ErrorCode::bad_length, 9},
        {"too long", 0, (1U << 20U) + 1, 4, false, ErrorCode::bad_length, 9},
        {"version", 4, 2, 1, false, ErrorCode::bad_version, 9},
        {"a reply", 5, 0x86, 1, false, ErrorCode::bad_type, 9},
        {"unknown type", 5, 21, 1, false, ErrorCode::bad_type, 9},
        {"no command", 6, 0, 2, false, ErrorCode::bad_count, 9},
        {"other count", 6, 2, 2, false, ErrorCode::bad_count, 9},
        {"flipped bit", 60, 0xFF, 1, false, ErrorCode::bad_checksum, 9},
        {"currency", 80, 1, 2, true, ErrorCode::bad_command, 9},
        {"reserved", 21, 1, 1, true, ErrorCode::bad_command, 9},
    };
    World world;
    Requests requests;
    auto other = world.client();
    test::open_wallets(other, requests);
    for (const Row& row : rows) {
        CAPTURE(row.what);
        auto bytes = transfer_frame(requests, 8);
        auto bad = transfer_frame(requests, row.request_id);
        std::memcpy(bad.data() + row.at, &row.value, row.bytes);
        if (row.is_resealed) {
            native::FrameHeader header;
            std::memcpy(&header, bad.data(), sizeof(header));
            native::finish_frame(bad, 0, header);
        }
        bytes.insert(bytes.end(), bad.begin(), bad.end());
        const auto behind = transfer_frame(requests, 10);
        bytes.insert(bytes.end(), behind.begin(), behind.end());
        auto client = world.client();
        client.send_bytes(bytes);

        CHECK(client.receive_any().header.request_id == 8);
        const auto reply = client.receive_any();
        CHECK(error_of(reply).code == row.code);
        CHECK_FALSE(error_of(reply).reason.empty());
        CHECK(reply.header.request_id == row.request_id);
        CHECK(is_closed(client));
    }
    CHECK(world.metrics.frames_bad.value() == std::size(rows));
    // Only the frames before the bad ones were executed.
    const auto account = other.call(requests.make(core::QueryAccount{AccountId{3}, {}}));
    CHECK(ledger::balance(account.account->account) == static_cast<int>(std::size(rows)));
}

TEST_CASE("frame server: four bytes are enough for a bad length") {
    World world;
    auto client = world.client();
    const std::uint32_t length = 0xFFFFFFFF;
    client.send_bytes(std::as_bytes(std::span{&length, 1}));
    const auto reply = client.receive_any();
    CHECK(error_of(reply).code == ErrorCode::bad_length);
    CHECK(reply.header.request_id == 0);
    CHECK(is_closed(client));
}

TEST_CASE("frame server: a client that sends no more still gets all replies") {
    World world;
    Requests requests;
    auto client = world.client();
    test::open_wallets(client, requests);
    for (std::uint64_t id = 1; id <= 3; ++id) client.send_bytes(transfer_frame(requests, id));
    const auto half = transfer_frame(requests, 4);
    client.send_bytes(std::span{half}.first(50));
    client.finish_sending();
    for (std::uint64_t id = 1; id <= 3; ++id) CHECK(client.receive().header.request_id == id);
    CHECK(is_closed(client));
}

TEST_CASE("frame server: a begun frame must be completed in time, an idle connection need not") {
    World world({.frame_timeout = std::chrono::milliseconds{40}});
    Requests requests;
    auto idle = world.client();
    auto slow = world.client();
    test::open_wallets(idle, requests);
    const auto frame = transfer_frame(requests, 3);
    slow.send_bytes(std::span{frame}.first(frame.size() - 1));
    const auto reply = slow.receive_any();
    CHECK(error_of(reply).code == ErrorCode::too_slow);
    CHECK(reply.header.request_id == 3);
    CHECK(is_closed(slow));
    CHECK(idle.call(requests.transfer(2, 3, 1)).code == Refusal::none);
}

TEST_CASE("frame server: a connection too many is told so") {
    World world({.connections_max = 2});
    Requests requests;
    auto first = world.client();
    auto second = world.client();
    test::open_wallets(first, requests);
    CHECK(second.call(requests.transfer(2, 3, 1)).code == Refusal::none);
    auto third = world.client();
    CHECK(error_of(third.receive_any()).code == ErrorCode::too_many_connections);
    CHECK(is_closed(third));
    CHECK(world.metrics.connections_rejected.value() == 1);
    CHECK(first.call(requests.transfer(2, 3, 1)).code == Refusal::none);
}

TEST_CASE("frame server: 2,000 idle connections cost little and disturb nobody") {
    rlimit files{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &files) == 0);
    constexpr std::size_t count = 2'000;
    files.rlim_cur = std::min<rlim_t>(files.rlim_max, 2 * count + 200);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &files) == 0);
    REQUIRE(files.rlim_cur >= 2 * count + 200);
    World world;
    Requests requests;
    auto client = world.client();
    test::open_wallets(client, requests);
    const auto before = net::process_usage().resident_bytes;

    std::vector<loadgen::NativeClient> idle;
    idle.reserve(count);
    for (std::size_t i = 0; i < count; ++i) idle.push_back(world.client());

    CHECK(client.call(requests.transfer(2, 3, 1)).code == Refusal::none);
    CHECK(idle.back().call(requests.transfer(2, 3, 1)).code == Refusal::none);
    CHECK(world.metrics.connections.value() == count + 1);
    // Both ends are in this process.
    CHECK(net::process_usage().resident_bytes - before < count * 8 * 1024);
}

TEST_CASE("frame server: without a free file descriptor it accepts later") {
    World world;
    Requests requests;
    auto first = world.client();
    test::open_wallets(first, requests);
    rlimit files{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &files) == 0);
    const int next_free = ::dup(0);
    REQUIRE(next_free >= 0);
    ::close(next_free);
    // One more descriptor may be opened: the client's.
    const rlimit tight{static_cast<rlim_t>(next_free) + 1, files.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &tight) == 0);
    auto second = world.client();
    CHECK(first.call(requests.transfer(2, 3, 1)).code == Refusal::none);
    CHECK(world.metrics.connections.value() == 1);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &files) == 0);
    CHECK(second.call(requests.transfer(2, 3, 1)).code == Refusal::none);
}

TEST_CASE("frame server: a full engine answers overloaded and executes nothing") {
    World world({}, {.queue_commands_max = 10, .batches_in_flight_max = 1});
    Requests requests;
    auto client = world.client();
    test::open_wallets(client, requests);
    world.gate.shut();
    client.send_bytes(transfer_frame(requests, 1));
    world.gate.await_one();
    auto other = world.client();
    other.send_bytes(transfer_frame(requests, 2, 11));
    const auto refused_bytes = other.receive();
    CHECK(refused_bytes.header.request_id == 2);
    const auto refused = native::read_outcomes(refused_bytes.view());
    REQUIRE(refused.has_value());
    CHECK(refused->size() == 11);
    for (const auto& outcome : *refused) CHECK(outcome.code == Refusal::overloaded);
    CHECK(world.metrics.outcomes[1].value() == 11);

    other.send_bytes(transfer_frame(requests, 3, 10));
    world.gate.open();
    CHECK(other.receive().header.request_id == 3);
    CHECK(client.receive().header.request_id == 1);
    const auto account = client.call(requests.make(core::QueryAccount{AccountId{3}, {}}));
    CHECK(ledger::balance(account.account->account) == 11);
}

TEST_CASE("frame server: a client owed too many replies is not read from until it takes some") {
    World world({.reply_bytes_max = 64 * 10});
    Requests requests;
    auto client = world.client();
    test::open_wallets(client, requests);
    world.gate.shut();
    std::vector<std::byte> bytes;
    for (std::uint64_t id = 1; id <= 500; ++id) {
        const auto frame = transfer_frame(requests, id);
        bytes.insert(bytes.end(), frame.begin(), frame.end());
    }
    client.send_bytes(bytes);
    client.finish_sending();
    world.gate.await_one();
    CHECK(world.metrics.queue_commands.value() <= 10);
    world.gate.open();
    for (std::uint64_t id = 1; id <= 500; ++id) REQUIRE(client.receive().header.request_id == id);
    CHECK(is_closed(client));
}

TEST_CASE("frame server: stopping answers what was taken, says so, and closes") {
    World world;
    Requests requests;
    auto client = world.client();
    auto idle = world.client();
    test::open_wallets(client, requests);
    CHECK(idle.call(requests.transfer(2, 3, 1)).code == Refusal::none);
    world.gate.shut();
    client.send_bytes(transfer_frame(requests, 1));
    world.gate.await_one();
    world.server.stop_accepting();
    world.server.stop_reading();
    CHECK(error_of(idle.receive_any()).code == ErrorCode::shutting_down);
    CHECK(is_closed(idle));
    world.gate.open();
    CHECK(client.receive_any().header.request_id == 1);
    CHECK(error_of(client.receive_any()).code == ErrorCode::shutting_down);
    CHECK(world.stop());
    CHECK(is_closed(client));
}

TEST_CASE("frame server: stopping does not wait longer than it may") {
    World world;
    Requests requests;
    auto client = world.client();
    test::open_wallets(client, requests);
    world.gate.shut();
    client.send_bytes(transfer_frame(requests, 1));
    world.gate.await_one();
    CHECK_FALSE(world.stop(std::chrono::milliseconds{1}));
    CHECK(is_closed(client));
}

TEST_CASE("frame server: clients that vanish with requests under way harm nobody") {
    World world({.io_threads = 2});
    Requests requests;
    auto client = world.client();
    test::open_wallets(client, requests);
    for (int round = 0; round < 50; ++round) {
        auto vanishing = world.client();
        for (std::uint64_t id = 1; id <= 20; ++id)
            vanishing.send_bytes(transfer_frame(requests, id, 10));
    }
    CHECK(client.call(requests.transfer(2, 3, 1)).code == Refusal::none);
}

TEST_CASE("frame server: eight clients at once lose nothing") {
    World world({.io_threads = 3});
    Requests set_up;
    auto client = world.client();
    test::open_wallets(client, set_up);
    std::vector<std::thread> threads;
    for (std::uint32_t participant = 100; participant < 108; ++participant) {
        threads.emplace_back([&world, participant] {
            Requests requests;
            auto mine = world.client(participant);
            for (int i = 0; i < 100; ++i) {
                std::vector<core::Request> some;
                some.reserve(7);
                for (int k = 0; k < 7; ++k) some.push_back(requests.transfer(2, 3, 1));
                mine.call(some);
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    const auto account = client.call(set_up.make(core::QueryAccount{AccountId{3}, {}}));
    CHECK(ledger::balance(account.account->account) == 8 * 700);
}
