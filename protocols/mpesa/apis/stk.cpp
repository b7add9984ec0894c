#include "protocols/mpesa/stk.h"

#include "protocols/crypto/encoding.h"
#include "protocols/json_text.h"
#include "protocols/mpesa/apps.h"
#include "protocols/mpesa/codes.h"
#include "protocols/mpesa/field_reader.h"
#include "protocols/mpesa/ids.h"
#include "protocols/mpesa/numbers.h"
#include "protocols/mpesa/orders.h"

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
    Accounts accounts{};
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
        fields.fail(stk_error("Merchant does not exist"));
        return std::nullopt;
    }
    const std::string expected =
        crypto::base64_encode(business->number + business->passkey + timestamp);
    if (business->passkey.empty() || !crypto::constant_time_equal(expected, password)) {
        fields.fail(stk_error("[MerchantValidate] - Wrong credentials"));
        return std::nullopt;
    }
    return business;
}

std::string timestamp_of(FieldReader& fields, const Options& options) {
    std::string timestamp = fields.text("Timestamp", 64);
    if (options.checks_timestamp && !is_compact_time(timestamp)) fields.fail(invalid("Timestamp"));
    return timestamp;
}

void read_fields(FieldReader& fields, Prompt& prompt) {
    const Options& options = *prompt.call->options;
    Content& content = prompt.content;
    content.shortcode = fields.shortcode("BusinessShortCode");
    prompt.password = fields.text("Password", 1'024);
    prompt.timestamp = timestamp_of(fields, options);
    content.command = fields.word("TransactionType", {pay_bill, buy_goods});
    content.amount = fields.amount("Amount");
    fields.msisdn("PartyA");
    content.party = fields.shortcode("PartyB");
    content.msisdn = fields.msisdn("PhoneNumber");
    content.url = fields.url("CallBackURL");
    content.reference = fields.text("AccountReference", options.strict_lengths ? 12 : 256);
    // The field that is called Remarks inside. Source: mpesa reference, section 1.3 (observed).
    prompt.description =
        fields.text("TransactionDesc", options.strict_lengths ? 13 : 4'096, "Remarks");
}

// Whether this business may ask for the receiver's money with this sort of transaction.
bool is_assigned(const Prompt& prompt) {
    if (!prompt.receiver) return false;
    if (prompt.content.party == prompt.content.shortcode) return true;
    return prompt.content.command == buy_goods && prompt.receiver->is_till() &&
           prompt.receiver->head_office == prompt.content.shortcode;
}

core::OrderWish wish_for(const Prompt& prompt) {
    const Options& options = *prompt.call->options;
    core::OrderWish wish = wish_of(Kind::stk_push, prompt.content);
    const AccountId customer = prompt.accounts[0];
    const AccountId business = prompt.accounts.size() > 1 ? prompt.accounts[1] : AccountId{};
    if (prompt.early_code != 0)
        put_failure(wish, prompt.early_code);
    else
        put_movement(wish,
                     {.debit = customer, .credit = business, .amount = prompt.content.amount});
    if (wish.terms.debit) wish.terms.flags = ledger::order_flag_exclusive;
    put_script(wish, prompt.script, std::chrono::milliseconds{options.customer_delay_ms});
    wish.expires_after = std::chrono::milliseconds{options.stk_timeout_ms};
    put_channel(wish, channel_result, NoticeWhen::ended, prompt.script, options);
    if (!prompt.content.urls.confirmation.empty())
        put_channel(wish, channel_second, NoticeWhen::succeeded, prompt.script, options);
    watch(wish, {business});
    wish.keys = {checkout_key(prompt.content.conversation)};
    return wish;
}

Answer ask(std::shared_ptr<Prompt> prompt);

Answer asked(const std::shared_ptr<Prompt>& prompt, const Outcome& outcome) {
    const Call& call = *prompt->call;
    if (outcome.code == Refusal::none) return accepted(prompt->content);
    if (outcome.code == Refusal::order_exists && prompt->attempts < id_attempts_max) {
        ++prompt->attempts;
        return ask(prompt);
    }
    if (outcome.code == Refusal::customer_busy && call.options->busy == "sync")
        return error_reply(call,
                           stk_error(std::string(result_row(result::subscriber_locked).sentence)));
    if (prompt->early_code != 0) return error_reply(call, unreachable_service());
    prompt->early_code = code_of(outcome.code);
    return ask(prompt);
}

Answer ask(std::shared_ptr<Prompt> prompt) {
    const int digits = static_cast<int>(prompt->call->options->checkout_subsecond_digits);
    prompt->content.conversation =
        checkout_request_id(prompt->call->context.now + prompt->attempts * checkout_step(digits),
                            prompt->content.msisdn, digits);
    return open_order(prompt->call, wish_for(*prompt),
                      [prompt](const Outcome& outcome) { return asked(prompt, outcome); });
}

std::string string_code(const ResultRow& row) {
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

Answer queried(const CallPtr& call, const std::string& shortcode,
               const std::shared_ptr<const ledger::Order>& order) {
    const Options& options = *call->options;
    if (order == nullptr || !is_kind(*order, Kind::stk_push))
        return error_reply(*call, stk_error("The transaction does not Exist"));
    const Content content = read_content(order->content);
    if (content.shortcode != shortcode)
        return error_reply(*call, stk_error("The transaction does not Exist"));
    const auto draw = std::to_integer<std::int64_t>(call->context.chance[63]) * 100 / 256;
    if (draw < options.flaky_query_percent) return error_reply(*call, stk_error(""));
    const bool has_ended = ledger::is_final(order->state);
    if (!has_ended && options.in_flight == "500")
        return error_reply(*call, stk_error("The transaction is being processed"));
    const ResultRow& row = result_row(has_ended ? code_of(*order) : result::in_flight);
    const std::string_view text = row.number == result::internal_failure
                                      ? std::string_view{options.internal_failure_text}
                                  : row.in_query.empty() ? row.sentence
                                                         : row.in_query;
    return json_reply(query_answer(content, string_code(row), text));
}

}  // namespace

Answer push_prompt(const CallPtr& call) {
    auto prompt = std::make_shared<Prompt>();
    prompt->call = call;
    FieldReader fields(*call);
    read_fields(fields, *prompt);
    if (!fields.is_good()) return fields.refusal();
    Content& content = prompt->content;
    const auto business =
        authenticated(fields, *call, content.shortcode, prompt->password, prompt->timestamp);
    if (!business) return fields.refusal();
    prompt->business = *business;
    prompt->script = script_of(call->request, content.msisdn, *call->options);
    prompt->receiver = find_shortcode(call->context.directory, content.party);
    content.originator = new_request_id(*call);
    content.is_till = prompt->receiver && prompt->receiver->is_till();
    if (!is_assigned(*prompt))
        prompt->early_code = result::product_assignment;
    else if (prompt->description.size() > description_max)
        prompt->early_code = result::push_failed;
    if (call->options->stk_confirms_c2b)
        content.urls = find_urls(call->context.directory, content.party).value_or(C2bUrls{});
    std::vector<Party> parties{customer_party(*call, content.msisdn)};
    if (prompt->receiver) parties.push_back(business_party(*call, *prompt->receiver));
    return with_accounts(call, std::move(parties), [prompt](const Accounts& accounts) {
        prompt->accounts = accounts;
        return ask(prompt);
    });
}

Answer query_prompt(const CallPtr& call) {
    FieldReader fields(*call);
    const std::string shortcode = fields.shortcode("BusinessShortCode");
    const std::string password = fields.text("Password", 1'024);
    const std::string timestamp = timestamp_of(fields, *call->options);
    const std::string checkout = fields.text("CheckoutRequestID", 100);
    if (!fields.is_good()) return fields.refusal();
    if (!authenticated(fields, *call, shortcode, password, timestamp)) return fields.refusal();
    return find_order(call, {.key = checkout_key(checkout)},
                      [call, shortcode](const std::shared_ptr<const ledger::Order>& order) {
                          return queried(call, shortcode, order);
                      });
}

protocols::Callback prompt_callback(const ledger::Order& order, const Content& content,
                                    const Options& options) {
    const ResultRow& row = result_row(code_of(order));
    protocols::JsonText json;
    json.begin_object().begin_object("Body").begin_object("stkCallback");
    json.text("MerchantRequestID", content.originator)
        .text("CheckoutRequestID", content.conversation);
    if (row.is_word)
        json.text("ResultCode", row.wire);
    else
        json.digits("ResultCode", row.wire);
    json.text("ResultDesc", row.number == result::internal_failure
                                ? std::string_view{options.internal_failure_text}
                                : row.sentence);
    if (row.number == result::success) {
        json.begin_object("CallbackMetadata").begin_array("Item");
        const auto item = [&](std::string_view name) -> protocols::JsonText& {
            return json.begin_object().text("Name", name);
        };
        item("Amount").digits("Value", decimal_text(content.amount)).end_object();
        item("MpesaReceiptNumber").text("Value", receipt_of(order, content)).end_object();
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
