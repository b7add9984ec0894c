#include "protocols/wechat/wire/test_customers.h"

#include "ledger/words/words.h"
#include "protocols/wechat/wire/kinds.h"

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

constexpr std::string_view negative_test = "Wechatpay-Negative-Test";
constexpr std::string_view wrong_signature = "wrong-signature";
constexpr std::string_view stale_timestamp = "stale-timestamp";  // v2 signs no time

// The words of a version of the API; without one, whatever any version says.
protocols::ScenarioTable<Script> scenarios(const SpokenErrors* errors) {
    const auto take_error = [errors](Script& script, std::string_view word, std::string_view code) {
        // Without a version only words that have been checked come here.
        if (errors != nullptr && !errors->has(code)) return bad_code(word, code, errors->codes);
        script.error = code;
        return protocols::deciding(protocols::decides_answer);
    };
    // Looked for by `faults_of`.
    const auto spoils_reply = [](Script&, std::string_view, std::string_view) {
        return WordCheck{};
    };
    protocols::ScenarioTable<Script> table{
        .rows = magic_rows,
        .prefixes = {magic_openid, magic_code},
        .fault = {{"error:CODE", take_error}, {wrong_signature, spoils_reply}}};
    // v2's signatures cover no time that could be stale.
    if (errors == nullptr || errors->signs_time)
        table.fault.push_back({stale_timestamp, spoils_reply});
    return table;
}

}  // namespace

std::span<const MagicRow> magic_table() {
    return magic_rows;
}

Script script_of(const http::HttpRequest& request, std::string_view customer) {
    // Made once: a request comes through here several times.
    static const protocols::ScenarioTable<Script> table = scenarios(nullptr);
    Script script = table.script_of(request, customer);
    // The service's own sandbox for payments by code picks errors so.
    if (const std::string* code = request.find(negative_test);
        code != nullptr && script.error.empty())
        script.error = *code;
    return script;
}

std::optional<InputError> misspelt_word(const http::HttpRequest& request,
                                        const SpokenErrors& errors) {
    const bool says_nothing =
        std::none_of(request.headers.begin(), request.headers.end(),
                     [](const auto& field) { return protocols::is_own_header(field.first); });
    const std::string* const code = request.find(negative_test);
    // Most requests say nothing, and for them no table has to be made.
    if (says_nothing && code == nullptr) return std::nullopt;
    if (http::is_repeated(request.headers, negative_test))
        return InputError{std::string(negative_test), "is there twice"};
    if (code != nullptr && !errors.has(*code))
        return InputError{std::string(negative_test), none_of(*code, errors.codes)};
    return scenarios(&errors).misspelt_word(request);
}

Faults faults_of(const http::HttpRequest& request) {
    Faults faults;
    if (const std::string* words = request.find("Tuma-Fault"))
        for_each_word(*words, [&](std::string_view word) {
            // Apart from the script, because any reply can be spoilt so, also an error's.
            faults.wrong_signature = faults.wrong_signature || word == wrong_signature;
            faults.stale_timestamp = faults.stale_timestamp || word == stale_timestamp;
        });
    return faults;
}

}  // namespace tuma::wechat
