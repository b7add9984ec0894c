// A payment scheme as data: who pays which fee, what is allowed, when money reaches the bank.
#pragma once

#include "ledger/records/account.h"
#include "ledger/records/transfer.h"
#include "ledger/words/money.h"
#include "ledger/words/result.h"
#include "ledger/words/time.h"
#include "switch/core/rules/calendar.h"

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::core {

/// No limit, no cap.
inline constexpr std::int64_t no_limit = std::numeric_limits<std::int64_t>::max();

/// The days on which a rule holds, both ends included.
struct Period {
    LocalDay from{std::chrono::days{-100'000}};
    LocalDay to{std::chrono::days{100'000}};

    bool operator==(const Period&) const = default;
    bool holds(LocalDay day) const { return from <= day && day <= to; }
};

/// Who bears a fee: the payment's debited or credited side.
enum class Bearer : std::uint8_t { payer = 1, payee = 2 };

/// `fee` for amounts up to and including `up_to`, minor units.
struct FeeBand {
    std::int64_t up_to = 0;
    std::int64_t fee = 0;

    bool operator==(const FeeBand&) const = default;
};

/// One fee. With bands: the first band that holds the amount decides, an amount beyond the last is
/// not offered. Without: 0 up to `free_up_to`, else rate on the amount, rounded, plus `flat`, at
/// least `minimum`, at most `cap`. With `free_lifetime`, the rate is on what passes that total of
/// the payer's withdrawals since opening, and the fee is 0 while nothing does.
struct FeeRule {
    Bearer bearer = Bearer::payee;
    std::vector<FeeBand> bands{};
    std::int64_t basis_points = 0;
    std::int64_t flat = 0;
    std::int64_t minimum = 0;
    std::int64_t cap = no_limit;
    std::int64_t free_up_to = 0;
    std::int64_t free_lifetime = 0;
    Rounding rounding = Rounding::half_up;

    bool operator==(const FeeRule&) const = default;
};

/// Tax on fees. `included`: part of the fee, fee x rate / (1 + rate). `on_top`: fee x rate more.
enum class TaxMode : std::uint8_t { none = 0, included = 1, on_top = 2 };

struct TaxRule {
    TaxMode mode = TaxMode::none;
    std::int64_t basis_points = 0;
    Rounding rounding = Rounding::half_up;

    bool operator==(const TaxRule&) const = default;
};

/// What one kind of payment costs while the period lasts. Several with the same name hold at
/// different times; the periods of one name do not overlap.
struct PaymentType {
    std::string name;  ///< "pay-merchant", "send"; what `AccountClass::receives` refers to
    ledger::Purpose purpose = ledger::Purpose::pay_merchant;
    Period period{};
    std::int64_t minimum = 1;
    std::int64_t maximum = no_limit;
    std::vector<FeeRule> fees{};
    TaxRule tax{};
    /// What the operator gives the agent out of its fee income; the bearer means nothing. 0 for an
    /// amount beyond its bands; it may be more than the fee.
    std::optional<FeeRule> commission{};

    bool operator==(const PaymentType&) const = default;
};

/// Bounds of what an account of a class may pay, minor units. Days, months and years are those of
/// the scheme's zone. `ceiling` bounds the balance of who receives.
struct Limits {
    Period period{};
    std::int64_t per_transaction = no_limit;
    std::int64_t daily = no_limit;
    std::int64_t monthly = no_limit;
    std::int64_t yearly = no_limit;
    std::int64_t lifetime = no_limit;
    std::int64_t ceiling = no_limit;

    bool operator==(const Limits&) const = default;
};

enum class LagUnit : std::uint8_t { calendar = 1, business = 2 };

/// What becomes of a settlement that is below zero: kept for the next one, or collected at once.
enum class NegativeNet : std::uint8_t { carry = 1, collect = 2 };

/// What is compared with the smallest payout: what would be paid out, or that before the fees on
/// its sales were taken off, those of carried sales too.
enum class MinimumBasis : std::uint8_t { net = 1, before_fees = 2 };

/// When and how receipts reach the merchant's bank. `to_bank` false: they are in the till at once,
/// and nothing else here applies.
struct SettlementRule {
    bool to_bank = false;
    std::int32_t lag_days = 0;
    LagUnit lag_unit = LagUnit::calendar;
    /// The day of the sale first moves to the next business day.
    bool roll = false;
    /// Sales from this local time of day on count as the next day's; 24 h: never.
    std::chrono::minutes cut_off{std::chrono::hours{24}};
    /// Local time of day of the payout.
    std::chrono::minutes payout_at{0};
    std::int64_t minimum_payout = 0;  ///< less is carried to the next settlement
    std::int64_t payout_fee = 0;
    /// True: refunds lower the payout. False: sales are paid out, refunds are collected beside it.
    bool refunds_netted = true;
    NegativeNet negative_net = NegativeNet::carry;
    std::int64_t reserve_basis_points = 0;  ///< of sales, half up, held back from each payout
    std::int32_t reserve_days = 0;          ///< calendar days until it is released
    MinimumBasis minimum_basis = MinimumBasis::net;  ///< of `minimum_payout`

    bool operator==(const SettlementRule&) const = default;
};

/// A class of accounts: wallets of a KYC tier, tills, merchants settled to a bank.
struct AccountClass {
    std::string name;
    ledger::AccountKind kind = ledger::AccountKind::wallet;
    /// Shapes of the external identity, one of which must fit; none: anything. `#` is a digit, `*`
    /// a letter, digit, `-` or `_`, everything else is itself.
    std::vector<std::string> identifiers{};
    /// The name of the payment type by which pay_merchant to it is priced; empty for wallets.
    std::string receives{};
    SettlementRule settlement{};
    std::vector<Limits> limits{};  ///< periods do not overlap

    bool operator==(const AccountClass&) const = default;
};

/// What of a charge comes back when its payment does. With a part of the payment comes that share
/// of the charge; see `switch/core/rules/returned_fee.h`.
enum class ChargeReturn : std::uint8_t {
    nothing = 0,
    all = 1,
    /// What the rate made of it; flat parts, minimums and bands stay.
    percentage_only = 2,
    /// All, until the settlement that the payment fell due with is closed; then nothing. A payment
    /// that is not settled to a bank is settled when it is made.
    before_settlement = 3,
};

/// What may be taken back, and what of its charges.
struct ReversalRule {
    bool is_allowed = true;
    std::int32_t within_days = 0;  ///< 0: no bound
    ChargeReturn fee = ChargeReturn::nothing;
    ChargeReturn tax = ChargeReturn::nothing;
    ChargeReturn commission = ChargeReturn::nothing;

    bool operator==(const ReversalRule&) const = default;
    /// Of a charge for this purpose. Requires: fee, tax or commission.
    ChargeReturn of(ledger::Purpose purpose) const;
};

/// Everything of one scheme. Amounts in minor units of `currency`.
struct Scheme {
    std::string name;     ///< "mpesa-kenya", at most 20 of a-z, 0-9, '-', '_'
    std::string version;  ///< the author's own, 1 to 31 printable characters without blanks
    Currency currency = Currency::kes;
    std::int16_t zone_offset_minutes = 0;  ///< local time less UTC, no daylight saving
    Calendar calendar;
    std::vector<PaymentType> types;
    std::vector<AccountClass> classes;
    ReversalRule reversal;
    /// The operator pays for what its own funds do not cover: fees, tax and commissions of the
    /// scheme's currency may add up to less than nothing.
    bool own_funds_may_be_short = false;

    bool operator==(const Scheme&) const = default;

    /// The type of this name that holds on `day`, or null.
    const PaymentType* find_type(std::string_view name, LocalDay day) const;
    /// The first type for this purpose that holds on `day`, or null.
    const PaymentType* find_type(ledger::Purpose purpose, LocalDay day) const;
    /// The number of the class called `name`, or nothing.
    std::optional<std::uint8_t> find_class(std::string_view name) const;
    /// The local calendar day of `time`.
    LocalDay day_of(Timestamp time) const;
};

/// Bounds of a scheme's parts; all of it together has at most `ledger::scheme_content_max` bytes.
inline constexpr std::size_t payment_types_max = 64;
inline constexpr std::size_t account_classes_max = 32;
inline constexpr std::size_t fees_per_type_max = 3;
inline constexpr std::size_t fee_bands_max = 64;
inline constexpr std::size_t limit_periods_max = 16;
inline constexpr std::size_t identifiers_max = 8;
inline constexpr std::size_t holidays_max = 4'000;
inline constexpr std::int32_t lag_days_max = 400;  ///< of settlements and reserves
inline constexpr std::int32_t reversal_days_max = 3'650;

/// What is wrong with a scheme, or nothing. The field is a path as in a scheme file
/// ("type[3].fee[0].bands[2].up_to", counted from 0), the reason names value and bound. Refuses
/// - counts, lags and sizes beyond the bounds above, numbers outside their enumerations;
/// - names that are not 1 to 31 of a-z, 0-9, '-', '_'; zones beyond 14 hours; days that `Period{}`
///   does not hold;
/// - rates outside 0 to 10,000 basis points, amounts outside 0 to `ledger::amount_max` unless they
///   are `no_limit` where that means something;
/// - a fee with bands beside a rate, bands that do not ascend, a minimum above its cap or maximum,
/// a
///   tax rate without a mode, a reserve without days;
/// - a purpose that has no price, types of one name with two purposes or on the same day;
/// - classes of one name, limits that overlap, a kind that no customer has, `to_bank` without
///   settlement_payable, `receives` that names no pay_merchant type or is a wallet's.
std::optional<InputError> check(const Scheme& scheme);

/// True if `identity` has the shape of one of the class's identifiers, or the class has none.
bool fits(const AccountClass& account_class, std::string_view identity);

/// The operator's accounts of a scheme; each is opened with the first version that is loaded, under
/// the identity NAME.SUFFIX, without a floor.
struct OperatorAccount {
    ledger::AccountKind kind;
    std::string_view suffix;
};
/// trust, fees (fee_income), tax (tax_payable), commission, bank.
std::span<const OperatorAccount> operator_accounts();
/// The identity of the operator's account of this kind: "mpesa-kenya.fees".
/// Requires: a kind of `operator_accounts`.
ledger::Identity operator_account(std::string_view scheme, ledger::AccountKind kind);

}  // namespace tuma::core
