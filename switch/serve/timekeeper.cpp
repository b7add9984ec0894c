#include "switch/serve/timekeeper.h"

#include "ledger/store/journal_store.h"
#include "switch/engine/clock_start.h"
#include "switch/ops/log.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace tuma {
namespace {

using net::ClockLook;
using net::ClockMark;
using net::log_event;
using net::LogLevel;

// A mark that would be wrong by more than this after a restart is left anew.
constexpr std::chrono::seconds mark_error_max{1};

std::chrono::sys_days day_of(Timestamp time) {
    return std::chrono::floor<std::chrono::days>(time);
}

// Somewhere on earth it is that day.
bool is_today(const std::string& date, Timestamp wall) {
    const Result<std::chrono::sys_days> day = parse_day(date);
    // The date is what a person has read somewhere; zones reach from UTC-12 to UTC+14.
    return day && *day >= day_of(wall - std::chrono::hours{12}) &&
           *day <= day_of(wall + std::chrono::hours{14});
}

std::string rough(Duration duration) {
    const Duration size = std::chrono::abs(duration);
    if (size >= std::chrono::days{2}) return text(std::chrono::floor<std::chrono::days>(size));
    // Two of a unit at least, because "1 day" for 47 hours would mislead.
    if (size >= std::chrono::hours{2}) return text(std::chrono::floor<std::chrono::hours>(size));
    if (size >= std::chrono::minutes{2})
        return text(std::chrono::floor<std::chrono::minutes>(size));
    return text(std::chrono::floor<std::chrono::seconds>(size));
}

std::string what_happens(const ClockLook& look) {
    if (!look.is_followed)
        return "switch time goes on at its own pace and does not follow; nothing else changes";
    return fmt::format("switch time nears it by 5 %: both agree in {}",
                       rough(std::chrono::abs(look.offset()) * net::slew_part));
}

std::string what_to_do(const ClockLook& look, bool was_by_hand) {
    if (look.is_followed) return "nothing";
    if (was_by_hand)
        return "these books are of a virtual clock: restart with --clock=virtual to go on where "
               "it was, or begin with an empty --data";
    const std::string date = text(day_of(look.wall));
    const std::string accept = fmt::format(
        "if the machine's date is wrong, set its clock; if {} is right, restart with "
        "--accept-date={}",
        date, date);
    // The time of the books cannot go back, so only a date ahead is taken over at once.
    if (look.offset() > Duration{}) return accept + ", and switch time begins there";
    return accept +
           ": time in the books cannot go back, so switch time then runs 5 % slower until "
           "both agree";
}

void tell_jump(const ClockLook& look, bool was_by_hand) {
    log_event(LogLevel::warn, "clock_jumped",
              {{"machine", text(look.wall)},
               {"switch_time", text(look.time)},
               {"by_ms", std::int64_t{look.offset().count() / 1'000}},
               {"what", what_happens(look)},
               {"do", what_to_do(look, was_by_hand)}});
}

// Nothing when there is none, or none that can be read.
std::optional<ClockMark> mark_in(const std::string& data) {
    const auto mark = net::load_clock_mark(data);
    if (mark) return *mark;
    log_event(LogLevel::warn, "clock_mark_ignored",
              {{"why", mark.error().text()},
               {"what", std::string("time goes on at the last time of the books")}});
    return std::nullopt;
}

}  // namespace

Timekeeper::Timekeeper(const net::Settings& settings, const ledger::Position& books,
                       net::Metrics& metrics, const net::Machine& machine)
    : settings_(settings), metrics_(metrics), machine_(machine) {
    if (settings.clock == "virtual")
        begin_by_hand(books);
    else
        begin_real(books);
}

net::Clock& Timekeeper::clock() {
    if (by_hand_) return *by_hand_;
    return *real_;
}

void Timekeeper::begin_by_hand(const ledger::Position& books) {
    const std::optional<ClockMark> before = mark_in(settings_.data);
    // The books hold the last batch, the mark also an advance that wrote nothing.
    const Timestamp last = std::max(books.time, before ? before->time : Timestamp{});
    Timestamp start = last == Timestamp{} ? machine_.wall() : last;
    if (!settings_.start.empty()) {
        // The settings have been checked, so this cannot fail.
        start = *parse_timestamp(settings_.start);
        if (start < last)
            throw std::runtime_error(
                fmt::format("--start: {} is before {}, the last time of these books; leave it out "
                            "to go on there, give a later time, or begin with an empty --data",
                            settings_.start, text(last)));
    }
    mark_.starts = (before ? before->starts : 0) + 1;
    mark_.is_by_hand = true;
    if (!settings_.entropy.empty())
        entropy_ = Entropy(settings_.entropy, mark_.starts, books.sequence);
    // Replies that can be repeated carry nothing of the time at which they were made.
    by_hand_ = entropy_.is_repeatable() ? std::make_unique<net::VirtualClock>(start)
                                        : std::make_unique<net::VirtualClock>(start, machine_.wall);
    keep(start);
}

void Timekeeper::begin_real(const ledger::Position& books) {
    const std::optional<ClockMark> before = mark_in(settings_.data);
    net::ClockFacts facts{.books = books.time,
                          .mark = before,
                          .boot = net::boot_name(),
                          .steady = machine_.steady(),
                          .wall = machine_.wall()};
    facts.accepts_wall =
        !settings_.accept_date.empty() && is_today(settings_.accept_date, facts.wall);
    // Not refused: a service file with an old date must not keep the switch from starting.
    if (!settings_.accept_date.empty() && !facts.accepts_wall)
        log_event(LogLevel::warn, "accept_date_ignored",
                  {{"accept_date", settings_.accept_date}, {"machine", text(facts.wall)}});
    mark_.starts = (before ? before->starts : 0) + 1;
    mark_.boot = facts.boot;
    const net::ClockStart start = net::clock_start(facts);
    real_ = std::make_unique<net::RealClock>(start.time, machine_, start.nears_any);
    const ClockLook look = real_->look();
    put_gauges(look);
    // A difference at the start is told like a jump, since nobody has watched in between.
    if (std::chrono::abs(look.offset()) >= net::jump_min) {
        metrics_.clock_jumps.add();
        tell_jump(look, before && before->is_by_hand);
    }
    leave_mark(look);
}

void Timekeeper::put_gauges(const ClockLook& look) {
    metrics_.clock_offset_us.set(look.offset().count());
    metrics_.clock_is_apart.set(look.is_followed ? 0 : 1);
}

void Timekeeper::tick() {
    // A virtual clock does not follow the machine, so there is nothing to look at.
    if (!real_) return;
    const ClockLook look = real_->look();
    put_gauges(look);
    if (look.jumped != Duration{}) {
        metrics_.clock_jumps.add();
        tell_jump(look, false);
    }
    // Where the next start would come to, going by the mark and the steady clock alone.
    const Timestamp by_mark = mark_.time + (look.steady - mark_.steady);
    if (look.jumped != Duration{} || std::chrono::abs(by_mark - look.time) > mark_error_max ||
        // The permission to follow any date has to be in the mark, or a restart would forget it.
        mark_.nears_any != real_->nears_any())
        leave_mark(look);
}

// Without a mark the next start knows less, which is no reason to end this one.
void Timekeeper::leave_mark(const ClockLook& look) {
    mark_.steady = look.steady;
    mark_.wall = look.wall;
    mark_.time = look.time;
    mark_.nears_any = real_->nears_any();
    try {
        net::store_clock_mark(settings_.data, mark_);
    } catch (const ledger::StoreError& error) {
        // Once, since every further tick would fail in the same way.
        if (std::exchange(is_failure_told_, true)) return;
        log_event(LogLevel::warn, "clock_mark_failed", {{"why", std::string(error.what())}});
    }
}

void Timekeeper::keep(Timestamp time) {
    mark_.wall = machine_.wall();
    mark_.time = time;
    // Not caught, unlike above: an advance is answered only when it is on disk.
    net::store_clock_mark(settings_.data, mark_);
}

void Timekeeper::stop() {
    // A virtual time was kept when it was reached.
    if (real_) leave_mark(real_->look());
}

}  // namespace tuma
