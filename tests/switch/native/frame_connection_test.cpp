// Connections whose loop, engine and journal are stepped by hand.
#include "switch/native/frame_connection.h"

#include "ledger/store/memory_journal.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address_v4.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <string>
#include <vector>

using namespace tuma;
using boost::asio::ip::tcp;

namespace {

constexpr Duration frame_timeout = std::chrono::hours{1};

std::vector<std::byte> query_frame(std::size_t count = 1) {
    std::vector<std::byte> bytes;
    const std::size_t position = native::begin_frame(bytes);
    core::Request request;
    request.command = core::QueryAccount{AccountId{1}, {}};
    native::FrameHeader header;
    for (std::size_t i = 0; i < count; ++i)
        header.type = static_cast<std::uint8_t>(native::append_command(bytes, request));
    header.count = static_cast<std::uint16_t>(count);
    header.participant = ParticipantId{7};
    native::finish_frame(bytes, position, header);
    return bytes;
}

/// A frame of a kilobyte whose replies may take more than a hundred.
std::vector<std::byte> statement_frame() {
    std::vector<std::byte> bytes;
    const std::size_t position = native::begin_frame(bytes);
    native::FrameHeader header;
    header.type = static_cast<std::uint8_t>(native::FrameType::statement);
    header.count = 64;
    for (std::size_t i = 0; i < header.count; ++i)
        native::append_command(bytes, native::StatementQuery{AccountId{1}, TransferId{}, 100});
    native::finish_frame(bytes, position, header);
    return bytes;
}

/// The head of the longest frame of transfers and `arrived` bytes of the rest.
std::vector<std::byte> begun_frame(std::size_t arrived) {
    std::vector<std::byte> bytes(sizeof(native::FrameHeader) + arrived);
    native::FrameHeader header;
    header.length = static_cast<std::uint32_t>(
        sizeof(header) +
        native::commands_max * native::row(native::FrameType::transfer).command_bytes);
    header.type = static_cast<std::uint8_t>(native::FrameType::transfer);
    header.count = native::commands_max;
    std::memcpy(bytes.data(), &header, sizeof(header));
    return bytes;
}

/// Several connections of one loop; the system buffers little of what they are sent.
struct Stepped {
    explicit Stepped(const net::FrameServerLimits& limits)
        : core(ledger::State(ledger::StateLimits{10, 10})),
          clock(net::this_machine().wall(), net::this_machine()),
          engine(core, journal, clock, metrics, {}, [](const std::string&) {}),
          history(journal, 1),
          service(std::make_shared<net::FrameService>(engine, history, metrics, limits)),
          loop(std::make_shared<net::IoLoop>(service)) {
        history.start();
    }
    ~Stepped() {
        history.stop();
        for (const auto& connection : connections) connection->close();
        loop->end();
        loop->context.run();
    }

    tcp::socket connect() {
        tcp::acceptor acceptor(loop->context, {boost::asio::ip::address_v4::loopback(), 0});
        tcp::socket client(loop->context, tcp::v4());
        client.set_option(boost::asio::socket_base::receive_buffer_size(4096));
        client.connect(acceptor.local_endpoint());
        client.non_blocking(true);
        tcp::socket accepted = acceptor.accept();
        accepted.non_blocking(true);
        accepted.set_option(boost::asio::socket_base::send_buffer_size(4096));
        REQUIRE(service->admit());
        connections.push_back(std::make_shared<net::FrameConnection>(loop, std::move(accepted)));
        connections.back()->start();
        return client;
    }

    /// Runs until nothing more happens by itself; returns the most memory that was counted.
    std::size_t settle() {
        std::size_t most = 0;
        bool goes_on = true;
        while (goes_on) {
            goes_on = loop->context.poll() > 0;
            most = std::max<std::size_t>(most, service->memory_bytes);
            while (engine.step_decide()) goes_on = true;
            while (engine.step_journal()) goes_on = true;
        }
        return most;
    }

    /// Each client sends as much of its bytes as the server takes; nobody reads. Returns the most
    /// memory that was counted.
    std::size_t send_all(std::vector<tcp::socket>& clients, std::span<const std::byte> bytes) {
        std::vector<std::size_t> sent(clients.size());
        std::size_t most = 0;
        bool goes_on = true;
        while (goes_on) {
            goes_on = false;
            for (std::size_t i = 0; i < clients.size(); ++i) {
                const auto rest = bytes.subspan(sent[i]);
                boost::system::error_code blocked;
                const std::size_t count =
                    clients[i].write_some(boost::asio::buffer(rest.data(), rest.size()), blocked);
                sent[i] += count;
                goes_on = goes_on || count > 0;
            }
            most = std::max(most, settle());
        }
        return most;
    }

    ledger::MemoryJournal journal;
    core::Switch core;
    net::RealClock clock;
    net::Metrics metrics;
    net::Engine engine;
    net::History history;
    std::shared_ptr<net::FrameService> service;
    std::shared_ptr<net::IoLoop> loop;
    std::vector<std::shared_ptr<net::FrameConnection>> connections;
};

void send(tcp::socket& client, std::span<const std::byte> bytes) {
    REQUIRE(client.write_some(boost::asio::buffer(bytes.data(), bytes.size())) == bytes.size());
}

bool gets_a_reply(Stepped& stepped) {
    tcp::socket client = stepped.connect();
    send(client, query_frame());
    stepped.settle();
    return client.available() > 0;
}

}  // namespace

TEST_CASE("frame connection: time in which it was not read from does not count as slow") {
    Stepped stepped({.frame_timeout = frame_timeout, .reply_bytes_max = 1});
    tcp::socket client = stepped.connect();
    const auto connection = stepped.connections.front();
    std::vector<std::byte> bytes = query_frame();
    const auto begun = query_frame();
    bytes.insert(bytes.end(), begun.begin(), begun.end() - 1);
    send(client, bytes);
    while (stepped.metrics.queue_commands.value() == 0) stepped.loop->context.run_one();

    const auto held_back = net::Steady::now();
    CHECK_FALSE(connection->is_late(held_back + 2 * frame_timeout));
    REQUIRE(stepped.engine.step_decide());
    REQUIRE(stepped.engine.step_journal());
    while (stepped.metrics.bytes_out.value() == 0) stepped.loop->context.run_one();

    CHECK_FALSE(connection->is_late(held_back + frame_timeout));
    CHECK(connection->is_late(net::Steady::now() + frame_timeout + Duration{1}));
}

TEST_CASE("frame connection: clients that never read hold a bounded amount of memory together") {
    constexpr std::size_t budget = 1U << 20U;
    Stepped stepped({.memory_bytes_max = budget});
    std::vector<tcp::socket> clients;
    clients.reserve(40);
    for (int i = 0; i < 40; ++i) clients.push_back(stepped.connect());
    std::vector<std::byte> bytes;
    while (bytes.size() < 2'000'000) {
        const auto frame = query_frame(500);
        bytes.insert(bytes.end(), frame.begin(), frame.end());
    }

    const std::size_t most = stepped.send_all(clients, bytes);

    // Beside the budget: what one step may add, and a small request of each connection.
    CHECK(most >= budget);
    CHECK(most < budget + 2'000'000 + clients.size() * 20 * 1024);
    CHECK(gets_a_reply(stepped));
    for (const auto& connection : std::vector(stepped.connections)) connection->close();
    stepped.settle();
    CHECK(stepped.service->memory_bytes == 0);
}

TEST_CASE("frame connection: a request on its way counts with all that deciding it takes") {
    Stepped stepped({});
    tcp::socket client = stepped.connect();
    send(client, query_frame(1'000));
    while (stepped.metrics.queue_commands.value() < 1'000) stepped.loop->context.run_one();
    CHECK(stepped.service->memory_bytes >=
          1'000 * (sizeof(core::Request) + sizeof(core::Outcome) + 104));
    stepped.settle();
    CHECK(stepped.service->memory_bytes < 1'000 * sizeof(core::Outcome));
}

TEST_CASE("frame connection: frames begun and never completed hold bounded memory, and not long") {
    constexpr std::size_t budget = 1U << 20U;
    Stepped stepped({.frame_timeout = frame_timeout, .memory_bytes_max = budget});
    std::vector<tcp::socket> clients;
    clients.reserve(40);
    for (int i = 0; i < 40; ++i) clients.push_back(stepped.connect());

    const std::size_t most = stepped.send_all(clients, begun_frame(400'000));

    CHECK(most >= budget);
    CHECK(most < budget + 2'000'000 + clients.size() * 20 * 1024);
    CHECK(gets_a_reply(stepped));
    const auto later = net::Steady::now() + 2 * frame_timeout;
    for (std::size_t i = 0; i < clients.size(); ++i) {
        CAPTURE(i);
        REQUIRE(stepped.connections[i]->is_late(later));
        stepped.connections[i]->give_up();
    }
    stepped.settle();
    CHECK(stepped.service->memory_bytes < 64 * 1024);
}

TEST_CASE("frame connection: a request that waited for memory is answered when there is some") {
    // The first two are read whole but their replies are long, the third is not read whole.
    const std::vector<std::byte> frames[] = {statement_frame(), query_frame(200),
                                             query_frame(2'000)};
    for (const std::vector<std::byte>& frame : frames) {
        CAPTURE(frame.size());
        Stepped stepped({.memory_bytes_max = 100'000});
        tcp::socket hog = stepped.connect();
        send(hog, begun_frame(200'000));
        stepped.settle();
        REQUIRE(stepped.service->memory_bytes >= 100'000);
        tcp::socket client = stepped.connect();
        send(client, frame);
        client.shutdown(tcp::socket::shutdown_send);
        stepped.settle();
        CHECK(client.available() == 0);
        CHECK(stepped.metrics.connections.value() == 2);

        stepped.connections.front()->close();
        while (stepped.metrics.queue_commands.value() == 0) stepped.loop->context.run_one();
        stepped.settle();
        while (stepped.metrics.bytes_out.value() == 0) stepped.loop->context.run_one();

        CHECK(client.available() > 0);
    }
}

TEST_CASE("frame connection: taking a few bytes of much that is owed does not count as reading") {
    constexpr Duration write_timeout = std::chrono::hours{1};
    Stepped stepped({.write_timeout = write_timeout});
    std::vector<tcp::socket> clients;
    clients.push_back(stepped.connect());
    const auto connection = stepped.connections.front();
    std::vector<std::byte> bytes;
    for (int i = 0; i < 20; ++i) {
        const auto frame = query_frame(500);
        bytes.insert(bytes.end(), frame.begin(), frame.end());
    }
    stepped.send_all(clients, bytes);
    const auto stuck = net::Steady::now();
    const std::uint64_t written = stepped.metrics.bytes_out.value();
    std::vector<std::byte> some(2048);
    const auto take = [&] {
        boost::system::error_code nothing_there;
        clients[0].read_some(boost::asio::buffer(some.data(), some.size()), nothing_there);
        stepped.settle();
    };

    while (stepped.metrics.bytes_out.value() == written) take();
    REQUIRE(stepped.metrics.bytes_out.value() - written < 64 * 1024);
    CHECK(connection->is_late(stuck + write_timeout));

    while (stepped.metrics.bytes_out.value() - written < 128 * 1024) take();
    CHECK_FALSE(connection->is_late(stuck + write_timeout));
}
