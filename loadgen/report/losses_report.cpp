#include "loadgen/report/losses_report.h"

#include "loadgen/measure/number_text.h"
#include "loadgen/report/html_page.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <span>
#include <string_view>
#include <utility>

namespace tuma::loadgen {
namespace {

namespace json = boost::json;

constexpr std::size_t rows_in_text = 10;
/// Each is a column of the page.
constexpr std::size_t rows_on_page = 20;

constexpr std::array<ResentName, 8> names{{{"in flight", "in_flight", &Resent::in_flight},
                                           {"sent again", "resent", &Resent::resent},
                                           {"executed now", "executed", &Resent::executed},
                                           {"known already", "known", &Resent::known},
                                           {"refused", "refused", &Resent::refused},
                                           {"timed out", "timed_out", &Resent::timed_out},
                                           {"lost again", "lost_again", &Resent::lost_again},
                                           {"failed", "failed", &Resent::failed}}};

double seconds(Offset time) {
    return std::chrono::duration<double>(time).count();
}

std::string lasting(Offset time) {
    return latency_text(microseconds(time));
}

/// Since when in the run.
std::string moment(Offset time) {
    return fmt::format("{:.3f} s", seconds(time));
}

std::string times(std::uint64_t n) {
    return n == 1 ? "once" : count_text(n) + " times";
}

std::string back_after(const Loss& loss) {
    return loss.is_over ? lasting(loss.lasted) : "not before the end";
}

std::string answer_after(const Loss& loss) {
    return loss.answer ? lasting(*loss.answer) : "none";
}

std::string line_of(const Loss& loss) {
    return fmt::format(
        "at {}: {} connections lost ({}); all back after {}, first answer after {}; {} operations "
        "in flight, {} sent again",
        moment(loss.at), count_text(loss.connections), loss.reason, back_after(loss),
        answer_after(loss), count_text(loss.operations.in_flight),
        count_text(loss.operations.resent));
}

json::object operations_json(const Resent& operations) {
    json::object out;
    for (const ResentName& row : names) out[row.key] = operations.*row.member;
    out["not_resent"] = operations.not_resent();
    return out;
}

}  // namespace

std::span<const ResentName> resent_names() {
    return names;
}

std::string losses_sentence(const Losses& losses) {
    return fmt::format(
        "The connection to the server was lost {}, for {} in all; {} operations that were in "
        "flight then were sent again under the same references, and their latency counts from "
        "their first sending.",
        times(losses.count), lasting(losses.downtime), count_text(losses.operations.resent));
}

std::vector<std::string> losses_lines(const Losses& losses) {
    if (losses.count == 0) return {"no connection was lost"};
    const Resent& all = losses.operations;
    std::vector<std::string> lines{
        fmt::format("lost {}: {} with a connection missing, at most {} without an answer",
                    times(losses.count), lasting(losses.downtime), lasting(losses.longest_silence)),
        fmt::format("in flight then {} = sent again {} + not {}", count_text(all.in_flight),
                    count_text(all.resent), count_text(all.not_resent()))};
    std::string parts;
    // What was in flight and what was sent again are the wholes.
    for (const ResentName& row : std::span{names}.subspan(2))
        parts += fmt::format("{}{} {}", parts.empty() ? " = " : " + ", row.words,
                             count_text(all.*row.member));
    lines.push_back(fmt::format("sent again {}{}", count_text(all.resent), parts));
    const std::size_t shown = std::min(losses.rows.size(), rows_in_text);
    for (const Loss& loss : std::span{losses.rows}.first(shown)) lines.push_back(line_of(loss));
    if (losses.count > shown)
        lines.push_back(fmt::format("and {} more", count_text(losses.count - shown)));
    return lines;
}

std::string losses_html(const Losses& losses) {
    std::string out = "<h2>Losses of the connection</h2>\n";
    if (losses.count == 0) return out + "<p>No connection was lost.</p>\n";
    out +=
        fmt::format("<p>Lost {}: {} with a connection missing, at most {} without an answer.</p>\n",
                    times(losses.count), lasting(losses.downtime), lasting(losses.longest_silence));
    // Losses beside each other, so that the page with one of them is as narrow as a telephone.
    const auto shown = std::span{losses.rows}.first(std::min(losses.rows.size(), rows_on_page));
    std::vector<std::string> headings{"", "all"};
    std::vector<std::vector<std::string>> rows{{"all back after", lasting(losses.downtime)},
                                               {"first answer after", ""},
                                               {"connections", ""}};
    for (const Loss& loss : shown) {
        headings.push_back("at " + moment(loss.at));
        rows[0].push_back(back_after(loss));
        rows[1].push_back(answer_after(loss));
        rows[2].push_back(count_text(loss.connections));
    }
    for (const ResentName& row : names) {
        rows.push_back({std::string(row.words), count_text(losses.operations.*row.member)});
        for (const Loss& loss : shown)
            rows.back().push_back(count_text(loss.operations.*row.member));
    }
    out += html_table(headings, rows, false);
    if (losses.count > shown.size())
        out += fmt::format("<p class=\"soft\">The first {}; more are in report.json.</p>\n",
                           shown.size());
    return out +
           "<p class=\"soft\">Operations that were in flight are sent again under the same "
           "references. Executed now: the server had not done it. Known already: it had, and its "
           "answer was lost. Latency counts from the first sending.</p>\n";
}

json::object losses_json(const Losses& losses) {
    json::object out{{"count", losses.count},
                     {"downtime_s", seconds(losses.downtime)},
                     {"longest_silence_s", seconds(losses.longest_silence)},
                     {"operations", operations_json(losses.operations)}};
    json::array rows;
    for (const Loss& loss : losses.rows)
        rows.push_back(
            {{"at_s", seconds(loss.at)},
             {"lasted_s", seconds(loss.lasted)},
             {"is_over", loss.is_over},
             {"answer_after_s", loss.answer ? json::value(seconds(*loss.answer)) : json::value()},
             {"connections", loss.connections},
             {"reason", loss.reason},
             {"operations", operations_json(loss.operations)}});
    out["rows"] = std::move(rows);
    return out;
}

}  // namespace tuma::loadgen
