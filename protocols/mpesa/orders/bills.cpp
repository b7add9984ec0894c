#include "protocols/mpesa/orders/bills.h"

#include "protocols/kit/json_text.h"
#include "protocols/kit/local_time.h"
#include "protocols/mpesa/profiles/numbers.h"
#include "protocols/mpesa/wire/ids.h"
#include "protocols/mpesa/wire/replies.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <numeric>
#include <utility>

namespace tuma::mpesa {
namespace {

using core::Outcome;
using protocols::Answer;

// So many are asked for at once.
constexpr std::size_t asked_at_once = 8;

// The address that payments are told to, among the facts of a payment.
constexpr std::string_view url_fact = "bill";

std::string bills_prefix(std::string_view shortcode) {
    return "m/bm/" + std::string(shortcode);
}

std::string payment_key(const Bill& bill) {
    return "m/bm/p/" + std::to_string(bill.invoice.value) + "/" + std::to_string(bill.place);
}

// How many days before an invoice is due. Source: mpesa reference, section 1.19.
constexpr std::array<int, 3> reminder_days{7, 3, 0};
// The hour in Nairobi is assumed.
constexpr std::chrono::hours reminder_hour{8};

std::string reminder_key(const Content& invoice, int days) {
    return bills_prefix(invoice.shortcode) + "/r/" + invoice.originator + "/" +
           std::to_string(days);
}

struct Chains {
    CallPtr call;
    std::vector<KeyOf> keys;
    std::function<Answer(const std::vector<Orders>&)> then;
    std::vector<Orders> found{};
    std::vector<std::size_t> unfinished{};
};

Answer look_on(const std::shared_ptr<Chains>& chains);

// What was asked of each chain, in the order of `unfinished`.
Answer take_in(const std::shared_ptr<Chains>& chains, const std::vector<Outcome>& outcomes) {
    std::vector<std::size_t> unfinished;
    auto outcome = outcomes.begin();
    for (const std::size_t at : chains->unfinished) {
        const auto end = outcome + asked_at_once;
        for (; outcome != end && outcome->order != nullptr; ++outcome)
            chains->found[at].push_back(outcome->order);
        if (outcome == end) unfinished.push_back(at);
        outcome = end;
    }
    chains->unfinished = std::move(unfinished);
    return chains->unfinished.empty() ? chains->then(chains->found) : look_on(chains);
}

Answer look_on(const std::shared_ptr<Chains>& chains) {
    protocols::Asking asking;
    for (const std::size_t at : chains->unfinished)
        for (std::size_t i = 1; i <= asked_at_once; ++i)
            asking.requests.emplace_back().command =
                core::QueryOrder{.key = chains->keys[at](chains->found[at].size() + i)};
    asking.then = [chains](const std::vector<Outcome>& outcomes) {
        return take_in(chains, outcomes);
    };
    asking.overloaded = error_reply(*chains->call, unreachable_service());
    return asking;
}

// The oldest invoice that waits.
OrderId waiting_of(const Orders& invoices) {
    const auto waiting =
        std::find_if(invoices.begin(), invoices.end(),
                     [](const OrderPtr& invoice) { return !ledger::is_final(invoice->state); });
    return waiting == invoices.end() ? OrderId{} : (*waiting)->terms.id;
}

}  // namespace

std::string invoice_key(std::string_view shortcode, std::string_view external) {
    return bills_prefix(shortcode) + "/e/" + std::string(external);
}

KeyOf account_keys(const std::string& shortcode, const std::string& reference) {
    return [shortcode, reference](std::size_t place) {
        // The place stands in front: a reference may have any characters.
        return bills_prefix(shortcode) + "/a/" + std::to_string(place) + "/" + reference;
    };
}

std::vector<core::OrderRequest> reminders_of(const Content& invoice, Timestamp now) {
    using std::chrono::days;
    std::vector<core::OrderRequest> wishes;
    const auto due = read_written_time(invoice.facts.at("due"));
    if (!due) return wishes;
    const auto day = std::chrono::floor<days>(due->local(protocols::east_africa));
    for (const int before : reminder_days) {
        const Timestamp moment = day - days{before} + reminder_hour - protocols::east_africa;
        if (moment <= now) continue;
        core::OrderRequest wish = wish_of(Kind::reminder, invoice);
        wish.terms.action = ledger::CustomerAction::none;
        wish.expires_after = moment - now;
        wish.keys = {reminder_key(invoice, before)};
        wishes.push_back(std::move(wish));
    }
    return wishes;
}

void close_reminders(protocols::Asking& asking, const Content& invoice) {
    for (const int before : reminder_days)
        put_question(asking,
                     {.key = reminder_key(invoice, before), .step = core::OrderStep::close});
}

Answer find_chains(const CallPtr& call, std::vector<KeyOf> keys,
                   std::function<Answer(const std::vector<Orders>&)> then) {
    auto chains = std::make_shared<Chains>(Chains{call, std::move(keys), std::move(then)});
    chains->found.resize(chains->keys.size());
    chains->unfinished.resize(chains->keys.size());
    std::iota(chains->unfinished.begin(), chains->unfinished.end(), std::size_t{0});
    return look_on(chains);
}

KeyOf payment_keys(OrderId invoice) {
    return [invoice](std::size_t place) { return payment_key({invoice, place}); };
}

Answer with_bill(const CallPtr& call, const Content& content,
                 const std::function<Answer(const std::optional<Bill>&)>& then) {
    const bool may_be_billed = !content.is_till && !content.reference.empty() &&
                               content.reference.size() <= bill_reference_max;
    if (!may_be_billed || !find_biller(call->context.directory, content.party))
        return then(std::nullopt);
    const auto choose = [call, then](const std::vector<Orders>& invoices) -> Answer {
        const OrderId invoice = waiting_of(invoices.front());
        if (!invoice) return then(std::nullopt);
        return find_chains(call, {payment_keys(invoice)},
                           [invoice, then](const std::vector<Orders>& payments) {
                               return then(Bill{invoice, payments.front().size() + 1});
                           });
    };
    return find_chains(call, {account_keys(content.party, content.reference)}, choose);
}

void note_bill(Content& content, const Call& call, const std::optional<Bill>& bill) {
    // Copied, so that what is changed later does not redirect this payment.
    const auto biller = find_biller(call.context.directory, content.party);
    if (bill && biller) content.facts.emplace(url_fact, biller->url);
}

void put_bill(core::OrderRequest& wish, Kind kind, const std::optional<Bill>& bill,
              const Script& script, const Options& options) {
    if (!bill) return;
    wish.keys.push_back(payment_key(*bill));
    const std::uint8_t channel = channel_bill(kind);
    put_channel(wish, channel, ledger::NoticeWhen::succeeded, script, options);
    wish.terms.channels.at(channel).schedule = schedule_bill;
}

bool moved_on(std::optional<Bill>& bill, const Outcome& outcome) {
    if (!bill || outcome.code != Refusal::order_exists || outcome.order == nullptr) return false;
    const auto& keys = outcome.order->keys;
    if (std::find(keys.begin(), keys.end(), payment_key(*bill)) == keys.end()) return false;
    ++bill->place;
    return true;
}

protocols::Callback bill_callback(const ledger::Order& order, const Content& content) {
    const auto url = content.facts.find(url_fact);
    const std::string day = compact_time(order.moved_at);
    return {.url = url == content.facts.end() ? std::string{} : url->second,
            .headers = {{"Content-Type", "application/json;charset=UTF-8"}},
            .body = protocols::JsonText()
                        .begin_object()
                        .text("transactionId", receipt_of(order, content))
                        .text("paidAmount", plain_text(content.amount))
                        .text("msisdn", content.msisdn)
                        .text("dateCreated",
                              day.substr(0, 4) + "-" + day.substr(4, 2) + "-" + day.substr(6, 2))
                        .text("accountReference", content.reference)
                        .text("shortCode", content.party)
                        .end_object()
                        .take()};
}

}  // namespace tuma::mpesa
