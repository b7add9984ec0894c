#include "tests/simulation/simulation.h"

#include "ledger/store/recovery.h"
#include "switch/engine/history.h"
#include "tests/support/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

namespace tuma::simulation {

using ledger::MemoryJournal;

// Requests on their way from a client, and the ear for their answers.
class Simulation::Message final : public net::Submission {
public:
    explicit Message(Simulation& simulation) : simulation_(simulation) {}

    void durable(std::unique_ptr<Submission>, net::Steady::time_point) override {
        for (std::size_t i = 0; i < requests.size(); ++i)
            simulation_.hear(requests[i], outcomes.at(i), repeated[i]);
    }

    std::vector<bool> repeated;  ///< which requests were sent before, in another message

private:
    Simulation& simulation_;
};

// One run of the process, from recovery to crash.
struct Simulation::Life {
    Life(Simulation& world, ledger::MemoryFaults faults)
        : store(world.disk_, std::move(faults)),
          keys(world.keys_.path(), {.merge_runs = 3}),
          core(world.opened(store, keys)),
          start(world.start_of_clock(core.state().position.time)),
          clock(start.time, world.machine_.clocks(), start.nears_any),
          engine(core, store, clock, metrics, world.engine_limits_,
                 [this](const std::string&) { has_failed = true; }, {}, {&keys}),
          history(store) {
        world.look_at_clock(clock);
    }

    MemoryJournal store;
    ledger::KeyIndex keys;
    core::Switch core;
    net::ClockStart start;
    net::RealClock clock;
    net::Metrics metrics;
    net::Engine engine;
    net::HistoryReader history;
    bool has_failed = false;
};

Simulation::Simulation(std::uint64_t seed)
    : traffic_(seed * 0x9E3779B97F4A7C15ULL + 1, testing::Traffic::Schemes::one) {
    // Shortly before midnight UTC, so that what is settled the day after falls due on the way.
    machine_.wall = Timestamp{std::chrono::hours{24 * 365} - std::chrono::seconds{40}};
    const bool has_room = traffic_.chance(80);
    // When it is full, all keys have to be looked for, new ones in vain.
    has_full_filter_ = traffic_.chance(50);
    limits_.accounts_max = 20 + traffic_.below(8);
    limits_.request_keys_max = has_room ? 1'024 : 1 + traffic_.below(40);
    limits_.request_keys_retention = std::chrono::hours{2};
    limits_.key_filter_bytes = has_full_filter_ ? 1 : 1'024;
    engine_limits_.queue_commands_max = 8 + traffic_.below(60);
    engine_limits_.batch_commands_max = 1 + traffic_.below(16);
    engine_limits_.batches_in_flight_max = 1 + traffic_.below(4);
}

Simulation::~Simulation() = default;

void Simulation::require(bool kept, std::string_view promise) const {
    if (!kept) throw BrokenPromise(std::string(promise));
}

void Simulation::run() {
    sent_ = traffic_.opening();
    for (const core::Request& request : sent_) {
        network_.push_back(std::make_unique<Message>(*this));
        network_.back()->requests = {request};
        network_.back()->repeated = {false};
    }
    const std::uint64_t lives = 2 + traffic_.below(4);
    for (std::uint64_t i = 0; i < lives; ++i) live();

    // At last a process that nobody kills: all is answered, all reservations end.
    Life life(*this, {});
    store_ = &life.store;
    settle_down(life);
    machine_.pass(std::chrono::minutes{10});
    settle_down(life);
    require(life.core.state().books.open_reservations() == 0, "reservations end in time");
    const auto next = life.core.next_deadline();
    require(!next || *next > life.clock.now(), "settlements are closed in time");
    disk_ = life.store.disk();
    require(replay_by_hand(false).hash() == life.core.state().hash(),
            "the journal replayed gives the state of who wrote it");
    check_history();
}

void Simulation::live() {
    ledger::MemoryFaults faults;
    if (traffic_.chance(50)) {
        faults.failing_append = 1 + traffic_.below(25);
        faults.stored_by_failing_append = traffic_.below(4);
    }
    Life life(*this, faults);
    store_ = &life.store;
    expected_.reset();
    const std::uint64_t steps = 20 + traffic_.below(100);
    for (std::uint64_t i = 0; i < steps && !life.has_failed; ++i)
        if (!act(life)) break;
    if (!life.has_failed && traffic_.chance(30)) settle_down(life);
    kill(life);
}

// One thing that happens next. False when the process is killed.
bool Simulation::act(Life& life) {
    if (traffic_.chance(12)) look_after_keys(life);
    const std::uint64_t what = traffic_.below(100);
    if (what < 25)
        send(life);
    else if (what < 55)
        deliver(life);
    else if (what < 73)
        life.engine.step_decide();
    else if (what < 90)
        life.engine.step_journal();
    else if (what < 98)
        advance(life);
    else if (what < 99)
        save(life.core.state());
    else
        return !traffic_.chance(50);
    return true;
}

void Simulation::look_after_keys(Life& life) {
    if (traffic_.chance(50))
        life.engine.step_look_up();
    else if (traffic_.chance(80))
        life.keys.step_write();
    else
        life.keys.step_merge();
}

void Simulation::advance(Life& life) {
    if (traffic_.chance(70))
        machine_.pass(Duration{static_cast<std::int64_t>(traffic_.below(10'000))});
    else if (traffic_.chance(50))
        machine_.pass(std::chrono::seconds{traffic_.below(30)});
    else
        set_wall_clock();
    if (traffic_.chance(50)) look_at_clock(life.clock);
}

void Simulation::look_at_clock(net::RealClock& clock) {
    const net::ClockLook look = clock.look();
    if (look.jumped != Duration{}) ++tally_[look.is_followed ? "small jumps" : "jumps of days"];
    mark_ = net::ClockMark{.boot = std::to_string(boots_),
                           .steady = look.steady,
                           .wall = look.wall,
                           .time = look.time,
                           .nears_any = clock.nears_any()};
}

// By seconds, by days, or back to the time that it is.
void Simulation::set_wall_clock() {
    const bool is_forwards = traffic_.chance(50);
    Duration by = traffic_.chance(50) ? Duration{std::chrono::seconds{traffic_.below(20)}}
                                      : Duration{std::chrono::days{1 + traffic_.below(9)}};
    if (traffic_.chance(20))
        by = -set_by_;
    else if (!is_forwards)
        by = -by;
    machine_.wall += by;
    set_by_ += by;
}

// Sometimes the machine was started anew as well, which sets its clock right.
net::ClockStart Simulation::start_of_clock(Timestamp books) {
    if (traffic_.chance(20)) {
        ++boots_;
        ++tally_["starts of the machine"];
        machine_.wall -= set_by_;
        set_by_ = {};
        machine_.steady = std::chrono::seconds{20};
    }
    return net::clock_start({.books = books,
                             .mark = mark_,
                             .boot = std::to_string(boots_),
                             .steady = machine_.steady,
                             .wall = machine_.wall});
}

core::Request Simulation::repeated(const Life& life) {
    const core::Request& before = sent_[traffic_.below(sent_.size())];
    ++tally_["retries"];
    if (!traffic_.chance(8)) return before;
    ++tally_["modified retries"];
    return traffic_.modified(before, life.core.state().position.next_transfer.value, machine_.wall);
}

void Simulation::send(const Life& life) {
    auto message = std::make_unique<Message>(*this);
    const std::uint64_t count = 1 + traffic_.below(4);
    for (std::uint64_t i = 0; i < count; ++i) {
        const bool again = traffic_.chance(35);
        core::Request request;
        if (traffic_.chance(5)) {
            request = sent_[traffic_.below(sent_.size())];
            request.command = core::QueryRequest{};
        } else if (traffic_.chance(5)) {
            request.command = core::QueryAccount{
                AccountId{static_cast<std::uint32_t>(1 + traffic_.below(20))}, {}};
        } else if (again) {
            request = repeated(life);
        } else {
            request =
                traffic_.next(life.core.state().position.next_transfer.value - 1, machine_.wall);
            sent_.push_back(request);
        }
        message->requests.push_back(std::move(request));
        message->repeated.push_back(again);
    }
    network_.push_back(std::move(message));
}

void Simulation::give_original(Life& life, core::Reverse& reverse) {
    reverse.records = life.history.set_from(reverse.original);
    if (const auto entry = life.history.find(reverse.original)) reverse.original_time = entry->time;
}

// Any message arrives next; some stay on the way for long, over the end of the process even.
void Simulation::deliver(Life& life) {
    if (network_.empty()) return;
    // The first messages open the accounts, and mostly arrive in order.
    const std::size_t picked = traffic_.chance(60) ? 0 : traffic_.below(network_.size());
    std::unique_ptr<Message> message = std::move(network_[picked]);
    network_.erase(network_.begin() + static_cast<std::ptrdiff_t>(picked));
    for (core::Request& request : message->requests)
        if (auto* reverse = std::get_if<core::Reverse>(&request.command))
            give_original(life, *reverse);
    const std::vector<core::Request> requests = message->requests;
    if (life.engine.submit(std::move(message))) {
        ++tally_["overloaded"];
        return;
    }
    for (const core::Request& request : requests) taken_.emplace(request.key, request.digest);
}

// Everything that was sent arrives and is answered.
void Simulation::settle_down(Life& life) {
    bool is_busy = true;
    while (is_busy && !life.has_failed) {
        is_busy = !network_.empty();
        deliver(life);
        while (life.engine.step_decide()) is_busy = true;
        while (life.engine.step_journal()) is_busy = true;
        while (life.engine.step_look_up()) is_busy = true;
        while (life.keys.step_write()) is_busy = true;
    }
    if (!life.has_failed) expected_ = life.core.state().hash();
}

// A file of keys can be lost or altered while nothing runs; the journal has everything.
void Simulation::damage_keys() {
    if (!traffic_.chance(8)) return;
    const auto files = ledger::list_key_runs(keys_.path());
    if (files.empty()) return;
    const auto& path = files[traffic_.below(files.size())];
    ++tally_["damaged files of keys"];
    if (traffic_.chance(50))
        std::filesystem::remove(path);
    else
        std::filesystem::resize_file(path, traffic_.below(std::filesystem::file_size(path)));
}

void Simulation::kill(Life& life) {
    disk_ = life.store.disk();
    const std::size_t not_durable = life.store.not_durable();
    ++tally_[life.has_failed ? "failed appends" : "kills"];
    tally_["keys found on disk"] += life.metrics.keys_found_on_disk.value();
    tally_["keys looked for in vain"] +=
        life.metrics.key_look_ups.value() - life.metrics.keys_found_on_disk.value();
    damage_keys();
    if (not_durable == 0) return;
    // What the disk had not confirmed may be there, gone, or there in part.
    const std::size_t lost = traffic_.below(not_durable + 1);
    tally_["lost batches"] += lost;
    std::optional<std::size_t> torn_at;
    if (lost < not_durable && traffic_.chance(50)) {
        torn_at = traffic_.below(disk_[disk_.size() - lost - 1].size());
        ++tally_["torn batches"];
    }
    disk_ = ledger::after_crash(std::move(disk_), lost, torn_at);
}

}  // namespace tuma::simulation
