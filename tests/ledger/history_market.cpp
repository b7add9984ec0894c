// Histories with a scheme: merchants who are paid out later, fees, settlements.
#include "tests/ledger/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tuma::ledger {
namespace {

constexpr SchemeId market{1};
constexpr AccountId trust{1};
constexpr AccountId fees{2};
// Settlements fall due at whole steps of this.
constexpr std::int64_t settlement_step_us = 100'000;
constexpr std::int64_t reserve_us = 350'000;

std::int64_t next_step(std::int64_t time_us) {
    return (time_us / settlement_step_us + 1) * settlement_step_us;
}

}  // namespace

void History::load_scheme(const char* version, std::size_t content_bytes) {
    SchemeLoaded loaded;
    loaded.head.id = state.terms.id_for(*make_identity("market"));
    loaded.head.name = *make_identity("market");
    loaded.head.scheme_version = *make_identity(version);
    loaded.head.zone_offset_minutes = 180;
    loaded.content.assign(content_bytes, std::byte{0x5C});
    loaded.head.source_hash = sha256(loaded.content);
    fill_key(loaded.head);
    ensure(!state.terms.violation(loaded), "a valid scheme");
    state.apply(loaded, state.position.time);
    append(bytes_, loaded);
    header_.event_count += 1;
    told.push_back({.reference = loaded.head.reference,
                    .digest = loaded.head.digest,
                    .participant = loaded.head.participant,
                    .id = loaded.head.id.value,
                    .time_us = header_.time_us});
}

AccountId History::open_for_market(AccountOpened opened, const std::string& identity) {
    opened.identity = *make_identity(identity);
    ensure(!state.books.plan_open(opened), "a valid account");
    carry_out(opened, opened.id.value, 0);
    return opened.id;
}

void History::open_market(std::size_t merchants) {
    begin();
    load_scheme("2023-07", 13);
    first_of_market_ = static_cast<std::uint32_t>(state.books.account_count() + 1);
    merchants_ = merchants;
    AccountOpened own;
    own.floor = no_floor;
    own.kind = AccountKind::tax_payable;
    open_for_market(own, "market.tax");
    own.kind = AccountKind::bank;
    open_for_market(own, "market.bank");
    own.kind = AccountKind::bank_account;
    for (std::size_t i = 0; i < merchants; ++i) {
        AccountOpened customer;
        fill_key(customer);
        customer.scheme = market;
        customer.account_class = 1;
        const AccountId customer_id = open_for_market(customer, fmt::format("customer-{}", i));
        AccountOpened merchant;
        fill_key(merchant);
        merchant.scheme = market;
        merchant.account_class = 2;
        merchant.kind = AccountKind::settlement_payable;
        merchant.floor = -1'000;
        merchant.payout.value = customer_id.value + 2;
        open_for_market(merchant, fmt::format("merchant-{}", i));
        open_for_market(own, fmt::format("merchant-{}.bank", i));
        const std::array money{
            Posting{Purpose::issue, trust, customer_id, {1'000'000, Currency::kes}}};
        ensure(post_together(money, header_.time_us, true), "a valid issue");
    }
    load_scheme("2024-01", 21);
    finish();
}

bool History::post_together(std::span<const Posting> postings, std::int64_t due_at, bool has_key) {
    TransferRecord first;
    if (has_key) fill_key(first);
    for (std::size_t i = 0; i < postings.size(); ++i) {
        TransferRecord record;
        const auto refusal = state.books.plan_post(postings[i], record);
        if (refusal && i == 0) return false;
        ensure(!refusal, "what follows the first posting fits");
        record.reference = first.reference;
        record.digest = first.digest;
        record.participant = first.participant;
        record.due_at = due_at;
        if (i > 0) record.flags |= flag_continuation;
        if (i + 1 < postings.size()) record.flags |= flag_linked;
        carry_out_transfer(record);
        if (record.purpose == Purpose::pay_merchant) sales_.push_back(record);
    }
    return true;
}

void History::settle_due() {
    for (auto next = state.pending_settlements.next();
         next && next->first.time_since_epoch().count() <= header_.time_us;
         next = state.pending_settlements.next()) {
        const AccountId payable = next->second;
        const Maturing of = state.pending_settlements.find(*next);
        SettlementClosed closed;
        closed.account = payable;
        closed.due_at = next->first.time_since_epoch().count();
        closed.sales = of.sales;
        closed.refunds = of.refunds;
        closed.fees = of.fees;
        closed.adjustments = of.adjustments;
        closed.reserve_released = of.reserve;
        closed.carried_in = of.carried;
        closed.sales_count = of.sales_count;
        closed.refunds_count = of.refunds_count;
        const std::int64_t net = of.net();
        closed.reserve_held =
            std::clamp<std::int64_t>(of.sales / 10, 0, std::max<std::int64_t>(net, 0));
        const std::int64_t rest = net - closed.reserve_held;
        closed.carried_out = rest < 500 ? rest : rest % 50;
        closed.payout_fee = rest - closed.carried_out > 0 ? 5 : 0;
        closed.paid_out = rest - closed.carried_out - closed.payout_fee;
        if (closed.reserve_held != 0) closed.reserve_due_at = closed.due_at + reserve_us;
        if (closed.carried_out != 0) closed.next_due_at = next_step(header_.time_us);
        const AccountId bank{payable.value + 1};
        const std::array legs{
            Posting{Purpose::payout, payable, trust, {closed.paid_out, Currency::kes}},
            Posting{Purpose::payout, banks(), bank, {closed.paid_out, Currency::kes}},
            Posting{Purpose::payout, payable, fees, {closed.payout_fee, Currency::kes}}};
        if (closed.paid_out != 0) {
            closed.payout = state.position.next_transfer;
            ensure(post_together(legs, closed.due_at, false), "a payout of what is there");
        }
        ensure(!state.pending_settlements.violation(closed, balance(*state.books.find(payable))),
               "a valid settlement");
        state.apply(closed, state.position.time);
        append(bytes_, closed);
        header_.event_count += 1;
    }
}

void History::sell() {
    const AccountId to = merchant();
    const std::int64_t amount = 50 + static_cast<std::int64_t>(draw(5'000));
    const std::array legs{
        Posting{Purpose::pay_merchant, customer(), to, {amount, Currency::kes}, draw(1'000)},
        Posting{Purpose::fee, to, fees, {amount / 50 + 1, Currency::kes}},
        Posting{Purpose::tax, to, taxes(), {amount / 500 + 1, Currency::kes}}};
    static_cast<void>(post_together(legs, next_step(header_.time_us), true));
}

void History::reserve_and_settle() {
    const AccountId to = merchant();
    const Posting posting{Purpose::pay_merchant,
                          customer(),
                          to,
                          {1'000 + static_cast<std::int64_t>(draw(1'000)), Currency::kes}};
    TransferRecord held;
    if (state.books.plan_reserve(posting, std::chrono::minutes{5}, state.position.time, held))
        return;
    fill_key(held);
    carry_out_transfer(held);
    const TransferId reservation = held.id;
    TransferRecord end;
    fill_key(end);
    if (draw(3) == 0) {
        ensure(!state.books.plan_end(reservation, TransferKind::released, end), "it is open");
        carry_out_transfer(end);
        return;
    }
    ensure(!state.books.plan_settle(reservation, draw(2) == 0 ? 0 : 700, end), "it is open");
    end.due_at = next_step(header_.time_us);
    end.flags = flag_linked;
    carry_out_transfer(end);
    TransferRecord fee;
    ensure(!state.books.plan_post({Purpose::fee, to, fees, {20, Currency::kes}}, fee), "it fits");
    fee.reference = end.reference;
    fee.digest = end.digest;
    fee.participant = end.participant;
    fee.flags = flag_continuation;
    fee.due_at = end.due_at;
    carry_out_transfer(fee);
    sales_.push_back(end);
}

void History::refund() {
    if (draw(2) == 0) {
        const std::array legs{Posting{Purpose::refund,
                                      merchant(),
                                      customer(),
                                      {1 + static_cast<std::int64_t>(draw(300)), Currency::kes}}};
        static_cast<void>(post_together(legs, next_step(header_.time_us), true));
        return;
    }
    if (sales_.empty()) return;
    const TransferRecord& sale = sales_[draw(sales_.size())];
    TransferRecord back;
    const std::int64_t part = draw(2) == 0 ? 0 : 1 + static_cast<std::int64_t>(draw(40));
    if (state.books.plan_reverse(sale, part, back)) return;
    fill_key(back);
    back.due_at = next_step(header_.time_us);
    carry_out_transfer(back);
}

void History::market_batch(std::size_t payments) {
    begin();
    refuse(Refusal::daily_limit_exceeded);
    settle_due();
    for (std::size_t i = 0; i < payments; ++i) {
        switch (draw(6)) {
            case 0:
                refund();
                break;
            case 1:
            case 2:
                reserve_and_settle();
                break;
            default:
                sell();
                break;
        }
    }
    finish();
}

}  // namespace tuma::ledger
