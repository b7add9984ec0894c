#include "protocols/mpesa/magic.h"

#include "protocols/mpesa/codes.h"
#include "protocols/scenario_words.h"

#include <algorithm>
#include <array>

namespace tuma::mpesa {
namespace {

using ledger::CustomerAction;
using ledger::NoticeFault;
using protocols::bad_code;
using protocols::for_each_word;
using protocols::take_delay;
using protocols::WordCheck;
using std::chrono::seconds;

constexpr auto decline = protocols::declining<Script>;
constexpr auto ignore = protocols::ignoring<Script>;
constexpr auto slow = protocols::slow<Script>;
constexpr auto spoiled = protocols::spoiling<Script>;

Script queue_timeout(bool has_late_result) {
    Script script;
    script.is_queue_timeout = true;
    script.has_late_result = has_late_result;
    return script;
}

Script unregistered() {
    Script script = decline(result::receiver_unregistered);
    script.is_unregistered = true;
    return script;
}

const std::array magic_rows{
    MagicRow{"00", "approve", {}, "pays"},
    MagicRow{"01", "insufficient", decline(1), "has not enough money"},
    MagicRow{"02", "below-minimum", decline(2), "the amount is below the minimum"},
    MagicRow{"03", "above-maximum", decline(3), "the amount is above the maximum"},
    MagicRow{"04", "daily-limit", decline(4), "the day's limit would be exceeded"},
    MagicRow{"08", "above-balance", decline(8), "the receiver would hold too much"},
    MagicRow{"11", "invalid-state", decline(11), "the paying account is in an invalid state"},
    MagicRow{"12", "busy", decline(1001), "has another transaction in process"},
    MagicRow{"17", "internal-failure", decline(17), "the system fails"},
    MagicRow{"19", "transaction-expired", decline(1019), "the transaction has expired"},
    MagicRow{"25", "push-failed", decline(1025), "the prompt cannot be sent"},
    MagicRow{"26", "system-busy", decline(26), "the system is busy"},
    MagicRow{"31", "cancel-1031", decline(1031), "cancels, with the rarer code"},
    MagicRow{"32", "cancel", decline(1032), "cancels"},
    MagicRow{"36", "smsc-timeout", decline(1036), "the message centre does not acknowledge"},
    MagicRow{"37", "ignore", ignore(), "does nothing until the prompt ends (1037)"},
    MagicRow{"38", "unreachable", decline(1037), "the phone is off: 1037 at once"},
    MagicRow{"20", "wrong-pin", decline(2001), "enters a wrong PIN"},
    MagicRow{"28", "product", decline(2028), "is not allowed this product"},
    MagicRow{"40", "unregistered", unregistered(), "has no M-Pesa (2040)"},
    MagicRow{"06", "locked", decline(8006), "has a locked PIN"},
    MagicRow{"50", "unknown", decline(result::unknown_operator), "does not exist (SFC_IC0003)"},
    MagicRow{"51", "bad-debt", decline(result::bad_debt), "has not paid Fuliza back (E3008)"},
    MagicRow{"60", "callback-lost", spoiled(NoticeFault::lost, {}), "pays, no callback comes"},
    MagicRow{"61", "callback-twice", spoiled(NoticeFault::twice, {}), "pays, it comes twice"},
    MagicRow{"62", "callback-late", spoiled(NoticeFault::none, seconds{30}),
             "pays, it comes 30 s late"},
    MagicRow{"63", "slow", slow(seconds{15}), "pays after 15 s"},
    MagicRow{"64", "queue-timeout", queue_timeout(false), "the request times out in the queue"},
    MagicRow{"65", "late-result", queue_timeout(true),
             "it times out, and the result comes nevertheless"},
};

const MagicRow* find_word(std::string_view word) {
    const auto found = std::find_if(magic_rows.begin(), magic_rows.end(),
                                    [&](const MagicRow& row) { return row.word == word; });
    return found == magic_rows.end() ? nullptr : &*found;
}

const MagicRow* find_number(std::string_view msisdn) {
    if (!msisdn.starts_with(magic_prefix)) return nullptr;
    const auto found = std::find_if(magic_rows.begin(), magic_rows.end(), [&](const MagicRow& row) {
        return row.ending == msisdn.substr(magic_prefix.size());
    });
    return found == magic_rows.end() ? nullptr : &*found;
}

WordCheck take_result(Script& script, std::string_view word, std::string_view code) {
    const ResultRow* named = find_result(code);
    if (named == nullptr) return bad_code(word, code, result_codes());
    script.action = named->number == 0 ? CustomerAction::approve : CustomerAction::decline;
    script.code = named->number;
    return {};
}

WordCheck take_scenario(Script& script, std::string_view word) {
    constexpr std::string_view result = "result:";
    if (const MagicRow* row = find_word(word)) {
        const auto delay = script.delay;
        script = row->script;
        if (delay) script.delay = delay;
        return {};
    }
    if (word.starts_with(result)) return take_result(script, word, word.substr(result.size()));
    return take_delay(script, word);
}

// An error of the gateway by its code, or a result that a request ends with.
WordCheck take_error(Script& script, std::string_view word, std::string_view code) {
    if (find_result(code) != nullptr) return take_result(script, word, code);
    std::vector<std::string_view> codes = error_codes();
    if (std::find(codes.begin(), codes.end(), code) == codes.end()) {
        const std::vector<std::string_view> results = result_codes();
        codes.insert(codes.end(), results.begin(), results.end());
        return bad_code(word, code, codes);
    }
    script.error = code;
    return {};
}

WordCheck take_fault(Script& script, std::string_view word) {
    constexpr std::string_view scenario = "scenario:";
    constexpr std::string_view error = "error:";
    if (word.starts_with(scenario)) return take_scenario(script, word.substr(scenario.size()));
    if (word.starts_with(error)) return take_error(script, word, word.substr(error.size()));
    if (word != "spike-arrest") return protocols::take_callback_fault(script, word);
    script.error = "500.003.02";
    return {};
}

protocols::ScriptWords script_words() {
    protocols::ScriptWords words;
    for (const MagicRow& row : magic_rows) words.scenario.push_back(row.word);
    for (const char* more : {"result:CODE", "delay=MS"}) words.scenario.emplace_back(more);
    words.fault.assign(protocols::callback_faults.begin(), protocols::callback_faults.end());
    for (const char* more : {"scenario:WORD", "error:CODE", "spike-arrest"})
        words.fault.emplace_back(more);
    words.check_scenario = [](std::string_view word) {
        Script unused;
        return take_scenario(unused, word);
    };
    words.check_fault = [](std::string_view word) {
        Script unused;
        return take_fault(unused, word);
    };
    return words;
}

}  // namespace

std::span<const MagicRow> magic_table() {
    return magic_rows;
}

Script script_of(const http::HttpRequest& request, std::string_view msisdn,
                 const Options& options) {
    Script script;
    if (const MagicRow* row = find_number(msisdn))
        script = row->script;
    else if (msisdn == test_msisdn && options.test_number_never_answers)
        script = ignore();
    if (const std::string* words = request.find("Tuma-Scenario"))
        for_each_word(*words, [&](std::string_view word) { take_scenario(script, word); });
    if (const std::string* words = request.find("Tuma-Fault"))
        for_each_word(*words, [&](std::string_view word) { take_fault(script, word); });
    return script;
}

std::optional<InputError> misspelt_word(const http::HttpRequest& request) {
    static const protocols::ScriptWords words = script_words();
    return protocols::check_script_headers(request, words);
}

}  // namespace tuma::mpesa
