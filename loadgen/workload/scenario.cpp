#include "loadgen/workload/scenario.h"

#include "ledger/words/input_file.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <iterator>
#include <numeric>

namespace tuma::loadgen {
namespace {

constexpr std::array<std::string_view, action_count> action_names{
    "deposit", "withdraw", "pay_merchant", "transfer", "redeem", "reserve"};

constexpr std::int64_t weight_max = 1'000'000'000;
constexpr std::int64_t accounts_max = 10'000'000;
constexpr std::int64_t tills_max = 1'000'000;

/// Reads the keys of a document and keeps the first thing that is wrong.
class Reader {
public:
    explicit Reader(std::string_view source) : source_(source) {}

    const std::optional<InputError>& error() const { return error_; }

    void fail(const toml::node& node, std::string_view key, std::string_view reason) {
        fail_at(node.source().begin.line, key, reason);
    }
    void fail_at(std::uint32_t line, std::string_view key, std::string_view reason) {
        if (error_) return;
        error_ = InputError{fmt::format("{}:{}: {}", source_, line, key), std::string(reason)};
    }

    void refuse_unknown(const toml::table& table, std::string_view where,
                        std::initializer_list<std::string_view> known) {
        for (const auto& [key, node] : table)
            if (std::find(known.begin(), known.end(), key.str()) == known.end())
                fail_at(key.source().begin.line, fmt::format("{}{}", where, key.str()),
                        fmt::format("unknown key; known here: {}", fmt::join(known, ", ")));
    }

    template <typename Number>
    void integer(const toml::table& table, std::string_view where, std::string_view key,
                 std::int64_t low, std::int64_t high, Number& value) {
        const toml::node* node = table.get(key);
        if (node == nullptr) return;
        const auto number = node->value_exact<std::int64_t>();
        if (!number || *number < low || *number > high)
            fail(*node, fmt::format("{}{}", where, key),
                 fmt::format("must be a whole number of {} to {}", low, high));
        else
            value = static_cast<Number>(*number);
    }

    /// A number with at most three decimals, as thousandths.
    void thousandths(const toml::table& table, std::string_view where, std::string_view key,
                     double high, std::uint32_t& value) {
        const toml::node* node = table.get(key);
        if (node == nullptr) return;
        const auto number = node->value<double>();
        if (!number || !(*number >= 0) || *number > high)
            fail(*node, fmt::format("{}{}", where, key),
                 fmt::format("must be a number of 0 to {}", high));
        else
            value = static_cast<std::uint32_t>(std::llround(*number * 1000));
    }

    void text(const toml::table& table, std::string_view where, std::string_view key,
              std::string& value) {
        const toml::node* node = table.get(key);
        if (node == nullptr) return;
        if (const auto found = node->value_exact<std::string>())
            value = *found;
        else
            fail(*node, fmt::format("{}{}", where, key), "must be a text in quotation marks");
    }

    const toml::table* table(const toml::table& root, std::string_view key) {
        const toml::node* node = root.get(key);
        if (node == nullptr) return nullptr;
        if (!node->is_table()) fail(*node, key, fmt::format("must be a table, [{}]", key));
        return node->as_table();
    }

private:
    std::string_view source_;
    std::optional<InputError> error_;
};

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= 16 &&
           text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") ==
               std::string_view::npos;
}

void read_head(Reader& reader, const toml::table& root, Scenario& scenario) {
    reader.refuse_unknown(root, "",
                          {"name", "description", "currency", "accounts", "mix", "amounts",
                           "customers", "merchants", "two_phase", "day"});
    reader.text(root, "", "name", scenario.name);
    if (!is_name(scenario.name)) {
        const toml::node* node = root.get("name");
        reader.fail_at(node != nullptr ? node->source().begin.line : 1, "name",
                       "must be 1 to 16 characters of a-z, 0-9 and -");
    }
    reader.text(root, "", "description", scenario.description);
    std::string letters = "KES";
    reader.text(root, "", "currency", letters);
    if (auto currency = parse_currency(letters))
        scenario.currency = *currency;
    else if (const toml::node* node = root.get("currency"))
        reader.fail(*node, "currency", currency.error().reason);
}

void read_accounts(Reader& reader, const toml::table& root, Scenario& scenario) {
    const toml::table* accounts = reader.table(root, "accounts");
    if (accounts == nullptr) return;
    reader.refuse_unknown(*accounts, "accounts.", {"customers", "merchants", "agents"});
    reader.integer(*accounts, "accounts.", "customers", 2, accounts_max, scenario.customers);
    reader.integer(*accounts, "accounts.", "merchants", 0, tills_max, scenario.merchants);
    reader.integer(*accounts, "accounts.", "agents", 0, tills_max, scenario.agents);
}

void read_mix(Reader& reader, const toml::table& root, Scenario& scenario) {
    const toml::table* mix = reader.table(root, "mix");
    if (mix == nullptr) {
        reader.fail_at(1, "mix", "must be there: a table with the weight of each action");
        return;
    }
    reader.refuse_unknown(*mix, "mix.",
                          {action_names[0], action_names[1], action_names[2], action_names[3],
                           action_names[4], action_names[5]});
    for (std::size_t i = 0; i < action_count; ++i)
        reader.integer(*mix, "mix.", action_names[i], 0, weight_max, scenario.mix[i]);
    const auto line = mix->source().begin.line;
    if (std::accumulate(scenario.mix.begin(), scenario.mix.end(), std::uint64_t{0}) == 0)
        reader.fail_at(line, "mix", "needs at least one weight above 0");
    const bool needs_tills =
        scenario.weight(Action::pay_merchant) + scenario.weight(Action::reserve) > 0;
    if (needs_tills && scenario.merchants == 0)
        reader.fail_at(line, "mix",
                       "pay_merchant and reserve need accounts.merchants of at least 1");
    const bool needs_agents =
        scenario.weight(Action::deposit) + scenario.weight(Action::withdraw) > 0;
    if (needs_agents && scenario.agents == 0)
        reader.fail_at(line, "mix", "deposit and withdraw need accounts.agents of at least 1");
}

void read_amounts(Reader& reader, const toml::table& root, Scenario& scenario) {
    const toml::table* amounts = reader.table(root, "amounts");
    if (amounts == nullptr) return;
    reader.refuse_unknown(*amounts, "amounts.", {"payment_mean", "shape", "ratio"});
    reader.integer(*amounts, "amounts.", "payment_mean", 1, 1'000'000'000, scenario.payment_mean);
    std::string shape = "exponential";
    reader.text(*amounts, "amounts.", "shape", shape);
    if (shape == "fixed")
        scenario.shape = AmountShape::fixed;
    else if (shape == "uniform")
        scenario.shape = AmountShape::uniform;
    else if (shape != "exponential")
        reader.fail(*amounts->get("shape"), "amounts.shape",
                    "must be \"fixed\", \"uniform\" or \"exponential\"");
    const toml::table* ratio = reader.table(*amounts, "ratio");
    if (ratio == nullptr) return;
    reader.refuse_unknown(*ratio, "amounts.ratio.",
                          {action_names[0], action_names[1], action_names[2], action_names[3],
                           action_names[4], action_names[5]});
    for (std::size_t i = 0; i < action_count; ++i)
        reader.thousandths(*ratio, "amounts.ratio.", action_names[i], 1000,
                           scenario.amount_permille[i]);
}

void read_customers(Reader& reader, const toml::table& root, Scenario& scenario) {
    const toml::table* customers = reader.table(root, "customers");
    if (customers == nullptr) return;
    reader.refuse_unknown(*customers, "customers.", {"zipf"});
    reader.thousandths(*customers, "customers.", "zipf", 10, scenario.customers_zipf_permille);
}

void read_merchants(Reader& reader, const toml::table& root, Scenario& scenario) {
    const toml::table* merchants = reader.table(root, "merchants");
    if (merchants == nullptr) return;
    reader.refuse_unknown(*merchants, "merchants.", {"zipf", "hot_share"});
    reader.thousandths(*merchants, "merchants.", "zipf", 10, scenario.zipf_permille);
    reader.thousandths(*merchants, "merchants.", "hot_share", 1, scenario.hot_merchant_permille);
}

void read_two_phase(Reader& reader, const toml::table& root, Scenario& scenario) {
    const toml::table* two_phase = reader.table(root, "two_phase");
    if (two_phase == nullptr) return;
    reader.refuse_unknown(*two_phase, "two_phase.",
                          {"settle_percent", "release_percent", "timeout"});
    reader.integer(*two_phase, "two_phase.", "settle_percent", 0, 100, scenario.settle_percent);
    reader.integer(*two_phase, "two_phase.", "release_percent", 0, 100, scenario.release_percent);
    if (scenario.settle_percent + scenario.release_percent > 100)
        reader.fail(*two_phase, "two_phase",
                    "settle_percent and release_percent must not pass 100 together");
    std::string timeout = "30s";
    reader.text(*two_phase, "two_phase.", "timeout", timeout);
    const auto parsed = parse_duration(timeout);
    if (!parsed || *parsed < std::chrono::milliseconds{1} || *parsed > std::chrono::days{90})
        reader.fail(*two_phase->get("timeout"), "two_phase.timeout",
                    "must be a duration of \"1ms\" to \"90d\"");
    else
        scenario.reserve_timeout = *parsed;
}

void read_day(Reader& reader, const toml::table& root, Scenario& scenario) {
    const toml::table* day = reader.table(root, "day");
    if (day == nullptr) return;
    reader.refuse_unknown(*day, "day.", {"hours"});
    const toml::node* node = day->get("hours");
    if (node == nullptr) return;
    constexpr std::string_view rule =
        "must be 24 whole numbers of 0 to 1000000, one above 0, from midnight on";
    const toml::array* hours = node->as_array();
    if (hours == nullptr || hours->size() != 24) return reader.fail(*node, "day.hours", rule);
    for (const toml::node& hour : *hours) {
        const auto weight = hour.value_exact<std::int64_t>();
        if (!weight || *weight < 0 || *weight > 1'000'000)
            return reader.fail(hour, "day.hours", rule);
        scenario.hours.push_back(static_cast<std::uint32_t>(*weight));
    }
    if (std::accumulate(scenario.hours.begin(), scenario.hours.end(), std::uint64_t{0}) == 0)
        reader.fail(*node, "day.hours", rule);
}

}  // namespace

std::string_view name(Action action) {
    return action_names[static_cast<std::size_t>(action)];
}

Result<Scenario> parse_scenario(std::string_view toml, std::string_view source) {
    Scenario scenario;
    Reader reader(source);
    try {
        const toml::table root = toml::parse(toml, source);
        read_head(reader, root, scenario);
        read_accounts(reader, root, scenario);
        read_mix(reader, root, scenario);
        read_amounts(reader, root, scenario);
        read_customers(reader, root, scenario);
        read_merchants(reader, root, scenario);
        read_two_phase(reader, root, scenario);
        read_day(reader, root, scenario);
    } catch (const toml::parse_error& error) {
        reader.fail_at(error.source().begin.line, "TOML", error.description());
    }
    if (reader.error()) return *reader.error();
    return scenario;
}

Result<Scenario> load_scenario(const std::string& name_or_file) {
    for (const BuiltInScenario& known : built_in_scenarios())
        if (known.name == name_or_file) return parse_scenario(known.toml, name_or_file + ".toml");
    if (!name_or_file.ends_with(".toml")) {
        std::vector<std::string_view> names;
        for (const BuiltInScenario& known : built_in_scenarios()) names.push_back(known.name);
        return InputError{"--scenario",
                          fmt::format("\"{}\" is none of {}, no FILE.toml and no trace:FILE.csv",
                                      name_or_file, fmt::join(names, ", "))};
    }
    auto text = read_text_file(name_or_file);
    if (!text) return text.error();
    return parse_scenario(*text, name_or_file);
}

}  // namespace tuma::loadgen
