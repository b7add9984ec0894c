#include "protocols/mpesa/c2b.h"

#include "protocols/json_text.h"
#include "protocols/mpesa/codes.h"
#include "protocols/mpesa/field_reader.h"
#include "protocols/mpesa/numbers.h"
#include "protocols/mpesa/orders.h"

#include <algorithm>
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
    const std::string shortcode = fields.own_shortcode("ShortCode");
    C2bUrls urls;
    urls.version = version;
    urls.silence_accepts = fields.word("ResponseType", {"Completed", "Cancelled"}) == "Completed";
    urls.confirmation = merchant_url(fields, options, "ConfirmationURL");
    urls.validation = merchant_url(fields, options, "ValidationURL");
    if (fields.is_good() && !find_shortcode(call->context.directory, shortcode))
        fields.fail(invalid("ShortCode"));
    if (fields.is_good() && options.urls_once && find_urls(call->context.directory, shortcode))
        fields.fail({500, "500.003.1001", "Urls are already registered."});
    if (!fields.is_good()) return fields.refusal();

    auto profile = std::make_shared<ledger::ProfileStored>();
    profile->name = urls_profile(shortcode);
    profile->content = to_json(urls);
    protocols::Asking asking;
    asking.requests.emplace_back().command = core::StoreProfile{std::move(profile)};
    asking.overloaded = error_reply(*call, unreachable_service());
    asking.then = [call](const std::vector<Outcome>& outcomes) -> Answer {
        if (outcomes.front().code != Refusal::none)
            return error_reply(*call, {500, "500.003.1001", "Internal Server Error"});
        return c2b_reply(new_request_id(*call), call->options->register_code, "Success");
    };
    return asking;
}

core::OrderWish wish_for(const CallPtr& call, const Content& content, const Script& script,
                         const Shortcode& business, const Accounts& accounts) {
    const Options& options = *call->options;
    core::OrderWish wish = wish_of(Kind::c2b, content);
    put_movement(wish, {.debit = accounts[0], .credit = accounts[1], .amount = content.amount});
    put_script(wish, script, std::chrono::milliseconds{options.c2b_delay_ms});
    const bool asks = business.external_validation && !content.urls.validation.empty() &&
                      wish.terms.action == ledger::CustomerAction::approve;
    if (asks) {
        wish.terms.flags = ledger::order_flag_ask_merchant;
        if (content.urls.silence_accepts) wish.terms.flags |= ledger::order_flag_silence_accepts;
        wish.terms.decline_code = result::rejected_other;
        wish.acts_after = std::chrono::milliseconds{options.validation_ms};
        put_channel(wish, channel_asked, NoticeWhen::asked, script, options);
        wish.terms.channels[channel_asked].ladder = ledger::NoticeLadder::once;
        wish.terms.channels[channel_asked].delay_ms = 0;
    } else if (wish.terms.action == ledger::CustomerAction::none) {
        // Nobody waits for a customer who pays unasked.
        wish.expires_after = std::chrono::milliseconds{options.stk_timeout_ms};
    }
    if (!content.urls.confirmation.empty())
        put_channel(wish, channel_second, NoticeWhen::succeeded, script, options);
    watch(wish, {accounts[1]});
    wish.keys = {originator_key(content.shortcode, content.originator)};
    return wish;
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
    if (content.is_till != content.reference.empty()) fields.fail(invalid("BillRefNumber"));
    if (!fields.is_good()) return fields.refusal();
    const auto business = find_shortcode(call->context.directory, content.shortcode);
    if (!business) return error_reply(*call, invalid("ShortCode"));
    content.party = content.shortcode;
    content.originator = new_request_id(*call);
    content.urls = find_urls(call->context.directory, content.shortcode).value_or(C2bUrls{});
    const Script script = script_of(call->request, content.msisdn, *call->options);
    return with_accounts(
        call, {customer_party(*call, content.msisdn), business_party(*call, *business)},
        [call, content, script, business](const Accounts& accounts) {
            return open_order(
                call, wish_for(call, content, script, *business, accounts),
                [call, content](const Outcome& outcome) -> Answer {
                    if (outcome.code != Refusal::none)
                        return error_reply(*call, {500, "500.003.1001", "Internal Server Error"});
                    return c2b_reply(content.originator, "0",
                                     "Accept the service request successfully.");
                });
        });
}

}  // namespace tuma::mpesa
