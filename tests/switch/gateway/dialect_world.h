// A switch in one process with a small dialect, virtual time and a receiver of notices.
#pragma once

#include "ledger/store/journal_store.h"
#include "ledger/store/memory_journal.h"
#include "switch/gateway/admin_api.h"
#include "tests/support/small_dialect.h"

#include <spdlog/spdlog.h>

#include <cstring>
#include <future>
#include <mutex>

namespace tuma::testing {

struct DialectWorld {
    explicit DialectWorld(ledger::State state = ledger::State(ledger::StateLimits{100, 1'000}))
        : journal(),
          core(std::move(state)),
          clock(Timestamp{std::chrono::sys_days{std::chrono::year{2026} / 11 / 29}}),
          translation({&dialect}, directory, clock,
                      [](std::string_view, std::uint64_t) { return protocols::Entropy{}; }),
          engine(
              core, journal, clock, metrics, {}, [](const std::string&) {},
              [this](std::vector<core::Effect> effects) { notifier.take(std::move(effects)); }),
          notifier(
              engine, translation, metrics,
              [this](net::Outgoing outgoing, auto done) {
                  {
                      const std::lock_guard lock(mutex);
                      outgoings.push_back(outgoing);
                  }
                  outgoing.make([this, done](std::optional<protocols::Callback> callback) {
                      done({.result = receive(callback.value())});
                  });
              },
              [this](protocols::Answer answer, net::Respond respond) {
                  gateway.carry_on(std::move(answer), std::move(respond));
              },
              1),
          history(journal, 100),
          gateway(engine, history, translation, faults, metrics, 2),
          time(clock, engine, notifier,
               [this](Timestamp now) {
                   if (is_disk_full) throw ledger::StoreError("no space");
                   kept_time = now;
               }),
          admin({gateway, translation, notifier, faults, &time}) {
        // What fails on purpose here would fill pages.
        spdlog::set_level(spdlog::level::err);
        engine.start();
        history.start();
        open(ledger::AccountKind::trust, "trust", ledger::no_floor);
        open(ledger::AccountKind::wallet, "alice", 0);
        open(ledger::AccountKind::till, "shop", 0);
        ask(core::MoveMoney{
            ledger::Purpose::issue, AccountId{1}, AccountId{2}, {100'000, Currency::kes}});
    }
    ~DialectWorld() {
        engine.drain();
        gateway.stop();
        history.stop();
        notifier.stop();
    }

    /// The reply to one request; waits for it.
    http::HttpReply get(std::string method, std::string target, std::string body = {},
                        http::Fields headers = {}) {
        http::HttpRequest request{.method = std::move(method),
                                  .target = std::move(target),
                                  .headers = std::move(headers),
                                  .body = std::move(body)};
        std::promise<http::HttpReply> promise;
        const auto respond = [&promise](http::HttpReply reply) {
            promise.set_value(std::move(reply));
        };
        if (net::AdminApi::owns(request.path()))
            admin.handle(request, respond);
        else
            gateway.handle(std::move(request), respond);
        return promise.get_future().get();
    }

    void open(ledger::AccountKind kind, const char* name, std::int64_t floor) {
        ask(core::OpenAccount{
            .kind = kind, .floor = floor, .identity = *ledger::make_identity(name)});
    }

    core::Outcome ask(core::Command command) {
        core::Request request;
        const std::uint64_t number = ++requests;
        std::memcpy(request.key.reference.data(), &number, sizeof number);
        request.key.participant = ParticipantId{1};
        request.command = std::move(command);
        std::promise<core::Outcome> promise;
        protocols::Asking asking;
        asking.requests.push_back(std::move(request));
        asking.then = [&promise](const std::vector<core::Outcome>& outcomes) -> protocols::Answer {
            promise.set_value(outcomes.front());
            return http::HttpReply{};
        };
        gateway.carry_on(std::move(asking), [](const http::HttpReply&) {});
        return promise.get_future().get();
    }

    protocols::CallbackResult receive(const protocols::Callback& callback) {
        const std::lock_guard lock(mutex);
        received.push_back(callback);
        return {.status = answer_status};
    }
    std::size_t received_count() {
        const std::lock_guard lock(mutex);
        return received.size();
    }

    std::uint64_t requests = 0;
    SmallDialect dialect;
    protocols::Directory directory;
    ledger::MemoryJournal journal;
    core::Switch core;
    net::VirtualClock clock;
    net::Metrics metrics;
    net::Translation translation;
    net::FaultRules faults;
    net::Engine engine;
    net::Notifier notifier;
    net::History history;
    net::Gateway gateway;
    net::VirtualTime time;
    net::AdminApi admin;
    std::mutex mutex;
    std::vector<protocols::Callback> received;
    std::vector<net::Outgoing> outgoings;
    int answer_status = 200;
    Timestamp kept_time{};
    bool is_disk_full = false;
};

}  // namespace tuma::testing
