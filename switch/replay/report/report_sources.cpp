// Where the numbers come from: what was read, what was assumed, how to check it.
#include "switch/files/scheme_text.h"
#include "switch/replay/figures/rail_set.h"
#include "switch/replay/report/report_parts.h"
#include "switch/replay/words/html.h"
#include "switch/replay/words/number_text.h"
#include "switch/replay/words/rail_words.h"

#include <fmt/format.h>

#include <algorithm>

namespace tuma::replay {
namespace {

/// Term and explanation, a row each; explanations are HTML.
class Terms {
public:
    void add(std::string_view term, const std::string& html) {
        rows_ += fmt::format("<dt>{}</dt><dd>{}</dd>", escaped(term), html);
    }
    std::string html() const { return "<dl class=\"terms\">" + rows_ + "</dl>\n"; }

private:
    std::string rows_;
};

std::string number(std::uint64_t n, const std::string& word) {
    return counted(static_cast<std::int64_t>(n), word);
}

std::string sales_words(const ReplayResult& result) {
    const SalesFigures& sales = result.sales;
    const Currency currency = result.plan.merchant.currency;
    std::string out =
        // The hash stands beside the name, so that a reader can check which file it was.
        fmt::format("{}, SHA-256 <code>{}</code>. {} in the window", escaped(result.sales_source),
                    escaped(result.sales_sha256), number(sales.payments, "row"));
    if (sales.refunds > 0) {
        out += fmt::format(", {} of them refunds of {}", count_text(sales.refunds),
                           money_text(sales.gross_positive - sales.gross, currency));
    }
    out += fmt::format("; they come to {}", money_text(sales.gross, currency));
    if (sales.payments > 0) {
        out += fmt::format(", the first on {}, the last on {}", prose_day(sales.first_day),
                           prose_day(sales.last_day));
    }
    const auto& zone = result.plan.merchant.zone;
    // Said, because it changes days: a sale at midnight may have moved.
    if (sales.times_converted != 0 && zone)
        out += fmt::format(". {} that named a zone converted to {}",
                           number(sales.times_converted, "time"),
                           zone_text(static_cast<std::int16_t>(zone->count())));
    return out +
           fmt::format(". {} outside the window left out.", number(sales.rows_outside, "row"));
}

/// What was wrong with the file, as far as it was listed.
std::string faults(const SalesFigures& sales) {
    std::string out = sales.rows_bad == 0
                          ? "No bad rows"
                          : fmt::format("<b>{} could not be used and were skipped</b>",
                                        number(sales.rows_bad, "row"));
    out += sales.txn_ids_repeated == 0
               ? ", no txn_id twice"
               : fmt::format(", <b>{} with the txn_id of an earlier row</b>, counted all the same",
                             number(sales.txn_ids_repeated, "row"));
    // Sorting changes nothing in the figures, but tells something about the file.
    out += sales.was_sorted ? ", in order of time." : ", put in order of time here.";
    if (sales.bad_rows.empty()) return out;
    // Rows that were not listed are counted all the same.
    out += fmt::format("<details><summary>{} skipped</summary><ul>",
                       sales.bad_rows.size() < sales.rows_bad
                           ? fmt::format("The first {} rows", sales.bad_rows.size())
                           : "Rows");
    for (const BadRow& row : sales.bad_rows) {
        out += fmt::format("<li>line {}: {}</li>", count_text(row.line), escaped(row.reason));
    }
    return out + "</ul></details>";
}

std::string outgoings_words(const ReplayResult& result) {
    if (result.outgoings_are_real) {
        return "The merchant's own, by date, from the file given.";
    }
    const OutgoingsPlan& plan = result.plan.outgoings;
    return fmt::format(
        "A rule, as shares of sales: restock {} of yesterday's; wages {} (Fridays) and the "
        "owner's draw {} (Sundays) of the 7 days before; rent {} of the calendar month before, "
        "on each 1st; each rounded half-up and paid at the end of the day.{}",
        percent_text(plan.restock_bp), percent_text(plan.wages_bp), percent_text(plan.draw_bp),
        percent_text(plan.rent_bp),
        plan.mode == OutgoingsMode::fixed ? " Wages, draw and rent are paid in equal instalments "
                                            "of the totals these shares come to."
                                          : "");
}

std::string calendar_words(const MerchantPlan& merchant) {
    const core::Calendar& calendar = merchant.calendar;
    if (calendar.name().empty()) return "Monday to Friday; no holidays.";
    const auto holidays = calendar.holidays();
    // Only holidays of the window have changed anything.
    const auto inside = std::count_if(holidays.begin(), holidays.end(), [&](core::LocalDay day) {
        return merchant.from <= day && day <= merchant.to;
    });
    return fmt::format(
        "Monday to Friday except holidays of the calendar {}, {} of them in the window.",
        escaped(calendar.name()), inside);
}

/// Whether all fees that a rail's payments can have are rounded half-up.
bool rounds_half_up(const RailPlan& rail) {
    return std::all_of(rail.scheme.types.begin(), rail.scheme.types.end(), [&](const auto& type) {
        // Other types of the scheme charge these payments nothing.
        return type.name != rail.type ||
               std::all_of(type.fees.begin(), type.fees.end(), [](const core::FeeRule& fee) {
                   return fee.rounding == Rounding::half_up;
               });
    });
}

std::string names_of(const Plan& plan, bool (*holds)(const RailPlan&)) {
    std::vector<std::string> out;
    for (const RailPlan& rail : plan.rails) {
        if (holds(rail)) out.push_back(rail.name);
    }
    return listed(out, 10);
}

std::string fee_rules_words(const Plan& plan) {
    const std::string otherwise =
        names_of(plan, [](const RailPlan& rail) { return !rounds_half_up(rail); });
    const std::string returning = names_of(plan, [](const RailPlan& rail) {
        return rail.scheme.reversal.fee != core::ChargeReturn::nothing;
    });
    // What differs from the rule is named by rail: exceptions are what reviewers look for.
    return fmt::format(
        "Worked out and rounded for each payment, to the nearest minor unit, halves away from "
        "zero{}; taken out when the sale settles. A refund carries no fee and returns none{}.",
        otherwise.empty() ? "" : " (other rounding, by their schemes: " + escaped(otherwise) + ")",
        returning.empty() ? "" : " (returned, by their schemes: " + escaped(returning) + ")");
}

std::string rails_words(const Plan& plan) {
    std::string out = "<ul>";
    for (const RailPlan& rail : plan.rails) {
        out += fmt::format(
            "<li><b>{}</b>: {}{}{}.</li>", escaped(rail.name), escaped(rail.sentence),
            rail.is_from_scheme ? fmt::format(", from the scheme {} {}", escaped(rail.scheme.name),
                                              escaped(rail.scheme.version))
                                : "",
            rail.applies_to.empty()
                ? ""
                : fmt::format("; for payments by “{}” only, all others settle at "
                              "once and free",
                              escaped(rail.applies_to)));
    }
    return out + "</ul>";
}

std::string advance_terms(const AdvancePlan& plan) {
    return fmt::format(
        "On day {} of the window (the first is 0), {} of sales; {} of it to pay back, by {} of "
        "each later day's settled sales. It is left in the account and earns nothing there.",
        plan.day, counted(plan.average_days, "average day"), percent_text(plan.factor_bp),
        percent_text(plan.holdback_bp));
}

std::string check_row(const RailResult& rail, Currency currency) {
    const auto difference = [&]() -> std::string {
        // A fee with bands or a cap cannot be taken of a day's sum.
        if (!rail.fees_if_rounded_daily) return number_cell("–");
        const std::int64_t more = *rail.fees_if_rounded_daily - rail.fees;
        return number_cell((more > 0 ? "+" : "") + amount_text(more, currency), more);
    };
    return fmt::format(
        "<tr><th scope=\"row\">{}</th>{}{}{}{}<td class=\"hash\"><code>{}</code></td></tr>",
        breakable(rail.name), number_cell(count_text(rail.payments)),
        number_cell(count_text(rail.refused)), number_cell(count_text(rail.events)), difference(),
        escaped(rail.head_hash));
}

}  // namespace

std::string sources_section(const ReplayResult& result) {
    const MerchantPlan& merchant = result.plan.merchant;
    Terms given;
    given.add("Sales",
              sales_words(result) + " Read as they are: nothing was added, scaled or smoothed.");
    given.add("The file's rows", faults(result.sales));
    given.add("Business days", calendar_words(merchant));
    if (result.outgoings_are_real) given.add("Outgoings", outgoings_words(result));

    Terms assumed;
    // The merchant's own outgoings are given, the rule's are assumed: they never stand in both
    // lists.
    if (!result.outgoings_are_real) assumed.add("Outgoings", outgoings_words(result));
    assumed.add(
        "Opening cash",
        result.rails.empty()
            ? counted(merchant.opening_days, "average day") + " of sales."
            : fmt::format("{}: {} of sales.",
                          money_text(result.rails.front().base.measures.opening, merchant.currency),
                          counted(merchant.opening_days, "average day")));
    assumed.add(
        "Interest",
        fmt::format("{} a year, actual days over 365, simple, on closing balances below zero; "
                    "added up, never charged to the balance.",
                    percent_text(merchant.interest_rate_bp)));
    assumed.add("Rails", rails_words(result.plan));
    assumed.add("Fees", fee_rules_words(result.plan));
    if (result.plan.advance) assumed.add("Advance", advance_terms(*result.plan.advance));
    assumed.add(
        "Left out",
        "What customers a rail might bring or turn away: every rail is given the same sales. "
        "What handling cash costs. Taxes on profit. Rails of other countries are applied "
        "here as if they took this currency.");
    return section("sources", "What is given and what is assumed",
                   "<h3>Given</h3>\n" + given.html() + "<h3>Assumed, in " +
                       escaped(file_name(result.plan.source)) + "</h3>\n" + assumed.html());
}

std::string checks_section(const ReplayResult& result) {
    if (result.rails.empty()) return {};
    std::string rows;
    for (const RailResult& rail : result.rails) {
        rows += check_row(rail, result.plan.merchant.currency);
    }
    const std::string heads =
        "<th>Rail</th><th class=\"n\">Payments</th><th class=\"n\">Refused</th>"
        "<th class=\"n\">Journal records</th><th class=\"n\">Fees change if rounded once a day</th>"
        "<th>SHA-256 of the journal's last batch</th>";
    return section(
        "checks", "How to check it",
        fmt::format(
            "<p>The switch decided {} in virtual time, each rail in books of its own: every sale a "
            "payment, every fee a leg of it, every settlement and outgoing a posting. Balances are "
            "read from those books, none is worked out beside them.</p>\n"
            "<ul><li><code>sha256sum</code> of the sales file gives the sum above.</li>"
            "<li>The CSV file of each rail has every day. On each of them, yesterday's "
            "closing_balance + loan_advance + settled_gross − fees − loan_repayment − outgoings = "
            "closing_balance; gross sold less gross settled so far = receivable.</li>"
            "<li>The same plan on the same file gives the same bytes, this page included, and the "
            "same last hashes. Each hash covers its rail's whole journal: one payment changed, and "
            "it is another.</li>"
            "<li>With <code>--keep-books</code> each rail's journal stays in "
            "<code>books/RAIL</code>: <code>tuma audit</code> recomputes every hash and balance of "
            "it, <code>tuma project</code> makes SQL tables of it.</li></ul>\n",
            number(result.payments_decided(), "payment")) +
            sortable_table("", heads, rows));
}

}  // namespace tuma::replay
