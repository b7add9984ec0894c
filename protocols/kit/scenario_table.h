// What simulated customers and callbacks do: a table of words and of customers' numbers, and the
// dialect's own words beside those that all dialects have.
#pragma once

#include "protocols/http/message.h"
#include "protocols/kit/customer_script.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::protocols {

/// One row: customers whose number ends so behave so, and so does whoever the header Tuma-Scenario
/// says `word` of.
template <typename Script>
struct ScenarioRow {
    std::string_view ending;  ///< behind one of the table's prefixes; empty: by word only
    std::string_view word;
    Script script{};
    std::string_view sentence;  ///< what the customer does, for pages
};

/// A word that is no row: "spike-arrest", or with a value "result:CODE".
template <typename Script>
struct ScriptWord {
    std::string_view word;
    /// `value` is what stands behind the colon. Answers what the word decides (`deciding`): two
    /// that decide the same are refused.
    std::function<WordCheck(Script&, std::string_view whole, std::string_view value)> take{};

    /// The value if `given` is this word.
    std::optional<std::string_view> match(std::string_view given) const {
        const std::size_t colon = word.find(':');
        if (colon == std::string_view::npos)
            return given == word ? std::optional{std::string_view{}} : std::nullopt;
        const std::string_view stem = word.substr(0, colon + 1);
        if (!given.starts_with(stem)) return std::nullopt;
        return given.substr(stem.size());
    }
};

/// A dialect's table. `Script` is derived from CustomerScript.
template <typename Script>
struct ScenarioTable {
    std::span<const ScenarioRow<Script>> rows;
    /// What stands in front of an ending in a customer's number.
    std::vector<std::string_view> prefixes{};
    std::vector<ScriptWord<Script>> scenario{};  ///< more words of Tuma-Scenario
    std::vector<ScriptWord<Script>> fault{};     ///< more words of Tuma-Fault

    /// The row of a customer's number, or null.
    const ScenarioRow<Script>* of_customer(std::string_view number) const {
        for (const std::string_view prefix : prefixes) {
            if (!number.starts_with(prefix)) continue;
            const std::string_view ending = number.substr(prefix.size());
            for (const auto& row : rows)
                if (!row.ending.empty() && row.ending == ending) return &row;
        }
        return nullptr;
    }
    /// Takes one word of Tuma-Scenario: a row, "delay=500ms", one of `scenario`.
    WordCheck take_scenario(Script& script, std::string_view word) const {
        for (const auto& row : rows) {
            if (row.word != word) continue;
            // A delay that was said before stays.
            const auto delay = script.delay;
            script = row.script;
            if (delay) script.delay = delay;
            return deciding(decides_customer);
        }
        for (const auto& more : scenario)
            if (const auto value = more.match(word)) return more.take(script, word, *value);
        return take_delay(script, word);
    }
    /// Takes one word of Tuma-Fault: one of `fault`, "scenario:WORD", "callback-lost" and its like.
    WordCheck take_fault(Script& script, std::string_view word) const {
        for (const auto& more : fault)
            if (const auto value = more.match(word)) return more.take(script, word, *value);
        // Rules can only spoil; by this word they play a customer too.
        if (word.starts_with(scenario_prefix))
            return take_scenario(script, word.substr(scenario_prefix.size()));
        return take_callback_fault(script, word);
    }
    /// What the request's headers make of the script that its customer has. Requires:
    /// `misspelt_word` finds none.
    Script played(const http::HttpRequest& request, Script script) const {
        // From the most general to the most special: the customer's number, what the test says,
        // what is spoilt of it.
        if (const std::string* words = request.find("Tuma-Scenario"))
            for_each_word(*words, [&](std::string_view word) { take_scenario(script, word); });
        if (const std::string* words = request.find("Tuma-Fault"))
            for_each_fault(*words, [&](std::string_view word) { take_fault(script, word); });
        return script;
    }
    /// The same, with the customer's number read from the table.
    Script script_of(const http::HttpRequest& request, std::string_view customer) const {
        const ScenarioRow<Script>* const row = of_customer(customer);
        return played(request, row == nullptr ? Script{} : row->script);
    }
    /// The first word of these headers that means nothing or contradicts another, with the header
    /// as field.
    std::optional<InputError> misspelt_word(const http::HttpRequest& request) const {
        ScriptWords words;
        for (const auto& row : rows) words.scenario.push_back(row.word);
        for (const auto& more : scenario) words.scenario.push_back(more.word);
        words.scenario.emplace_back("delay=MS");
        // For the message only. What is taken is decided below by the functions that will take it,
        // so that the two cannot differ in what they mean.
        words.fault.assign(callback_faults.begin(), callback_faults.end());
        words.fault.emplace_back("scenario:WORD");
        for (const auto& more : fault) words.fault.push_back(more.word);
        words.check_scenario = [this](std::string_view word) {
            Script unused;
            return take_scenario(unused, word);
        };
        words.check_fault = [this](std::string_view word) {
            Script unused;
            return take_fault(unused, word);
        };
        return check_script_headers(request, words);
    }
};

}  // namespace tuma::protocols
