#include "loadgen/fake/service_model.h"

#include "ledger/words/ensure.h"

#include <algorithm>

namespace tuma::loadgen {
namespace {

/// How much of the capacity may come at once.
constexpr double burst_ns = 10e6;

}  // namespace

Offset Stalls::worked_until(Offset time) const {
    if (!are_there()) return time;
    const Offset works = period - length;
    return time / Offset{period} * works + std::min(time % Offset{period}, works);
}

Offset Stalls::time_of(Offset worked) const {
    if (!are_there()) return worked;
    const Offset works = period - length;
    // Work that ends just when a stall begins is done behind it: whoever stops does not answer.
    return worked / works * Offset{period} + worked % works;
}

ServiceModel::ServiceModel(const ServiceSettings& settings, std::uint64_t seed)
    : settings_(settings), times_(seed) {}

Service ServiceModel::serve(Offset arrived, std::uint32_t operations) {
    ensure(operations > 0 && arrived >= Offset{0}, "a request arrives and asks for something");
    const Stalls& stalls = settings_.stalls;
    // All queues are computed in worked time, in which no stall exists: the only two places that
    // know of stalls are here and at the end.
    const Offset worked_at_arrival = stalls.worked_until(arrived);
    const Offset worked = last_ = std::max(worked_at_arrival, last_);
    if (!admits(worked, operations))
        return {.due = std::max(arrived, stalls.time_of(worked)), .is_overloaded = true};

    Service service;
    // Nobody is behind another where each has a place of its own.
    Offset begin = settings_.places > 0 ? worked : worked_at_arrival;
    if (settings_.groups) {
        join_group(worked);
        begin = group_begin_;
        service.takes = group_end_ - group_begin_;
    } else {
        service.takes = settings_.time.draw(times_);
        for (std::uint32_t i = 0; settings_.per_operation.mean > Duration{0} && i < operations; ++i)
            service.takes += settings_.per_operation.draw(times_);
        if (settings_.places > 0) begin = begin_in_place(worked, service.takes);
    }
    if (settings_.queue_max > 0 && begin > worked) waiting_.push_back(begin);
    service.due = std::max(arrived, stalls.time_of(begin + service.takes));
    return service;
}

bool ServiceModel::admits(Offset worked, std::uint32_t operations) {
    // Those whose service has begun do not wait any more.
    while (!waiting_.empty() && waiting_.front() <= worked) waiting_.pop_front();
    if (settings_.queue_max > 0 && waiting_.size() >= settings_.queue_max) return false;
    if (settings_.capacity == 0) return true;
    const auto now = static_cast<double>(worked.count());
    const double from = std::max(bucket_until_ns_, now);
    // The whole request or nothing of it; the last that is let in may overdraw the bucket.
    if (from - now > burst_ns) return false;
    bucket_until_ns_ = from + 1e9 * operations / settings_.capacity;
    return true;
}

Offset ServiceModel::begin_in_place(Offset worked, Offset takes) {
    Offset begin = worked;
    if (free_at_.size() >= settings_.places) {
        begin = std::max(begin, free_at_.top());
        free_at_.pop();
    }
    free_at_.push(begin + takes);
    return begin;
}

void ServiceModel::join_group(Offset worked) {
    const bool has_begun = group_size_ == 0 || worked > group_begin_;
    const bool is_full = settings_.group_max > 0 && group_size_ >= settings_.group_max;
    if (has_begun || is_full) {
        // An idle server commits at once what it gets; a busy one gathers until it is done.
        group_begin_ = std::max(worked, group_end_);
        group_end_ = group_begin_ + settings_.time.draw(times_);
        group_size_ = 0;
    }
    ++group_size_;
}

}  // namespace tuma::loadgen
