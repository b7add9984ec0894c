#include "protocols/mpesa/apis/c2b.h"

#include "protocols/kit/json_text.h"
#include "protocols/mpesa/orders/bills.h"
#include "protocols/mpesa/orders/orders.h"
#include "protocols/mpesa/profiles/numbers.h"
#include "protocols/mpesa/wire/field_reader.h"
#include "protocols/mpesa/wire/result_codes.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

namespace tuma::mpesa {
namespace {

using core::Outcome;
using ledger::NoticeWhen;
using protocols::Answer;

http::HttpReply c2b_reply(const std::string& originator, std::string_view code,
                          std::string_view description) {
    return json_reply(protocols::JsonText()
                          .begin_object()
                          // Spelled so. Source: mpesa reference, section 1.3.
                          .text("OriginatorCoversationID", originator)
                          .text("ResponseCode", code)
                          .text("ResponseDescription", description)
                          .end_object()
                          .take());
}

std::string upper(std::string_view word) {
    std::string text(word);
    std::transform(text.begin(), text.end(), text.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    return text;
}

std::string merchant_url(FieldReader& fields, const Options& options, std::string_view key) {
    std::string url = fields.url(key);
    if (!options.url_words) return url;
    if (const auto word = forbidden_word(url))
        fields.fail(
            {400, "400.003.02",
             "Bad Request - Invalid " + std::string(key) + " - URL has the word " + upper(*word)});
    return url;
}

Answer register_urls(const CallPtr& call, int version) {
    const Options& options = *call->options;
    FieldReader fields(*call);
    // An app must not redirect another business's payments.
    const std::string shortcode = fields.own_shortcode("ShortCode");
    C2bUrls urls;
    urls.version = version;
    urls.silence_accepts = fields.word("ResponseType", {"Completed", "Cancelled"}) == "Completed";
    urls.confirmation = merchant_url(fields, options, "ConfirmationURL");
    urls.validation = merchant_url(fields, options, "ValidationURL");
    // Only where the fields are good: these need the number, and the first complaint is to be about
    // its shape.
    if (fields.is_good() && !find_shortcode(call->context.directory, shortcode))
        fields.fail(invalid("ShortCode", no_business("ShortCode")));
    const std::string profile = urls_profile(shortcode);
    const std::string before = call->context.directory.content(profile);
    const ApiError registered{500, "500.003.1001", "Urls are already registered."};
    if (fields.is_good() && options.urls_once && read_urls(before)) fields.fail(registered);
    if (!fields.is_good()) return fields.refusal();

    // A profile, because confirmations have to reach the merchant after a restart as well.
    return protocols::ask(
        options.urls_once ? protocols::replace_profile(profile, before, to_json(urls))
                          : protocols::store_profile(profile, to_json(urls)),
        error_reply(*call, unreachable_service()),
        [call, registered](const Outcome& outcome) -> Answer {
            // Another one was faster by less than the look above can see.
            if (outcome.code == Refusal::profile_changed) return error_reply(*call, registered);
            if (outcome.code != Refusal::none)
                return error_reply(*call, {500, "500.003.1001", "Internal Server Error"});
            return c2b_reply(new_request_id(*call), call->options->register_code, "Success");
        });
}

// A customer's payment on its way to the switch.
struct Unasked {
    CallPtr call;
    Content content;
    Script script;
    Shortcode business;
    std::optional<Bill> bill{};
    Accounts accounts{};
};

core::OrderRequest wish_for(const Unasked& payment) {
    const Options& options = *payment.call->options;
    const Content& content = payment.content;
    const Script& script = payment.script;
    const Shortcode& business = payment.business;
    const Accounts& accounts = payment.accounts;
    core::OrderRequest wish = wish_of(Kind::c2b, content);
    // Goods are bought at a till, bills are paid to a PayBill number; nothing is confirmed else.
    if (content.is_till != business.is_till())
        put_failure(wish, result::product_assignment);
    else
        put_movement(wish,
                     {.debit = accounts[0], .credit = accounts[1], .amount = kes(content.amount)});
    put_script(wish, script, std::chrono::milliseconds{options.c2b_delay_ms});
    // A customer that declines by script never gets as far as the merchant.
    const bool asks = business.external_validation && !content.urls.validation.empty() &&
                      wish.terms.action == ledger::CustomerAction::approve;
    if (asks) {
        wish.terms.flags = ledger::order_flag_ask_merchant;
        if (content.urls.silence_accepts) wish.terms.flags |= ledger::order_flag_silence_accepts;
        // Silence that means no needs a reason.
        wish.terms.decline_code = result::rejected_other;
        // In this state the moment is the merchant's deadline, not the customer's.
        wish.acts_after = std::chrono::milliseconds{options.validation_ms};
        put_channel(wish, channel_asked, NoticeWhen::asked, script, options);
        // Asked at once and once only: a late question, or a second one, would run into the
        // merchant's deadline.
        wish.terms.channels[channel_asked].schedule = schedule_once;
        wish.terms.channels[channel_asked].delay_ms = 0;
    } else if (wish.terms.action == ledger::CustomerAction::none) {
        // Nobody waits for a customer who pays unasked.
        wish.expires_after = std::chrono::milliseconds{options.stk_timeout_ms};
    }
    // Without a registration there is nobody to tell, and the money moves all the same.
    if (!content.urls.confirmation.empty())
        put_channel(wish, channel_second, NoticeWhen::succeeded, script, options);
    watch(wish, {accounts[1]});
    // A status enquiry may ask by this id.
    wish.keys = {originator_key(content.shortcode, content.originator)};
    put_bill(wish, Kind::c2b, payment.bill, script, options);
    return wish;
}

std::string assignment_words(const Unasked& payment) {
    if (payment.content.is_till == payment.business.is_till()) return {};
    return fmt::format("ShortCode is a {}, and CommandID is {}",
                       payment.business.is_till() ? "till" : "paybill", payment.content.command);
}

Answer pay(const std::shared_ptr<Unasked>& payment) {
    core::OrderRequest wish = wish_for(*payment);
    const std::uint16_t early_code = failure_of(wish);
    return open_order(
        payment->call, std::move(wish), [payment, early_code](const Outcome& outcome) -> Answer {
            if (moved_on(payment->bill, outcome)) return pay(payment);
            if (outcome.code != Refusal::none)
                return error_reply(*payment->call, {500, "500.003.1001", "Internal Server Error"});
            http::HttpReply reply = c2b_reply(payment->content.originator, "0",
                                              "Accept the service request successfully.");
            note_failure(reply.note, early_code, assignment_words(*payment));
            return reply;
        });
}

}  // namespace

Answer register_urls_v1(const CallPtr& call) {
    return register_urls(call, 1);
}

Answer register_urls_v2(const CallPtr& call) {
    return register_urls(call, 2);
}

Answer simulate_payment(const CallPtr& call) {
    FieldReader fields(*call);
    Content content;
    content.shortcode = fields.own_shortcode("ShortCode");
    content.command = fields.word("CommandID", {"CustomerPayBillOnline", "CustomerBuyGoodsOnline"});
    content.amount = fields.amount("Amount");
    content.msisdn = fields.msisdn("Msisdn");
    content.reference = fields.optional_text({"BillRefNumber"});
    content.is_till = content.command == "CustomerBuyGoodsOnline";
    // A PayBill payment names an account at the business, a till has none.
    if (content.is_till != content.reference.empty())
        fields.fail(invalid("BillRefNumber", content.is_till
                                                 ? "BillRefNumber is there, and goods have none"
                                                 : "BillRefNumber is missing"));
    if (!fields.is_good()) return fields.refusal();
    const auto business = find_shortcode(call->context.directory, content.shortcode);
    if (!business) return error_reply(*call, invalid("ShortCode", no_business("ShortCode")));
    content.party = content.shortcode;
    content.originator = new_request_id(*call);
    // Copied into the order: a registration made later does not redirect what was paid before.
    content.urls = find_urls(call->context.directory, content.shortcode).value_or(C2bUrls{});
    const Script script = script_of(call->request, content.msisdn, *call->options);
    auto payment = std::make_shared<Unasked>(Unasked{call, content, script, *business});
    return with_bill(call, content, [payment](const std::optional<Bill>& bill) {
        const Call& asked = *payment->call;
        payment->bill = bill;
        note_bill(payment->content, asked, bill);
        return with_accounts(payment->call,
                             {customer_account(*asked.options, payment->content.msisdn),
                              business_account(*asked.options, payment->business)},
                             [payment](const Accounts& accounts) {
                                 payment->accounts = accounts;
                                 return pay(payment);
                             });
    });
}

}  // namespace tuma::mpesa
