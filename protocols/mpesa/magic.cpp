#include "protocols/mpesa/magic.h"

#include "protocols/mpesa/codes.h"
#include "protocols/scenario_words.h"

#include <algorithm>
#include <array>

namespace tuma::mpesa {
namespace {

using ledger::CustomerAction;
using ledger::NoticeFault;
using protocols::for_each_word;
using protocols::read_milliseconds;
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

void take_scenario(Script& script, std::string_view word) {
    if (const MagicRow* row = find_word(word)) {
        const auto delay = script.delay;
        script = row->script;
        if (delay) script.delay = delay;
    } else if (word.starts_with("delay=")) {
        if (const auto delay = read_milliseconds(word.substr(6))) script.delay = delay;
    } else if (word.starts_with("result:")) {
        const ResultRow* named = find_result(word.substr(7));
        if (named == nullptr) return;
        script.action = named->number == 0 ? CustomerAction::approve : CustomerAction::decline;
        script.code = named->number;
    }
}

void take_fault(Script& script, std::string_view word) {
    if (protocols::take_callback_fault(script, word)) return;
    constexpr std::string_view scenario = "scenario:";
    if (word.starts_with(scenario)) {
        take_scenario(script, word.substr(scenario.size()));
    } else if (word.starts_with("error:")) {
        const ResultRow* row = find_result(word.substr(6));
        if (row == nullptr)
            script.error = word.substr(6);
        else
            take_scenario(script, "result:" + std::string(row->wire));
    } else if (word == "spike-arrest") {
        script.error = "500.003.02";
    }
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

}  // namespace tuma::mpesa
