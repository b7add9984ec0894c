// A report directory read back, whole.
#include "ledger/words/input_file.h"
#include "ledger/words/refusal.h"
#include "ledger/words/text.h"
#include "loadgen/measure/hdr_log.h"
#include "loadgen/report/compare.h"
#include "loadgen/report/losses_report.h"
#include "loadgen/report/merge.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <stdexcept>
#include <utility>

namespace tuma::loadgen {
namespace {

namespace json = boost::json;

constexpr double seconds_max = 1e9;

/// What is wrong with a member; caught where the file's name is known.
class BadMember : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

const json::value& member(const json::object& object, std::string_view key) {
    const json::value* found = object.if_contains(key);
    if (found == nullptr) throw BadMember(fmt::format("{} is missing", key));
    return *found;
}

std::string text_of(const json::object& object, std::string_view key) {
    const json::string* text = member(object, key).if_string();
    if (text == nullptr) throw BadMember(fmt::format("{} is no text", key));
    return {text->data(), text->size()};
}

double real(const json::object& object, std::string_view key, double most) {
    const json::value& value = member(object, key);
    const double number = value.is_number() ? value.to_number<double>() : -1;
    if (!(number >= 0 && number <= most))
        throw BadMember(fmt::format("{} is not a number of 0 to {:g}", key, most));
    return number;
}

template <typename Number = std::uint64_t>
Number whole(const json::object& object, std::string_view key) {
    json::error_code code;
    const auto number = member(object, key).to_number<Number>(code);
    if (code) throw BadMember(fmt::format("{} is no whole number that fits", key));
    return number;
}

bool flag(const json::object& object, std::string_view key) {
    const bool* value = member(object, key).if_bool();
    if (value == nullptr) throw BadMember(fmt::format("{} is not true or false", key));
    return *value;
}

const json::object& part(const json::object& object, std::string_view key) {
    const json::object* found = member(object, key).if_object();
    if (found == nullptr) throw BadMember(fmt::format("{} is no object", key));
    return *found;
}

const json::array& list(const json::object& object, std::string_view key) {
    const json::array* found = member(object, key).if_array();
    if (found == nullptr) throw BadMember(fmt::format("{} is no list", key));
    return *found;
}

Duration duration_of(const json::object& object, std::string_view key) {
    return Duration{std::llround(real(object, key, seconds_max) * 1e6)};
}

double seconds_of(Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

std::map<std::uint16_t, std::uint64_t> refusals_of(const json::object& object) {
    std::map<std::uint16_t, std::uint64_t> refusals;
    for (const auto& one : part(object, "refusals")) {
        const std::string_view name = one.key();
        const auto rows = refusal_table();
        const auto row = std::find_if(rows.begin(), rows.end(),
                                      [&](const RefusalRow& each) { return each.name == name; });
        // A code that the generator did not know is named by its number.
        const auto number =
            name.starts_with("code_") ? read_number<std::uint16_t>(name.substr(5)) : std::nullopt;
        if (row == rows.end() && !number)
            throw BadMember(fmt::format("refusals: {} is no refusal", name));
        const auto code = row == rows.end() ? *number : static_cast<std::uint16_t>(row->refusal);
        refusals[code] += whole(part(object, "refusals"), name);
    }
    return refusals;
}

Counts counts_of(const json::object& object, std::string_view scheduled) {
    return {.scheduled = whole(object, scheduled),
            .sent = whole(object, "sent"),
            .skipped = whole(object, "skipped"),
            .ok = whole(object, "ok"),
            .refused = whole(object, "refused"),
            .errors = whole(object, "errors"),
            .timeouts = whole(object, "timeouts"),
            .refusals = refusals_of(object)};
}

std::vector<RatePiece> pieces_of(const std::string& rate) {
    auto pieces = parse_rate_profile(rate);
    if (!pieces) throw BadMember(pieces.error().reason);
    return std::move(pieces).value();
}

/// Further rows of the settings table: what lies between the last that is always there and what is
/// no setting any more.
void read_more(const json::object& object, RunSettings& settings) {
    auto row = object.find("timeout_s");
    while (++row != object.end() && row->key() != "fates") {
        if (row->key() == "aborted" || row->value().is_structured()) continue;
        const bool is_text = row->value().is_string();
        settings.more.emplace_back(row->key(), is_text ? text_of(object, row->key())
                                                       : std::to_string(whole(object, row->key())));
    }
}

void read_settings(const json::object& object, RunSettings& settings) {
    settings.target = text_of(object, "target");
    settings.scenario = text_of(object, "scenario");
    settings.seed = whole(object, "seed");
    settings.closed_loop = text_of(object, "mode") == "closed";
    if (!member(object, "rate_per_s").is_null()) {
        const double rate = real(object, "rate_per_s", 1e9);
        settings.rate = Rate{static_cast<std::uint64_t>(std::llround(rate * 1e3))};
    }
    if (!member(object, "rate_profile").is_null())
        settings.profile = pieces_of(text_of(object, "rate_profile"));
    if (!member(object, "users").is_null()) {
        settings.users = whole<std::uint32_t>(object, "users");
        const auto think = parse_time_law(text_of(object, "think"));
        if (!think) throw BadMember("think is no time");
        settings.think = *think;
    }
    settings.arrival = text_of(object, "arrival");
    settings.overload = text_of(object, "overload");
    settings.connections = whole<std::uint32_t>(object, "connections");
    settings.batch = whole<std::uint32_t>(object, "batch");
    settings.in_flight = whole<std::uint32_t>(object, "in_flight");
    settings.duration = duration_of(object, "duration_s");
    settings.warmup = duration_of(object, "warmup_s");
    settings.timeout = duration_of(object, "timeout_s");
    read_more(object, settings);
}

void read_calibration(const json::object& object, Calibration& calibration) {
    calibration.machine = {text_of(object, "cpu"), whole<unsigned>(object, "cores"),
                           text_of(object, "kernel")};
    calibration.timer_lag.p50_us = whole(part(object, "timer_lag_us"), "p50");
    calibration.timer_lag.p99_us = whole(part(object, "timer_lag_us"), "p99");
    calibration.steal = real(object, "steal", 1);
    calibration.generator_cpu = real(object, "generator_cpu", 1e6);
}

void read_fates(const json::object& object, RunReport& report) {
    for (const json::value& value : list(object, "fates")) {
        if (!value.is_object()) throw BadMember("fates has something else than objects");
        const json::object& row = value.get_object();
        const std::string word = text_of(row, "fate");
        FateRow fate;
        fate.kind = text_of(row, "kind");
        fate.requests = whole(row, "requests");
        const std::array all{Fate::executed, Fate::refused, Fate::failed};
        const auto found =
            std::find_if(all.begin(), all.end(), [&](Fate one) { return name(one) == word; });
        if (found == all.end()) throw BadMember(fmt::format("fates: {} is no fate", word));
        fate.fate = *found;
        report.fates.push_back(std::move(fate));
    }
}

Offset offset_of(const json::object& object, std::string_view key) {
    return Offset{std::llround(real(object, key, seconds_max) * 1e9)};
}

Resent resent_of(const json::object& object) {
    Resent operations;
    for (const ResentName& row : resent_names()) operations.*row.member = whole(object, row.key);
    return operations;
}

Losses losses_of(const json::object& object) {
    Losses losses;
    losses.count = whole(object, "count");
    losses.downtime = offset_of(object, "downtime_s");
    losses.longest_silence = offset_of(object, "longest_silence_s");
    losses.operations = resent_of(part(object, "operations"));
    for (const json::value& value : list(object, "rows")) {
        if (!value.is_object()) throw BadMember("losses has something else than objects");
        const json::object& row = value.get_object();
        Loss& loss = losses.rows.emplace_back();
        loss.at = offset_of(row, "at_s");
        loss.lasted = offset_of(row, "lasted_s");
        loss.is_over = flag(row, "is_over");
        if (!member(row, "answer_after_s").is_null())
            loss.answer = offset_of(row, "answer_after_s");
        loss.connections = whole(row, "connections");
        loss.reason = text_of(row, "reason");
        loss.operations = resent_of(part(row, "operations"));
    }
    return losses;
}

void read_phases(const json::object& object, RunReport& report) {
    if (!object.contains("phases")) return;
    for (const json::value& value : list(object, "phases")) {
        if (!value.is_object()) throw BadMember("phases has something else than objects");
        const json::object& row = value.get_object();
        const std::vector<RatePiece> pieces = pieces_of(text_of(row, "rate"));
        PhaseRow& phase = report.phases.emplace_back();
        phase.piece = pieces.front();
        phase.begin = duration_of(row, "begin_s");
        phase.measured = duration_of(row, "measured_s");
        phase.counts = counts_of(part(row, "counts"), "offered");
        phase.window = counts_of(part(row, "window"), "offered");
        phase.requests = whole(row, "requests");
    }
}

void read_executed(const json::object& budget, ResponseParts& executed) {
    executed.operations = whole(budget, "operations");
    const json::object& sums = part(budget, "sums_ns");
    executed.filling = Offset{whole<std::int64_t>(sums, "filling")};
    executed.blocked = Offset{whole<std::int64_t>(sums, "blocked")};
    executed.lag = Offset{whole<std::int64_t>(sums, "send_lag")};
    executed.service = Offset{whole<std::int64_t>(sums, "service")};
}

void read_object(const json::object& object, RunReport& report) {
    if (object.contains("callbacks"))
        throw BadMember("a run over HTTP; merge knows those over the native protocol");
    read_settings(object, report.settings);
    const auto started = parse_timestamp(text_of(object, "started_at"));
    if (!started) throw BadMember("started_at is no time");
    report.started_at = *started;
    report.version = text_of(object, "version");
    report.server_version = text_of(object, "server_version");
    report.host = text_of(object, "host");
    report.command = text_of(object, "command");
    report.durability = text_of(object, "durability");
    report.counts = counts_of(object, "scheduled");
    report.warmup_counts = counts_of(part(object, "warmup"), "offered");
    if (object.contains("losses")) report.losses = losses_of(part(object, "losses"));
    if (object.contains("aborted")) report.aborted = text_of(object, "aborted");
    report.late_answers = whole(object, "late_answers");
    report.duplicate_answers = whole(object, "duplicate_answers");
    report.window = counts_of(part(object, "window"), "offered");
    report.measured = duration_of(object, "measured_s");
    const auto& rate = report.settings.rate;
    if (rate && !report.settings.closed_loop) {
        // Of a rate that changes the measured time has more or less than on average.
        const double asked = real(object, "asked_per_s", 1e9);
        if (asked != rate->per_second()) report.asked = asked * seconds_of(report.measured);
    }
    report.verdict.valid = flag(object, "valid");
    read_calibration(part(object, "calibration"), report.calibration);
    read_fates(object, report);
    read_phases(object, report);
    read_executed(part(object, "time_budget"), report.executed);
    const json::array* reasons = member(object, "invalid_because").if_array();
    for (std::size_t i = 0; reasons != nullptr && i < reasons->size(); ++i)
        if (const json::string* reason = (*reasons)[i].if_string())
            report.verdict.invalid_because.emplace_back(reason->data(), reason->size());
}

void take_interval(const HdrLogInterval& interval, RunReport& report) {
    struct Row {
        std::string_view tag;
        Histogram RunReport::*whole;
        SparseCounts IntervalLatencies::*second;
    };
    static constexpr std::array<Row, 4> by_second{
        {{"response", &RunReport::response, &IntervalLatencies::response},
         {"service", &RunReport::service, &IntervalLatencies::service},
         {"send_lag", &RunReport::send_lag, &IntervalLatencies::send_lag},
         {"floor", &RunReport::floor, &IntervalLatencies::floor}}};
    for (const Row& row : by_second) {
        if (interval.tag != row.tag) continue;
        (report.*row.whole).merge(interval.counts);
        const auto second = static_cast<std::uint64_t>(interval.start);
        auto place = std::find_if(report.intervals.begin(), report.intervals.end(),
                                  [&](const auto& each) { return each.second == second; });
        if (place == report.intervals.end()) {
            report.intervals.emplace_back().second = second;
            place = report.intervals.end() - 1;
        }
        (*place).*row.second = interval.counts;
    }
    if (interval.tag == "blocked") report.blocked.merge(interval.counts);
    if (interval.tag == "batch") report.batch.merge(interval.counts);
    for (std::size_t i = 0; i < report.phases.size(); ++i) {
        if (interval.tag == phase_tag(i)) report.phases[i].response.merge(interval.counts);
        if (interval.tag == phase_tag(i) + ".floor") report.phases[i].floor.merge(interval.counts);
    }
    for (FateRow& row : report.fates) {
        if (interval.tag == fate_tag(row)) row.response.merge(interval.counts);
        if (interval.tag == fate_tag(row) + ".floor") row.floor.merge(interval.counts);
    }
}

}  // namespace

Result<ReadReport> read_report(const std::filesystem::path& directory) {
    ReadReport read{directory.string(), std::make_unique<RunReport>()};
    RunReport& report = *read.report;
    const auto json_path = directory / "report.json";
    const auto text = read_text_file(json_path);
    if (!text) return text.error();
    json::error_code code;
    const json::value value = json::parse(*text, code);
    if (code || !value.is_object()) return InputError{json_path.string(), "not a JSON object"};
    try {
        read_object(value.get_object(), report);
    } catch (const BadMember& bad) {
        return InputError{json_path.string(), bad.what()};
    }
    const auto log = read_text_file(directory / "latency.hlog");
    if (!log) return log.error();
    const auto intervals = read_hdr_intervals(*log);
    if (!intervals)
        return InputError{(directory / "latency.hlog").string(), intervals.error().text()};
    for (const HdrLogInterval& interval : *intervals) take_interval(interval, report);
    add_quoted(report);
    const auto rows = read_text_file(directory / "timeline.csv");
    if (!rows) return rows.error();
    auto timeline = parse_timeline_csv(*rows);
    if (!timeline)
        return InputError{(directory / "timeline.csv").string(), timeline.error().text()};
    report.timeline = std::move(timeline).value();
    return read;
}

}  // namespace tuma::loadgen
