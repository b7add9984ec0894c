#include "protocols/wechat/notices.h"

#include "protocols/kit/json_text.h"
#include "protocols/kit/retry_schedule.h"
#include "protocols/wechat/orders/order_details.h"
#include "protocols/wechat/orders/refunds.h"
#include "protocols/wechat/v2/v2_notices.h"
#include "protocols/wechat/v3/combined_orders.h"
#include "protocols/wechat/v3/query_order.h"
#include "protocols/wechat/v3/refund_order.h"
#include "protocols/wechat/v3/sharing_parts.h"
#include "protocols/wechat/v3/transfer_batches.h"
#include "protocols/wechat/v3/transfers.h"
#include "protocols/wechat/wire/call.h"
#include "protocols/wechat/wire/encrypted_resource.h"
#include "protocols/wechat/wire/ids.h"
#include "protocols/wechat/wire/kinds.h"
#include "protocols/wechat/wire/response_signature.h"

#include <array>
#include <span>
#include <utility>

namespace tuma::wechat {
namespace {

// Source: WeChat Pay API v3, transfer bills.
constexpr std::array<protocols::RetryStep, 3> transfer_retries{{{std::chrono::seconds{15}, 10},
                                                                {std::chrono::minutes{5}, 10},
                                                                {std::chrono::minutes{30}, 44}}};

// Source: WeChat Pay API v3, callbacks.
constexpr std::chrono::seconds patience{5};

bool is_probe(const core::Effect& effect, const Content& content) {
    return content.is_probed && effect.attempt == 1;
}

// A callback has no request that could name the key: it is that of the order's request, unless the
// merchant's profile says otherwise.
bool is_by_public_key(const Merchant& merchant, const Content& content) {
    if (merchant.callback_keys != "auto") return merchant.callback_keys == "pubkey";
    return content.callback_keys == "pubkey";
}

Event refund_event(const ledger::Order& refund, const Content& content) {
    const std::string_view status = refund_status(refund);
    // The type is authenticated with the ciphertext, so that it is the same for all three ends.
    Event event{"REFUND.SUCCESS", "refund", "退款成功", refund_notice_json(refund, content)};
    if (status == "ABNORMAL") {
        event.type = "REFUND.ABNORMAL";
        event.summary = "退款异常";
    } else if (status == "CLOSED") {
        event.type = "REFUND.CLOSED";
        event.summary = "退款关闭";
    }
    return event;
}

std::optional<Event> event_of(const ledger::Order& order, const Content& content) {
    switch (static_cast<Kind>(order.terms.kind)) {
        case Kind::payment:
            return Event{"TRANSACTION.SUCCESS", "transaction", "支付成功",
                         order_json(order, content, false)};
        case Kind::refund:
            return refund_event(order, content);
        case Kind::combined:
            return Event{"TRANSACTION.SUCCESS", "transaction", "支付成功",
                         combined_notice_json(order, content)};
        case Kind::transfer:
            return Event{"MCHTRANSFER.BILL.FINISHED", "mch_payment", "商家转账单据终态通知",
                         transfer_notice_json(order, content)};
        case Kind::batch:
            return Event{"MCHTRANSFER.BATCH.FINISHED", "mch_payment", "商家转账批次完成",
                         batch_notice_json(order, content)};
        // Source: WeChat Pay API v3, profit sharing notices: both have the type of a payment.
        case Kind::sharing:
            return Event{"TRANSACTION.SUCCESS", "profitsharing", "分账",
                         sharing_notice_json(order, content)};
        case Kind::unsharing:
            return Event{"TRANSACTION.SUCCESS", "profitsharing", "分账回退",
                         sharing_notice_json(order, content)};
        // Of these nobody is told: a merchant who reverses has its answer, and members are told
        // with the whole.
        case Kind::reversal:
        case Kind::member:
        case Kind::unfreezing:
        case Kind::closing:
        case Kind::batch_detail:
        case Kind::direct_transfer:
        case Kind::red_packet:
            break;
    }
    return std::nullopt;
}

std::string body_of(const Event& event, std::string_view id, Timestamp created,
                    const EncryptedResource& resource) {
    protocols::JsonText json;
    json.begin_object()
        .text("id", id)
        .text("create_time", beijing_time(created))
        .text("resource_type", "encrypt-resource")
        .text("event_type", event.type)
        .text("summary", event.summary)
        .json("resource", resource.json(event.original_type));
    return json.end_object().take();
}

std::optional<protocols::Callback> v2_callback(const ledger::Order& order, const Content& content,
                                               const protocols::Context& context,
                                               const KnownMerchant& merchant) {
    auto body =
        v2_notice(order, content, merchant.profile, entropy_hex(context.entropy, entropy_nonce));
    // v2 has no notice for this kind, or the merchant no key for it.
    if (!body) return std::nullopt;
    protocols::Callback callback;
    callback.url = content.notify_url;
    callback.timeout = patience;
    callback.headers = {{"Content-Type", "text/xml"}, {"User-Agent", "Mozilla/4.0"}};
    callback.body = *std::move(body);
    return callback;
}

}  // namespace

std::string told_merchant(const ledger::Order& order, const Content& content) {
    // Who shares has its answer, and whose part it is is told.
    const bool is_sharing = is_kind(order, Kind::sharing) || is_kind(order, Kind::unsharing);
    if (is_sharing) return content.openid;
    return content.sp_mchid.empty() ? content.mchid : content.sp_mchid;
}

std::optional<protocols::Callback> notice_of(const core::Effect& effect,
                                             const protocols::Context& context,
                                             const MerchantPtr& merchant,
                                             const PlatformPtr& platform) {
    const ledger::Order& order = *effect.order;
    const Content content = read_content(order.content);
    // A merchant may have been removed since the order was opened.
    if (content.notify_url.empty() || merchant == nullptr || platform == nullptr)
        return std::nullopt;
    // Who asked in v2 is told in v2, whatever the merchant uses by now.
    if (!content.v2_sign.empty()) return v2_callback(order, content, context, *merchant);
    const auto event = event_of(order, content);
    const auto key = read_apiv3_key(merchant->profile.apiv3_key);
    // Without an APIv3 key nothing can be encrypted.
    if (!event || !key) return std::nullopt;
    const EncryptedResource resource =
        encrypt_resource(*key, entropy_text(context.entropy, entropy_resource),
                         event->original_type, event->plaintext);
    protocols::Callback callback;
    callback.url = content.notify_url;
    callback.timeout = patience;
    // The id is made of the notice's number: a repetition has the same id, another nonce and
    // another signature.
    callback.body = body_of(*event, event_id(effect.notice, platform->profile.secret),
                            order.moved_at, resource);
    const SigningKey& signing = is_by_public_key(merchant->profile, content)
                                    ? platform->public_key
                                    : platform->signing(context.now).key;
    // The merchant compares the time with a clock outside, whatever switch time is.
    ResponseSignature signature = sign_response(
        signing, context.outside(), entropy_hex(context.entropy, entropy_nonce), callback.body);
    if (is_probe(effect, content)) signature = signature_probe(std::move(signature));
    callback.headers = {{"Content-Type", "application/json"},
                        {"User-Agent", "Mozilla/4.0"},
                        {"Request-ID", entropy_hex(context.entropy, entropy_request_id) + "-0"}};
    for (const auto& [name, value] : signature.headers())
        callback.headers.emplace_back(std::string(name), std::string(value));
    return callback;
}

protocols::Verdict verdict_on(const core::Effect& effect, const protocols::CallbackResult& result) {
    const Content content = read_content(effect.order->content);
    // v2 wants the status and the word in the XML, v3 looks at the status alone.
    const bool is_taken = content.v2_sign.empty()
                              ? result.status == 200 || result.status == 204
                              : result.status == 200 && is_v2_taken(result.body);
    // Whoever acknowledges a probe has not looked at its signature; the genuine one follows.
    protocols::Verdict verdict{.is_delivered = is_taken && !is_probe(effect, content)};
    const auto& channel = effect.order->terms.channels.at(effect.channel);
    // Transfers are repeated for longer than payments and refunds.
    const auto schedule = channel.schedule == schedule_transfer
                              ? std::span<const protocols::RetryStep>{transfer_retries}
                              : std::span<const protocols::RetryStep>{protocols::retries_of_a_day};
    if (!verdict.is_delivered)
        verdict.again_after = protocols::wait_after(schedule, effect.attempt);
    return verdict;
}

}  // namespace tuma::wechat
