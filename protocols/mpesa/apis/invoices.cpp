#include "protocols/mpesa/apis/invoices.h"

#include "protocols/mpesa/apis/bill_manager.h"
#include "protocols/mpesa/orders/bills.h"
#include "protocols/mpesa/profiles/numbers.h"
#include "protocols/mpesa/wire/field_reader.h"

#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

namespace tuma::mpesa {
namespace {

using core::Outcome;
using protocols::Answer;

// Invoices on their way to the switch.
struct Invoice {
    Content content;
    std::size_t place = 0;  ///< in the call's list, from 1 on; 0: there is none
};
struct Sending {
    CallPtr call;
    std::string biller;
    bool has_reminders = false;
    std::vector<Invoice> waiting;
    std::vector<Content> sent{};
};
using SendingPtr = std::shared_ptr<Sending>;

// Two kinds of mistakes have an answer of their own.
struct Mistake {
    std::string_view sentence{};
    std::size_t place = 0;
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
    if (fields.policy().body.find("invoiceItems"))
        fields.fail(because(invalid_payload(), "invoiceItems is no array of objects"));
    const auto msisdn = read_msisdn(phone, true);
    content.msisdn = msisdn.value_or("");
    const std::string_view wrong = !msisdn             ? "Incorrect phone number format"
                                   : !is_bill_day(due) ? "Incorrect due date format"
                                                       : "";
    // The first one of a list counts.
    if (mistake.sentence.empty()) mistake = {wrong, fields.policy().place};
    return content;
}

http::HttpReply already_there(const Call& call, std::size_t place) {
    return about(bill_refused(call, action_forbidden,
                              "Another entry exists with the same externalReference number"),
                 call, place);
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
    std::vector<Invoice> again;
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        Invoice& invoice = sending->waiting[i];
        const Outcome& outcome = outcomes[i];
        if (outcome.code == Refusal::none) {
            sending->sent.push_back(std::move(invoice.content));
            continue;
        }
        if (outcome.code != Refusal::order_exists || outcome.order == nullptr)
            return error_reply(*sending->call, unreachable_service());
        // Another request has sent this one, or another one for the same account, a moment ago.
        if (read_content(outcome.order->content).originator == invoice.content.originator)
            return already_there(*sending->call, invoice.place);
        again.push_back(std::move(invoice));
    }
    sending->waiting = std::move(again);
    return sending->waiting.empty() ? remind(sending) : send(sending);
}

Answer send_behind(const SendingPtr& sending, std::map<std::string, std::size_t> places) {
    protocols::Asking asking;
    for (const auto& [invoice, place] : sending->waiting)
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
    for (const Invoice& invoice : sending->waiting) places[invoice.content.reference] = 0;
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
    for (const auto& [invoice, place] : sending->waiting) {
        if (!references.insert(invoice.originator).second)
            return already_there(*sending->call, place);
        asking.requests.emplace_back().command =
            core::QueryOrder{.key = invoice_key(sending->biller, invoice.originator)};
    }
    asking.then = [sending](const std::vector<Outcome>& outcomes) -> Answer {
        for (std::size_t i = 0; i < outcomes.size(); ++i)
            if (outcomes[i].order != nullptr)
                return already_there(*sending->call, sending->waiting[i].place);
        return send(sending);
    };
    asking.overloaded = error_reply(*sending->call, unreachable_service());
    return asking;
}

Answer send_all(const CallPtr& call, const std::vector<std::size_t>& places) {
    auto sending = std::make_shared<Sending>();
    sending->call = call;
    Mistake mistake;
    for (const std::size_t place : places) {
        FieldReader fields(*call, place);
        sending->waiting.push_back({read_invoice(fields, mistake), place});
        if (!fields.is_good()) return fields.refusal();
    }
    const auto biller = biller_of(*call);
    if (!biller) return unknown_biller(*call);
    if (!mistake.sentence.empty())
        return about(bill_refused(*call, action_forbidden, mistake.sentence), *call, mistake.place);
    sending->biller = *biller;
    sending->has_reminders = find_biller(call->context.directory, *biller).value().has_reminders;
    for (Invoice& invoice : sending->waiting)
        invoice.content.shortcode = invoice.content.party = *biller;
    return check_references(sending);
}

}  // namespace

Answer send_invoice(const CallPtr& call) {
    return send_all(call, {0});
}

Answer send_invoices(const CallPtr& call) {
    return call->list.empty() ? no_list(*call) : send_all(call, places_of_list(*call));
}

}  // namespace tuma::mpesa
