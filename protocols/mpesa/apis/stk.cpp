#include "protocols/mpesa/apis/stk.h"

#include "protocols/crypto/encoding.h"
#include "protocols/kit/ids.h"
#include "protocols/kit/json_text.h"
#include "protocols/kit/route_table.h"
#include "protocols/mpesa/orders/bills.h"
#include "protocols/mpesa/orders/orders.h"
#include "protocols/mpesa/profiles/numbers.h"
#include "protocols/mpesa/wire/apps.h"
#include "protocols/mpesa/wire/field_reader.h"
#include "protocols/mpesa/wire/ids.h"
#include "protocols/mpesa/wire/password.h"
#include "protocols/mpesa/wire/result_codes.h"

#include <fmt/format.h>

#include <utility>

namespace tuma::mpesa {
namespace {

using core::Outcome;
using ledger::NoticeWhen;
using protocols::Answer;

constexpr std::string_view pay_bill = "CustomerPayBillOnline";
constexpr std::string_view buy_goods = "CustomerBuyGoodsOnline";
// Longer descriptions are taken and fail later. Source: mpesa reference, section 1.5.
constexpr std::size_t description_max = 182;
constexpr int id_attempts_max = 1'000;

// A prompt on its way to the switch.
struct Prompt {
    CallPtr call;
    Content content;
    Script script;
    Shortcode business;                 ///< who asks
    std::optional<Shortcode> receiver;  ///< whose account is paid
    std::string timestamp;
    std::string password;
    std::string description;
    std::uint16_t early_code = 0;  ///< taken, but bound to fail
    std::string early_why{};       ///< what was compared, for the log
    Accounts accounts{};
    std::optional<Bill> bill{};  ///< what it is for
    int attempts = 0;
};

http::HttpReply accepted(const Content& content) {
    constexpr std::string_view message = "Success. Request accepted for processing";
    return json_reply(protocols::JsonText()
                          .begin_object()
                          .text("MerchantRequestID", content.originator)
                          .text("CheckoutRequestID", content.conversation)
                          .text("ResponseCode", "0")
                          .text("ResponseDescription", message)
                          .text("CustomerMessage", message)
                          .end_object()
                          .take());
}

// The business if the password is its own: base64 of number, passkey and the timestamp as sent.
std::optional<Shortcode> authenticated(FieldReader& fields, const Call& call,
                                       const std::string& number, const std::string& password,
                                       const std::string& timestamp) {
    std::optional<Shortcode> business = find_shortcode(call.context.directory, number);
    // From memory: an app that the number is not mapped to is told the same.
    if (!business || is_foreign(call, number)) {
        fields.fail(because(
            stk_error("Merchant does not exist"),
            business ? app_may_not("BusinessShortCode") : no_business("BusinessShortCode")));
        return std::nullopt;
    }
    // The timestamp as it was sent: some clients send UTC, others local time, so that its age
    // cannot be looked at.
    const std::string expected = password_of(*business, timestamp);
    // Without a passkey anybody could make the password.
    if (business->passkey.empty() || !crypto::constant_time_equal(expected, password)) {
        fields.fail(because(stk_error("Wrong credentials"),
                            password_words(*business, {password, timestamp})));
        return std::nullopt;
    }
    return business;
}

std::string timestamp_of(FieldReader& fields, const Options& options) {
    std::string timestamp = fields.text("Timestamp", 64);
    if (options.checks_timestamp && !is_compact_time(timestamp))
        fields.fail(invalid("Timestamp",
                            "Timestamp is no date of the form "
                            "YYYYMMDDHHMMSS"));
    return timestamp;
}

void read_fields(FieldReader& fields, Prompt& prompt) {
    const Options& options = *prompt.call->options;
    Content& content = prompt.content;
    // The order of these lines is that of the complaints: the first wrong field is told.
    content.shortcode = fields.shortcode("BusinessShortCode");
    prompt.password = fields.text("Password", 1'024);
    prompt.timestamp = timestamp_of(fields, options);
    content.command = fields.word("TransactionType", {pay_bill, buy_goods});
    content.amount = fields.amount("Amount");
    content.party = fields.shortcode("PartyB");
    content.msisdn = fields.msisdn("PhoneNumber");
    // Checked and not used. The prompt goes to PhoneNumber, which is complained about first, and
    // that account pays.
    fields.msisdn("PartyA");
    // Its form is checked here, as Daraja does; a host that does not exist shows when it is called.
    content.url = fields.url("CallBackURL");
    content.reference = fields.text("AccountReference", options.strict_lengths ? 12 : 256);
    // The field that is called Remarks inside. Source: mpesa reference, section 1.3 (observed).
    prompt.description =
        fields.text("TransactionDesc", options.strict_lengths ? 13 : 4'096, "Remarks");
}

// Whether this business may ask for the receiver's money with this sort of transaction.
bool is_assigned(const Prompt& prompt) {
    // Goods are bought at a till, bills are paid to a PayBill number.
    if (!prompt.receiver || (prompt.content.command == buy_goods) != prompt.receiver->is_till())
        return false;
    // A PayBill asks for itself, a store's till is paid on behalf of its head office.
    return prompt.content.party == prompt.content.shortcode ||
           (prompt.receiver->is_till() && prompt.receiver->head_office == prompt.content.shortcode);
}

// Whether the same customer was asked for the same amount a moment ago.
bool is_repeated(const Prompt& prompt) {
    const Content& content = prompt.content;
    const Call& call = *prompt.call;
    const std::int64_t window = call.options->rule_limit_s;
    return window > 0 && !call.recent.take(fmt::format("prompt/{}/{}/{}", content.party,
                                                       content.msisdn, content.amount),
                                           call.context.now, std::chrono::seconds{window}, 1);
}

std::string assignment_words(const Prompt& prompt) {
    if (!prompt.receiver) return no_business("PartyB");
    const bool is_till = prompt.receiver->is_till();
    if ((prompt.content.command == buy_goods) == is_till)
        return "PartyB is neither BusinessShortCode nor a till of its";
    return fmt::format("PartyB is a {}, and TransactionType is {}", is_till ? "till" : "paybill",
                       prompt.content.command);
}

// What is taken and fails. The first reason counts, and only what gets that far is a repetition.
void fail_early(Prompt& prompt) {
    if (!is_assigned(prompt)) {
        prompt.early_code = result::product_assignment;
        prompt.early_why = assignment_words(prompt);
    } else if (prompt.description.size() > description_max) {
        prompt.early_code = result::push_failed;
        prompt.early_why = fmt::format("TransactionDesc is longer than {}", description_max);
    } else if (is_repeated(prompt)) {
        prompt.early_code = result::rule_limited;
        prompt.early_why = fmt::format(
            "the same customer was asked for the same amount within the last {} s (rule_limit_s)",
            prompt.call->options->rule_limit_s);
    }
}

core::OrderRequest wish_for(const Prompt& prompt) {
    const Options& options = *prompt.call->options;
    core::OrderRequest wish = wish_of(Kind::stk_push, prompt.content);
    const AccountId customer = prompt.accounts[0];
    // Without a receiver only the customer was looked up.
    const AccountId business = prompt.accounts.size() > 1 ? prompt.accounts[1] : AccountId{};
    if (prompt.early_code != 0)
        // Daraja accepts such a prompt and tells the failure by callback and query.
        put_failure(wish, prompt.early_code);
    else
        put_movement(wish,
                     {.debit = customer, .credit = business, .amount = kes(prompt.content.amount)});
    // A customer has one prompt at a time. One that has failed already never reaches the phone.
    if (wish.terms.debit) wish.terms.flags = ledger::order_flag_exclusive;
    put_script(wish, prompt.script, std::chrono::milliseconds{options.customer_delay_ms});
    wish.expires_after = std::chrono::milliseconds{options.stk_timeout_ms};
    put_channel(wish, channel_result, NoticeWhen::ended, prompt.script, options);
    // Where C2B URLs are registered, the same payment is confirmed there too.
    if (!prompt.content.urls.confirmation.empty())
        put_channel(wish, channel_second, NoticeWhen::succeeded, prompt.script, options);
    watch(wish, {business});
    // The second one for status enquiries, which call it the originator's.
    wish.keys = {checkout_key(prompt.content.conversation),
                 originator_key(prompt.content.shortcode, prompt.content.originator)};
    put_bill(wish, Kind::stk_push, prompt.bill, prompt.script, options);
    return wish;
}

Answer ask(std::shared_ptr<Prompt> prompt);

Answer asked(const std::shared_ptr<Prompt>& prompt, const Outcome& outcome) {
    const Call& call = *prompt->call;
    if (outcome.code == Refusal::none) return accepted(prompt->content);
    if (moved_on(prompt->bill, outcome)) return ask(prompt);
    // The id has no more than milliseconds and the number's last digits. Two prompts of one moment
    // get the next ids that are free, and a bound keeps this from going on for ever.
    if (outcome.code == Refusal::order_exists && prompt->attempts < id_attempts_max) {
        ++prompt->attempts;
        return ask(prompt);
    }
    // The other way, the prompt is accepted and its callback says 1001; see below.
    if (outcome.code == Refusal::customer_busy && call.options->busy == "sync")
        return error_reply(call,
                           stk_error(std::string(result_row(result::subscriber_locked).sentence)));
    // A wish that fails by itself was refused: asking again would not end.
    if (prompt->early_code != 0) return error_reply(call, unreachable_service());
    // What the switch refuses becomes a prompt that is taken and fails.
    prompt->early_code = code_of(outcome.code);
    prompt->early_why = sentence(outcome.code);
    return ask(prompt);
}

Answer ask(std::shared_ptr<Prompt> prompt) {
    const int digits = static_cast<int>(prompt->call->options->checkout_subsecond_digits);
    prompt->content.conversation =
        checkout_request_id(prompt->call->context.now + prompt->attempts * checkout_step(digits),
                            prompt->content.msisdn, digits);
    return open_order(prompt->call, wish_for(*prompt), [prompt](const Outcome& outcome) {
        return protocols::noted(asked(prompt, outcome), [prompt](http::ReplyNote& note) {
            note_failure(note, prompt->early_code, prompt->early_why);
        });
    });
}

std::string string_code(const ResultRow& row) {
    // The query tells codes as texts, the callback as numbers.
    return std::string(row.wire);
}

std::string query_answer(const Content& content, std::string_view code, std::string_view text) {
    return protocols::JsonText()
        .begin_object()
        .text("ResponseCode", "0")
        // Spelled so. Source: mpesa reference, section 1.7.
        .text("ResponseDescription", "The service request has been accepted successsfully")
        .text("MerchantRequestID", content.originator)
        .text("CheckoutRequestID", content.conversation)
        .text("ResultCode", code)
        .text("ResultDesc", text)
        .end_object()
        .take();
}

Answer queried(const CallPtr& call, const std::string& shortcode, const OrderPtr& order) {
    const Options& options = *call->options;
    if (order == nullptr || !is_kind(*order, Kind::stk_push))
        return error_reply(*call, stk_error("The transaction does not Exist"));
    const Content content = read_content(order->content);
    // Ids can be guessed: they are a time and a phone number. Another business hears what it would
    // hear of an id that does not exist.
    if (content.shortcode != shortcode)
        return error_reply(*call, stk_error("The transaction does not Exist"));
    // Drawn only for prompts that are there, so that a wrong id gets its own sentence always.
    if (protocols::percent_of(call->context.entropy, 63) < options.flaky_query_percent)
        return error_reply(*call, stk_error(""));
    const bool has_ended = ledger::is_final(order->state);
    if (!has_ended && options.in_flight == "500")
        return error_reply(*call, stk_error("The transaction is being processed"));
    // 4999 is told by queries only, while the prompt is open. A test may have asked for another
    // result than the callback tells, with the prompt or with this query.
    const std::string asked = script_of(call->request, {}, options).query_code;
    const ResultRow* const wanted = find_result(asked.empty() ? content.query_code : asked);
    const ResultRow& row = wanted != nullptr && (has_ended || !asked.empty())
                               ? *wanted
                               : result_row(has_ended ? code_of(*order) : result::in_flight);
    const std::string_view text = row.number == result::internal_failure
                                      ? std::string_view{options.internal_failure_text}
                                  : row.in_query.empty() ? row.sentence
                                                         : row.in_query;
    return json_reply(query_answer(content, string_code(row), text));
}

Answer ask_with_accounts(const std::shared_ptr<Prompt>& prompt) {
    const Options& options = *prompt->call->options;
    std::vector<AccountSpec> parties{customer_account(options, prompt->content.msisdn)};
    if (prompt->receiver) parties.push_back(business_account(options, *prompt->receiver));
    return with_accounts(prompt->call, std::move(parties), [prompt](const Accounts& accounts) {
        prompt->accounts = accounts;
        return ask(prompt);
    });
}

}  // namespace

Answer push_prompt(const CallPtr& call) {
    // Shared, because opening accounts and the order take several steps on other threads.
    auto prompt = std::make_shared<Prompt>();
    prompt->call = call;
    FieldReader fields(*call);
    read_fields(fields, *prompt);
    if (!fields.is_good()) return fields.refusal();
    Content& content = prompt->content;
    // After all fields: a wrong field is told before a wrong password.
    const auto business =
        authenticated(fields, *call, content.shortcode, prompt->password, prompt->timestamp);
    if (!business) return fields.refusal();
    prompt->business = *business;
    prompt->script = script_of(call->request, content.msisdn, *call->options);
    content.query_code = prompt->script.query_code;
    prompt->receiver = find_shortcode(call->context.directory, content.party);
    content.originator = new_request_id(*call);
    content.is_till = prompt->receiver && prompt->receiver->is_till();
    fail_early(*prompt);
    // Kept with the order, so that a later registration does not redirect this payment's
    // confirmation.
    if (call->options->stk_confirms_c2b)
        content.urls = find_urls(call->context.directory, content.party).value_or(C2bUrls{});
    return with_bill(call, content, [prompt](const std::optional<Bill>& bill) {
        prompt->bill = bill;
        note_bill(prompt->content, *prompt->call, bill);
        return ask_with_accounts(prompt);
    });
}

Answer query_prompt(const CallPtr& call) {
    const std::int64_t most = call->options->queries_per_minute;
    const std::string asker = "query/" + (call->app == nullptr ? "" : call->app->consumer_key);
    if (most > 0 && !call->recent.take(asker, call->context.now, std::chrono::minutes{1},
                                       static_cast<std::size_t>(most)))
        return spike_reply(most);
    FieldReader fields(*call);
    const std::string shortcode = fields.shortcode("BusinessShortCode");
    const std::string password = fields.text("Password", 1'024);
    const std::string timestamp = timestamp_of(fields, *call->options);
    const std::string checkout = fields.text("CheckoutRequestID", 100);
    if (!fields.is_good()) return fields.refusal();
    // The same password as for the prompt: who knows an id alone may not ask.
    if (!authenticated(fields, *call, shortcode, password, timestamp)) return fields.refusal();
    return find_order(
        call, {.key = checkout_key(checkout)},
        [call, shortcode](const OrderPtr& order) { return queried(call, shortcode, order); });
}

protocols::Callback prompt_callback(const ledger::Order& order, const Content& content,
                                    const Options& options) {
    const ResultRow& row = result_row(code_of(order));
    protocols::JsonText json;
    json.begin_object().begin_object("Body").begin_object("stkCallback");
    json.text("MerchantRequestID", content.originator)
        .text("CheckoutRequestID", content.conversation);
    // Codes like SFC_IC0003 cannot be numbers.
    if (row.is_word)
        json.text("ResultCode", row.wire);
    else
        json.digits("ResultCode", row.wire);
    json.text("ResultDesc", row.number == result::internal_failure
                                ? std::string_view{options.internal_failure_text}
                                : row.sentence);
    // A failure has no metadata at all, not an empty list.
    if (row.number == result::success) {
        json.begin_object("CallbackMetadata").begin_array("Item");
        const auto item = [&](std::string_view name) -> protocols::JsonText& {
            return json.begin_object().text("Name", name);
        };
        // With both decimals, though a number: 10.00.
        item("Amount").digits("Value", decimal_text(content.amount)).end_object();
        item("MpesaReceiptNumber").text("Value", receipt_of(order, content)).end_object();
        // Always without a value.
        if (options.stk_balance_item) item("Balance").end_object();
        item("TransactionDate").digits("Value", compact_time(order.moved_at)).end_object();
        item("PhoneNumber").digits("Value", content.msisdn).end_object();
        json.end_array().end_object();
    }
    json.end_object().end_object().end_object();
    return {.url = content.url,
            .headers = {{"Content-Type", "application/json;charset=UTF-8"},
                        {"Businessshortcode", content.shortcode}},
            .body = json.take()};
}

}  // namespace tuma::mpesa
