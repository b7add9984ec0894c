#include "tests/support/traffic.h"

#include "tests/support/town_scheme.h"
#include "tests/support/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <utility>

namespace tuma::testing {

struct Errand {
    ledger::Purpose purpose;
    std::uint32_t debit, credit;
};

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

// Of `errands`, those that need no scheme.
constexpr std::size_t plain_errands = 9;

// Under the scheme; the five accounts of its operator are 8 to 12, and a shop's bank account is the
// number after it.
constexpr std::uint32_t dave = 13;
constexpr std::uint32_t kiosk = 14;
constexpr std::uint32_t quick_shop = 15;
constexpr std::uint32_t shop_next_day = 17;
constexpr std::uint32_t reserve_shop = 19;

constexpr std::array<Errand, 22> errands{{
    {Purpose::transfer, 2, 3},
    {Purpose::transfer, 3, 4},
    {Purpose::transfer, 4, 2},
    {Purpose::pay_merchant, 2, 5},
    {Purpose::pay_merchant, 3, 5},
    {Purpose::deposit, 6, 2},
    {Purpose::withdraw, 3, 6},
    {Purpose::issue, 1, 6},
    {Purpose::redeem, 5, 1},
    {Purpose::pay_merchant, dave, kiosk},
    {Purpose::pay_merchant, 2, quick_shop},
    {Purpose::pay_merchant, dave, quick_shop},
    {Purpose::pay_merchant, 3, shop_next_day},
    {Purpose::pay_merchant, dave, reserve_shop},
    {Purpose::transfer, dave, 2},
    {Purpose::transfer, 3, dave},
    {Purpose::withdraw, dave, 6},
    {Purpose::refund, quick_shop, dave},
    {Purpose::refund, shop_next_day, 3},
    {Purpose::disburse, kiosk, dave},
    {Purpose::issue, 1, reserve_shop},
    {Purpose::bank_transfer, quick_shop + 1, shop_next_day + 1},
}};

// The town's own scheme in minor units that fit its small payments, and with settlements that fall
// due within a history: at once, or at midnight UTC.
core::Scheme traffic_scheme() {
    core::Scheme town = town_scheme();
    town.zone_offset_minutes = 0;
    for (core::PaymentType& type : town.types) {
        for (core::FeeRule& fee : type.fees) {
            if (!fee.bands.empty()) fee.bands = {{300, 5}, {800, 10}};
            fee.flat = std::min<std::int64_t>(fee.flat, 3);
            fee.minimum = std::min<std::int64_t>(fee.minimum, 2);
            fee.free_up_to = std::min<std::int64_t>(fee.free_up_to, 10);
            fee.free_lifetime = std::min<std::int64_t>(fee.free_lifetime, 900);
        }
        if (type.commission) type.commission->flat = 1;
    }
    core::Limits& limits = town.classes[0].limits[0];
    limits.per_transaction = 800;
    limits.daily = 2'500;
    limits.ceiling = 6'000;
    const auto class_named = [&](std::string_view name) -> core::SettlementRule& {
        return town.classes[town.find_class(name).value()].settlement;
    };
    class_named("shop") = {.to_bank = true, .lag_days = 1};
    class_named("collector").lag_days = 0;
    core::SettlementRule& card = class_named("card-shop");
    card.lag_days = 0;
    card.minimum_payout = 200;
    card.payout_fee = 1;
    card.reserve_days = 1;
    return town;
}

}  // namespace

std::vector<core::Request> Traffic::opening() {
    std::vector<core::Request> requests;
    requests.reserve(2 * residents.size() + 7);
    for (const Resident& resident : residents)
        requests.push_back(wrap(core::OpenAccount{resident.kind, Currency::kes, resident.floor,
                                                  resident.ceiling, identity(resident.name)}));
    if (has_scheme_) open_under_scheme(requests);
    for (std::uint32_t id = 1; id <= residents.size(); ++id) {
        const std::int64_t funds = residents[id - 1].funds;
        if (funds == 0) continue;
        requests.push_back(wrap(core::MoveMoney{Purpose::adjust, AccountId{1}, AccountId{id},
                                                Money{funds, Currency::kes}}));
    }
    return requests;
}

void Traffic::open_under_scheme(std::vector<core::Request>& requests) {
    const core::Scheme scheme = traffic_scheme();
    requests.push_back(wrap(load(scheme)));
    const auto open = [&](std::string_view name, std::string_view class_name, std::int64_t floor) {
        core::OpenAccount account;
        account.account_class = scheme.find_class(class_name).value();
        account.kind = scheme.classes[account.account_class].kind;
        account.floor = floor;
        account.identity = identity(name);
        account.scheme = SchemeId{1};
        requests.push_back(wrap(account));
    };
    open("dave", "wallet", 0);
    open("kiosk", "till", -200);
    open("quick-shop", "collector", -500);
    open("shop-next-day", "shop", 0);
    open("reserve-shop", "card-shop", 0);
    requests.push_back(wrap(core::MoveMoney{Purpose::issue, AccountId{1}, AccountId{dave},
                                            Money{4'000, Currency::kes}}));
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

const Errand& Traffic::any_errand() {
    return errands[below(has_scheme_ ? errands.size() : plain_errands)];
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
    const Errand& errand = any_errand();
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
    const Errand& errand = any_errand();
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
