#include "loadgen/fake/fake_settings.h"

#include "ledger/words/text.h"
#include "ledger/words/words.h"

#include <fmt/format.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace tuma::loadgen {
namespace {

constexpr Duration stall_period_max = std::chrono::hours{1};
constexpr Duration fault_time_max = std::chrono::hours{24};
constexpr std::uint32_t dropped_max = 20'000;
constexpr std::size_t share_decimals = 4;
constexpr std::array<std::string_view, 3> garble_names{"http", "bytes", "nothing"};

/// The text on both sides of a separator; nothing where there is none.
std::optional<std::pair<std::string_view, std::string_view>> halves(std::string_view text,
                                                                    char separator) {
    const auto at = text.find(separator);
    if (at == std::string_view::npos) return std::nullopt;
    return std::pair{text.substr(0, at), text.substr(at + 1)};
}

std::optional<Duration> moment(std::string_view text) {
    const auto parsed = parse_duration(text);
    if (!parsed || *parsed > fault_time_max) return std::nullopt;
    return *parsed;
}

const RefusalRow* find_refusal_name(std::string_view name) {
    for (const RefusalRow& row : refusal_table())
        if (row.name == name && row.refusal != Refusal::none) return &row;
    return nullptr;
}

std::string unknown_refusal(std::string_view word) {
    std::vector<std::string_view> names;
    for (const RefusalRow& row : refusal_table())
        if (row.refusal != Refusal::none) names.push_back(row.name);
    return none_of(word, names);
}

}  // namespace

Result<Share> parse_share(std::string_view text) {
    const InputError wrong{"share", "must be a share of 0% to 100%, as 30% or 0.5%"};
    if (!text.ends_with('%')) return wrong;
    text.remove_suffix(1);
    const auto parts = halves(text, '.');
    const std::string_view whole = parts ? parts->first : text;
    std::string digits(parts ? parts->second : "");
    if (whole.empty() || digits.size() > share_decimals || (parts && digits.empty())) return wrong;
    // By digits and never by way of a double, so that 0.1% is exactly that.
    digits.resize(share_decimals, '0');
    digits.insert(0, whole);
    const auto millionths = read_number<std::uint32_t>(digits, 0, 1'000'000);
    if (!millionths) return wrong;
    return Share{*millionths};
}

Result<Refusing> parse_refusing(std::string_view text) {
    Refusing refusing;
    const auto parts = halves(text, ':');
    const auto share = parse_share(parts ? parts->first : text);
    if (!share) return share.error();
    refusing.share = *share;
    if (!parts) return refusing;
    const RefusalRow* const row = find_refusal_name(parts->second);
    if (row == nullptr) return InputError{"refusal", unknown_refusal(parts->second)};
    refusing.code = row->refusal;
    return refusing;
}

Result<Stalls> parse_stalls(std::string_view text) {
    const auto parts = halves(text, '/');
    const auto length = parts ? moment(parts->first) : std::nullopt;
    const auto period = parts ? moment(parts->second) : std::nullopt;
    if (!length || !period || *length <= Duration{0} || *period <= *length ||
        *period > stall_period_max)
        return InputError{"stalls",
                          fmt::format("must be LENGTH/PERIOD, as 200ms/2s, with the length below "
                                      "the period and that at most {}",
                                      tuma::text(stall_period_max))};
    return Stalls{*length, *period};
}

Result<Dropping> parse_dropping(std::string_view text) {
    const auto parts = halves(text, '@');
    const auto number =
        parts ? read_number<std::uint32_t>(parts->first, 1, dropped_max) : std::nullopt;
    const auto at = parts ? moment(parts->second) : std::nullopt;
    if (!number || !at)
        return InputError{"drop", fmt::format("must be CONNECTIONS@TIME, as 1@3s: 1 to {} of them, "
                                              "up to {} after the first operation",
                                              dropped_max, tuma::text(fault_time_max))};
    return Dropping{*number, *at};
}

Result<Garbling> parse_garbling(std::string_view text) {
    const auto parts = halves(text, '@');
    const auto at = parts ? moment(parts->second) : std::nullopt;
    if (!at)
        return InputError{"garble", fmt::format("must be KIND@TIME, as http@3s; KIND is http, "
                                                "bytes or nothing, TIME up to {}",
                                                tuma::text(fault_time_max))};
    for (std::size_t i = 0; i < garble_names.size(); ++i)
        if (garble_names[i] == parts->first) return Garbling{static_cast<Garble>(i), *at};
    return InputError{"garble", none_of(parts->first, garble_names)};
}

std::string_view name(Garble kind) {
    return garble_names.at(static_cast<std::size_t>(kind));
}

std::optional<InputError> contradiction(const FakeSettings& settings) {
    const ServiceSettings& service = settings.service;
    if (service.groups && (service.places > 0 || service.per_operation.mean > Duration{0}))
        return InputError{"--group",
                          "a commit takes just as long for all that is in it; leave --places, "
                          "--serial and --per-operation out"};
    if (service.group_max > 0 && !service.groups)
        return InputError{"--group-max", "is of --group=TIME; give that too or leave it out"};
    if (service.queue_max > 0 && !service.groups && service.places == 0)
        return InputError{"--queue",
                          "nobody waits where each has a place of its own; give --serial, --places "
                          "or --group too"};
    return std::nullopt;
}

}  // namespace tuma::loadgen
