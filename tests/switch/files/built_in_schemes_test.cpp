// The schemes that come with the program: what is known of each rail, and that money is conserved
// in all of them. M-Pesa's tables have a file of their own.
#include "switch/core/rules/limits.h"
#include "switch/core/rules/scheme_bytes.h"
#include "switch/files/explanation.h"
#include "switch/files/scheme_file.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

using namespace tuma;
using namespace std::chrono;
using core::Bearer;
using ledger::AccountKind;

namespace {

constexpr core::LocalDay friday = 2024y / March / 1;

core::Scheme built_in(const std::string& name) {
    return find_scheme(name, {}).value().scheme;
}

std::vector<core::Scheme> all_schemes() {
    std::vector<core::Scheme> schemes;
    for (const BuiltInScheme& scheme : built_in_schemes())
        schemes.push_back(built_in(std::string(scheme.name)));
    return schemes;
}

std::int64_t payee_fee(const core::Scheme& scheme, const std::string& type, core::LocalDay day,
                       std::int64_t amount) {
    const core::PaymentType* found = scheme.find_type(type, day);
    REQUIRE(found != nullptr);
    core::Price price;
    REQUIRE(!core::price_payment(*found, amount, 0, price));
    CHECK(price.borne_by(Bearer::payer) == 0);
    return price.borne_by(Bearer::payee);
}

const core::AccountClass& class_of(const core::Scheme& scheme, const std::string& name) {
    return scheme.classes.at(scheme.find_class(name).value());
}

}  // namespace

TEST_CASE("built-in schemes: each is read under its own name and fits into the journal") {
    std::vector<std::string> names;
    for (const BuiltInScheme& row : built_in_schemes()) {
        CAPTURE(row.name);
        const Result<SchemeFile> file = parse_scheme(row.text, "here", {});
        REQUIRE_MESSAGE(file.has_value(), (file ? "" : file.error().text()));
        CHECK(file->scheme.name == row.name);
        CHECK(!core::check(file->scheme));
        const Result<core::Scheme> again = core::read_scheme(core::scheme_bytes(file->scheme));
        REQUIRE(again.has_value());
        CHECK(*again == file->scheme);
        names.push_back(file->scheme.name);
    }
    CHECK(names == std::vector<std::string>{"mpesa-kenya", "wechat-china", "alipay-china",
                                            "swish-sweden", "pix-brazil", "mtn-uganda",
                                            "card-generic", "cash"});
}

TEST_CASE("built-in schemes: each has a wallet, and a merchant with a tariff on any recent day") {
    for (const core::Scheme& scheme : all_schemes()) {
        CAPTURE(scheme.name);
        CHECK(scheme.classes.at(0).kind == AccountKind::wallet);
        CHECK(std::any_of(scheme.classes.begin(), scheme.classes.end(),
                          [](const auto& of) { return !of.receives.empty(); }));
        for (const core::AccountClass& account_class : scheme.classes) {
            if (account_class.receives.empty()) continue;
            CAPTURE(account_class.name);
            CHECK(scheme.find_type(account_class.receives, 2023y / August / 1) != nullptr);
            CHECK(scheme.find_type(account_class.receives, 2030y / January / 1) != nullptr);
        }
    }
}

TEST_CASE("built-in schemes: what a merchant pays, rail by rail") {
    const struct {
        std::string scheme;
        std::string type;
        core::LocalDay day;
        std::int64_t amount;
        std::int64_t fee;
    } rows[] = {
        // 0.6 % of each order, half up to the fen.
        {"wechat-china", "pay-merchant", friday, 1, 0},
        {"wechat-china", "pay-merchant", friday, 83, 0},
        {"wechat-china", "pay-merchant", friday, 84, 1},
        {"wechat-china", "pay-merchant", friday, 1'00, 1},
        {"wechat-china", "pay-merchant", friday, 2'50, 2},  // 1.5
        {"wechat-china", "pay-merchant", friday, 1'000'00, 6'00},
        {"wechat-china", "pay-small-merchant", 2021y / August / 31, 1'000'00, 6'00},
        {"wechat-china", "pay-small-merchant", 2021y / September / 1, 1'000'00, 5'40},
        {"wechat-china", "pay-small-merchant", 2024y / September / 30, 1'000'00, 5'40},
        {"wechat-china", "pay-small-merchant", 2024y / October / 1, 1'000'00, 6'00},
        {"wechat-china", "pay-virtual-goods", friday, 1'000'00, 10'00},
        {"alipay-china", "pay-merchant", friday, 1'000'00, 6'00},
        {"alipay-china", "pay-merchant-promotion", friday, 1'000'00, 3'80},
        {"swish-sweden", "pay-merchant", friday, 1, 2'00},
        {"swish-sweden", "pay-merchant", friday, 100'000'00, 2'00},
        {"pix-brazil", "pay-merchant", friday, 1'000'00, 2'20},
        {"pix-brazil", "pay-merchant", friday, 2'27, 0},  // 0.4994
        {"pix-brazil", "pay-merchant", friday, 2'28, 1},  // 0.5016
        {"pix-brazil", "pay-merchant-list", friday, 1'00, 50},
        {"pix-brazil", "pay-merchant-list", friday, 50'00, 50},
        {"pix-brazil", "pay-merchant-list", friday, 100'00, 1'00},
        {"pix-brazil", "pay-merchant-list", friday, 1'000'01, 10'00},
        {"pix-brazil", "pay-merchant-list", friday, 1'000'000'00, 10'00},
        {"pix-brazil", "pay-individual", friday, 1'000'00, 0},
        {"mtn-uganda", "pay-merchant", friday, 50, 1},  // 0.5, no smaller unit
        {"mtn-uganda", "pay-merchant", friday, 1'000, 10},
        {"mtn-uganda", "pay-informal-merchant", friday, 1'000, 0},
        {"mtn-uganda", "pay-collection", friday, 5'000, 100},
        {"card-generic", "pay-merchant", friday, 1'000'00, 17'50},
        {"card-generic", "pay-merchant", friday, 28, 0},  // 0.49
        {"card-generic", "pay-merchant", friday, 29, 1},  // 0.5075
        {"card-generic", "pay-merchant-credit", friday, 1'000'00, 22'00},
        {"cash", "pay-merchant", friday, 1'000'00, 0},
    };
    for (const auto& row : rows) {
        CAPTURE(row.scheme);
        CAPTURE(row.type);
        CAPTURE(row.amount);
        CHECK(payee_fee(built_in(row.scheme), row.type, row.day, row.amount) == row.fee);
    }
}

TEST_CASE("built-in schemes: when merchants have their money") {
    const struct {
        std::string scheme;
        std::string account_class;
        bool to_bank;
        std::int32_t lag_days;
        core::LagUnit unit;
        bool roll;
    } rows[] = {
        {"mpesa-kenya", "till", false, 0, core::LagUnit::calendar, false},
        {"mpesa-kenya", "till-to-bank", true, 1, core::LagUnit::business, false},
        {"wechat-china", "merchant", true, 1, core::LagUnit::calendar, false},
        {"wechat-china", "small-merchant", true, 1, core::LagUnit::calendar, false},
        {"wechat-china", "merchant-at-once", false, 0, core::LagUnit::calendar, false},
        {"wechat-china", "virtual-goods", true, 7, core::LagUnit::calendar, false},
        {"alipay-china", "merchant-at-once", false, 0, core::LagUnit::calendar, false},
        {"alipay-china", "merchant", true, 1, core::LagUnit::calendar, false},
        {"swish-sweden", "organisation", false, 0, core::LagUnit::calendar, false},
        {"pix-brazil", "merchant", false, 0, core::LagUnit::calendar, false},
        {"mtn-uganda", "collection", false, 0, core::LagUnit::calendar, false},
        {"card-generic", "merchant", true, 2, core::LagUnit::business, false},
        {"card-generic", "merchant-roll", true, 2, core::LagUnit::business, true},
        {"card-generic", "merchant-slow", true, 5, core::LagUnit::business, false},
        {"card-generic", "merchant-reserve", true, 2, core::LagUnit::business, false},
        {"card-generic", "merchant-30-days", true, 30, core::LagUnit::calendar, false},
        {"cash", "drawer", false, 0, core::LagUnit::calendar, false},
    };
    for (const auto& row : rows) {
        CAPTURE(row.scheme);
        CAPTURE(row.account_class);
        const core::Scheme scheme = built_in(row.scheme);
        const core::AccountClass& account_class = class_of(scheme, row.account_class);
        const core::SettlementRule& rule = account_class.settlement;
        CHECK(rule.to_bank == row.to_bank);
        CHECK(rule.lag_days == row.lag_days);
        CHECK(rule.lag_unit == row.unit);
        CHECK(rule.roll == row.roll);
        CHECK(account_class.kind ==
              (row.to_bank ? AccountKind::settlement_payable : AccountKind::till));
    }
    const core::Scheme card = built_in("card-generic");
    const core::SettlementRule& reserve = class_of(card, "merchant-reserve").settlement;
    CHECK(reserve.reserve_basis_points == 500);
    CHECK(reserve.reserve_days == 180);
}

TEST_CASE("built-in schemes: wallets of the People's Bank's three classes") {
    const std::int64_t none = core::no_limit;
    const struct {
        std::string account_class;
        std::int64_t yearly, lifetime;
    } rows[] = {
        {"wallet-1", none, 1'000'00},
        {"wallet-2", 100'000'00, none},
        {"wallet-3", 200'000'00, none},
    };
    for (const std::string name : {"wechat-china", "alipay-china"})
        for (const auto& row : rows) {
            CAPTURE(row.account_class);
            const core::Scheme scheme = built_in(name);
            const core::AccountClass& wallet = class_of(scheme, row.account_class);
            CHECK(core::limits_on(wallet, 2016y / June / 30) == nullptr);
            const core::Limits* limits = core::limits_on(wallet, 2016y / July / 1);
            REQUIRE(limits != nullptr);
            CHECK(limits->yearly == row.yearly);
            CHECK(limits->lifetime == row.lifetime);
            CHECK(limits->daily == none);
        }
}

TEST_CASE(
    "built-in schemes: a withdrawal to the bank is 0.1 %, at least 0.10, above a free total") {
    const struct {
        std::string scheme;
        core::LocalDay last_free;
        std::int64_t free_total;
    } rows[] = {
        {"wechat-china", 2016y / February / 29, 1'000'00},
        {"alipay-china", 2016y / October / 11, 20'000'00},
    };
    for (const auto& row : rows) {
        CAPTURE(row.scheme);
        const core::Scheme scheme = built_in(row.scheme);
        const core::PaymentType* before = scheme.find_type("bank-withdrawal", row.last_free);
        REQUIRE(before != nullptr);
        CHECK(before->fees.empty());
        const core::PaymentType* after =
            scheme.find_type("bank-withdrawal", row.last_free + days{1});
        REQUIRE(after != nullptr);
        REQUIRE(after->fees.size() == 1);
        const core::FeeRule& fee = after->fees[0];
        CHECK(fee.bearer == Bearer::payer);
        CHECK(core::fee_of(fee, row.free_total, 0) == 0);
        CHECK(core::fee_of(fee, row.free_total + 1, 0) == 10);
        CHECK(core::fee_of(fee, 1'000'00, row.free_total) == 1'00);
        CHECK(core::fee_of(fee, 1, row.free_total) == 10);
    }
}

TEST_CASE("built-in schemes: what customers in Uganda pay and may hold") {
    const core::Scheme scheme = built_in("mtn-uganda");
    const struct {
        std::string type;
        core::LocalDay day;
        std::int64_t amount;
        std::int64_t fee;
    } rows[] = {
        {"send", 2023y / December / 31, 500, 30},
        {"send", 2024y / January / 1, 500, 100},
        {"send", 2024y / January / 1, 60'001, 1'000},
        // The tax of 0.5 % on what is withdrawn, half up.
        {"withdraw", friday, 500, 330 + 3},
        {"withdraw", friday, 2'500, 330 + 13},
        {"withdraw", friday, 5'000'000, 20'000 + 25'000},
        {"to-bank", friday, 125'001, 2'250},
        {"deposit", friday, 5'000'000, 0},
    };
    for (const auto& row : rows) {
        CAPTURE(row.type);
        CAPTURE(row.amount);
        core::Price price;
        REQUIRE(!core::price_payment(*scheme.find_type(row.type, row.day), row.amount, 0, price));
        CHECK(price.borne_by(Bearer::payer) == row.fee);
    }
    const core::AccountClass& customer = class_of(scheme, "customer");
    CHECK(core::limits_on(customer, 2022y / February / 28)->ceiling == 15'000'000);
    CHECK(core::limits_on(customer, 2022y / March / 1)->ceiling == 20'000'000);
    CHECK(core::limits_on(customer, 2022y / March / 1)->per_transaction == 5'000'000);
    CHECK(core::fits(customer, "256772123456"));
    CHECK(!core::fits(customer, "254708374149"));
}

TEST_CASE("built-in schemes: whatever is paid arrives, is a fee, or is tax") {
    const std::vector<core::Scheme> schemes = all_schemes();
    CHECK(rc::check("any payment", [&schemes] {
        const core::Scheme& scheme = *rc::gen::elementOf(schemes);
        const core::PaymentType& type = *rc::gen::elementOf(scheme.types);
        const std::int64_t magnitude = *rc::gen::elementOf(
            std::vector<std::int64_t>{1'00, 300'00, 5'000'00, 250'000'00, 1'000'000'000'000'000});
        Occasion occasion;
        occasion.type = type.name;
        occasion.amount = *rc::gen::inRange<std::int64_t>(1, magnitude + 1);
        occasion.withdrawn = *rc::gen::inRange<std::int64_t>(0, 1'000'000'00);
        const core::LocalDay begin = std::max(type.period.from, core::LocalDay{2010y / 1 / 1});
        const core::LocalDay end = std::min(type.period.to, core::LocalDay{2030y / 1 / 1});
        occasion.day = begin + days{*rc::gen::inRange<std::int64_t>(0, (end - begin).count() + 1)};
        const Result<Explanation> found = explain(scheme, occasion);
        RC_ASSERT(found.has_value());
        if (found->refusal) {
            RC_ASSERT(found->legs.empty());
            return;
        }
        RC_ASSERT(found->payer_pays - found->payee_gets == found->fee + found->tax);
        RC_ASSERT(found->payer_pays == occasion.amount + found->borne_by_payer);
        RC_ASSERT(found->payee_gets == occasion.amount - found->borne_by_payee);
        RC_ASSERT(found->fee >= 0 && found->tax >= 0 && found->commission >= 0);
        RC_ASSERT(found->usable_at >= Timestamp{occasion.day} - hours{14});
        std::map<std::string, std::int64_t> moved;
        for (const ExplainedLeg& leg : found->legs) {
            RC_ASSERT(leg.amount > 0);
            moved[leg.debit] -= leg.amount;
            moved[leg.credit] += leg.amount;
        }
        RC_ASSERT(-moved[found->legs[0].debit] == found->payer_pays);
        RC_ASSERT(moved[found->legs[0].credit] == found->payee_gets);
        RC_ASSERT(moved[scheme.name + ".fees"] == found->fee - found->commission);
        RC_ASSERT(moved[scheme.name + ".tax"] == found->tax);
        RC_ASSERT(moved[scheme.name + ".commission"] == found->commission);
    }));
}

TEST_CASE(
    "built-in schemes: with the holidays of their calendars, where the data folder is there") {
    const std::filesystem::path path = TUMA_SOURCE_DIR "/../shared/data/cal_holidays_2010_2027.csv";
    if (!std::filesystem::exists(path)) {
        MESSAGE("SKIPPED: no data folder beside the tree, so no real file of holidays");
        return;
    }
    for (const BuiltInScheme& row : built_in_schemes()) {
        CAPTURE(row.name);
        const Result<SchemeFile> file = find_scheme(std::string(row.name), path);
        REQUIRE_MESSAGE(file.has_value(), (file ? "" : file.error().text()));
        CHECK(file->scheme.calendar.holidays().empty() == file->scheme.calendar.name().empty());
    }
}
