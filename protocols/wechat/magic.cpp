#include "protocols/wechat/magic.h"

#include "ledger/words.h"
#include "protocols/scenario_words.h"
#include "protocols/wechat/kinds.h"
#include "protocols/wechat/replies.h"
#include "protocols/wechat/routes.h"
#include "protocols/wechat/v2_errors.h"
#include "protocols/wechat/v2_routes.h"

#include <algorithm>
#include <array>

namespace tuma::wechat {
namespace {

using ledger::NoticeFault;
using protocols::bad_code;
using protocols::for_each_word;
using protocols::WordCheck;
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

WordCheck take_scenario(Script& script, std::string_view word) {
    const MagicRow* row = find_word(word);
    if (row == nullptr) return protocols::take_delay(script, word);
    const auto delay = script.delay;
    script = row->script;
    if (delay) script.delay = delay;
    return {};
}

constexpr std::string_view error_prefix = "error:";
constexpr std::string_view negative_test = "Wechatpay-Negative-Test";
constexpr std::string_view wrong_signature = "wrong-signature";
constexpr std::string_view stale_timestamp = "stale-timestamp";  // v2 signs no time

WordCheck take_fault(Script& script, std::string_view word) {
    constexpr std::string_view scenario = "scenario:";
    if (word.starts_with(scenario)) return take_scenario(script, word.substr(scenario.size()));
    if (!word.starts_with(error_prefix)) return protocols::take_callback_fault(script, word);
    script.error = word.substr(error_prefix.size());
    return {};
}

// Which of the two versions a request may be of.
struct Versions {
    bool v2 = true;
    bool v3 = true;
};

Versions versions_of(std::string_view path) {
    if (is_v2_path(path)) return {.v3 = false};
    if (is_wechat_path(path)) return {.v2 = false};
    return {};
}

bool is_error(std::string_view code, Versions versions) {
    return (versions.v3 && find_error(code) != nullptr) ||
           (versions.v2 && find_v2_error(code) != nullptr);
}

std::vector<std::string_view> errors_of(Versions versions) {
    std::vector<std::string_view> codes;
    if (versions.v3)
        for (const ErrorRow& row : error_table()) codes.push_back(row.code);
    if (versions.v2)
        for (const V2ErrorRow& row : v2_error_table())
            if (std::find(codes.begin(), codes.end(), row.code) == codes.end())
                codes.push_back(row.code);
    return codes;
}

WordCheck check_fault(std::string_view word, Versions versions) {
    if (word == wrong_signature || (word == stale_timestamp && versions.v3)) return {};
    if (word.starts_with(error_prefix)) {
        const std::string_view code = word.substr(error_prefix.size());
        if (!is_error(code, versions)) return bad_code(word, code, errors_of(versions));
    }
    Script unused;
    return take_fault(unused, word);
}

protocols::ScriptWords script_words(Versions versions) {
    protocols::ScriptWords words;
    for (const MagicRow& row : magic_rows) words.scenario.push_back(row.word);
    words.scenario.emplace_back("delay=MS");
    words.fault.assign(protocols::callback_faults.begin(), protocols::callback_faults.end());
    for (const char* more : {"scenario:WORD", "error:CODE"}) words.fault.emplace_back(more);
    words.fault.push_back(wrong_signature);
    if (versions.v3) words.fault.push_back(stale_timestamp);
    words.check_scenario = [](std::string_view word) {
        Script unused;
        return take_scenario(unused, word);
    };
    words.check_fault = [versions](std::string_view word) { return check_fault(word, versions); };
    return words;
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
    if (const std::string* code = request.find(negative_test)) script.error = *code;
    if (const std::string* words = request.find("Tuma-Fault"))
        for_each_word(*words, [&](std::string_view word) { take_fault(script, word); });
    return script;
}

std::optional<InputError> misspelt_word(const http::HttpRequest& request) {
    const bool says_nothing =
        std::none_of(request.headers.begin(), request.headers.end(),
                     [](const auto& field) { return protocols::is_own_header(field.first); });
    const std::string* const code = request.find(negative_test);
    if (says_nothing && code == nullptr) return std::nullopt;
    const Versions versions = versions_of(request.path());
    if (code != nullptr && !is_error(*code, versions))
        return InputError{std::string(negative_test), none_of(*code, errors_of(versions))};
    return protocols::check_script_headers(request, script_words(versions));
}

Faults faults_of(const http::HttpRequest& request) {
    Faults faults;
    if (const std::string* words = request.find("Tuma-Fault"))
        for_each_word(*words, [&](std::string_view word) {
            faults.wrong_signature = faults.wrong_signature || word == wrong_signature;
            faults.stale_timestamp = faults.stale_timestamp || word == stale_timestamp;
        });
    return faults;
}

}  // namespace tuma::wechat
