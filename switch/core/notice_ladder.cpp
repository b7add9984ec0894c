#include "switch/core/notice_ladder.h"

#include "ledger/ensure.h"

#include <array>

namespace tuma::core {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::array<seconds, 15> wechat_payment_waits{
    seconds{15}, seconds{15}, seconds{30}, minutes{3},  minutes{10},
    minutes{20}, minutes{30}, minutes{30}, minutes{30}, minutes{60},
    hours{3},    hours{3},    hours{3},    hours{6},    hours{6}};

}  // namespace

std::optional<Duration> wait_before(ledger::NoticeLadder ladder, std::uint16_t attempt) {
    ensure(attempt >= 2, "the first attempt is not a repetition");
    const std::size_t repetition = attempt - 2U;
    switch (ladder) {
        case ledger::NoticeLadder::once:
            return std::nullopt;
        case ledger::NoticeLadder::wechat_payment:
            if (repetition >= wechat_payment_waits.size()) return std::nullopt;
            return wechat_payment_waits[repetition];
        case ledger::NoticeLadder::wechat_transfer:
            if (repetition < 10) return seconds{15};
            if (repetition < 20) return seconds{300};
            if (repetition < 64) return seconds{1'800};
            return std::nullopt;
    }
    unreachable("a ladder outside its table");
}

}  // namespace tuma::core
