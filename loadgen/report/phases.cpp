#include "loadgen/report/phases.h"

#include "ledger/words/ensure.h"
#include "loadgen/measure/hdr_log.h"
#include "loadgen/measure/number_text.h"
#include "loadgen/report/html_page.h"
#include "loadgen/report/report.h"

#include <fmt/format.h>

#include <algorithm>

namespace tuma::loadgen {
namespace {

std::string held_text(const PhaseRow& phase, const RunReport& report) {
    return is_held(phase, report) ? "held" : "not held";
}

std::string rate_of(const PhaseRow& phase, std::uint64_t operations) {
    return rate_text(phase.per_s(static_cast<double>(operations)));
}

std::uint64_t failed(const PhaseRow& phase) {
    return phase.window.errors + phase.window.timeouts;
}

}  // namespace

std::vector<Offset> phase_bounds(std::span<const RatePiece> pieces, Duration warmup) {
    std::vector<Offset> bounds{Offset{warmup}};
    for (const RatePiece& piece : pieces) bounds.push_back(bounds.back() + piece.length);
    return bounds;
}

double asked_in_window(const RateProfile& rate, const RunReport& report) {
    const Offset begin = report.settings.warmup;
    return static_cast<double>(rate.operations_before(begin + report.measured) -
                               rate.operations_before(begin));
}

void take_phases(const Recorder& recorder, RunReport& report) {
    const std::vector<RatePiece>& pieces = report.settings.profile;
    if (recorder.phases().empty()) return;
    ensure(recorder.phases().size() == pieces.size(), "a phase for each piece");
    Duration begin{0};
    for (std::size_t i = 0; i < pieces.size() && begin < report.measured; ++i) {
        const PhaseTally& tally = recorder.phases()[i];
        const auto length = std::chrono::duration_cast<Duration>(pieces[i].length);
        report.phases.push_back({.piece = pieces[i],
                                 .begin = begin,
                                 .measured = std::min(length, report.measured - begin),
                                 .counts = tally.counts,
                                 .window = tally.window,
                                 .requests = tally.requests,
                                 .response = tally.response,
                                 .floor = tally.floor});
        begin += length;
    }
}

void add_asked(const std::vector<PhaseRow>& part, std::vector<PhaseRow>& total) {
    // Those that one of them has not reached are the other's alone.
    for (std::size_t i = 0; i < std::min(part.size(), total.size()); ++i) {
        total[i].piece.from.millihertz += part[i].piece.from.millihertz;
        total[i].piece.to.millihertz += part[i].piece.to.millihertz;
    }
}

void add_phases(const std::vector<PhaseRow>& part, std::vector<PhaseRow>& total) {
    // One that was interrupted has fewer.
    for (std::size_t i = 0; i < part.size(); ++i) {
        if (i == total.size()) {
            total.push_back(part[i]);
            continue;
        }
        ensure(part[i].piece.length == total[i].piece.length, "phases of the same lengths");
        total[i].measured = std::max(total[i].measured, part[i].measured);
        total[i].counts.add(part[i].counts);
        total[i].window.add(part[i].window);
        total[i].requests += part[i].requests;
        total[i].response.merge(part[i].response);
        total[i].floor.merge(part[i].floor);
    }
}

bool is_held(const PhaseRow& phase, const RunReport& report) {
    const double on_its_way = phase.piece.to.per_second() * usual_response_s(report);
    const double least = least_ended(phase.asked(), report.settings) - on_its_way;
    return static_cast<double>(phase.window.ended()) >= least;
}

Bounds bounds_of(const PhaseRow& phase, double percentile) {
    return bounds_of(phase.response, phase.floor, phase.requests, percentile);
}

std::string phase_tag(std::size_t index) {
    return fmt::format("phase-{:02}", index + 1);
}

std::string phases_text(const RunReport& report) {
    if (report.phases.empty()) return {};
    std::string out = fmt::format("\n  {:<22}{:>11}{:>11}{:>11}{:>11}{:>11}\n", "phase", "asked",
                                  "offered", "attained", "refused", "failed");
    for (const PhaseRow& phase : report.phases)
        out += fmt::format("  {:<22}{:>11}{:>11}{:>11}{:>11}{:>11}\n    {}; {}; {}\n",
                           piece_text(phase.piece), rate_text(phase.per_s(phase.asked())),
                           rate_of(phase, phase.counts.scheduled), rate_of(phase, phase.window.ok),
                           rate_of(phase, phase.window.refused), rate_of(phase, failed(phase)),
                           statement(bounds_of(phase, 50)), statement(bounds_of(phase, 99)),
                           held_text(phase, report));
    return out;
}

std::string phases_html(const RunReport& report) {
    if (report.phases.empty()) return {};
    const Counts& all = report.window;
    // Only what there was, so that a telephone has room for the rest.
    std::vector<std::string> headings{"phase", "asked", "offered", "attained"};
    if (all.refused > 0) headings.emplace_back("refused");
    if (all.errors + all.timeouts > 0) headings.emplace_back("failed");
    std::vector<std::vector<std::string>> rates;
    std::vector<std::vector<std::string>> latencies;
    for (const PhaseRow& phase : report.phases) {
        const std::string name = piece_text(phase.piece);
        rates.push_back({name, rate_text(phase.per_s(phase.asked())),
                         rate_of(phase, phase.counts.scheduled), rate_of(phase, phase.window.ok)});
        if (all.refused > 0) rates.back().push_back(rate_of(phase, phase.window.refused));
        if (all.errors + all.timeouts > 0) rates.back().push_back(rate_of(phase, failed(phase)));
        latencies.push_back({name, held_text(phase, report), value_statement(bounds_of(phase, 50)),
                             value_statement(bounds_of(phase, 99))});
    }
    return "<h2>Phases</h2>\n" + html_table(headings, rates, false) +
           html_table({"phase", "load", "p50", "p99"}, latencies, false) +
           "<p class=\"soft\">Asked and offered are what was due in a phase, attained what ended "
           "within it: what one phase leaves undone ends in the next. Percentiles, as they may be "
           "quoted, are of the operations that were due in the phase. The load was held where 99 % "
           "of what was asked for ended within it.</p>\n";
}

std::string phases_hlog(const RunReport& report) {
    std::string out;
    for (std::size_t i = 0; i < report.phases.size(); ++i) {
        const PhaseRow& phase = report.phases[i];
        if (phase.response.count() == 0) continue;
        const auto start = std::chrono::duration_cast<std::chrono::milliseconds>(
            report.settings.warmup + phase.begin);
        const auto length = std::chrono::duration_cast<std::chrono::milliseconds>(phase.measured);
        out += hdr_log_line(phase_tag(i), start, length, phase.response);
        out += hdr_log_line(phase_tag(i) + ".floor", start, length, phase.floor);
    }
    return out;
}

}  // namespace tuma::loadgen
