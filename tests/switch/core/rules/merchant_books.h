// A merchant under a scheme, a customer, and every door by which a sale can be given back.
#pragma once

#include "tests/support/world.h"

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::testing {

/// How a sale is made and given back.
enum class Door : std::uint8_t {
    order_refund,   ///< orders, as dialects open them: the refund names its payment
    reversal,       ///< native payments, moved back
    native_refund,  ///< native payments and refunds that name none
};
inline constexpr std::array all_doors{Door::order_refund, Door::reversal, Door::native_refund};

/// A sale; zeros if it was refused.
struct Paid {
    OrderId order{};
    TransferId transfer{};
};

/// The scheme "mall" with one payment type and one class, which is settled the day after. All
/// charges come back as `word` says.
core::Scheme scheme_of(core::PaymentType type, core::ChargeReturn word);

/// The books of one merchant under a scheme.
class MerchantBooks {
public:
    /// The merchant may go below zero as far as `floor`.
    explicit MerchantBooks(const core::Scheme& scheme, std::int64_t floor = 0);

    void load(const core::Scheme& scheme);
    Paid sell(Door door, std::int64_t amount);
    Refusal give_back(Door door, const Paid& sale, std::int64_t amount);
    /// Several parts in one batch, decided one after the other.
    std::vector<Refusal> give_back_at_once(Door door, const Paid& sale,
                                           const std::vector<std::int64_t>& amounts);
    Refusal move(ledger::Purpose purpose, std::string_view debit, std::string_view credit,
                 std::int64_t amount);
    void pass(Duration duration) { world_.pass(duration); }
    void restart() { world_.restart(); }
    /// Native refunds that name no payment, as they were written when the share of the charges that
    /// comes back was rounded for each by itself.
    void give_back_as_before(std::int64_t amount, int times);
    /// As if all so far had been written before charges said what becomes of them.
    void make_old();

    std::int64_t balance(std::string_view identity) const;
    std::int64_t merchant() const { return balance("shop"); }
    /// The operator's own funds.
    std::int64_t own() const;
    ledger::Taking taking() const;
    /// The first record of the newest set.
    TransferId newest() const { return sets_.rbegin()->first; }
    /// Moved back of a record.
    std::int64_t returned(TransferId id) const;
    const std::vector<ledger::TransferRecord>& set_of(TransferId first) const;
    /// Invariants hold, and a replay agrees.
    void check() const;

private:
    core::Outcome ask(core::Command command);
    core::Command giving_back(Door door, const Paid& sale, std::int64_t amount) const;
    core::OpenOrder opening(core::OrderRequest wish) const;
    std::shared_ptr<const std::vector<ledger::TransferRecord>> records_of(TransferId first) const;
    AccountId account(std::string_view identity) const;
    void keep_sets();

    World world_;
    std::uint64_t asked_ = 0;
    std::size_t batches_seen_ = 0;
    std::map<TransferId, std::vector<ledger::TransferRecord>> sets_;
};

}  // namespace tuma::testing
