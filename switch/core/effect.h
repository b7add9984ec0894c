// What a decided batch causes outside the switch, besides its replies.
#pragma once

#include "ledger/records/order.h"
#include "ledger/words/time.h"

#include <cstdint>
#include <memory>

namespace tuma::core {

/// One attempt to tell somebody about an order. Whoever carries it out answers with `EndAttempt`,
/// and with `MoveOrder` when the merchant was asked.
struct Effect {
    NoticeId notice;
    std::uint8_t channel = 0;
    std::uint16_t attempt = 0;  ///< 1 for the first
    Timestamp time{};           ///< switch time at which the attempt was begun
    std::shared_ptr<const ledger::Order> order;
};

}  // namespace tuma::core
