// Reads a report directory back for comparing.
#include "ledger/words/ensure.h"
#include "ledger/words/input_file.h"
#include "loadgen/report/compare.h"
#include "loadgen/report/report.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <optional>

namespace tuma::loadgen {
namespace {

namespace json = boost::json;

/// What must be equal for runs to be comparable. Not among them: seed and target, in which runs
/// that are to be compared mostly differ.
constexpr const char* setup_keys[] = {"scenario",  "mode",         "arrival", "rate_per_s",
                                      "overload",  "connections",  "batch",   "in_flight",
                                      "customers", "rate_profile", "users",   "think"};

std::optional<double> number(const json::object& object, std::string_view key) {
    const json::value* found = object.if_contains(key);
    if (found == nullptr || !found->is_number()) return std::nullopt;
    return found->to_number<double>();
}

std::string setting_text(const json::value& value) {
    if (const json::string* text = value.if_string()) return std::string(*text);
    return value.is_number() ? fmt::format("{}", value.to_number<double>())
                             : json::serialize(value);
}

std::vector<std::pair<std::string, std::string>> setup_of(const json::object& report) {
    std::vector<std::pair<std::string, std::string>> setup;
    for (const char* key : setup_keys) {
        // What has no rate says null, and null is no difference.
        const json::value* value = report.if_contains(key);
        if (value != nullptr && !value->is_null()) setup.emplace_back(key, setting_text(*value));
    }
    return setup;
}

/// Of what may be quoted, which leaves the quick refusals out; nothing where there are too few.
std::optional<double> p99_of(const json::object& report) {
    json::error_code code;
    const json::value whole = report;
    const json::value* found = whole.find_pointer("/bounds/p99/response_us", code);
    if (found == nullptr || !found->is_number()) return std::nullopt;
    return found->to_number<double>();
}

std::optional<InputError> read_json(std::string_view text, const std::string& file,
                                    MeasuredRun& run) {
    json::error_code code;
    const json::value value = json::parse(text, code);
    if (code) return InputError{file, "not JSON: " + code.message()};
    const json::object* report = value.if_object();
    if (report == nullptr) return InputError{file, "not a JSON object"};
    const std::optional<double> attained = number(*report, "attained_per_s");
    if (!attained) return InputError{file, "attained_per_s is missing or not a number"};
    const std::optional<double> requests = number(*report, "requests");
    if (!requests) return InputError{file, "requests is missing or not a number"};
    const json::value* load = report->if_contains("load");
    if (load == nullptr || !load->is_string())
        return InputError{file, "load is missing; it was written by an older tuma-load"};
    const json::value* valid = report->if_contains("valid");
    if (valid == nullptr || !valid->is_bool())
        return InputError{file, "valid is missing or not true or false"};
    run.valid = valid->get_bool();
    run.attained_per_s = *attained;
    run.requests = static_cast<std::uint64_t>(*requests);
    run.p99_us = p99_of(*report).value_or(0);
    run.closed_loop = report->contains("mode") && report->at("mode") == "closed";
    run.rate_held = run.closed_loop || *load == "held";
    run.setup = setup_of(*report);
    return std::nullopt;
}

}  // namespace

Result<MeasuredRun> read_run(const std::filesystem::path& directory) {
    MeasuredRun run;
    run.directory = directory.string();
    const std::filesystem::path file = directory / "report.json";
    const Result<std::string> text = read_text_file(file);
    if (!text) return text.error();
    if (const auto wrong = read_json(*text, file.string(), run)) return *wrong;
    return run;
}

MeasuredRun measured_run(const RunReport& report, const std::string& label) {
    MeasuredRun run;
    run.directory = label;
    // By way of the file's text, so that what is compared at once and what is read later agree.
    const auto wrong = read_json(report_json(report), label, run);
    ensure(!wrong, "a report that was just written can be read");
    return run;
}

}  // namespace tuma::loadgen
