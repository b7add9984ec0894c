#include "protocols/wechat/magic.h"

#include "protocols/scenario_words.h"
#include "protocols/wechat/kinds.h"

#include <algorithm>
#include <array>

namespace tuma::wechat {
namespace {

using ledger::NoticeFault;
using protocols::for_each_word;
using protocols::read_milliseconds;
using std::chrono::seconds;

constexpr auto decline = protocols::declining<Script>;
constexpr auto ignore = protocols::ignoring<Script>;
constexpr auto slow = protocols::slow<Script>;
constexpr auto spoiled = protocols::spoiling<Script>;

Script refund_fails(std::uint16_t code) {
    Script script;
    script.refund_code = code;
    return script;
}

Script asks_password() {
    Script script;
    script.asks_password = true;
    return script;
}

const std::array magic_rows{
    MagicRow{"00", "approve", {}, "pays"},
    MagicRow{"01", "insufficient", decline(reason::not_enough), "has not enough money"},
    MagicRow{"02", "cancel", decline(reason::cancelled), "cancels"},
    MagicRow{"03", "ignore", ignore(), "does nothing"},
    MagicRow{"04", "wrong-password", decline(reason::wrong_password), "enters a wrong password"},
    MagicRow{"05", "abnormal", decline(reason::account_abnormal), "has an account that is blocked"},
    MagicRow{"06", "bank-error", decline(reason::bank_error), "has a bank that does not answer"},
    MagicRow{"07", "password", asks_password(), "is asked for a password after a payment code"},
    MagicRow{"08", "code-expired", decline(reason::code_expired), "shows a code that is too old"},
    MagicRow{"09", "code-invalid", decline(reason::code_invalid), "shows a code that is none"},
    MagicRow{"10", "slow", slow(seconds{15}), "pays after 15 s"},
    MagicRow{"20", "callback-lost", spoiled(NoticeFault::lost, {}), "pays, no callback comes"},
    MagicRow{"21", "callback-twice", spoiled(NoticeFault::twice, {}), "pays, it comes twice"},
    MagicRow{"22", "callback-late", spoiled(NoticeFault::none, seconds{30}),
             "pays, it comes 30 s late"},
    MagicRow{"30", "refund-abnormal", refund_fails(reason::refund_abnormal),
             "pays, but refunds end ABNORMAL"},
    MagicRow{"31", "refund-closed", refund_fails(reason::refund_closed),
             "pays, but refunds end CLOSED"},
};

const MagicRow* find_word(std::string_view word) {
    const auto found = std::find_if(magic_rows.begin(), magic_rows.end(),
                                    [&](const MagicRow& row) { return row.word == word; });
    return found == magic_rows.end() ? nullptr : &*found;
}

const MagicRow* find_customer(std::string_view customer) {
    for (const std::string_view prefix : {magic_openid, magic_code}) {
        if (!customer.starts_with(prefix)) continue;
        const auto found = std::find_if(
            magic_rows.begin(), magic_rows.end(),
            [&](const MagicRow& row) { return row.ending == customer.substr(prefix.size()); });
        if (found != magic_rows.end()) return &*found;
    }
    return nullptr;
}

void take_scenario(Script& script, std::string_view word) {
    if (const MagicRow* row = find_word(word)) {
        const auto delay = script.delay;
        script = row->script;
        if (delay) script.delay = delay;
    } else if (word.starts_with("delay=")) {
        if (const auto delay = read_milliseconds(word.substr(6))) script.delay = delay;
    }
}

void take_fault(Script& script, std::string_view word) {
    if (protocols::take_callback_fault(script, word)) return;
    constexpr std::string_view scenario = "scenario:";
    if (word.starts_with(scenario)) {
        take_scenario(script, word.substr(scenario.size()));
    } else if (word.starts_with("error:")) {
        script.error = word.substr(6);
    }
}

}  // namespace

std::span<const MagicRow> magic_table() {
    return magic_rows;
}

Script script_of(const http::HttpRequest& request, std::string_view customer) {
    Script script;
    if (const MagicRow* row = find_customer(customer)) script = row->script;
    if (const std::string* words = request.find("Tuma-Scenario"))
        for_each_word(*words, [&](std::string_view word) { take_scenario(script, word); });
    // The service's own sandbox for payments by code picks errors so.
    if (const std::string* code = request.find("Wechatpay-Negative-Test")) script.error = *code;
    if (const std::string* words = request.find("Tuma-Fault"))
        for_each_word(*words, [&](std::string_view word) { take_fault(script, word); });
    return script;
}

Faults faults_of(const http::HttpRequest& request) {
    Faults faults;
    if (const std::string* words = request.find("Tuma-Fault"))
        for_each_word(*words, [&](std::string_view word) {
            faults.wrong_signature = faults.wrong_signature || word == "wrong-signature";
            faults.stale_timestamp = faults.stale_timestamp || word == "stale-timestamp";
        });
    return faults;
}

}  // namespace tuma::wechat
