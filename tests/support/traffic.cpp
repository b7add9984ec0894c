#include "tests/support/traffic.h"

#include "tests/support/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <utility>

namespace tuma::testing {
namespace {

using ledger::AccountKind;
using ledger::Purpose;

struct Resident {
    const char* name;
    AccountKind kind;
    std::int64_t floor;
    std::int64_t ceiling;
    std::int64_t funds;
};

// Account `n` is element `n - 1`.
constexpr std::array<Resident, 7> residents{{
    {"bank", AccountKind::trust, ledger::no_floor, ledger::no_ceiling, 0},
    {"alice", AccountKind::wallet, 0, ledger::no_ceiling, 5'000},
    {"bob", AccountKind::wallet, 0, 9'000, 3'000},
    {"carol", AccountKind::wallet, -1'000, ledger::no_ceiling, 0},
    {"shop", AccountKind::till, 0, 12'000, 500},
    {"agent", AccountKind::agent_float, 0, ledger::no_ceiling, 8'000},
    {"fees", AccountKind::fee_income, 0, ledger::no_ceiling, 0},
}};

struct Errand {
    Purpose purpose;
    std::uint32_t debit, credit;
};

constexpr std::array<Errand, 9> errands{{
    {Purpose::transfer, 2, 3},
    {Purpose::transfer, 3, 4},
    {Purpose::transfer, 4, 2},
    {Purpose::pay_merchant, 2, 5},
    {Purpose::pay_merchant, 3, 5},
    {Purpose::deposit, 6, 2},
    {Purpose::withdraw, 3, 6},
    {Purpose::issue, 1, 6},
    {Purpose::redeem, 5, 1},
}};

}  // namespace

std::vector<core::Request> Traffic::opening() {
    std::vector<core::Request> requests;
    requests.reserve(2 * residents.size());
    for (const Resident& resident : residents)
        requests.push_back(wrap(core::OpenAccount{resident.kind, Currency::kes, resident.floor,
                                                  resident.ceiling, identity(resident.name)}));
    for (std::uint32_t id = 1; id <= residents.size(); ++id) {
        const std::int64_t funds = residents[id - 1].funds;
        if (funds == 0) continue;
        requests.push_back(wrap(core::MoveMoney{Purpose::adjust, AccountId{1}, AccountId{id},
                                                Money{funds, Currency::kes}}));
    }
    return requests;
}

core::Request Traffic::wrap(core::Command command) {
    core::Request request;
    request.key.participant.value = static_cast<std::uint32_t>(1 + below(3));
    const std::uint64_t halves[2] = {++requests_, random_()};
    std::memcpy(request.key.reference.data(), halves, sizeof halves);
    const std::uint64_t digest[2] = {random_(), random_()};
    std::memcpy(request.digest.data(), digest, sizeof digest);
    request.command = std::move(command);
    return request;
}

core::Request Traffic::next(std::uint64_t transfers, Timestamp now) {
    core::Request request = wrap(command(transfers));
    if (chance(5))
        request.valid_until = now + Duration{static_cast<std::int64_t>(below(40'000)) - 10'000};
    return request;
}

core::Request Traffic::modified(const core::Request& request, std::uint64_t transfers,
                                Timestamp now) {
    core::Request other = next(transfers, now);
    other.key = request.key;
    return other;
}

core::Command Traffic::command(std::uint64_t transfers) {
    const std::uint64_t kind = below(100);
    const auto part = [&] { return chance(40) ? 0 : any_amount(); };
    if (kind < 36) return move();
    if (kind < 46) return linked();
    if (kind < 66) return reserve();
    if (kind < 77) return core::Settle{any_transfer(transfers), part()};
    if (kind < 84) return core::Release{any_transfer(transfers)};
    if (kind < 92) return core::Reverse{any_transfer(transfers), part(), 0, nullptr};
    if (kind < 95) return open();
    return change();
}

std::int64_t Traffic::any_amount() {
    return chance(3) ? static_cast<std::int64_t>(below(3)) - 1
                     : 1 + static_cast<std::int64_t>(below(900));
}

TransferId Traffic::any_transfer(std::uint64_t transfers) {
    // Mostly one of the newest: older reservations have ended.
    const std::uint64_t back = std::min(transfers, below(chance(70) ? 8 : transfers + 2));
    return TransferId{transfers + 1 - back};
}

core::Command Traffic::move() {
    const Errand& errand = errands[below(errands.size())];
    core::MoveMoney move{errand.purpose, AccountId{errand.debit}, AccountId{errand.credit},
                         Money{any_amount(), Currency::kes}, below(3)};
    if (chance(8)) move.debit = any_account();
    if (chance(8)) move.credit = any_account();
    if (chance(2)) move.amount.currency = Currency::cny;
    return move;
}

core::Command Traffic::linked() {
    core::MoveLinked set;
    set.leg_count = static_cast<std::uint8_t>(chance(5) ? below(9) : 2 + below(3));
    for (core::Leg& leg : set.legs) leg = {any_account(), any_account(), any_amount()};
    // A payment with its fee goes through; most other sets fail at some leg.
    if (chance(70)) {
        set.leg_count = 2;
        set.legs[0] = {AccountId{2}, AccountId{5}, 20 + any_amount()};
        set.legs[1] = {AccountId{5}, AccountId{7}, 3};
    }
    return set;
}

core::Command Traffic::reserve() {
    const Errand& errand = errands[below(errands.size())];
    const auto longest = static_cast<std::uint64_t>(chance(50) ? 30'000 : 20'000'000);
    return core::Reserve{
        AccountId{errand.debit}, chance(5) ? any_account() : AccountId{errand.credit},
        Money{any_amount(), Currency::kes},
        Duration{static_cast<std::int64_t>(chance(3) ? 0 : 1'000 + below(longest))}};
}

core::Command Traffic::open() {
    core::OpenAccount open;
    open.kind = static_cast<AccountKind>(1 + below(9));
    open.floor = chance(10) ? 5 : 0;
    if (!chance(10)) open.identity = identity(fmt::format("newcomer-{}", below(12)));
    return open;
}

core::Command Traffic::change() {
    using ledger::AccountChange;
    const AccountChange change = chance(10)   ? AccountChange::close
                                 : chance(20) ? AccountChange::freeze
                                              : AccountChange::unfreeze;
    return core::ChangeAccount{any_account(), change};
}

}  // namespace tuma::testing
