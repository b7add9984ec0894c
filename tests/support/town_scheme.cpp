#include "tests/support/town_scheme.h"

#include "switch/core/rules/scheme_bytes.h"
#include "tests/support/words.h"

#include <memory>
#include <utility>

namespace tuma::testing {
namespace {

using core::AccountClass;
using core::Bearer;
using core::FeeRule;
using core::PaymentType;
using core::SettlementRule;
using core::TaxMode;
using ledger::AccountKind;
using ledger::Purpose;

PaymentType send() {
    PaymentType type{.name = "send", .purpose = Purpose::transfer};
    type.fees.push_back({.bearer = Bearer::payer, .bands = {{100'00, 5'00}, {1'000'00, 10'00}}});
    type.tax = {TaxMode::included, 1600};
    return type;
}

PaymentType withdraw() {
    PaymentType type{.name = "withdraw", .purpose = Purpose::withdraw};
    type.fees.push_back(
        {.bearer = Bearer::payer, .basis_points = 100, .minimum = 2'00, .free_lifetime = 100'00});
    type.commission = FeeRule{.flat = 1'00};
    return type;
}

PaymentType pay_shop() {
    PaymentType type{.name = "pay-shop", .purpose = Purpose::pay_merchant};
    type.fees.push_back(
        {.bearer = Bearer::payee, .basis_points = 150, .cap = 20'00, .free_up_to = 10'00});
    return type;
}

PaymentType pay_bill() {
    PaymentType type{.name = "pay-bill", .purpose = Purpose::pay_merchant};
    type.period = {core::LocalDay{}, core::LocalDay{std::chrono::days{30}}};
    type.fees.push_back({.bearer = Bearer::payer, .flat = 2'00});
    type.fees.push_back({.bearer = Bearer::payee, .flat = 3'00});
    type.tax = {TaxMode::on_top, 1000};
    return type;
}

PaymentType pay_out() {
    PaymentType type{.name = "pay-out", .purpose = Purpose::disburse};
    type.fees.push_back({.bearer = Bearer::payer, .flat = 1'00});
    return type;
}

SettlementRule next_day() {
    SettlementRule rule;
    rule.to_bank = true;
    rule.lag_days = 1;
    rule.cut_off = std::chrono::hours{20};
    rule.payout_at = std::chrono::hours{6};
    return rule;
}

SettlementRule card() {
    SettlementRule rule;
    rule.to_bank = true;
    rule.lag_days = 2;
    rule.lag_unit = core::LagUnit::business;
    rule.minimum_payout = 50'00;
    rule.payout_fee = 1'00;
    rule.reserve_basis_points = 1000;
    rule.reserve_days = 10;
    return rule;
}

SettlementRule collecting() {
    SettlementRule rule;
    rule.to_bank = true;
    rule.lag_days = 1;
    rule.refunds_netted = false;
    rule.negative_net = core::NegativeNet::collect;
    return rule;
}

AccountClass wallet() {
    AccountClass wallet{.name = "wallet", .kind = AccountKind::wallet};
    wallet.limits.push_back({.per_transaction = 2'000'00,
                             .daily = 3'000'00,
                             .monthly = 5'000'00,
                             .yearly = 8'000'00,
                             .lifetime = 9'000'00,
                             .ceiling = 10'000'00});
    return wallet;
}

AccountClass merchant(const char* name, AccountKind kind, const char* receives,
                      const SettlementRule& settlement = {}) {
    return {.name = name, .kind = kind, .receives = receives, .settlement = settlement};
}

}  // namespace

core::Scheme town_scheme() {
    core::Scheme town;
    town.name = "town";
    town.version = "1";
    town.currency = Currency::kes;
    town.zone_offset_minutes = 180;
    town.types = {send(), withdraw(), pay_shop(), pay_bill(), pay_out()};
    town.classes = {
        wallet(),
        merchant("till", AccountKind::till, "pay-shop"),
        merchant("shop", AccountKind::settlement_payable, "pay-shop", next_day()),
        merchant("card-shop", AccountKind::settlement_payable, "pay-shop", card()),
        merchant("biller", AccountKind::till, "pay-bill"),
        merchant("collector", AccountKind::settlement_payable, "pay-shop", collecting())};
    town.reversal = {.is_allowed = true,
                     .within_days = 30,
                     .fee = core::ChargeReturn::all,
                     .tax = core::ChargeReturn::all,
                     .commission = core::ChargeReturn::all};
    return town;
}

core::LoadScheme load(const core::Scheme& scheme) {
    core::LoadScheme command;
    command.name = identity(scheme.name);
    command.scheme_version = identity(scheme.version);
    command.content = std::make_shared<const std::vector<std::byte>>(core::scheme_bytes(scheme));
    return command;
}

}  // namespace tuma::testing
