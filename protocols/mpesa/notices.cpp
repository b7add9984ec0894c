#include "protocols/mpesa/notices.h"

#include "protocols/kit/retry_schedule.h"
#include "protocols/mpesa/apis/c2b.h"
#include "protocols/mpesa/apis/express.h"
#include "protocols/mpesa/apis/ratiba.h"
#include "protocols/mpesa/apis/stk.h"
#include "protocols/mpesa/orders/bills.h"
#include "protocols/mpesa/orders/order_details.h"
#include "protocols/mpesa/orders/results.h"
#include "protocols/mpesa/wire/kinds.h"

#include <array>

namespace tuma::mpesa {
namespace {

constexpr std::uint16_t bill_attempts = 5;

// Whether Bill Manager's callbackurl is told of a payment. A schedule is of one kind of notice, so
// that a channel which other payments use for something else is told apart.
bool is_bill_notice(const core::Effect& effect) {
    return effect.order->terms.channels.at(effect.channel).schedule == schedule_bill;
}

std::optional<protocols::Callback> callback_of(const core::Effect& effect,
                                               const protocols::Directory& directory,
                                               const Options& options) {
    const ledger::Order& order = *effect.order;
    const Content content = read_content(order.content);
    // What a channel says depends on the kind: of customers' payments the second one is the
    // confirmation, of results the time-out.
    const bool is_confirmation = effect.channel == channel_second;
    if (is_bill_notice(effect)) return bill_callback(order, content);
    switch (static_cast<Kind>(order.terms.kind)) {
        case Kind::stk_push:
            if (is_confirmation) return c2b_callback(order, content, directory, options, true);
            return prompt_callback(order, content, options);
        case Kind::c2b:
            return c2b_callback(order, content, directory, options, is_confirmation);
        case Kind::express:
            return express_callback(order, content);
        case Kind::standing_order:
            return standing_callback(order, content);
        case Kind::standing_payment:
            if (is_confirmation) return c2b_callback(order, content, directory, options, true);
            return standing_callback(order, content);
        case Kind::invoice:
        case Kind::reminder:
            // Nobody is told of them.
            break;
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
    // The same choice as callback_of() makes, but without writing a body: it has to take little
    // time.
    Content content = read_content(effect.order->content);
    if (is_bill_notice(effect)) return bill_callback(*effect.order, content).url;
    const auto kind = static_cast<Kind>(effect.order->terms.kind);
    const bool is_second = effect.channel == channel_second;
    const bool may_be_c2b = kind == Kind::stk_push || kind == Kind::standing_payment;
    if (kind == Kind::c2b || (may_be_c2b && is_second))
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
    protocols::Verdict verdict{.is_delivered = result.status >= 200 && result.status < 300};
    // A validation is delivered only if its answer says yes or no. Anything else is silence, and
    // the order's deadline decides.
    const bool is_asked = effect.channel == channel_asked && !is_bill_notice(effect);
    if (is_asked && verdict.is_delivered) {
        verdict.act = validation_act(*effect.order, result.body);
        verdict.is_delivered = verdict.act.has_value();
    }
    const auto& channel = effect.order->terms.channels.at(effect.channel);
    if (is_bill_notice(effect)) {
        // The waits are assumed. Source: mpesa reference, section 1.19.
        if (!verdict.is_delivered && effect.attempt < bill_attempts)
            verdict.again_after =
                protocols::wait_after(protocols::retries_of_a_day, effect.attempt);
        return verdict;
    }
    // Daraja sends once. Only the option makes more of it.
    if (!verdict.is_delivered && channel.schedule == schedule_retried)
        verdict.again_after = protocols::wait_after(protocols::retries_of_a_day, effect.attempt);
    return verdict;
}

}  // namespace tuma::mpesa
