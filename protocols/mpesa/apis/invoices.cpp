#include "protocols/mpesa/apis/invoices.h"

#include "protocols/mpesa/apis/bill_manager.h"
#include "protocols/mpesa/orders/bills.h"
#include "protocols/mpesa/profiles/numbers.h"
#include "protocols/mpesa/wire/field_reader.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <utility>
#include <vector>

namespace tuma::mpesa {
namespace {

using core::Outcome;
using protocols::Answer;

// Invoices on their way to the switch.
struct Sending {
    CallPtr call;
    std::string biller;
    bool has_reminders = false;
    std::vector<Content> waiting;
    std::vector<Content> sent{};
};
using SendingPtr = std::shared_ptr<Sending>;

// Two kinds of mistakes have an answer of their own.
struct Mistake {
    std::string_view sentence{};
};

Content read_invoice(FieldReader& fields, Mistake& mistake) {
    Content content;
    content.originator = fields.text("externalReference", bill_reference_max);
    content.facts["name"] = fields.text("billedFullName");
    const std::string phone = fields.text("billedPhoneNumber");
    content.facts["period"] = fields.text("billedPeriod");
    content.occasion = fields.text("invoiceName");
    const std::string due = fields.text("dueDate");
    content.facts["due"] = due;
    content.reference = fields.text("accountReference", bill_reference_max);
    content.amount = fields.amount("amount");
    // They are for the invoice that a customer sees; nobody adds them up.
    if (fields.policy().body.find("invoiceItems")) fields.fail(invalid_payload());
    const auto msisdn = read_msisdn(phone, true);
    if (!msisdn)
        mistake.sentence = "Incorrect phone number format";
    else if (!is_bill_day(due))
        mistake.sentence = "Incorrect due date format";
    content.msisdn = msisdn.value_or("");
    return content;
}

http::HttpReply already_there(const Call& call) {
    return bill_refused(call, action_forbidden,
                        "Another entry exists with the same externalReference number");
}

core::OrderRequest wish_for(const Sending& sending, const Content& content, std::size_t place) {
    core::OrderRequest wish = wish_of(Kind::invoice, content);
    // Nobody acts by itself: it waits until it is cancelled or said to be paid.
    wish.terms.action = ledger::CustomerAction::none;
    wish.keys = {invoice_key(sending.biller, content.originator),
                 account_keys(sending.biller, content.reference)(place)};
    return wish;
}

// All invoices are there now. Their reminders follow them.
Answer remind(const SendingPtr& sending) {
    const auto done = bill_done("Invoice sent successfully");
    protocols::Asking asking;
    if (sending->has_reminders)
        for (const Content& invoice : sending->sent)
            for (core::OrderRequest& wish : reminders_of(invoice, sending->call->context.now))
                put_question(asking, std::move(wish));
    if (asking.requests.empty()) return done;
    asking.then = [done](const std::vector<Outcome>&) -> Answer { return done; };
    asking.overloaded = error_reply(*sending->call, unreachable_service());
    return asking;
}

Answer send(const SendingPtr& sending);

// What was opened, what has to be tried again.
Answer sort_out(const SendingPtr& sending, const std::vector<Outcome>& outcomes) {
    std::vector<Content> again;
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        Content& invoice = sending->waiting[i];
        const Outcome& outcome = outcomes[i];
        if (outcome.code == Refusal::none) {
            sending->sent.push_back(std::move(invoice));
            continue;
        }
        if (outcome.code != Refusal::order_exists || outcome.order == nullptr)
            return error_reply(*sending->call, unreachable_service());
        // Another request has sent this one, or another one for the same account, a moment ago.
        if (read_content(outcome.order->content).originator == invoice.originator)
            return already_there(*sending->call);
        again.push_back(std::move(invoice));
    }
    sending->waiting = std::move(again);
    return sending->waiting.empty() ? remind(sending) : send(sending);
}

Answer send_behind(const SendingPtr& sending, std::map<std::string, std::size_t> places) {
    protocols::Asking asking;
    for (const Content& invoice : sending->waiting)
        put_question(asking, wish_for(*sending, invoice, ++places.at(invoice.reference)));
    asking.then = [sending](const std::vector<Outcome>& outcomes) {
        return sort_out(sending, outcomes);
    };
    asking.overloaded = error_reply(*sending->call, unreachable_service());
    return asking;
}

// Each is the next one of its account.
Answer send(const SendingPtr& sending) {
    std::map<std::string, std::size_t> places;
    for (const Content& invoice : sending->waiting) places[invoice.reference] = 0;
    std::vector<KeyOf> keys;
    keys.reserve(places.size());
    for (const auto& [reference, place] : places)
        keys.push_back(account_keys(sending->biller, reference));
    return find_chains(sending->call, std::move(keys),
                       [sending, places](const std::vector<Orders>& others) {
                           auto behind = places;
                           auto count = others.begin();
                           for (auto& [reference, place] : behind) place = (count++)->size();
                           return send_behind(sending, std::move(behind));
                       });
}

// None is sent where one is there already.
Answer check_references(const SendingPtr& sending) {
    std::set<std::string_view> references;
    protocols::Asking asking;
    for (const Content& invoice : sending->waiting) {
        if (!references.insert(invoice.originator).second) return already_there(*sending->call);
        asking.requests.emplace_back().command =
            core::QueryOrder{.key = invoice_key(sending->biller, invoice.originator)};
    }
    asking.then = [sending](const std::vector<Outcome>& outcomes) -> Answer {
        const bool is_there =
            std::any_of(outcomes.begin(), outcomes.end(),
                        [](const Outcome& outcome) { return outcome.order != nullptr; });
        return is_there ? already_there(*sending->call) : send(sending);
    };
    asking.overloaded = error_reply(*sending->call, unreachable_service());
    return asking;
}

Answer send_all(const CallPtr& call, std::span<const Body> bodies) {
    auto sending = std::make_shared<Sending>();
    sending->call = call;
    Mistake mistake;
    for (const Body& body : bodies) {
        FieldReader fields(*call, body);
        sending->waiting.push_back(read_invoice(fields, mistake));
        if (!fields.is_good()) return fields.refusal();
    }
    const auto biller = biller_of(*call);
    if (!biller) return unknown_biller(*call);
    if (!mistake.sentence.empty()) return bill_refused(*call, action_forbidden, mistake.sentence);
    sending->biller = *biller;
    sending->has_reminders = find_biller(call->context.directory, *biller).value().has_reminders;
    for (Content& invoice : sending->waiting) invoice.shortcode = invoice.party = *biller;
    return check_references(sending);
}

}  // namespace

Answer send_invoice(const CallPtr& call) {
    return send_all(call, {&call->body, 1});
}

Answer send_invoices(const CallPtr& call) {
    if (call->list.empty()) return error_reply(*call, invalid_payload());
    return send_all(call, call->list);
}

}  // namespace tuma::mpesa
