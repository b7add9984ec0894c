#include "ledger/records/batch.h"
#include "ledger/words/time.h"
#include "switch/files/scheme_text.h"
#include "switch/replay/report/summary.h"
#include "switch/replay/run/measures.h"
#include "switch/replay/sales/outgoings.h"
#include "switch/replay/words/number_text.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <span>

namespace tuma::replay {
namespace {

namespace json = boost::json;

json::value or_null(const std::optional<std::int64_t>& number) {
    // Null is "not measured", and no program mistakes it for zero.
    return number ? json::value(*number) : json::value();
}

json::value or_null(const std::optional<core::LocalDay>& day) {
    return day ? json::value(tuma::text(*day)) : json::value();
}

json::value zone_or_null(const MerchantPlan& merchant) {
    if (!merchant.zone) return nullptr;
    return json::value(zone_text(static_cast<std::int16_t>(merchant.zone->count())));
}

std::string sha256_of(const Variant& variant) {
    // Of the very bytes that are written beside it, so that a file can be checked against the
    // summary.
    const std::string text = daily_csv(variant);
    return ledger::hex(ledger::sha256(std::as_bytes(std::span{text})));
}

json::object with_loan(const Variant& variant) {
    const Measures& measures = variant.measures;
    const AdvanceMeasures& advance = *measures.advance;
    return {{"closing_end", measures.closing_end},
            {"days_short", measures.days_short},
            {"days_to_repay", or_null(advance.days_to_repay)},
            {"interest", measures.interest},
            {"longest_short_run", measures.longest_short_run},
            {"min_closing", measures.min_closing},
            {"outstanding_end", advance.outstanding_end},
            {"peak_financing", measures.peak_financing},
            {"repaid", advance.repaid},
            {"repaid_on", or_null(advance.repaid_on)},
            {"sha256_daily", sha256_of(variant)}};
}

json::object fixed_outgoings(const Variant& variant) {
    const Measures& measures = variant.measures;
    return {{"closing_end", measures.closing_end},
            {"days_short", measures.days_short},
            {"interest", measures.interest},
            {"longest_short_run", measures.longest_short_run},
            {"opening_needed", measures.opening_needed},
            {"outgoings", measures.outgoings},
            {"peak_financing", measures.peak_financing}};
}

json::array refusals_of(const RailResult& rail) {
    json::array out;
    out.reserve(rail.refusals.size());
    for (const RefusedSale& sale : rail.refusals)
        out.push_back(json::object{{"line", sale.line},
                                   {"day", tuma::text(sale.day)},
                                   {"amount", sale.amount},
                                   {"refusal", name(sale.refusal)}});
    return out;
}

json::object rail_of(const RailResult& rail) {
    const Measures& base = rail.base.measures;
    json::object out{{"sentence", rail.sentence},
                     {"payments", rail.payments},
                     {"days", base.days},
                     {"gross", rail.gross},
                     {"fees", rail.fees},
                     {"fee_share_micro", rail.fee_share_micro},
                     {"fees_settled", rail.fees_settled},
                     {"fees_if_rounded_daily", or_null(rail.fees_if_rounded_daily)},
                     {"outgoings", base.outgoings},
                     {"opening", base.opening},
                     {"closing_end", base.closing_end},
                     {"receivable_end", base.receivable_end},
                     {"days_short", base.days_short},
                     {"longest_short_run", base.longest_short_run},
                     {"first_short", or_null(base.first_short)},
                     {"min_closing", base.min_closing},
                     {"min_closing_on", tuma::text(base.min_closing_on)},
                     {"peak_financing", base.peak_financing},
                     {"opening_needed", base.opening_needed},
                     {"max_receivable", base.max_receivable},
                     {"mean_receivable", base.mean_receivable},
                     {"interest", base.interest},
                     {"sha256_daily", sha256_of(rail.base)},
                     {"journal_events", rail.events},
                     {"journal_head", rail.head_hash},
                     {"refused", rail.refused},
                     {"refused_sum", rail.refused_sum}};
    // Absent where there were none, for the list may be long.
    if (rail.refused != 0) out["refusals"] = refusals_of(rail);
    if (rail.with_advance) out["with_loan"] = with_loan(*rail.with_advance);
    if (rail.fixed_outgoings) out["fixed_outgoings"] = fixed_outgoings(*rail.fixed_outgoings);
    return out;
}

json::object sales_of(const ReplayResult& result) {
    const SalesFigures& sales = result.sales;
    return {{"payments", sales.payments},
            {"refunds", sales.refunds},
            {"gross", sales.gross},
            {"first_day", tuma::text(sales.first_day)},
            {"last_day", tuma::text(sales.last_day)},
            {"rows_outside", sales.rows_outside},
            {"rows_bad", sales.rows_bad},
            {"txn_ids_repeated", sales.txn_ids_repeated},
            {"times_converted", sales.times_converted},
            {"was_sorted", sales.was_sorted},
            {"sha256", result.sales_sha256}};
}

json::object outgoings_of(const ReplayResult& result) {
    if (result.outgoings_are_real) return {{"mode", "dated"}};
    const OutgoingsPlan& plan = result.plan.outgoings;
    return {{"mode", plan.mode == OutgoingsMode::fixed ? "fixed" : "proportional"},
            {"restock_bp", plan.restock_bp},
            {"wages_bp", plan.wages_bp},
            {"draw_bp", plan.draw_bp},
            {"rent_bp", plan.rent_bp}};
}

json::value loan_of(const ReplayResult& result) {
    if (!result.plan.advance) return nullptr;
    const AdvanceTerms terms =
        advance_terms(*result.plan.advance, result.plan.merchant, result.average_day);
    return {{"day", tuma::text(terms.day)},
            {"principal", terms.principal},
            {"due", terms.due},
            {"factor_bp", result.plan.advance->factor_bp},
            {"holdback_bp", terms.holdback_bp}};
}

json::object run_of(const ReplayResult& result) {
    json::object rails;
    for (const RailResult& rail : result.rails) rails[rail.name] = rail.seconds;
    json::value rate = nullptr;
    // Wall times stand apart under one key: everything else is the same in every run.
    if (result.seconds > 0)
        rate = static_cast<std::int64_t>(static_cast<double>(result.payments_decided()) /
                                         result.seconds);
    return {{"seconds", result.seconds},
            {"payments", result.payments_decided()},
            {"payments_per_second", std::move(rate)},
            {"threads", result.threads},
            {"rail_seconds", std::move(rails)}};
}

void add_instalments(const ReplayResult& result, json::object& out) {
    const MerchantPlan& merchant = result.plan.merchant;
    // Reckoned again from the plan, since the result holds days and not the rule.
    const OutgoingsRule rule(result.plan.outgoings, OutgoingsMode::fixed, merchant.from,
                             merchant.to, result.sales.gross);
    out["fixed_weekly_wage"] = rule.weekly_wage();
    out["fixed_monthly_rent"] = rule.monthly_rent();
}

// Objects are spread over lines, one blank of indentation a level; seconds have three decimals.
void write(const json::value& value, std::size_t depth, std::string& out) {
    const auto* object = value.if_object();
    // Three decimals, because more of a wall time is noise.
    if (const double* seconds = value.if_double()) {
        out += fmt::format("{:.3f}", *seconds);
        return;
    }
    if (object == nullptr || object->empty()) {
        out += json::serialize(value);
        return;
    }
    const std::string indent(depth + 1, ' ');
    std::string_view before = "{\n";
    // Written by hand: Boost.JSON puts everything on one line, and people read this file.
    for (const auto& [key, member] : *object) {
        out.append(before).append(indent).append(json::serialize(json::value(key))).append(": ");
        write(member, depth + 1, out);
        before = ",\n";
    }
    out.append("\n").append(depth, ' ').append("}");
}

}  // namespace

std::string summary_json(const ReplayResult& result, std::string_view version) {
    const MerchantPlan& merchant = result.plan.merchant;
    const std::filesystem::path file(result.sales_source);
    json::object out{
        {"format", summary_format},
        {"version", version},
        {"merchant", file.stem().string()},
        {"file", file.filename().string()},
        {"currency", alphabetic_code(merchant.currency)},
        {"exponent", find_currency(static_cast<std::uint16_t>(merchant.currency))->decimals},
        {"calendar", merchant.calendar.name()},
        {"zone", zone_or_null(merchant)},
        {"start", tuma::text(merchant.from)},
        {"end", tuma::text(merchant.to)},
        {"avg_day", result.average_day},
        {"opening", result.average_day * merchant.opening_days},
        {"interest_rate_bp", merchant.interest_rate_bp},
        {"sales", sales_of(result)},
        {"outgoings", outgoings_of(result)}};
    if (!result.outgoings_are_real) add_instalments(result, out);
    out["loan"] = loan_of(result);
    json::object rails;
    // Rails by name and not in a list, so that a program finds its rail at once.
    for (const RailResult& rail : result.rails) rails[rail.name] = rail_of(rail);
    out["rails"] = std::move(rails);
    out["run"] = run_of(result);
    std::string text;
    write(out, 0, text);
    return text + "\n";
}

}  // namespace tuma::replay
