#include "protocols/mpesa/apis/express.h"

#include "protocols/kit/json_text.h"
#include "protocols/mpesa/orders/orders.h"
#include "protocols/mpesa/profiles/numbers.h"
#include "protocols/mpesa/wire/field_reader.h"
#include "protocols/mpesa/wire/ids.h"
#include "protocols/mpesa/wire/result_codes.h"

#include <memory>
#include <optional>
#include <utility>

namespace tuma::mpesa {
namespace {

using core::Outcome;
using protocols::Answer;

struct Push {
    CallPtr call;
    Content content;
    Script script;
    Shortcode vendor;               ///< who asks and is paid
    std::optional<Shortcode> till;  ///< who pays
};

http::HttpReply initiated() {
    return json_reply(protocols::JsonText()
                          .begin_object()
                          .text("code", "0")
                          .text("status", "USSD Initiated Successfully")
                          .end_object()
                          .take());
}

core::OrderRequest wish_for(const Push& push, const Accounts& accounts) {
    const Options& options = *push.call->options;
    core::OrderRequest wish = wish_of(Kind::express, push.content);
    if (!push.till || !push.till->is_till())
        put_failure(wish, result::merchant_kyc);
    else
        // What businesses pay each other costs nothing here.
        put_movement(wish, {.purpose = ledger::Purpose::adjust,
                            .debit = accounts[1],
                            .credit = accounts[0],
                            .amount = kes(push.content.amount)});
    put_script(wish, push.script, std::chrono::milliseconds{options.customer_delay_ms});
    wish.expires_after = std::chrono::milliseconds{options.stk_timeout_ms};
    put_channel(wish, channel_result, ledger::NoticeWhen::ended, push.script, options);
    wish.keys = {conversation_key(push.content.conversation)};
    return wish;
}

std::string_view till_words(const Push& push) {
    if (!push.till) return "no business has the number in primaryShortCode";
    return push.till->is_till() ? "" : "primaryShortCode is a paybill, and only tills are asked";
}

// The codes of a prompt on a phone, as this API calls them; those that are its own stay.
std::uint16_t express_code(std::uint16_t code) {
    if (code == result::cancelled) return result::express_cancelled;
    return code == result::no_response ? result::ussd_network_error : code;
}

}  // namespace

Answer ask_merchant(const CallPtr& call) {
    auto push = std::make_shared<Push>();
    push->call = call;
    Content& content = push->content;
    FieldReader fields(*call);
    content.party = fields.shortcode("primaryShortCode");
    // The vendor asks; the other number is whose money it asks for.
    content.shortcode = fields.own_shortcode("receiverShortCode");
    content.amount = fields.amount("amount");
    content.reference = fields.text("paymentRef");
    content.url = fields.url("callbackUrl");
    fields.text("partnerName");
    content.originator = fields.text("RequestRefID", 128);
    if (!fields.is_good()) return fields.refusal();
    const protocols::Directory& directory = call->context.directory;
    const auto vendor = find_shortcode(directory, content.shortcode);
    if (!vendor || vendor->is_till())
        return error_reply(*call,
                           invalid("receiverShortCode",
                                   vendor ? "receiverShortCode is a till, and only paybills ask"
                                          : no_business("receiverShortCode")));
    push->vendor = *vendor;
    push->till = find_shortcode(directory, content.party);
    content.conversation = conversation_id(call->context.now, call->context.entropy);
    push->script = script_of(call->request, {}, *call->options);
    std::vector<AccountSpec> parties{business_account(*call->options, push->vendor)};
    if (push->till) parties.push_back(business_account(*call->options, *push->till));
    return with_accounts(call, std::move(parties), [push](const Accounts& accounts) {
        core::OrderRequest wish = wish_for(*push, accounts);
        const std::uint16_t early_code = failure_of(wish);
        return open_order(push->call, std::move(wish),
                          [push, early_code](const Outcome& outcome) -> Answer {
                              if (outcome.code != Refusal::none)
                                  return error_reply(*push->call, unreachable_service());
                              http::HttpReply reply = initiated();
                              note_failure(reply.note, early_code, till_words(*push));
                              return reply;
                          });
    });
}

protocols::Callback express_callback(const ledger::Order& order, const Content& content) {
    const ResultRow& row = result_row(express_code(code_of(order)));
    protocols::JsonText json;
    // Flat, and all values are texts.
    json.begin_object().text("resultCode", row.wire).text("resultDesc", row.sentence);
    if (row.number == result::success)
        json.text("amount", short_decimal_text(content.amount))
            .text("requestId", content.originator)
            .text("resultType", "0")
            .text("conversationID", content.conversation)
            .text("transactionId", receipt_of(order, content))
            .text("status", "SUCCESS");
    else
        json.text("requestId", content.originator)
            .text("amount", short_decimal_text(content.amount))
            .text("paymentReference", content.reference);
    return {.url = content.url,
            .headers = {{"Content-Type", "application/json;charset=UTF-8"}},
            .body = json.end_object().take()};
}

}  // namespace tuma::mpesa
