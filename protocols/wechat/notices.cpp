#include "protocols/wechat/notices.h"

#include "protocols/json_text.h"
#include "protocols/wechat/call.h"
#include "protocols/wechat/combined_orders.h"
#include "protocols/wechat/content.h"
#include "protocols/wechat/encrypted_resource.h"
#include "protocols/wechat/ids.h"
#include "protocols/wechat/kinds.h"
#include "protocols/wechat/query_order.h"
#include "protocols/wechat/refund_order.h"
#include "protocols/wechat/refunds.h"
#include "protocols/wechat/response_signature.h"
#include "protocols/wechat/transfers.h"
#include "protocols/wechat/v2_notices.h"

#include <utility>

namespace tuma::wechat {
namespace {

// Source: WeChat Pay API v3, callbacks.
constexpr std::chrono::seconds patience{5};

bool is_probe(const core::Effect& effect, const Content& content) {
    return content.is_probed && effect.attempt == 1;
}

Event refund_event(const ledger::Order& refund, const Content& content) {
    const std::string_view status = refund_status(refund);
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
        case Kind::reversal:
        case Kind::member:
        case Kind::sharing:
        case Kind::unsharing:
        case Kind::unfreezing:
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
        v2_notice(order, content, merchant.profile, chance_hex(context.chance, chance_nonce));
    if (!body) return std::nullopt;
    protocols::Callback callback;
    callback.url = content.notify_url;
    callback.timeout = patience;
    callback.headers = {{"Content-Type", "text/xml"}, {"User-Agent", "Mozilla/4.0"}};
    callback.body = *std::move(body);
    return callback;
}

}  // namespace

std::optional<protocols::Callback> notice_of(const core::Effect& effect,
                                             const protocols::Context& context,
                                             const MerchantPtr& merchant,
                                             const PlatformPtr& platform) {
    const ledger::Order& order = *effect.order;
    const Content content = read_content(order.content);
    if (content.notify_url.empty() || merchant == nullptr || platform == nullptr)
        return std::nullopt;
    if (!content.v2_sign.empty()) return v2_callback(order, content, context, *merchant);
    const auto event = event_of(order, content);
    const auto key = read_apiv3_key(merchant->profile.apiv3_key);
    if (!event || !key) return std::nullopt;
    const EncryptedResource resource = encrypt_resource(
        *key, chance_text(context.chance, chance_resource), event->original_type, event->plaintext);
    protocols::Callback callback;
    callback.url = content.notify_url;
    callback.timeout = patience;
    callback.body = body_of(*event, event_id(effect.notice, platform->profile.secret),
                            order.moved_at, resource);
    const SigningKey& signing = merchant->profile.callback_keys == "pubkey"
                                    ? platform->public_key
                                    : platform->signing(context.now).key;
    ResponseSignature signature = sign_response(
        signing, context.outside(), chance_hex(context.chance, chance_nonce), callback.body);
    if (is_probe(effect, content)) signature = signature_probe(std::move(signature));
    callback.headers = {{"Content-Type", "application/json"},
                        {"User-Agent", "Mozilla/4.0"},
                        {"Request-ID", chance_hex(context.chance, chance_request_id) + "-0"}};
    for (const auto& [name, value] : signature.headers())
        callback.headers.emplace_back(std::string(name), std::string(value));
    return callback;
}

protocols::Verdict verdict_on(const core::Effect& effect, const protocols::CallbackResult& result) {
    const Content content = read_content(effect.order->content);
    if (is_probe(effect, content)) return {};
    if (!content.v2_sign.empty()) return {result.status == 200 && is_v2_taken(result.body), {}};
    return {result.status == 200 || result.status == 204, {}};
}

}  // namespace tuma::wechat
