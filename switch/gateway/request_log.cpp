#include "switch/gateway/request_log.h"

#include "switch/ops/masked_text.h"

#include <string_view>
#include <utility>

namespace tuma::net {
namespace {

std::size_t bytes_of(const Handled& one) {
    return one.target.size() + one.body.size() + one.answer.size() + one.note.why.size();
}

void write_line(const Handled& one, LogLevel level) {
    const std::string_view target = one.target;
    log_event(level, "request",
              {{"trace", one.note.trace},
               {"method", one.method},
               // The route has no argument in it. Where there is none, the path may name somebody.
               {"route", one.note.route.empty() ? masked_numbers(target.substr(0, target.find('?')))
                                                : one.note.route},
               {"dialect", one.dialect},
               {"merchant", one.note.merchant},
               {"status", std::int64_t{one.status}},
               {"code", one.note.code},
               {"why", masked_numbers(one.note.why)},
               {"fault", masked_numbers(one.fault)},
               {"duration_us", std::int64_t{one.took.count()}}});
}

}  // namespace

void RequestLog::keep(Handled handled) {
    // Refusals are what somebody looks for, and successes may be thousands a second.
    const LogLevel level = handled.is_refused() ? LogLevel::info : LogLevel::debug;
    if (is_logged(level) && lines_.admits(Steady::now())) write_line(handled, level);
    for (std::string* const text :
         {&handled.target, &handled.body, &handled.answer, &handled.note.why})
        if (text->size() > body_max) text->resize(body_max);
    const std::lock_guard lock(mutex_);
    handled.number = ++total_;
    bytes_ += bytes_of(handled);
    kept_.push_front(std::move(handled));
    while (kept_.size() > count_max_ || bytes_ > bytes_max_) {
        bytes_ -= bytes_of(kept_.back());
        kept_.pop_back();
    }
}

std::vector<Handled> RequestLog::newest(std::size_t most, bool only_refused) const {
    std::vector<Handled> found;
    const std::lock_guard lock(mutex_);
    for (const Handled& one : kept_) {
        if (found.size() >= most) break;
        if (!only_refused || one.is_refused()) found.push_back(one);
    }
    return found;
}

std::uint64_t RequestLog::total() const {
    const std::lock_guard lock(mutex_);
    return total_;
}

}  // namespace tuma::net
