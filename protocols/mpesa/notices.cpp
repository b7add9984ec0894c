#include "protocols/mpesa/notices.h"

#include "protocols/mpesa/c2b.h"
#include "protocols/mpesa/content.h"
#include "protocols/mpesa/kinds.h"
#include "protocols/mpesa/results.h"
#include "protocols/mpesa/stk.h"

namespace tuma::mpesa {
namespace {

std::optional<protocols::Callback> callback_of(const core::Effect& effect,
                                               const protocols::Directory& directory,
                                               const Options& options) {
    const ledger::Order& order = *effect.order;
    const Content content = read_content(order.content);
    const bool is_confirmation = effect.channel == channel_second;
    switch (static_cast<Kind>(order.terms.kind)) {
        case Kind::stk_push:
            if (is_confirmation) return c2b_callback(order, content, directory, options, true);
            return prompt_callback(order, content, options);
        case Kind::c2b:
            return c2b_callback(order, content, directory, options, is_confirmation);
        case Kind::b2c:
        case Kind::b2b:
        case Kind::balance:
        case Kind::status:
        case Kind::reversal:
            if (effect.channel == channel_second) return timeout_callback(content, options);
            return result_callback(order, content, directory, options);
    }
    return std::nullopt;
}

}  // namespace

std::string address_of(const core::Effect& effect) {
    Content content = read_content(effect.order->content);
    const auto kind = static_cast<Kind>(effect.order->terms.kind);
    const bool is_second = effect.channel == channel_second;
    if (kind == Kind::c2b || (kind == Kind::stk_push && is_second))
        return std::move(is_second ? content.urls.confirmation : content.urls.validation);
    return std::move(is_second ? content.timeout_url : content.url);
}

std::optional<protocols::Callback> notice_of(const core::Effect& effect,
                                             const protocols::Directory& directory,
                                             const Options& options) {
    auto callback = callback_of(effect, directory, options);
    if (callback && callback->url.empty()) return std::nullopt;
    return callback;
}

protocols::Verdict verdict_on(const core::Effect& effect, const protocols::CallbackResult& result) {
    const bool is_success = result.status >= 200 && result.status < 300;
    if (effect.channel != channel_asked) return {is_success, std::nullopt};
    if (!is_success) return {false, std::nullopt};
    auto act = validation_act(*effect.order, result.body);
    const bool is_understood = act.has_value();
    return {is_understood, std::move(act)};
}

}  // namespace tuma::mpesa
