// What `tuma scheme explain` says about one payment, and which questions it refuses.
#include "switch/files/explanation.h"

#include "switch/files/scheme_file.h"
#include "switch/files/scheme_text.h"

#include <doctest/doctest.h>

#include <string>

using namespace tuma;
using namespace std::chrono;

namespace {

core::Scheme built_in(const std::string& name) {
    return find_scheme(name, {}).value().scheme;
}

Occasion asked(const std::string& type, std::int64_t amount, core::LocalDay day) {
    Occasion occasion;
    occasion.type = type;
    occasion.amount = amount;
    occasion.day = day;
    return occasion;
}

constexpr core::LocalDay friday = 2024y / March / 1;
constexpr core::LocalDay saturday = 2024y / March / 2;

}  // namespace

TEST_CASE("explanation: a merchant's fee with tax in it, as a table") {
    const core::Scheme scheme = built_in("mpesa-kenya");
    const Result<Explanation> explanation =
        explain(scheme, asked("pay-merchant", 1'234'50, friday));
    REQUIRE(explanation.has_value());
    CHECK(explanation_text(scheme, *explanation) ==
          R"(pay-merchant of KES 1234.50 on Friday 2024-03-01 12:00 +03:00
scheme  mpesa-kenya 2025-01
class   till
tariff  since 2023-07-01: payee 0.55 %, free up to 200.00, at most 200.00; tax of 15 % included

  leg  purpose       debit             credit                       amount
    1  pay_merchant  payer's wallet    merchant's till             1234.50
    2  fee           merchant's till   mpesa-kenya.fees               5.90
    3  tax           merchant's till   mpesa-kenya.tax                0.89

  payer pays                     1234.50   the amount
  payee gets                     1227.71   the amount less 6.79
  operator earns                    5.90   the fee without tax
  state gets                        0.89   tax of 15 % on the fee

The payee can use the money at once.
)");
}

TEST_CASE("explanation: an agent's commission comes out of the fee") {
    const core::Scheme scheme = built_in("mpesa-kenya");
    const Result<Explanation> explanation = explain(scheme, asked("withdraw", 2'500'00, friday));
    REQUIRE(explanation.has_value());
    CHECK(explanation->legs ==
          std::vector<ExplainedLeg>{
              {ledger::Purpose::withdraw, "customer's wallet", "agent's float", 2'500'00},
              {ledger::Purpose::fee, "customer's wallet", "mpesa-kenya.fees", 25'22},
              {ledger::Purpose::tax, "customer's wallet", "mpesa-kenya.tax", 3'78},
              {ledger::Purpose::commission, "mpesa-kenya.fees", "mpesa-kenya.commission", 15'00},
          });
    CHECK(explanation->payer_pays == 2'529'00);
    CHECK(explanation->payee_gets == 2'500'00);
    CHECK(explanation->fee == 25'22);
    CHECK(explanation->tax == 3'78);
    CHECK(explanation->commission == 15'00);
    const std::string text = explanation_text(scheme, *explanation);
    CHECK(text.find("\nband    above 100.00, up to 2500.00: payer 29.00\n") != std::string::npos);
    CHECK(text.find(R"(
  payer pays                     2529.00   the amount and 29.00
  payee gets                     2500.00   the amount
  operator earns                   10.22   the fee of 25.22 without tax, less the commission
  state gets                        3.78   tax of 15 % on the fee
  agent gets                       15.00   commission, out of the fee income
)") != std::string::npos);
}

TEST_CASE("explanation: when a settled merchant's bank has the money") {
    const core::Scheme scheme = built_in("card-generic");
    const struct {
        std::string account_class;
        core::LocalDay day;
        std::string usable;
    } rows[] = {
        {"merchant", friday, "the money on Tuesday 2024-03-05 00:00 +03:00: T+2 business days."},
        {"merchant", saturday, "the money on Tuesday 2024-03-05 00:00 +03:00: T+2 business days."},
        {"merchant-roll", friday,
         "the money on Tuesday 2024-03-05 00:00 +03:00: T+2 business days, sales of a day off "
         "count as the next "
         "business day's."},
        {"merchant-roll", saturday,
         "the money on Wednesday 2024-03-06 00:00 +03:00: T+2 business days, sales of a day off "
         "count as the "
         "next business day's."},
        {"merchant-slow", friday,
         "the money on Friday 2024-03-08 00:00 +03:00: T+5 business days."},
        {"merchant-reserve", friday,
         "932.50 of it on Tuesday 2024-03-05 00:00 +03:00: T+2 business days.\n"
         "50.00 are held back until Monday 2024-09-02 00:00 +03:00."},
    };
    for (const auto& row : rows) {
        CAPTURE(row.account_class);
        Occasion occasion = asked("pay-merchant", 1'000'00, row.day);
        occasion.account_class = row.account_class;
        const Result<Explanation> explanation = explain(scheme, occasion);
        REQUIRE(explanation.has_value());
        CHECK(!explanation->is_at_once);
        const std::string text = explanation_text(scheme, *explanation);
        CHECK(text.ends_with("\nThe merchant's bank has " + row.usable + "\n"));
        CHECK(text.find("class   " + row.account_class + "\n") != std::string::npos);
    }
}

TEST_CASE("explanation: as JSON, amounts with the decimals of the currency") {
    const core::Scheme scheme = built_in("wechat-china");
    Occasion occasion = asked("pay-small-merchant", 1'000'00, 2024y / September / 30);
    occasion.at = 23h + 59min;
    const Result<Explanation> explanation = explain(scheme, occasion);
    REQUIRE(explanation.has_value());
    CHECK(explanation_json(scheme, *explanation) ==
          R"({"scheme":"wechat-china","version":"2024-10","currency":"CNY",)"
          R"("type":"pay-small-merchant",)"
          R"("purpose":"pay_merchant","amount":"1000.00","on":"2024-09-30","at":"23:59",)"
          R"("zone":"+08:00","tariff":"2021-09-01 to 2024-09-30","class":"small-merchant","legs":[)"
          R"({"purpose":"pay_merchant","debit":"payer's wallet","credit":"merchant's payable",)"
          R"("amount":"1000.00"},{"purpose":"fee","debit":"merchant's payable",)"
          R"("credit":"wechat-china.fees","amount":"5.40"}],"payer_pays":"1000.00",)"
          R"("payee_gets":"994.60","fee":"5.40","tax":"0.00","commission":"0.00",)"
          R"("borne_by_payer":"0.00","borne_by_payee":"5.40",)"
          R"("usable_at":"2024-09-30T16:00:00.000000Z","usable_at_once":false})"
          "\n");
    Occasion unoffered = asked("bank-withdrawal", 300'000'00, friday);
    const Result<Explanation> refused = explain(scheme, unoffered);
    REQUIRE(refused.has_value());
    CHECK(explanation_json(scheme, *refused) ==
          R"({"scheme":"wechat-china","version":"2024-10","currency":"CNY",)"
          R"("type":"bank-withdrawal",)"
          R"("purpose":"redeem","amount":"300000.00","on":"2024-03-01","at":"12:00",)"
          R"("zone":"+08:00","tariff":"since 2016-03-01","class":"wallet-3",)"
          R"("refusal":"yearly_limit_exceeded"})"
          "\n");
}

TEST_CASE("explanation: a payment that is less than the smallest payout waits, and is said to") {
    core::Scheme scheme = built_in("mpesa-kenya");
    Occasion occasion = asked("pay-merchant", 1'000'00, friday);
    occasion.account_class = "till-to-bank";
    const Explanation small = explain(scheme, occasion).value();
    CHECK(waits_for_more(small));
    CHECK(
        explanation_text(scheme, small)
            .ends_with("\nThe merchant's bank does not have it before 35000.00 have gathered, fees "
                       "off; alone it is 994.50.\n"
                       "Each payout from Monday 2024-03-04 00:00 +03:00 on looks whether they "
                       "have: T+1 business day.\n"));
    CHECK(explanation_json(scheme, small)
              .ends_with(R"("usable_at":null,"usable_at_once":false,"paid_out":"0.00",)"
                         R"("payout_fee":"0.00","held_back":"0.00","carried":"994.50",)"
                         R"("payouts_from":"2024-03-03T21:00:00.000000Z",)"
                         R"("minimum_payout":"35000.00","minimum_basis":"net",)"
                         R"("gathered":"994.50"})"
                         "\n"));

    // 35,000.00 less 0.55 %.
    occasion.amount = 35'193'55;
    CHECK(waits_for_more(explain(scheme, occasion).value()));
    occasion.amount = 35'193'56;
    const Explanation enough = explain(scheme, occasion).value();
    CHECK(!waits_for_more(enough));
    CHECK(enough.payee_gets == 35'000'00);
    CHECK(explanation_text(scheme, enough)
              .ends_with("\nThe merchant's bank has the money on Monday 2024-03-04 00:00 +03:00: "
                         "T+1 business day.\n"));

    scheme.classes[*scheme.find_class("till-to-bank")].settlement.minimum_basis =
        core::MinimumBasis::before_fees;
    occasion.amount = 35'000'00;
    CHECK(explain(scheme, occasion).value().settlement->paid_out == 34'807'50);
    occasion.amount = 34'999'99;
    CHECK(explanation_text(scheme, explain(scheme, occasion).value())
              .find("before 35000.00 have gathered before fees; alone it is 34999.99.") !=
          std::string::npos);
}

TEST_CASE("explanation: limits that depend on who pays are named as not looked at") {
    const core::Scheme scheme = built_in("wechat-china");
    CHECK(explanation_text(scheme, explain(scheme, asked("pay-merchant", 1'00, friday)).value())
              .find("\nlimits  of the customer's class, not looked at: wallet-3: 200000.00 a year; "
                    "wallet-2: 100000.00 a year; wallet-1: 1000.00 in a lifetime\n") !=
          std::string::npos);
    CHECK(
        explanation_text(scheme, explain(scheme, asked("bank-withdrawal", 1'00, friday)).value())
            .ends_with("\nThe money leaves the wallet at once; when the bank shows it, the scheme "
                       "does not say.\n"));
}

TEST_CASE("explanation: a withdrawal beyond the free total of a lifetime") {
    const core::Scheme scheme = built_in("wechat-china");
    const struct {
        std::int64_t withdrawn;
        std::int64_t amount;
        std::int64_t fee;
    } rows[] = {
        {0, 1'000'00, 0},         {0, 1'000'01, 10},           {0, 1'100'00, 10},
        {0, 1'200'00, 20},        {1'000'00, 1, 10},           {900'00, 100'00, 0},
        {900'00, 1'234'50, 1'13}, {50'000'00, 1'000'00, 1'00},
    };
    for (const auto& row : rows) {
        CAPTURE(row.withdrawn);
        CAPTURE(row.amount);
        Occasion occasion = asked("bank-withdrawal", row.amount, friday);
        occasion.withdrawn = row.withdrawn;
        const Result<Explanation> explanation = explain(scheme, occasion);
        REQUIRE(explanation.has_value());
        CHECK(!explanation->refusal);
        CHECK(explanation->fee == row.fee);
        CHECK(explanation->payer_pays == row.amount + row.fee);
    }
}

TEST_CASE("explanation: what the switch would refuse, with the bound") {
    const struct {
        std::string scheme;
        std::string type;
        std::int64_t amount;
        std::string account_class;
        Refusal refusal;
        std::string bound;
    } rows[] = {
        {"mpesa-kenya", "send", 250'000'01, "", Refusal::not_offered,
         "The tariff ends at 250000.00."},
        {"mpesa-kenya", "withdraw", 49'99, "", Refusal::below_minimum, "The least is 50.00."},
        {"mpesa-kenya", "pay-merchant", 250'000'01, "", Refusal::transaction_limit_exceeded,
         "Limits: 250000.00 a payment, 500000.00 a day, balance of 500000.00."},
        {"mpesa-kenya", "deposit", 500'000'01, "", Refusal::ceiling_exceeded,
         "Limits: 250000.00 a payment, 500000.00 a day, balance of 500000.00."},
        {"wechat-china", "send", 1'000'01, "wallet-1", Refusal::lifetime_limit_exceeded,
         "Limits: 1000.00 in a lifetime."},
        {"wechat-china", "send", 100'000'01, "wallet-2", Refusal::yearly_limit_exceeded,
         "Limits: 100000.00 a year."},
    };
    for (const auto& row : rows) {
        CAPTURE(row.type);
        CAPTURE(row.amount);
        const core::Scheme scheme = built_in(row.scheme);
        Occasion occasion = asked(row.type, row.amount, friday);
        occasion.account_class = row.account_class;
        const Result<Explanation> explanation = explain(scheme, occasion);
        REQUIRE(explanation.has_value());
        CHECK(explanation->refusal == row.refusal);
        CHECK(explanation->legs.empty());
        const std::string text = explanation_text(scheme, *explanation);
        CAPTURE(text);
        CHECK(text.find("The switch refuses it, " + std::string(name(row.refusal)) + ": ") !=
              std::string::npos);
        CHECK(text.ends_with(row.bound + "\n"));
        occasion.amount -= 1;
        if (row.refusal != Refusal::below_minimum)
            CHECK(!explain(scheme, occasion).value().refusal);
    }
}

TEST_CASE("explanation: the limits of the customer who is paid do not bound what a business pays") {
    // Then KSh 150,000 a payment, for customers.
    const core::Scheme scheme = built_in("mpesa-kenya");
    const core::LocalDay day = 2023y / August / 20;
    CHECK(!explain(scheme, asked("disburse", 200'000'00, day)).value().refusal);
    CHECK(explain(scheme, asked("send", 200'000'00, day)).value().refusal ==
          Refusal::transaction_limit_exceeded);
}

TEST_CASE("explanation: questions that cannot be answered") {
    const core::Scheme scheme = built_in("mpesa-kenya");
    Occasion wrong_class = asked("pay-merchant", 1, friday);
    wrong_class.account_class = "customer";
    Occasion no_class = asked("send", 1, friday);
    no_class.account_class = "till";
    const struct {
        Occasion occasion;
        InputError error;
    } rows[] = {
        {asked("sned", 1, friday),
         {"type",
          "\"sned\" is no type of mpesa-kenya; there are send, withdraw, deposit, "
          "pay-merchant, pay-bill-mgao, pay-bill-customer-pays, pay-bill-business-pays, "
          "disburse"}},
        {asked("send", 1, 2018y / June / 30),
         {"on",
          "no tariff of send is in force on 2018-06-30; it has those since 2023-07-01, "
          "2018-07-01 to 2023-06-30"}},
        {asked("send", 0, friday),
         {"amount", "found 0.00; above 0 and at most 10000000000000.00 is needed"}},
        {asked("send", 1'000'000'000'000'001, friday),
         {"amount", "found 10000000000000.01; above 0 and at most 10000000000000.00 is needed"}},
        {wrong_class,
         {"class", "\"customer\" is no class for pay-merchant; there are till, till-to-bank"}},
        {no_class, {"class", "\"till\" is no class for send; there are customer"}},
    };
    for (const auto& row : rows) {
        CAPTURE(row.error.reason);
        const Result<Explanation> explanation = explain(scheme, row.occasion);
        REQUIRE(!explanation.has_value());
        CHECK(explanation.error() == row.error);
    }
}

TEST_CASE("scheme text: rules in words") {
    core::FeeRule fee;
    CHECK(fee_text(fee, Currency::kes) == "0 %");
    fee.basis_points = 175;
    fee.flat = 25;
    fee.minimum = 50;
    CHECK(fee_text(fee, Currency::kes) == "1.75 % and 0.25, at least 0.50");
    fee = {};
    fee.bands = {{100, 0}, {200, 5}};
    CHECK(fee_text(fee, Currency::kes) == "2 bands of 0.00 to 0.05, up to 2.00");
    CHECK(percent_text(22) == "0.22 %");
    CHECK(percent_text(60) == "0.6 %");
    CHECK(percent_text(1500) == "15 %");
    CHECK(percent_text(10'000) == "100 %");
    CHECK(zone_text(-570) == "-09:30");
    CHECK(zone_text(0) == "+00:00");

    core::SettlementRule rule;
    CHECK(settlement_text(rule, Currency::kes) == "at once");
    rule.to_bank = true;
    rule.lag_days = 1;
    CHECK(settlement_text(rule, Currency::kes) == "T+1 calendar day");
    rule.cut_off = 23h;
    rule.payout_at = 9h + 30min;
    rule.minimum_payout = 500'00;
    rule.payout_fee = 5'00;
    rule.refunds_netted = false;
    rule.negative_net = core::NegativeNet::collect;
    CHECK(settlement_text(rule, Currency::kes) ==
          "T+1 calendar day, from 23:00 on as the next day, at 09:30, from 500.00, a payout costs "
          "5.00, refunds collected apart, debts collected at once");
    rule.minimum_basis = core::MinimumBasis::before_fees;
    CHECK(settlement_text(rule, Currency::kes).find(", from 500.00 before fees, ") !=
          std::string::npos);
    CHECK(limits_text({}, Currency::kes) == "none");
}

TEST_CASE("scheme text: the list and the summaries name everything there is") {
    const std::string list = list_text();
    for (const BuiltInScheme& row : built_in_schemes()) {
        CAPTURE(row.name);
        CHECK(list.find(std::string(row.name) + " ") != std::string::npos);
        const SchemeFile file = find_scheme(std::string(row.name), {}).value();
        const std::string summary = summary_text(file);
        CHECK(summary.starts_with(file.scheme.name + " " + file.scheme.version + ", "));
        for (const std::string& type : type_names(file.scheme))
            CHECK(summary.find("  " + type + " ") != std::string::npos);
        for (const std::string& account_class : class_names(file.scheme))
            CHECK(summary.find("  " + account_class + " ") != std::string::npos);
    }
}
