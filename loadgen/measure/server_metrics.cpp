// Reads Prometheus text and subtracts what was there before.
#include "loadgen/measure/server_metrics.h"

#include "ledger/words/ensure.h"
#include "ledger/words/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace tuma::loadgen {
namespace {

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

void skip_blanks(std::string_view& in) {
    while (!in.empty() && is_blank(in.front())) in.remove_prefix(1);
}

std::optional<double> take_value(std::string_view& in) {
    skip_blanks(in);
    const std::string_view word = in.substr(0, in.find_first_of(" \t"));
    in.remove_prefix(word.size());
    // Prometheus writes these three as words.
    if (word == "+Inf" || word == "Inf") return std::numeric_limits<double>::infinity();
    if (word == "-Inf") return -std::numeric_limits<double>::infinity();
    if (word == "NaN") return std::numeric_limits<double>::quiet_NaN();
    return read_number<double>(word);
}

std::optional<std::string> take_quoted(std::string_view& in) {
    if (in.empty() || in.front() != '"') return std::nullopt;
    in.remove_prefix(1);
    std::string out;
    while (!in.empty()) {
        const char c = in.front();
        in.remove_prefix(1);
        if (c == '"') return out;
        if (c != '\\') {
            out.push_back(c);
            continue;
        }
        if (in.empty()) return std::nullopt;
        // Only `\n`, `\"` and `\\` are escapes; the last two stand for themselves.
        out.push_back(in.front() == 'n' ? '\n' : in.front());
        in.remove_prefix(1);
    }
    return std::nullopt;
}

/// Takes `key="value",…}` behind the opening brace; false when it is unfinished.
bool take_labels(std::string_view& in, std::map<std::string, std::string>& labels) {
    for (;;) {
        skip_blanks(in);
        if (in.empty()) return false;
        if (in.front() == '}') {
            in.remove_prefix(1);
            return true;
        }
        const std::size_t equals = in.find('=');
        if (equals == std::string_view::npos) return false;
        std::string key(in.substr(0, equals));
        // Blanks around the sign are allowed, and some servers write them.
        while (!key.empty() && is_blank(key.back())) key.pop_back();
        in.remove_prefix(equals + 1);
        skip_blanks(in);
        std::optional<std::string> value = take_quoted(in);
        if (!value) return false;
        labels[std::move(key)] = std::move(*value);
        skip_blanks(in);
        if (!in.empty() && in.front() == ',') in.remove_prefix(1);
    }
}

std::optional<InputError> take_line(std::string_view line, std::size_t number,
                                    std::vector<MetricSample>& samples) {
    const std::string field = fmt::format("line {}", number);
    MetricSample sample;
    sample.name = std::string(line.substr(0, line.find_first_of("{ \t")));
    // A line without a name is no sample, and then the text is not what it should be.
    if (sample.name.empty()) return InputError{field, "a sample begins with its name"};
    line.remove_prefix(sample.name.size());
    skip_blanks(line);
    if (!line.empty() && line.front() == '{') {
        line.remove_prefix(1);
        if (!take_labels(line, sample.labels)) return InputError{field, "unfinished labels"};
    }
    const std::optional<double> value = take_value(line);
    if (!value) return InputError{field, "a sample ends with a number"};
    sample.value = *value;
    samples.push_back(std::move(sample));
    return std::nullopt;
}

bool has_labels(const MetricSample& sample, const std::map<std::string, std::string>& labels) {
    return std::all_of(labels.begin(), labels.end(), [&](const auto& label) {
        const auto found = sample.labels.find(label.first);
        // All that were asked for; more do no harm.
        return found != sample.labels.end() && found->second == label.second;
    });
}

/// A histogram as the server states it: cumulative counts by upper bound.
struct Cumulative {
    std::map<double, double> by_bound;
    double sum = 0;
    double count = 0;
    bool found = false;
};

Cumulative cumulative_of(const std::vector<MetricSample>& samples, std::string_view name,
                         const std::map<std::string, std::string>& labels) {
    Cumulative result;
    const std::string bucket = std::string(name) + "_bucket";
    const std::string sum = std::string(name) + "_sum";
    const std::string count = std::string(name) + "_count";
    for (const MetricSample& sample : samples) {
        // Looked at by its beginning first: most lines are of other families.
        if (!sample.name.starts_with(name) || !has_labels(sample, labels)) continue;
        if (sample.name == sum) result.sum += sample.value;
        if (sample.name == count) result.count += sample.value;
        if (sample.name != bucket) continue;
        const auto bound = sample.labels.find("le");
        if (bound == sample.labels.end()) continue;
        std::string_view text = bound->second;
        const std::optional<double> upper = take_value(text);
        // A bound that is no number says nothing.
        if (!upper || std::isnan(*upper)) continue;
        result.by_bound[*upper] += sample.value;
        result.found = true;
    }
    return result;
}

}  // namespace

std::optional<double> value_of(const std::vector<MetricSample>& samples, std::string_view name,
                               const std::map<std::string, std::string>& labels) {
    const auto found = std::find_if(samples.begin(), samples.end(), [&](const MetricSample& each) {
        return each.name == name && each.labels == labels;
    });
    if (found == samples.end()) return std::nullopt;
    return found->value;
}

std::uint64_t whole_count(double value) {
    return value > 0 ? static_cast<std::uint64_t>(std::llround(value)) : 0;
}

Result<std::vector<MetricSample>> parse_metrics(std::string_view text) {
    std::vector<MetricSample> samples;
    std::size_t number = 0;
    while (!text.empty()) {
        ++number;
        std::string_view line = tuma::take_line(text);
        skip_blanks(line);
        // HELP and TYPE are comments to a reader of values.
        if (line.empty() || line.front() == '#') continue;
        if (std::optional<InputError> bad = take_line(line, number, samples)) return *bad;
    }
    return samples;
}

double MetricHistogram::quantile_s(double q) const {
    ensure(q >= 0 && q <= 1, "a quantile lies between 0 and 1");
    if (count == 0) return 0;
    const double rank = q * static_cast<double>(count);
    double seen = 0;
    double lower = 0;
    for (const Bucket& bucket : buckets) {
        const auto n = static_cast<double>(bucket.count);
        if (seen + n >= rank && n > 0) {
            // The last bucket has no upper end; its lower one is what can be promised.
            if (std::isinf(bucket.upper_s)) return lower;
            // Within a bucket values are taken to lie evenly: nobody knows better.
            return lower + (bucket.upper_s - lower) * (rank - seen) / n;
        }
        seen += n;
        lower = std::isinf(bucket.upper_s) ? lower : bucket.upper_s;
    }
    return lower;
}

std::optional<MetricHistogram> histogram_difference(
    const std::vector<MetricSample>& before, const std::vector<MetricSample>& after,
    std::string_view name, const std::map<std::string, std::string>& labels) {
    const Cumulative last = cumulative_of(after, name, labels);
    if (!last.found) return std::nullopt;
    Cumulative first = cumulative_of(before, name, labels);
    // The server was started again in between, and everything it has is new.
    if (first.count > last.count) first = {};

    MetricHistogram result;
    result.count = whole_count(last.count - first.count);
    result.sum_s = std::max(0.0, last.sum - first.sum);
    double below = 0;
    for (const auto& [upper, cumulative] : last.by_bound) {
        const auto earlier = first.by_bound.find(upper);
        // Buckets are cumulative, so two differences are taken: over time, and from bucket to
        // bucket.
        const double gained = cumulative - (earlier == first.by_bound.end() ? 0 : earlier->second);
        result.buckets.push_back({.upper_s = upper, .count = whole_count(gained - below)});
        below = gained;
    }
    return result;
}

std::vector<Stage> stages_between(const std::vector<MetricSample>& before,
                                  const std::vector<MetricSample>& after) {
    constexpr double us = 1e6;
    std::vector<Stage> stages;
    for (const char* stage : {"queue_wait", "decide", "append", "fsync", "reply"}) {
        const std::optional<MetricHistogram> gained =
            histogram_difference(before, after, "tuma_stage_duration_seconds", {{"stage", stage}});
        // A stage that did nothing has no mean.
        if (!gained || gained->count == 0) continue;
        stages.push_back({.name = stage,
                          .count = gained->count,
                          .mean_us = gained->mean_s() * us,
                          .p50_us = gained->quantile_s(0.5) * us,
                          .p99_us = gained->quantile_s(0.99) * us});
    }
    return stages;
}

}  // namespace tuma::loadgen
