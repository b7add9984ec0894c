// Switch time against a machine whose wall clock is set forwards and back.
#include "switch/engine/clock.h"

#include "ledger/store/memory_journal.h"
#include "switch/engine/clock_start.h"
#include "switch/engine/engine.h"
#include "tests/support/fake_machine.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>

#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <vector>

using namespace tuma;
using namespace tuma::net;
using namespace std::chrono_literals;
using testing::FakeMachine;

namespace {

using std::chrono::days;

// Time passes, and the clock is looked at ten times a second.
void pass_watched(FakeMachine& machine, RealClock& clock, Duration duration) {
    for (Duration gone{}; gone < duration; gone += 100ms) {
        machine.pass(100ms);
        clock.look();
    }
}

struct StartedClock {
    FakeMachine machine;
    RealClock clock{machine.wall, machine.clocks()};
};

class HeardOutcomes final : public Submission {
public:
    explicit HeardOutcomes(std::vector<core::Outcome>& heard) : heard_(heard) {}
    void durable(std::unique_ptr<Submission>, Steady::time_point) override { heard_ = outcomes; }

private:
    std::vector<core::Outcome>& heard_;
};

constexpr Timestamp that_day{std::chrono::sys_days{std::chrono::year{2026} / 11 / 29}};

// A mark of an hour ago on the same start of the machine, whose clock was right.
ClockMark mark_of_an_hour_ago() {
    return {
        .boot = "this", .steady = 10h, .wall = that_day - 1h, .time = that_day - 1h, .starts = 1};
}

ClockFacts an_hour_later() {
    return {.books = that_day - 1h,
            .mark = mark_of_an_hour_ago(),
            .boot = "this",
            .steady = 11h,
            .wall = that_day};
}

}  // namespace

TEST_CASE("clock: a wall clock that is set by days moves nothing, and time goes on as before") {
    for (const Duration jump : {Duration{days{8}}, Duration{-days{8}}, Duration{days{20'000}}}) {
        CAPTURE(text(jump < Duration{} ? -jump : jump));
        StartedClock s;
        const Timestamp before = s.clock.now();
        s.machine.wall += jump;
        pass_watched(s.machine, s.clock, 10min);
        CHECK(s.clock.now() == before + 10min);
        CHECK_FALSE(s.clock.look().is_followed);
        CHECK(s.clock.look().offset() == jump);
        CHECK(s.clock.outside() == s.machine.wall);

        s.machine.wall -= jump;
        pass_watched(s.machine, s.clock, 10min);
        CHECK(s.clock.now() == before + 20min);
        CHECK(s.clock.look().is_followed);
    }
}

TEST_CASE("clock: a jump is told by the first look, once, with its size and direction") {
    StartedClock s;
    for (const Duration jump :
         {Duration{1s}, Duration{-2s}, Duration{days{3}}, Duration{-days{9}}}) {
        s.machine.wall += jump;
        s.machine.pass(100ms);
        const ClockLook first = s.clock.look();
        CHECK(first.jumped >= jump - 6ms);
        CHECK(first.jumped <= jump + 6ms);
        s.machine.pass(100ms);
        CHECK(s.clock.look().jumped == Duration{});
    }
    s.machine.wall += 999ms;
    CHECK(s.clock.look().jumped == Duration{});
}

TEST_CASE("clock: a small difference is neared by at most 5 % in both directions, to the end") {
    for (const Duration offset : {Duration{1min}, Duration{-1min}, Duration{37us}, Duration{-37us},
                                  Duration{slewed_max}, Duration{-slewed_max}}) {
        StartedClock s;
        s.machine.wall += offset;
        s.clock.look();
        Timestamp last = s.clock.now();
        for (int i = 0; i < 1'000; ++i) {
            s.machine.pass(997us);
            const Timestamp next = s.clock.now();
            REQUIRE(next - last >= 997us - 997us / slew_part - 1us);
            REQUIRE(next - last <= 997us + 997us / slew_part + 1us);
            last = next;
        }
        pass_watched(s.machine, s.clock, std::chrono::abs(offset) * slew_part);
        CHECK(s.clock.now() == s.machine.wall);
    }
}

TEST_CASE("clock: between two looks time nears the wall clock no further than it was away") {
    StartedClock s;
    s.machine.wall -= 1s;
    s.clock.look();
    s.machine.pass(10h);
    CHECK(s.clock.now() == s.machine.wall);
}

TEST_CASE("clock: never less than before, whatever both clocks do") {
    std::mt19937_64 chance(7);
    FakeMachine machine;
    RealClock clock(machine.wall, machine.clocks(), true);
    Timestamp last = clock.now();
    const auto below = [&chance](std::int64_t bound) {
        return static_cast<std::int64_t>(chance() % static_cast<std::uint64_t>(bound));
    };
    for (int i = 0; i < 100'000; ++i) {
        machine.steady += Duration{below(1'000)};
        if (below(10) == 0) machine.wall += Duration{below(20'000'000) - 10'000'000};
        if (below(1'000) == 0) machine.wall += days{below(9) - 4};
        if (below(3) == 0) clock.look();
        const Timestamp next = clock.now();
        REQUIRE(next >= last);
        last = next;
    }
}

TEST_CASE("clock: a difference that was accepted is neared however large, until the next jump") {
    FakeMachine machine;
    RealClock clock(machine.wall + days{8}, machine.clocks(), true);
    pass_watched(machine, clock, 20min);
    CHECK(clock.now() == machine.wall + days{8} - 1min);
    CHECK(clock.look().is_followed);

    machine.wall -= days{1};
    CHECK_FALSE(clock.look().is_followed);
    CHECK_FALSE(clock.nears_any());
}

TEST_CASE("clock: a thread that was held up between two readings sees no jump") {
    FakeMachine machine;
    int readings = 0;
    Machine clocks = machine.clocks();
    clocks.steady = [&] {
        if (++readings == 3) machine.pass(5s);
        return machine.steady;
    };
    RealClock clock(machine.wall, clocks);
    const ClockLook held_up = clock.look();
    CHECK(readings == 3);
    CHECK(held_up.jumped == Duration{});
    CHECK(held_up.time == machine.wall);
    CHECK(clock.look().jumped == Duration{});
}

TEST_CASE("clock: the machine's own clocks agree about how long something takes") {
    const Machine machine = this_machine();
    RealClock clock(machine.wall(), machine);
    const Timestamp wall = machine.wall();
    const Timestamp time = clock.now();
    CHECK(std::chrono::abs(time - wall) < 1h);
    CHECK(clock.look().is_followed);
    CHECK(machine.steady() > Duration{});
}

TEST_CASE("engine: until when a request may be executed is told by the clock outside") {
    for (const Duration jump : {Duration{days{8}}, Duration{-days{8}}}) {
        StartedClock s;
        s.machine.wall += jump;
        s.clock.look();
        ledger::MemoryJournal journal;
        core::Switch core{ledger::State(ledger::StateLimits{10, 10})};
        Metrics metrics;
        Engine engine(core, journal, s.clock, metrics, {}, [](const std::string&) {});
        std::vector<core::Outcome> heard;
        auto asked = std::make_unique<HeardOutcomes>(heard);
        for (const Duration left : {Duration{1s}, Duration{-1s}, Duration{}}) {
            core::Request& request = asked->requests.emplace_back();
            request.key = {ParticipantId{1},
                           Reference{static_cast<std::byte>(asked->requests.size())}};
            request.command = core::OpenAccount{
                .identity = *ledger::make_identity(std::to_string(asked->requests.size()))};
            if (left != Duration{}) request.valid_until = s.machine.wall + left;
        }
        REQUIRE_FALSE(engine.submit(std::move(asked)));
        REQUIRE(engine.step_decide());
        REQUIRE(engine.step_journal());
        REQUIRE(heard.size() == 3);
        CHECK(heard[0].code == Refusal::none);
        CHECK(heard[1].code == Refusal::deadline_passed);
        CHECK(heard[2].code == Refusal::none);
        CHECK(std::chrono::abs(heard[0].time - s.machine.wall) > days{7});
    }
}

TEST_CASE("clock start: what was down for a while begins at the wall clock") {
    ClockFacts facts = an_hour_later();
    CHECK(clock_start(facts).time == that_day);
    // As far as the steady clock proves it, however long.
    facts.steady += days{30};
    facts.wall += days{30};
    CHECK(clock_start(facts).time == that_day + days{30});
    // On another start of the machine, as long as a long weekend is.
    facts = an_hour_later();
    facts.boot = "another";
    facts.wall = that_day + days{3};
    CHECK(clock_start(facts).time == facts.wall);
    // Without a mark, as from an older program.
    facts.mark.reset();
    CHECK(clock_start(facts).time == facts.wall);
    // New books.
    facts.books = {};
    CHECK(clock_start(facts).time == facts.wall);
}

TEST_CASE("clock start: a wall clock that was set by days is not followed") {
    for (const Duration jump :
         {Duration{days{8}}, Duration{-days{8}}, Duration{2h}, Duration{-2h}}) {
        ClockFacts facts = an_hour_later();
        facts.wall += jump;
        CHECK(clock_start(facts).time == that_day);
        CHECK_FALSE(clock_start(facts).nears_any);
    }
    // When nothing tells how long it was down, time goes on where it was.
    for (const Duration jump : {Duration{days{5}}, Duration{-days{8}}, Duration{-2h}}) {
        ClockFacts facts = an_hour_later();
        facts.boot = "another";
        facts.wall += jump;
        CHECK(clock_start(facts).time == that_day - 1h);
        facts.boot = facts.mark->boot = {};
        CHECK(clock_start(facts).time == that_day - 1h);
        facts.mark.reset();
        CHECK(clock_start(facts).time == that_day - 1h);
    }
}

TEST_CASE("clock start: never before the books, nor before a time that was reached by hand") {
    ClockFacts facts = an_hour_later();
    facts.books = that_day + days{10};
    CHECK(clock_start(facts).time == facts.books);
    facts.accepts_wall = true;
    CHECK(clock_start(facts).time == facts.books);
    facts = an_hour_later();
    facts.mark->is_by_hand = true;
    facts.mark->time = that_day + days{40};
    CHECK(clock_start(facts).time == facts.mark->time);
}

TEST_CASE("clock start: an accepted date is begun at, or neared from the books' end") {
    ClockFacts facts = an_hour_later();
    facts.accepts_wall = true;
    facts.wall = that_day + days{8};
    CHECK(clock_start(facts).time == facts.wall);
    facts.wall = that_day - days{8};
    CHECK(clock_start(facts).time == facts.books);
    CHECK(clock_start(facts).nears_any);

    // Later starts go on nearing it, but not one that has been set again.
    facts.accepts_wall = false;
    facts.mark->nears_any = true;
    facts.mark->wall -= days{8};
    CHECK(clock_start(facts).nears_any);
    facts.wall -= days{1};
    CHECK_FALSE(clock_start(facts).nears_any);
}

TEST_CASE("clock start: a difference that is being neared is neither stepped back nor lost") {
    ClockFacts facts = an_hour_later();
    facts.wall = that_day - 30min;
    CHECK(clock_start(facts).time == that_day);
    facts.wall = that_day + 30min;
    CHECK(clock_start(facts).time == facts.wall);
}

TEST_CASE("clock mark: what is written is read, anything else is refused") {
    const ClockMark mark{.is_by_hand = true,
                         .boot = "b",
                         .steady = 17us,
                         .wall = that_day,
                         .time = that_day + 1us,
                         .nears_any = true,
                         .starts = 3};
    const std::string good = to_json(mark);
    REQUIRE(read_clock_mark(good).has_value());
    CHECK(*read_clock_mark(good) == mark);
    for (std::size_t size = 0; size + 2 < good.size(); ++size)
        CHECK_FALSE(read_clock_mark(good.substr(0, size)).has_value());
    for (const char* bad : {"[]", "{}", "null", R"({"clock":"sundial"})"})
        CHECK_FALSE(read_clock_mark(bad).has_value());
    std::string other = good;
    other.replace(other.find("virtual"), 7, "sundial");
    CHECK_FALSE(read_clock_mark(other).has_value());
}

TEST_CASE("clock mark: a file is there or not, and a bad one is named") {
    const TemporaryDirectory directory;
    const auto path = directory.path();
    REQUIRE(load_clock_mark(path).has_value());
    CHECK_FALSE(load_clock_mark(path)->has_value());
    for (const std::uint64_t starts : {1U, 2U}) {
        store_clock_mark(path, {.wall = that_day, .time = that_day, .starts = starts});
        REQUIRE(load_clock_mark(path).has_value());
        CHECK(load_clock_mark(path)->value().starts == starts);
    }
    std::ofstream(clock_mark_path(path)) << "gone";
    REQUIRE_FALSE(load_clock_mark(path).has_value());
    CHECK(load_clock_mark(path).error().field == clock_mark_path(path).string());
}
