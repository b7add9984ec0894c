// A whole switch in one process: journal in memory, engine, history and native listener.
#pragma once

#include "ledger/store/memory_journal.h"
#include "loadgen/client/native_client.h"
#include "switch/native/frame_server.h"

#include <condition_variable>
#include <mutex>
#include <string>

namespace tuma::test {

/// While shut, appends reach the disk but do not become durable.
class Gate {
public:
    void shut() {
        const std::lock_guard lock(mutex_);
        is_shut_ = true;
    }
    void open() {
        {
            const std::lock_guard lock(mutex_);
            is_shut_ = false;
        }
        changed_.notify_all();
    }
    void pass() {
        std::unique_lock lock(mutex_);
        ++waiting_;
        changed_.notify_all();
        changed_.wait(lock, [this] { return !is_shut_; });
        --waiting_;
    }
    /// Returns once somebody waits at the gate.
    void await_one() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return waiting_ > 0; });
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool is_shut_ = false;
    int waiting_ = 0;
};

struct World {
    explicit World(const net::FrameServerLimits& limits = {},
                   const net::EngineLimits& engine_limits = {})
        : journal({.before_durable = [this](std::uint64_t) { gate.pass(); }}),
          core(ledger::State(ledger::StateLimits{10'000, 100'000})),
          clock(net::this_machine().wall(), net::this_machine()),
          engine(core, journal, clock, metrics, engine_limits,
                 [this](const std::string& why) { fatal = why; }),
          history(journal, 100),
          server(engine, history, metrics, limits) {
        engine.start();
        history.start();
        endpoint = server.listen({"127.0.0.1", 0});
        server.start();
    }
    ~World() {
        gate.open();
        stop();
    }

    /// As the program stops on a signal. True when all clients got their last reply.
    bool stop(Duration deadline = std::chrono::seconds{60}) {
        server.stop_accepting();
        server.stop_reading();
        const bool is_complete = server.finish(deadline);
        gate.open();
        engine.drain();
        history.stop();
        return is_complete;
    }

    loadgen::NativeClient client(std::uint32_t participant = 7) const {
        return {{endpoint.address, endpoint.port},
                ParticipantId{participant},
                std::chrono::seconds{60}};
    }

    Gate gate;
    ledger::MemoryJournal journal;
    core::Switch core;
    net::RealClock clock;
    net::Metrics metrics;
    std::string fatal;
    net::Engine engine;
    net::History history;
    net::FrameServer server;
    net::Endpoint endpoint;
};

/// Requests with references 1, 2, 3 … of participant 7.
class Requests {
public:
    core::Request make(core::Command command) {
        core::Request request;
        request.key.participant = ParticipantId{7};
        const std::uint64_t number = ++last_;
        std::memcpy(request.key.reference.data(), &number, sizeof(number));
        request.command = std::move(command);
        return request;
    }
    core::Request open(ledger::AccountKind kind, const std::string& identity) {
        const auto floor = kind == ledger::AccountKind::trust ? ledger::no_floor : 0;
        return make(core::OpenAccount{
            .kind = kind, .floor = floor, .identity = *ledger::make_identity(identity)});
    }
    core::Request move(ledger::Purpose purpose, std::uint32_t debit, std::uint32_t credit,
                       std::int64_t amount) {
        return make(core::MoveMoney{.purpose = purpose,
                                    .debit = AccountId{debit},
                                    .credit = AccountId{credit},
                                    .amount = {amount, Currency::kes}});
    }
    core::Request transfer(std::uint32_t debit, std::uint32_t credit, std::int64_t amount) {
        return move(ledger::Purpose::transfer, debit, credit, amount);
    }

private:
    std::uint64_t last_ = 0;
};

/// Account 1 is the trust account, 2 and 3 are wallets, and 2 has 1,000,000 minor units.
inline void open_wallets(loadgen::NativeClient& client, Requests& requests) {
    const std::vector<core::Request> open{requests.open(ledger::AccountKind::trust, "trust"),
                                          requests.open(ledger::AccountKind::wallet, "alice"),
                                          requests.open(ledger::AccountKind::wallet, "bob")};
    client.call(open);
    client.call(requests.move(ledger::Purpose::issue, 1, 2, 1'000'000));
}

}  // namespace tuma::test
