// What a server of known behaviour answers: it opens accounts, and says yes to all that moves.
#pragma once

#include "ledger/records/account.h"
#include "protocols/native/messages.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tuma::loadgen {

/// True for what prepares a run: opening, funding, changing and looking up accounts. It is answered
/// at once, and no setting of times or faults is about it.
bool is_set_up(native::FrameType type);

/// Accounts with names and numbers, and numbers of transfers. No balance is kept and no request
/// remembered, so nothing is refused for want of money, and a request that comes again is executed
/// again.
class FakeBooks {
public:
    static constexpr std::size_t accounts_max = 20'000'000;

    /// Appends the results of a set-up's frame. Gives what is wrong with its commands.
    /// Requires: a frame of `read_frame` for which `is_set_up`.
    std::optional<native::FrameError> answer_set_up(const native::FrameView& frame,
                                                    std::vector<std::byte>& body);

    /// Appends one result of a frame that moves money: `code`, and with none a new number.
    void answer_movement(native::FrameType type, Refusal code, Timestamp now,
                         std::vector<std::byte>& body);

private:
    struct Opened {
        ledger::AccountKind kind{};
        Currency currency{};
    };
    core::Outcome answer(const core::Request& request);
    core::Outcome open(const core::OpenAccount& wish);
    core::Outcome look_up(const core::QueryAccount& query) const;

    std::map<ledger::Identity, std::uint32_t> numbers_;
    std::vector<Opened> accounts_;
    std::uint64_t next_transfer_ = 1;
    core::Outcome outcome_;
    std::vector<core::Request> requests_;
};

}  // namespace tuma::loadgen
