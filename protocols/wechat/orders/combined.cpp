#include "protocols/wechat/orders/combined.h"

#include "protocols/crypto/digest.h"
#include "protocols/crypto/encoding.h"
#include "protocols/wechat/orders/closings.h"
#include "protocols/wechat/wire/kinds.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace tuma::wechat {
namespace {

using ledger::OrderState;
using protocols::Answer;
using protocols::Asking;

constexpr std::size_t partner_members_max = 50;

void add_members(CombinedWish& wish) {
    std::string all;
    for (const Member& member : wish.members) {
        const Content& content = member.content;
        const bool is_partners = !content.sp_mchid.empty();
        wish.content.members.push_back({is_partners ? content.sp_mchid : content.mchid,
                                        is_partners ? content.mchid : "", content.number,
                                        content.attach, content.total});
        // No overflow: at most fifty times the largest amount.
        wish.content.total += content.total;
        Content plain = content;
        // What a test wants to become of its refunds is no part of what was asked for.
        plain.refund_code = 0;
        all += to_json(plain);
    }
    // So that a repeated request is compared to the last letter.
    const crypto::Sha256 hash = crypto::sha256(all);
    wish.content.detail = crypto::hex_lower(std::span{hash});
}

core::OrderRequest combined_order_of(const Call& call, const CombinedWish& wish,
                                     const protocols::Accounts& accounts) {
    const Options& options = *call.options;
    core::OrderRequest order;
    order.terms.kind = number(Kind::combined);
    // The whole has no amount: its members move the money, all of them or none.
    order.terms.debit = accounts.front();
    order.terms.currency = Currency::cny;
    order.terms.action = wish.script.action;
    order.terms.decline_code = wish.script.code;
    // A customer who cancels may try again until it expires.
    order.terms.flags = ledger::order_flag_keeps_open;
    order.keys = {combined_key(wish.content.mchid, wish.content.number)};
    order.content = to_json(wish.content);
    order.acts_after =
        wish.script.delay.value_or(std::chrono::milliseconds{options.customer_delay_ms});
    order.expires_after = wish.expires == Timestamp{}
                              ? Duration{std::chrono::days{options.order_life_days}}
                              : wish.expires - call.context.deadlines_from();
    put_notice(order, wish.content, ledger::NoticeWhen::succeeded, schedule_payment, wish.script);
    for (std::size_t i = 0; i < wish.members.size(); ++i) {
        const Content& content = wish.members[i].content;
        core::OrderRequest member;
        member.terms.kind = number(Kind::member);
        member.terms.purpose = ledger::Purpose::pay_merchant;
        member.terms.debit = accounts.front();
        member.terms.credit = accounts[i + 1];
        member.terms.amount = content.total;
        member.terms.currency = Currency::cny;
        // By the member's own merchant, who can ask for it like for any payment.
        member.keys = {payment_key(content.mchid, content.number)};
        member.content = to_json(content);
        put_release(member, content);
        order.members.push_back(std::move(member));
    }
    return order;
}

CombinedOutcome combined_fate_of(const core::Outcome& outcome, const Content& wanted) {
    CombinedOutcome result{.order = outcome.order, .refusal = outcome.code};
    if (outcome.code == Refusal::none) result.fate = CombinedFate::open;
    if (outcome.code != Refusal::order_exists) return result;
    const ledger::Order& order = *outcome.order;
    // The number of a member belongs to another payment.
    if (!is_kind(order, Kind::combined))
        result.fate = CombinedFate::number_used;
    else if (order.state == OrderState::succeeded)
        result.fate = CombinedFate::paid;
    else if (ledger::is_final(order.state))
        result.fate = CombinedFate::closed;
    else
        // The hash of all members is part of the content, so that every letter of them is compared.
        result.fate = is_same_request(read_content(order.content), wanted) ? CombinedFate::open
                                                                           : CombinedFate::differs;
    return result;
}

Answer with_members(const OrderPtr& whole, const http::HttpReply& busy, const CombinedFound& then) {
    if (whole == nullptr || !is_kind(*whole, Kind::combined)) return then(nullptr, {}, false);
    Asking asking;
    const Content content = read_content(whole->content);
    for (const MemberContent& member : content.members) {
        asking.requests.emplace_back().command =
            core::QueryOrder{.key = payment_key(member.seller(), member.out_trade_no)};
    }
    asking.requests.emplace_back().command =
        core::QueryOrder{.key = combined_closing_key(content.mchid, content.number)};
    asking.overloaded = busy;
    asking.then = [whole, then](const std::vector<core::Outcome>& outcomes) {
        std::vector<OrderPtr> members;
        members.reserve(outcomes.size());
        for (const core::Outcome& outcome : outcomes) members.push_back(outcome.order);
        const bool is_ended = members.back() != nullptr;
        members.pop_back();
        // Members are opened with their whole. If one could not be found, half an answer would be
        // wrong.
        const bool is_whole = std::find(members.begin(), members.end(), nullptr) == members.end();
        return is_whole ? then(whole, members, is_ended) : then(nullptr, {}, false);
    };
    return asking;
}

// The list names all payments and no other.
bool names_all(std::vector<MemberContent> listed, const Content& content) {
    if (listed.size() != content.members.size()) return false;
    for (const MemberContent& member : content.members)
        // Each takes its name off the list, so that one that is listed twice does not stand for
        // two.
        if (std::erase_if(listed, [&](const MemberContent& one) {
                return one.mchid == member.mchid && one.sub_mchid == member.sub_mchid &&
                       one.out_trade_no == member.out_trade_no;
            }) != 1)
            return false;
    return true;
}

// A whole that was found, whose payments are those of the list.
Answer close_named(const OrderPtr& whole, const http::HttpReply& busy,
                   const std::function<Answer(CombinedClosing)>& then) {
    core::OrderAction act{.order = whole->terms.id};
    act.step = core::OrderStep::close;
    act.code = reason::merchant_cancelled;
    return protocols::move_order(
        std::move(act), busy, [busy, then](const core::Outcome& outcome) -> Answer {
            const ledger::Order& order = *outcome.order;
            const bool is_paid =
                outcome.code != Refusal::none && order.state == OrderState::succeeded;
            if (is_paid) return then(CombinedClosing::paid);
            // Closed already: what was asked for holds.
            if (order.state != OrderState::expired) return then(CombinedClosing::closed);
            const Content content = read_content(order.content);
            return put_closing_mark(
                content.mchid, content.number, combined_closing_key(content.mchid, content.number),
                busy,
                [then](const core::Outcome&) -> Answer { return then(CombinedClosing::closed); });
        });
}

}  // namespace

MemberBounds member_bounds(const Call& call) {
    return call.profile().is_service_provider() ? MemberBounds{1, partner_members_max}
                                                : MemberBounds{};
}

SellerFate find_seller(const Call& call, Member& member) {
    const Content& content = member.content;
    member.merchant = call.keys->merchant(call.context.directory, content.mchid);
    const auto& known = call.profile().sub_mchids;
    const bool is_ours = content.sp_mchid == call.profile().mchid &&
                         std::find(known.begin(), known.end(), content.mchid) != known.end();
    if (!content.sp_mchid.empty() && !is_ours) return SellerFate::not_ours;
    return member.merchant == nullptr ? SellerFate::nobody : SellerFate::known;
}

Answer open_combined(const CallPtr& call, CombinedWish wanted, const http::HttpReply& busy,
                     std::function<Answer(const CombinedOutcome&)> then) {
    add_members(wanted);
    const auto wish = std::make_shared<const CombinedWish>(std::move(wanted));
    std::vector<protocols::AccountSpec> parties{
        customer_account(*call->options, wish->content.openid)};
    for (const Member& member : wish->members)
        parties.push_back(
            payment_account(*call->options, member.merchant->profile, member.content));
    return protocols::with_accounts(
        call->context.directory, busy, std::move(parties),
        [call, wish, busy, then = std::move(then)](const protocols::Accounts& accounts) -> Answer {
            // Only the customer's may be missing: merchants' accounts are always opened.
            if (!accounts.front()) return then({.fate = CombinedFate::no_customer});
            Asking asking;
            put_question(asking, combined_order_of(*call, *wish, accounts));
            for (const Member& member : wish->members)
                if (member.content.shares_profit)
                    add_sharing_mark(*call, member.content.mchid, asking);
            asking.overloaded = busy;
            asking.then = [wish, then](const std::vector<core::Outcome>& outcomes) {
                return then(combined_fate_of(outcomes.front(), wish->content));
            };
            return asking;
        });
}

Answer find_combined(const std::string& mchid, const std::string& combine_number,
                     const http::HttpReply& busy, CombinedFound then) {
    return ask(core::QueryOrder{.key = combined_key(mchid, combine_number)}, busy,
               [busy, then = std::move(then)](const core::Outcome& outcome) {
                   return with_members(outcome.order, busy, then);
               });
}

Answer close_whole(const std::string& mchid, const std::string& combine_number,
                   const std::vector<MemberContent>& listed, const http::HttpReply& busy,
                   std::function<Answer(CombinedClosing)> then) {
    return find_combined(mchid, combine_number, busy,
                         [listed, busy, then = std::move(then)](
                             const OrderPtr& whole, const std::vector<OrderPtr>&, bool) -> Answer {
                             if (whole == nullptr) return then(CombinedClosing::unknown);
                             // The list says nothing that is not known. It is asked for so that
                             // nobody closes payments by mistake.
                             if (!names_all(listed, read_content(whole->content)))
                                 return then(CombinedClosing::differs);
                             return close_named(whole, busy, then);
                         });
}

}  // namespace tuma::wechat
