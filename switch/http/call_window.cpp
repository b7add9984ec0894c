#include "switch/http/call_window.h"

#include "ledger/words/ensure.h"

#include <algorithm>

namespace tuma::net {
namespace {

constexpr std::size_t first_size = 2;

}  // namespace

CallWindow::CallWindow(std::size_t most) : most_(most), size_(std::min(first_size, most)) {
    ensure(most > 0, "some call may be under way");
}

void CallWindow::on_answer(Duration taken, Duration patience) {
    quickest_ = std::min(quickest_, taken);
    // Measured by the host itself: one that always takes its time is not crowded for that reason.
    const bool is_quick = taken <= patience / 4;
    if (!is_quick && taken > quickest_ + quickest_ / 2) {
        good_answers_ = 0;
        return;
    }
    // As congestion is felt for in TCP: by doubling first, by small steps once it was met.
    const std::size_t answers_for_one_more = is_quick && !was_crowded_ ? 1 : size_;
    if (++good_answers_ < answers_for_one_more) return;
    good_answers_ = 0;
    size_ = std::min(size_ + 1, most_);
}

void CallWindow::on_crowd(Steady::time_point now, Duration pause) {
    // Several calls notice one crowd. It counts once.
    if (now < calm_until_) return;
    calm_until_ = now + pause;
    was_crowded_ = true;
    good_answers_ = 0;
    size_ = std::max<std::size_t>(size_ / 2, 1);
}

void CallWindow::on_silence() {
    size_ = std::min(size_ * 2, most_);
}

}  // namespace tuma::net
