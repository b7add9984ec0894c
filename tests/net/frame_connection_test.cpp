// One connection whose loop, engine and journal are stepped by hand.
#include "switch/net/frame_connection.h"

#include "ledger/memory_journal.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/write.hpp>
#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace tuma;
using boost::asio::ip::tcp;

namespace {

constexpr Duration frame_timeout = std::chrono::hours{1};

std::vector<std::byte> query_frame() {
    std::vector<std::byte> bytes;
    const std::size_t position = native::begin_frame(bytes);
    core::Request request;
    request.command = core::QueryAccount{AccountId{1}, {}};
    native::FrameHeader header;
    header.type = static_cast<std::uint8_t>(native::append_command(bytes, request));
    header.count = 1;
    header.participant = ParticipantId{7};
    native::finish_frame(bytes, position, header);
    return bytes;
}

struct Stepped {
    Stepped()
        : core(ledger::State(ledger::StateLimits{10, 10})),
          clock(Timestamp{}),
          engine(core, journal, clock, metrics, {}, [](const std::string&) {}),
          history(journal, 1),
          service(std::shared_ptr<net::FrameService>(new net::FrameService{
              .engine = engine,
              .history = history,
              .metrics = metrics,
              .limits = {.frame_timeout = frame_timeout, .reply_bytes_max = 1}})),
          loop(std::make_shared<net::IoLoop>(service)),
          client(loop->context) {
        tcp::acceptor acceptor(loop->context, {boost::asio::ip::address_v4::loopback(), 0});
        client.connect(acceptor.local_endpoint());
        tcp::socket accepted = acceptor.accept();
        accepted.non_blocking(true);
        REQUIRE(service->admit());
        connection = std::make_shared<net::FrameConnection>(loop, std::move(accepted));
        connection->start();
    }
    ~Stepped() {
        connection->close();
        loop->end();
        loop->context.run();
    }

    ledger::MemoryJournal journal;
    core::Switch core;
    net::WallClock clock;
    net::Metrics metrics;
    net::Engine engine;
    net::History history;
    std::shared_ptr<net::FrameService> service;
    std::shared_ptr<net::IoLoop> loop;
    tcp::socket client;
    std::shared_ptr<net::FrameConnection> connection;
};

}  // namespace

TEST_CASE("frame connection: time in which it was not read from does not count as slow") {
    Stepped stepped;
    std::vector<std::byte> bytes = query_frame();
    const auto begun = query_frame();
    bytes.insert(bytes.end(), begun.begin(), begun.end() - 1);
    boost::asio::write(stepped.client, boost::asio::buffer(bytes.data(), bytes.size()));
    while (stepped.metrics.queue_commands.value() == 0) stepped.loop->context.run_one();

    const auto held_back = net::Steady::now();
    CHECK_FALSE(stepped.connection->is_late(held_back + 2 * frame_timeout));
    REQUIRE(stepped.engine.step_decide());
    REQUIRE(stepped.engine.step_journal());
    while (stepped.metrics.bytes_out.value() == 0) stepped.loop->context.run_one();

    CHECK_FALSE(stepped.connection->is_late(held_back + frame_timeout));
    CHECK(stepped.connection->is_late(net::Steady::now() + frame_timeout + Duration{1}));
}
