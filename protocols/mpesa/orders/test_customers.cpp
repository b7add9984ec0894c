#include "protocols/mpesa/orders/test_customers.h"

#include "ledger/words/words.h"
#include "protocols/mpesa/wire/replies.h"
#include "protocols/mpesa/wire/result_codes.h"

#include <algorithm>
#include <array>

namespace tuma::mpesa {
namespace {

using ledger::CustomerAction;
using ledger::NoticeFault;
using protocols::bad_code;
using protocols::deciding;
using protocols::WordCheck;
using std::chrono::seconds;

// Free behind those of the kit.
constexpr protocols::Decides decides_query = 1U << 16U;

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
    MagicRow{"07", "rule-limited", decline(result::rule_limited),
             "was asked for the same amount a moment ago (17)"},
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

WordCheck take_result(Script& script, std::string_view word, std::string_view code) {
    const ResultRow* named = find_result(code);
    // A code that M-Pesa does not have would be told as an internal failure, and the test would see
    // another one than it asked for.
    if (named == nullptr) return bad_code(word, code, result_codes());
    script.action = named->number == 0 ? CustomerAction::approve : CustomerAction::decline;
    script.code = named->number;
    return deciding(protocols::decides_customer);
}

// An error of the gateway by its code, or a result that a request ends with.
WordCheck take_error(Script& script, std::string_view word, std::string_view code) {
    // The two lists share no code, so that one word does for both.
    if (find_result(code) != nullptr) return take_result(script, word, code);
    if (code.find(':') != std::string_view::npos) {
        if (!find_error(code, {}))
            return {.problem = shown_word(word) +
                               ": must be like error:500.001.1001:Wrong credentials; the code "
                               "begins with a status from 400 to 599"};
        script.error = code;
        return deciding(protocols::decides_answer);
    }
    std::vector<std::string_view> codes = error_codes();
    if (std::find(codes.begin(), codes.end(), code) == codes.end()) {
        const std::vector<std::string_view> results = result_codes();
        codes.insert(codes.end(), results.begin(), results.end());
        return bad_code(word, code, codes);
    }
    script.error = code;
    return deciding(protocols::decides_answer);
}

WordCheck take_query(Script& script, std::string_view word, std::string_view code) {
    if (find_result(code) == nullptr) return bad_code(word, code, result_codes());
    script.query_code = code;
    return deciding(decides_query);
}

WordCheck take_soap_fault(Script& script, std::string_view, std::string_view) {
    script.error = soap_fault;
    return deciding(protocols::decides_answer);
}

WordCheck take_no_product(Script& script, std::string_view, std::string_view) {
    script.error = no_product().code;
    return deciding(protocols::decides_answer);
}

WordCheck take_spike_arrest(Script& script, std::string_view, std::string_view) {
    // Its status is an option: 429 or 500.
    script.error = "500.003.02";
    return deciding(protocols::decides_answer);
}

const protocols::ScenarioTable<Script>& scenarios() {
    static const protocols::ScenarioTable<Script> table{
        .rows = magic_rows,
        .prefixes = {magic_prefix},
        .scenario = {{"result:CODE", take_result}},
        .fault = {{"error:CODE", take_error},
                  {"query:CODE", take_query},
                  {"spike-arrest", take_spike_arrest},
                  {"no-product", take_no_product},
                  {"soap-fault", take_soap_fault}}};
    return table;
}

}  // namespace

std::span<const MagicRow> magic_table() {
    return magic_rows;
}

Script script_of(const http::HttpRequest& request, std::string_view msisdn,
                 const Options& options) {
    const bool is_silent = msisdn == test_msisdn && options.test_number_never_answers;
    // Headers still come first, so that a test can make even this number pay.
    if (is_silent) return scenarios().played(request, ignore());
    return scenarios().script_of(request, msisdn);
}

std::optional<InputError> misspelt_word(const http::HttpRequest& request) {
    return scenarios().misspelt_word(request);
}

}  // namespace tuma::mpesa
