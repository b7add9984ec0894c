#include "switch/files/toml_table.h"

#include "ledger/state/books.h"
#include "ledger/words/text.h"
#include "ledger/words/words.h"

#include <fmt/format.h>

#include <charconv>

namespace tuma {
namespace {

std::string unknown_key(std::string_view key, std::span<const std::string_view> known) {
    // A misspelt key gets the nearest right one; all of them only when none is near.
    if (const auto nearest = nearest_word(key, known))
        return fmt::format("is no key of this table; did you mean {}?", *nearest);
    return fmt::format("is no key of this table; those are {}", fmt::join(known, ", "));
}

std::string shown(const toml::date& date) {
    return fmt::format("{:04}-{:02}-{:02}", date.year, date.month, date.day);
}

/// "12:34" as minutes, or nothing.
std::optional<std::chrono::minutes> parse_time_of_day(std::string_view text) {
    const auto number = [](std::string_view digits, int most) -> std::optional<int> {
        if (digits.starts_with('-')) return std::nullopt;  // "-0"
        return read_number<int>(digits, 0, most);
    };
    // Exactly five characters: "9:5" and "09:05:00" have other readers with other opinions.
    if (text.size() != 5 || text[2] != ':') return std::nullopt;
    // 24:00 is a time here, the end of a day.
    const auto hours = number(text.substr(0, 2), 24);
    const auto minutes = number(text.substr(3), 59);
    if (!hours || !minutes) return std::nullopt;
    return std::chrono::hours{*hours} + std::chrono::minutes{*minutes};
}

/// The key of one step of a path and its index: "fee[0]" is fee and 0.
std::pair<std::string_view, std::optional<std::size_t>> split_step(std::string_view step) {
    const std::size_t bracket = step.find('[');
    if (bracket == std::string_view::npos) return {step, std::nullopt};
    std::size_t index = 0;
    const std::string_view digits = step.substr(bracket + 1);
    std::from_chars(digits.data(), digits.data() + digits.size(), index);
    return {step.substr(0, bracket), index};
}

}  // namespace

void TomlErrors::add(std::uint32_t line, std::string_view key, std::string reason) {
    // The first error is the cause more often than the others.
    if (first_) return;
    first_ =
        // Some nodes have no place of their own; line 0 would look like a bug.
        InputError{fmt::format("{}:{}: {}", place_, std::max(line, 1U), key), std::move(reason)};
}

std::string describe(const toml::node& node) {
    if (const auto* text = node.as_string()) return shown_word(text->get());
    if (const auto* number = node.as_integer()) return std::to_string(number->get());
    if (const auto* number = node.as_floating_point()) return fmt::format("{}", number->get());
    if (const auto* value = node.as_boolean()) return value->get() ? "true" : "false";
    if (const auto* date = node.as_date()) return shown(date->get());
    if (const auto* time = node.as_time())
        return fmt::format("{:02}:{:02}:{:02}", time->get().hour, time->get().minute,
                           time->get().second);
    if (node.is_date_time()) return "a date with a time";
    return node.is_array() ? "a list" : "a table";
}

TomlTable::TomlTable(TomlErrors& errors, const toml::table& table, std::string path,
                     std::span<const std::string_view> keys)
    // Keys are looked at once, when the table is made, so that no reader can forget to.
    : errors_(&errors), table_(&table), path_(std::move(path)) {
    for (const auto& [key, node] : table)
        if (std::find(keys.begin(), keys.end(), key.str()) == keys.end())
            errors.add(key.source().begin.line, this->path(key.str()),
                       unknown_key(key.str(), keys));
}

std::string TomlTable::path(std::string_view key) const {
    return fmt::format("{}{}", path_, key);
}

std::uint32_t TomlTable::line(std::string_view key) const {
    const toml::node* node = table_->get(key);
    // A missing key is told at its table.
    return (node != nullptr ? node : table_)->source().begin.line;
}

void TomlTable::fail(std::string_view key, std::string reason) const {
    errors_->add(line(key), path(key), std::move(reason));
}

void TomlTable::fail_at(const toml::node& node, std::string_view key, std::string reason) const {
    errors_->add(node.source().begin.line, path(key), std::move(reason));
}

void TomlTable::fail_choice(std::string_view key,
                            const std::vector<std::string_view>& words) const {
    fail(key, fmt::format("found {}; one of \"{}\" is needed", describe(*table_->get(key)),
                          fmt::join(words, "\", \"")));
}

void TomlTable::require(std::string_view key, std::string_view why) const {
    if (!has(key)) fail(key, fmt::format("is missing; {}", why));
}

void TomlTable::text(std::string_view key, std::string& value) const {
    const toml::node* node = table_->get(key);
    if (node == nullptr) return;
    // Exact: toml++ would turn a number into a text without a word.
    if (const auto found = node->value_exact<std::string>())
        value = *found;
    else
        fail(key, fmt::format("found {}; a text in quotation marks is needed", describe(*node)));
}

void TomlTable::boolean(std::string_view key, bool& value) const {
    const toml::node* node = table_->get(key);
    if (node == nullptr) return;
    if (const auto found = node->value_exact<bool>())
        value = *found;
    else
        fail(key, fmt::format("found {}; true or false is needed", describe(*node)));
}

std::optional<std::int64_t> TomlTable::read_amount(const toml::node& node, std::string_view key,
                                                   Currency currency) const {
    // The example has decimals only where the currency has.
    const std::string example =
        Money{10, currency}.text().find('.') == std::string::npos ? "200" : "200 or \"0.10\"";
    const auto refuse = [&](std::string_view remedy) {
        fail_at(node, key, fmt::format("found {}; {}", describe(node), remedy));
        return std::nullopt;
    };
    // The reason is told, because the refusal surprises: 0.1 has no exact value as a number.
    if (node.is_floating_point())
        return refuse(
            "put quotation marks around an amount with decimals, so that it is read digit "
            "by digit and not as a floating-point number");
    std::string text;
    if (const auto whole = node.value_exact<std::int64_t>())
        text = std::to_string(*whole);
    else if (const auto decimal = node.value_exact<std::string>())
        text = *decimal;
    else
        return refuse(
            fmt::format("an amount of {} is needed, like {}", alphabetic_code(currency), example));
    const Result<Money> money = Money::parse(text, currency);
    if (!money)
        return refuse(fmt::format("an amount of {} is needed, like {}: {}",
                                  alphabetic_code(currency), example, money.error().reason));
    // The bound of one transfer holds for fees and limits too, so that nothing can overflow when
    // they are added up.
    if (money->minor > ledger::amount_max)
        return refuse(fmt::format("at most {} {} is allowed",
                                  Money{ledger::amount_max, currency}.text(),
                                  alphabetic_code(currency)));
    return money->minor;
}

void TomlTable::amount(std::string_view key, Currency currency, std::int64_t& minor) const {
    if (const toml::node* node = table_->get(key))
        // A wrong amount leaves the default, and the file is refused in the end.
        minor = read_amount(*node, key, currency).value_or(minor);
}

void TomlTable::date(std::string_view key, std::chrono::sys_days& value) const {
    const toml::node* node = table_->get(key);
    if (node == nullptr) return;
    const auto* date = node->as_date();
    if (date == nullptr) {
        // The most common mistake, so the remedy names it.
        const std::string_view remedy = node->is_string() ? ", without quotation marks" : "";
        fail(key,
             fmt::format("found {}; a date like 2023-07-01 is needed{}", describe(*node), remedy));
        return;
    }
    const toml::date& day = date->get();
    value = std::chrono::year{day.year} / std::chrono::month{day.month} / std::chrono::day{day.day};
}

void TomlTable::time_of_day(std::string_view key, std::chrono::minutes latest,
                            std::chrono::minutes& value) const {
    const toml::node* node = table_->get(key);
    if (node == nullptr) return;
    const auto text = node->value_exact<std::string_view>();
    const auto time = text ? parse_time_of_day(*text) : std::nullopt;
    if (time && *time <= latest)
        value = *time;
    else
        fail(key, fmt::format("found {}; a time of day in quotation marks of \"00:00\" to "
                              "\"{:02}:{:02}\" is needed",
                              describe(*node), latest.count() / 60, latest.count() % 60));
}

void TomlTable::texts(std::string_view key, std::vector<std::string>& value) const {
    const toml::node* node = table_->get(key);
    if (node == nullptr) return;
    const toml::array* list = node->as_array();
    if (list == nullptr) {
        fail(key, fmt::format("found {}; a list of texts is needed: [\"...\"]", describe(*node)));
        return;
    }
    value.reserve(list->size());
    for (const toml::node& element : *list) {
        if (const auto text = element.value_exact<std::string>())
            value.push_back(*text);
        else
            fail_at(element, key,
                    fmt::format("found {}; each is a text in quotation marks", describe(element)));
    }
}

void TomlTable::amount_pairs(std::string_view key, Currency currency, std::string_view form,
                             std::vector<std::pair<std::int64_t, std::int64_t>>& value) const {
    const toml::node* node = table_->get(key);
    if (node == nullptr) return;
    const toml::array* list = node->as_array();
    if (list == nullptr) {
        fail(key, fmt::format("found {}; a list of {} is needed", describe(*node), form));
        return;
    }
    value.reserve(list->size());
    for (std::size_t i = 0; i < list->size(); ++i) {
        const toml::node& element = *list->get(i);
        const std::string step = fmt::format("{}[{}]", key, i);
        const toml::array* pair = element.as_array();
        if (pair == nullptr || pair->size() != 2) {
            const std::string found =
                pair == nullptr ? describe(element) : fmt::format("{} values", pair->size());
            // A list that is half right is not looked at further.
            return fail_at(element, step, fmt::format("found {}; each is {}", found, form));
        }
        const auto first = read_amount(*pair->get(0), step, currency);
        const auto second = read_amount(*pair->get(1), step, currency);
        // Already told; the next pair would only follow.
        if (!first || !second) return;
        value.emplace_back(*first, *second);
    }
}

std::optional<TomlTable> TomlTable::table(std::string_view key,
                                          std::span<const std::string_view> keys) const {
    const toml::node* node = table_->get(key);
    if (node == nullptr) return std::nullopt;
    if (const toml::table* found = node->as_table())
        // The path grows a step, so that every message says where it is.
        return TomlTable(*errors_, *found, path(key) + ".", keys);
    fail(key, fmt::format("found {}; a table is needed: [{}] or {} = {{...}}", describe(*node), key,
                          key));
    return std::nullopt;
}

std::vector<TomlTable> TomlTable::tables(std::string_view key,
                                         std::span<const std::string_view> keys) const {
    std::vector<TomlTable> result;
    const toml::node* node = table_->get(key);
    if (node == nullptr) return result;
    const toml::array* list = node->as_array();
    // One table in single brackets is what people write first.
    if (list == nullptr || !std::all_of(list->begin(), list->end(), [](const toml::node& element) {
            return element.is_table();
        })) {
        fail(key, fmt::format("found {}; write each one as a table of its own under [[{}]], with "
                              "two brackets",
                              describe(*node), key));
        return result;
    }
    result.reserve(list->size());
    for (std::size_t i = 0; i < list->size(); ++i)
        result.emplace_back(*errors_, *list->get(i)->as_table(),
                            fmt::format("{}[{}].", path(key), i), keys);
    return result;
}

toml::table parse_toml(std::string_view text, TomlErrors& errors) {
    try {
        return toml::parse(text);
    } catch (const toml::parse_error& error) {
        // toml++ says what and where; nothing else of the text can be trusted.
        errors.add(error.source().begin.line, "TOML", std::string(error.description()));
        return {};
    }
}

std::uint32_t line_of(const toml::table& root, std::string_view path) {
    const toml::node* node = &root;
    while (!path.empty()) {
        const std::size_t dot = path.find('.');
        const auto [key, index] = split_step(path.substr(0, dot));
        path = dot == std::string_view::npos ? "" : path.substr(dot + 1);
        const toml::node* next = node->is_table() ? node->as_table()->get(key) : nullptr;
        // As near as it goes: a path may lead to a key that is not there.
        if (next == nullptr) break;
        node = next;
        if (!index || !node->is_array()) continue;
        next = node->as_array()->get(*index);
        if (next == nullptr) break;
        node = next;
    }
    return node->source().begin.line;
}

}  // namespace tuma
