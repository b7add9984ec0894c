// One loss after the other; only what is missing at the same time belongs together.
#include "loadgen/measure/losses.h"

#include "ledger/words/ensure.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace tuma::loadgen {
namespace {

/// All members of `Resent`, so that none is forgotten where they are added up.
constexpr std::array<ResentFate, 8> members{
    &Resent::in_flight, &Resent::resent,    &Resent::executed,   &Resent::known,
    &Resent::refused,   &Resent::timed_out, &Resent::lost_again, &Resent::failed};

/// A server that is going away takes connections until its last moment.
constexpr Offset settling_max = std::chrono::milliseconds{100};

Offset end_of(const Loss& loss) {
    return loss.at + loss.lasted;
}

/// Two that overlap as one; `first` began first.
void join(Loss& first, const Loss& second) {
    const Offset end = std::max(end_of(first), end_of(second));
    const auto answer_at = [](const Loss& loss) { return loss.at + *loss.answer; };
    if (second.answer && (!first.answer || answer_at(second) < answer_at(first)))
        first.answer = answer_at(second) - first.at;
    first.lasted = end - first.at;
    first.is_over = first.is_over && second.is_over;
    first.connections += second.connections;
    first.operations.add(second.operations);
}

std::optional<std::string> broken_sum(const Resent& operations) {
    if (operations.resent > operations.in_flight)
        return fmt::format(
            "{} operations were in flight when connections were lost, and {} sent "
            "again",
            operations.in_flight, operations.resent);
    const std::uint64_t ended = operations.executed + operations.known + operations.refused +
                                operations.timed_out + operations.lost_again + operations.failed;
    if (operations.resent == ended) return std::nullopt;
    return fmt::format(
        "{} operations were sent again, but {} executed, {} known already, {} refused, {} timed "
        "out, {} lost again and {} failed make {}",
        operations.resent, operations.executed, operations.known, operations.refused,
        operations.timed_out, operations.lost_again, operations.failed, ended);
}

}  // namespace

void Resent::add(const Resent& other) {
    for (const ResentFate member : members) this->*member += other.*member;
}

void Losses::add(const Losses& other, Offset shift) {
    std::vector<Loss> all = std::move(rows);
    for (Loss row : other.rows) {
        row.at += shift;
        all.push_back(std::move(row));
    }
    std::stable_sort(all.begin(), all.end(),
                     [](const Loss& a, const Loss& b) { return a.at < b.at; });
    count += other.count;
    downtime += other.downtime;
    operations.add(other.operations);
    longest_silence = std::max(longest_silence, other.longest_silence);
    rows.clear();
    for (Loss& row : all) {
        if (rows.empty() || end_of(rows.back()) < row.at) {
            rows.push_back(std::move(row));
            continue;
        }
        // What both missed at the same time is missed once.
        const Offset apart = rows.back().lasted + row.lasted;
        join(rows.back(), row);
        downtime -= apart - rows.back().lasted;
        --count;
    }
    if (rows.size() > rows_max) rows.resize(rows_max);
}

std::optional<std::string> broken_identity(const Losses& losses) {
    if (auto broken = broken_sum(losses.operations)) return broken;
    Resent sum;
    for (const Loss& row : losses.rows) {
        if (auto broken = broken_sum(row.operations)) return broken;
        sum.add(row.operations);
    }
    // Rows beyond the last that is kept are in the sum alone.
    if (losses.count == losses.rows.size() && sum != losses.operations)
        return fmt::format("the losses one by one have {} operations, and all together {}",
                           sum.in_flight, losses.operations.in_flight);
    return std::nullopt;
}

std::size_t LossLog::lost(Offset now, std::string_view reason, std::uint64_t in_flight,
                          std::uint64_t again, std::size_t before) {
    if (missing_++ == 0 && !goes_on(now)) {
        began_ = now;
        if (losses_.count++ < Losses::rows_max) {
            Loss& row = losses_.rows.emplace_back();
            row.at = now;
            row.reason = reason;
        }
    }
    const std::size_t loss = losses_.count - 1;
    if (loss < Losses::rows_max) ++losses_.rows[loss].connections;
    count(loss, &Resent::in_flight, in_flight);
    count(before, &Resent::lost_again, again);
    return loss;
}

bool LossLog::goes_on(Offset now) {
    if (losses_.rows.empty() || losses_.count > losses_.rows.size()) return false;
    Loss& row = losses_.rows.back();
    const bool was_heard = heard_ && *heard_ > row.at;
    if (was_heard || now - end_of(row) > settling_max) return false;
    losses_.downtime -= row.lasted;
    began_ = row.at;
    row.is_over = false;
    return true;
}

void LossLog::back(Offset now, std::size_t loss, std::uint64_t resent) {
    count(loss, &Resent::resent, resent);
    back_at_ = now;
    // Nothing is owed on it, so that it need not prove itself.
    if (resent == 0) found(now);
}

void LossLog::answered(Offset now, std::size_t loss) {
    if (loss < losses_.rows.size() && !losses_.rows[loss].answer)
        losses_.rows[loss].answer = now - losses_.rows[loss].at;
    found(now);
}

void LossLog::lost_unanswered(std::size_t loss, std::uint64_t in_flight, std::uint64_t again) {
    // Those that were sent in vain are counted when they are sent once more.
    count(loss, &Resent::in_flight, in_flight - again);
    losses_.operations.resent -= again;
    if (loss < losses_.rows.size()) losses_.rows[loss].operations.resent -= again;
}

void LossLog::found(Offset now) {
    ensure(missing_ > 0 && back_at_ <= now, "a connection that comes back was missing");
    if (--missing_ == 0) close(back_at_, true);
}

void LossLog::ended(std::size_t loss, ResentFate fate, std::uint64_t n) {
    count(loss, fate, n);
}

void LossLog::heard(Offset now) {
    losses_.longest_silence = std::max(losses_.longest_silence, now - heard_.value_or(Offset{0}));
    heard_ = now;
}

void LossLog::finish(Offset now) {
    if (missing_ == 0) return;
    // Nobody will be heard any more.
    heard(now);
    close(now, false);
}

void LossLog::count(std::size_t loss, ResentFate which, std::uint64_t n) {
    losses_.operations.*which += n;
    if (loss < losses_.rows.size()) losses_.rows[loss].operations.*which += n;
}

void LossLog::close(Offset now, bool is_over) {
    losses_.downtime += now - began_;
    if (losses_.count > losses_.rows.size()) return;
    losses_.rows.back().lasted = now - began_;
    losses_.rows.back().is_over = is_over;
}

}  // namespace tuma::loadgen
