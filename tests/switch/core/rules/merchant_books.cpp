#include "tests/switch/core/rules/merchant_books.h"

#include "switch/core/rules/returned_fee.h"
#include "tests/support/town_scheme.h"
#include "tests/support/words.h"

#include <doctest/doctest.h>

#include <memory>
#include <utility>

namespace tuma::testing {
namespace {

using ledger::AccountKind;
using ledger::Purpose;

constexpr std::int64_t riches = 1'000'000'000'00;

}  // namespace

core::Scheme scheme_of(core::PaymentType type, core::ChargeReturn word) {
    core::Scheme scheme;
    scheme.name = "mall";
    scheme.version = "1";
    scheme.currency = Currency::kes;
    core::AccountClass shop{.name = "shop", .kind = AccountKind::settlement_payable};
    shop.receives = type.name;
    shop.settlement.to_bank = true;
    shop.settlement.lag_days = 1;
    scheme.types = {std::move(type)};
    scheme.classes = {std::move(shop)};
    scheme.reversal = {.fee = word, .tax = word, .commission = word};
    return scheme;
}

MerchantBooks::MerchantBooks(const core::Scheme& scheme, std::int64_t floor) {
    load(scheme);
    ask(core::OpenAccount{.kind = AccountKind::wallet, .identity = identity("alice")});
    ask(core::OpenAccount{.kind = AccountKind::settlement_payable,
                          .floor = floor,
                          .identity = identity("shop"),
                          .scheme = SchemeId{1}});
    REQUIRE(move(Purpose::issue, "mall.trust", "alice", riches) == Refusal::none);
}

void MerchantBooks::load(const core::Scheme& scheme) {
    REQUIRE(ask(testing::load(scheme)).code == Refusal::none);
}

Paid MerchantBooks::sell(Door door, std::int64_t amount) {
    if (door != Door::order_refund) {
        const core::Outcome outcome =
            ask(core::MoveMoney{Purpose::pay_merchant, account("alice"), account("shop"),
                                Money{amount, Currency::kes}});
        return {{}, TransferId{outcome.code == Refusal::none ? outcome.id : 0}};
    }
    core::OrderRequest wish;
    wish.terms.debit = account("alice");
    wish.terms.credit = account("shop");
    wish.terms.amount = amount;
    const core::Outcome outcome = ask(opening(std::move(wish)));
    if (outcome.code != Refusal::none) return {};
    return {outcome.order->terms.id, outcome.order->transfer};
}

Refusal MerchantBooks::give_back(Door door, const Paid& sale, std::int64_t amount) {
    return ask(giving_back(door, sale, amount)).code;
}

std::vector<Refusal> MerchantBooks::give_back_at_once(Door door, const Paid& sale,
                                                      const std::vector<std::int64_t>& amounts) {
    std::vector<core::Request> requests;
    requests.reserve(amounts.size());
    for (const std::int64_t amount : amounts)
        requests.push_back(
            {{ParticipantId{1}, reference(++asked_)}, {}, {}, giving_back(door, sale, amount)});
    std::vector<Refusal> refusals;
    for (const core::Outcome& outcome : world_.handle_together(requests))
        refusals.push_back(outcome.code);
    keep_sets();
    return refusals;
}

core::Command MerchantBooks::giving_back(Door door, const Paid& sale, std::int64_t amount) const {
    if (door == Door::native_refund)
        return core::MoveMoney{Purpose::refund, account("shop"), account("alice"),
                               Money{amount, Currency::kes}};
    if (door == Door::reversal)
        return core::Reverse{sale.transfer, amount, 0, records_of(sale.transfer), world_.now};
    core::OrderRequest wish;
    wish.terms.purpose = Purpose::refund;
    wish.terms.debit = account("shop");
    wish.terms.credit = account("alice");
    wish.terms.amount = amount;
    wish.terms.parent = sale.order;
    wish.original = sale.transfer;
    return opening(std::move(wish));
}

Refusal MerchantBooks::move(Purpose purpose, std::string_view debit, std::string_view credit,
                            std::int64_t amount) {
    return ask(core::MoveMoney{purpose, account(debit), account(credit),
                               Money{amount, Currency::kes}})
        .code;
}

void MerchantBooks::give_back_as_before(std::int64_t amount, int times) {
    ledger::State state = world_.replayed();
    std::vector<ledger::TransferRecord> records;
    const auto post = [&](Purpose purpose, std::string_view debit, std::string_view credit,
                          std::int64_t moved, std::uint16_t flags) {
        ledger::TransferRecord record;
        const ledger::Posting posting{purpose, account(debit), account(credit),
                                      Money{moved, Currency::kes}};
        REQUIRE(!state.books.plan_post(posting, record));
        record.id = state.position.next_transfer;
        record.flags = flags;
        record.due_at = (world_.now + std::chrono::hours{24}).time_since_epoch().count();
        state.apply(record, world_.now);
        records.push_back(record);
    };
    for (int i = 0; i < times; ++i) {
        const ledger::Taking left = state.takings.find(account("shop"));
        const std::int64_t fee = core::share_of_charge(left.charged.fees.amount, amount, left.sold);
        post(Purpose::refund, "shop", "alice", amount, fee > 0 ? ledger::flag_linked : 0);
        if (fee > 0) post(Purpose::fee, "mall.fees", "shop", fee, ledger::flag_continuation);
    }
    world_.write(records);
    keep_sets();
}

void MerchantBooks::make_old() {
    const auto as_before = [](ledger::TransferRecord& record) {
        record.version = 1;
        record.flags &= ledger::flag_linked | ledger::flag_continuation;
        if (record.kind == ledger::TransferKind::posted) record.subject = {};
    };
    world_.rewrite(as_before);
    for (auto& [first, set] : sets_)
        for (ledger::TransferRecord& record : set) as_before(record);
}

core::OpenOrder MerchantBooks::opening(core::OrderRequest wish) const {
    wish.decides_now = true;
    wish.refuses_openly = true;
    core::OpenOrder open;
    if (wish.original) open.original = records_of(wish.original);
    open.wish = std::make_shared<const core::OrderRequest>(std::move(wish));
    return open;
}

std::shared_ptr<const std::vector<ledger::TransferRecord>> MerchantBooks::records_of(
    TransferId first) const {
    return std::make_shared<const std::vector<ledger::TransferRecord>>(set_of(first));
}

core::Outcome MerchantBooks::ask(core::Command command) {
    const core::Outcome outcome =
        world_.handle({{ParticipantId{1}, reference(++asked_)}, {}, {}, std::move(command)});
    keep_sets();
    return outcome;
}

void MerchantBooks::keep_sets() {
    for (; batches_seen_ < world_.journal.size(); ++batches_seen_) {
        const ledger::SealedBatch& batch = world_.journal[batches_seen_];
        const auto checked = ledger::check_batch(batch.bytes, batch.header.sequence);
        TransferId first;
        for (auto bytes = checked.view.records; !bytes.empty();) {
            const ledger::Event event = ledger::take_event(bytes).value();
            const auto* const record = std::get_if<ledger::TransferRecord>(&event);
            if (record == nullptr) continue;
            if (!record->is_continuation()) first = record->id;
            sets_[first].push_back(*record);
        }
    }
}

AccountId MerchantBooks::account(std::string_view name) const {
    return world_.core.state().books.find(identity(std::string(name)));
}

std::int64_t MerchantBooks::balance(std::string_view name) const {
    return ledger::balance(*world_.core.state().books.find(account(name)));
}

std::int64_t MerchantBooks::own() const {
    const std::int64_t sum =
        balance("mall.fees") + balance("mall.tax") + balance("mall.commission");
    CHECK(world_.core.state().books.own_funds(Currency::kes).balance == sum);
    return sum;
}

ledger::Taking MerchantBooks::taking() const {
    return world_.core.state().takings.find(account("shop"));
}

std::int64_t MerchantBooks::returned(TransferId id) const {
    return world_.core.state().books.reversed_amount(id);
}

const std::vector<ledger::TransferRecord>& MerchantBooks::set_of(TransferId first) const {
    return sets_.at(first);
}

void MerchantBooks::check() const {
    CHECK(world_.core.state().broken_invariants().empty());
    CHECK(world_.replayed().hash() == world_.core.state().hash());
}

}  // namespace tuma::testing
