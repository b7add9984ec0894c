#include "protocols/mpesa/apis/bill_manager.h"

#include "protocols/crypto/encoding.h"
#include "protocols/kit/json_text.h"
#include "protocols/kit/parties.h"
#include "protocols/mpesa/orders/bills.h"
#include "protocols/mpesa/profiles/numbers.h"
#include "protocols/mpesa/wire/apps.h"
#include "protocols/mpesa/wire/field_reader.h"
#include "protocols/mpesa/wire/ids.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

namespace tuma::mpesa {
namespace {

using core::Outcome;
using protocols::Answer;

constexpr std::string_view conflict = "Conflict";
constexpr std::string_view billers_prefix = "mpesa/biller/";
constexpr std::size_t logo_bytes_max = 10'000;

http::HttpReply bill_reply(std::string_view status_message, std::string_view resmsg,
                           std::string_view rescode, bool has_errors, int status) {
    protocols::JsonText json;
    json.begin_object();
    if (!status_message.empty()) json.text("Status_Message", status_message);
    json.text("resmsg", resmsg).text("rescode", rescode);
    // What stands in it is not published.
    if (has_errors) json.begin_array("errors").end_array();
    return json_reply(json.end_object().take(), status);
}

bool is_email(std::string_view text) {
    const std::size_t at = text.find('@');
    return at != std::string_view::npos && at > 0 && at + 1 < text.size() &&
           text.find('@', at + 1) == std::string_view::npos &&
           text.find(' ') == std::string_view::npos;
}

std::string phone(FieldReader& fields, std::string_view key) {
    return fields.shaped(key,
                         [](std::string_view text) { return read_msisdn(text, true).has_value(); },
                         {.form = "a number of the form 07XXXXXXXX or 2547XXXXXXXX"});
}

// The details in the order of the documents' samples. What is left out of a change stays.
Biller read_details(FieldReader& fields, Biller biller, protocols::Need address) {
    biller.email = fields.shaped("email", is_email, {.form = "an address like a@example.com"});
    biller.contact = phone(fields, "officialContact");
    biller.has_reminders = fields.word("sendReminders", {"0", "1"}) == "1";
    if (const std::string logo = fields.optional_text({"logo"}, logo_bytes_max); !logo.empty())
        biller.logo = logo;
    if (address == protocols::Need::required || fields.has("callbackurl"))
        biller.url = fields.url("callbackurl");
    return biller;
}

// A business that is there, and for which the app may act.
bool is_own(const Call& call, const std::string& number) {
    return find_shortcode(call.context.directory, number) && !is_foreign(call, number);
}

// In place of what the caller has looked at; where that has changed meanwhile, `changed` answers.
Answer store(const CallPtr& call, const std::string& number, const std::string& before,
             const Biller& biller, const http::HttpReply& done,
             const std::function<Answer()>& changed) {
    return protocols::ask(
        protocols::replace_profile(biller_profile(number), before, to_json(biller)),
        error_reply(*call, unreachable_service()),
        [call, done, changed](const Outcome& outcome) -> Answer {
            if (outcome.code == Refusal::profile_changed) return changed();
            if (outcome.code != Refusal::none) return error_reply(*call, unreachable_service());
            return done;
        });
}

http::HttpReply already_registered(const Call& call) {
    return bill_refused(call, action_forbidden, "Biller already Registered");
}

struct Cancelling {
    CallPtr call;
    std::string biller;
    /// With the place in the call's list where each stands first, from 1 on; 0: there is no list.
    std::map<std::string, std::size_t> references{};
    Orders invoices{};  ///< in the references' order
    std::vector<std::size_t> places{};
};
using CancellingPtr = std::shared_ptr<Cancelling>;

// No source says what is told of a reference that is nobody's, or of an invoice that is cancelled.
http::HttpReply no_invoice(const Call& call, std::size_t place) {
    return about(bill_refused(call, conflict, "Invoice does not exist.", true), call, place);
}

Answer close_all(const CancellingPtr& cancelling) {
    protocols::Asking asking;
    for (const OrderPtr& invoice : cancelling->invoices)
        put_question(asking, {.order = invoice->terms.id, .step = core::OrderStep::close});
    for (const OrderPtr& invoice : cancelling->invoices)
        close_reminders(asking, read_content(invoice->content));
    asking.then = [cancelling](const std::vector<Outcome>& outcomes) -> Answer {
        // Another call may have ended it a moment ago.
        for (std::size_t i = 0; i < cancelling->places.size(); ++i)
            if (outcomes[i].code != Refusal::none)
                return no_invoice(*cancelling->call, cancelling->places[i]);
        return bill_done("Invoice cancelled successfuly.", true);
    };
    asking.overloaded = error_reply(*cancelling->call, unreachable_service());
    return asking;
}

bool has_payment(const Orders& payments) {
    return std::any_of(payments.begin(), payments.end(), [](const OrderPtr& payment) {
        // One that is under way may be paid at any moment.
        return !ledger::is_final(payment->state) || payment->state == ledger::OrderState::succeeded;
    });
}

http::HttpReply is_paid(const Call& call, std::size_t place) {
    return about(
        bill_refused(call, conflict, "partially or fully paid invoices cannot be cancelled.", true),
        call, place);
}

Answer check_payments(const CancellingPtr& cancelling) {
    std::vector<KeyOf> keys;
    keys.reserve(cancelling->invoices.size());
    for (const OrderPtr& invoice : cancelling->invoices)
        keys.push_back(payment_keys(invoice->terms.id));
    return find_chains(cancelling->call, std::move(keys),
                       [cancelling](const std::vector<Orders>& payments) -> Answer {
                           // None is cancelled where one cannot be.
                           const auto paid =
                               std::find_if(payments.begin(), payments.end(), has_payment);
                           if (paid == payments.end()) return close_all(cancelling);
                           const auto at = static_cast<std::size_t>(paid - payments.begin());
                           return is_paid(*cancelling->call, cancelling->places[at]);
                       });
}

Answer cancel(const CancellingPtr& cancelling) {
    protocols::Asking asking;
    for (const auto& [reference, place] : cancelling->references)
        asking.requests.emplace_back().command =
            core::QueryOrder{.key = invoice_key(cancelling->biller, reference)};
    asking.then = [cancelling](const std::vector<Outcome>& outcomes) -> Answer {
        auto outcome = outcomes.begin();
        for (const auto& [reference, place] : cancelling->references) {
            const OrderPtr& invoice = (outcome++)->order;
            if (invoice != nullptr && invoice->state == ledger::OrderState::succeeded)
                return is_paid(*cancelling->call, place);
            if (invoice == nullptr || ledger::is_final(invoice->state))
                return no_invoice(*cancelling->call, place);
            cancelling->invoices.push_back(invoice);
            cancelling->places.push_back(place);
        }
        return check_payments(cancelling);
    };
    asking.overloaded = error_reply(*cancelling->call, unreachable_service());
    return asking;
}

Answer cancel_all(const CallPtr& call, const std::vector<std::size_t>& places) {
    auto cancelling = std::make_shared<Cancelling>();
    cancelling->call = call;
    for (const std::size_t place : places) {
        FieldReader fields(*call, place);
        // The same one twice is one.
        cancelling->references.emplace(fields.text("externalReference", bill_reference_max), place);
        if (!fields.is_good()) return fields.refusal();
    }
    const auto biller = biller_of(*call);
    if (!biller) return unknown_biller(*call);
    cancelling->biller = *biller;
    return cancel(cancelling);
}

struct Reconciling {
    CallPtr call;
    std::string biller;
    std::string external;
    std::string reference;
    std::string receipt;
    std::int64_t paid = 0;
    OrderPtr invoice{};
    OrderPtr payment{};
};
using ReconcilingPtr = std::shared_ptr<Reconciling>;

// No source says what becomes of an acknowledgement that fits nothing.
http::HttpReply no_match(const Call& call, std::string_view sentence) {
    return bill_refused(call, conflict, sentence);
}

// True for a payment to this business by this reference that has been made.
bool fits(const Reconciling& asked, const ledger::Order* payment) {
    if (payment == nullptr || !is_customers(*payment) ||
        payment->state != ledger::OrderState::succeeded)
        return false;
    const Content content = read_content(payment->content);
    // The receipt's number fits many dates.
    return receipt_of(*payment, content) == asked.receipt && content.party == asked.biller &&
           content.reference == asked.reference && content.amount == asked.paid;
}

Answer end_invoice(const ReconcilingPtr& asked) {
    protocols::Asking asking;
    put_question(asking, {.order = asked->invoice->terms.id,
                          .step = core::OrderStep::approve,
                          .payer = asked->payment->debit,
                          .answer = asked->receipt});
    close_reminders(asking, read_content(asked->invoice->content));
    // One that has ended meanwhile was acknowledged twice.
    asking.then = [](const std::vector<Outcome>&) -> Answer { return bill_done(); };
    asking.overloaded = error_reply(*asked->call, unreachable_service());
    return asking;
}

Answer add_up(const ReconcilingPtr& asked, const Orders& payments) {
    std::int64_t paid = 0;
    bool is_linked = false;
    for (const OrderPtr& payment : payments) {
        if (payment->state != ledger::OrderState::succeeded) continue;
        is_linked = is_linked || payment->terms.id == asked->payment->terms.id;
        paid += payment->terms.amount;
    }
    // The business may know better than the switch what a payment was for.
    if (!is_linked) paid += asked->payment->terms.amount;
    const bool is_whole = paid >= read_content(asked->invoice->content).amount;
    // Paid in part it waits for the rest.
    if (!is_whole || ledger::is_final(asked->invoice->state)) return bill_done();
    return end_invoice(asked);
}

Answer match(const ReconcilingPtr& asked, const OrderPtr& payment) {
    if (!fits(*asked, payment.get()))
        return no_match(*asked->call, "No payment fits the acknowledgement.");
    asked->payment = payment;
    return find_chains(
        asked->call, {payment_keys(asked->invoice->terms.id)},
        [asked](const std::vector<Orders>& payments) { return add_up(asked, payments.front()); });
}

Answer with_invoice(const ReconcilingPtr& asked, const OrderPtr& invoice) {
    const bool is_there = invoice != nullptr && invoice->state != ledger::OrderState::closed &&
                          read_content(invoice->content).reference == asked->reference;
    if (!is_there) return no_match(*asked->call, "Invoice does not exist.");
    asked->invoice = invoice;
    const auto number = order_of(asked->receipt);
    if (!number) return no_match(*asked->call, "No payment fits the acknowledgement.");
    return find_order(asked->call, {.order = *number},
                      [asked](const OrderPtr& payment) { return match(asked, payment); });
}

}  // namespace

http::HttpReply bill_done(std::string_view status_message, bool has_errors) {
    return bill_reply(status_message, "Success", "200", has_errors, 200);
}

http::HttpReply bill_refused(const Call& call, std::string_view resmsg,
                             std::string_view status_message, bool has_errors) {
    http::HttpReply reply = bill_reply(status_message, resmsg, "409", has_errors,
                                       static_cast<int>(call.options->bill_refusal_status));
    reply.note.code = "409";
    reply.note.why = status_message;
    return reply;
}

http::HttpReply unknown_biller(const Call& call) {
    http::HttpReply reply = bill_refused(call, action_forbidden, "Invalid consumerkey/shortcode");
    reply.note.why =
        "no biller has opted in whose shortcode is this app's and whose app_key is the header "
        "appKey";
    return reply;
}

http::HttpReply no_list(const Call& call) {
    return error_reply(
        call, because(invalid_payload(),
                      call.is_body_ignored
                          ? "Content-Type is not application/json: the body counts as empty"
                          : "the body is one object, and this path takes an array of them"));
}

std::vector<std::size_t> places_of_list(const Call& call) {
    std::vector<std::size_t> places(call.list.size());
    std::iota(places.begin(), places.end(), std::size_t{1});
    return places;
}

// Whether the call is this biller's, by its app and by the key that opting in gave.
bool is_from(const Call& call, const std::string& number, const Biller& biller) {
    // The documents do not name the header; clients use these two.
    const std::string* key = call.request.find("appKey");
    if (key == nullptr) key = call.request.find("app_key");
    const bool has_key = key == nullptr ? call.options->bills_without_app_key
                                        : crypto::constant_time_equal(biller.app_key, *key);
    return has_key && is_own(call, number);
}

std::optional<std::string> biller_of(const Call& call) {
    const protocols::Directory& directory = call.context.directory;
    std::vector<std::string> own;
    for (const std::string& profile : directory.names(billers_prefix)) {
        const std::string number = profile.substr(billers_prefix.size());
        const auto biller = find_biller(directory, number);
        if (biller && is_from(call, number, *biller)) own.push_back(number);
    }
    if (own.size() != 1) return std::nullopt;
    return own.front();
}

Answer opt_in(const CallPtr& call) {
    FieldReader fields(*call);
    const std::string number = fields.shortcode("shortcode");
    Biller biller = read_details(fields, {}, protocols::Need::required);
    if (!fields.is_good()) return fields.refusal();
    if (!is_own(*call, number)) return unknown_biller(*call);
    const std::string before = call->context.directory.content(biller_profile(number));
    if (read_biller(before)) return already_registered(*call);
    biller.app_key = app_key(call->context.entropy);
    protocols::JsonText json;
    json.begin_object()
        .text("app_key", biller.app_key)
        .text("resmsg", "Success")
        .text("rescode", "200")
        .end_object();
    return store(call, number, before, biller, json_reply(json.take()),
                 [call] { return already_registered(*call); });
}

Answer change_opt_in(const CallPtr& call) {
    FieldReader fields(*call);
    const std::string number = fields.shortcode("shortcode");
    const std::string before = call->context.directory.content(biller_profile(number));
    const auto known = read_biller(before);
    const Biller biller =
        read_details(fields, known ? *known : Biller{}, protocols::Need::optional);
    if (!fields.is_good()) return fields.refusal();
    if (!known || !is_from(*call, number, *known)) return unknown_biller(*call);
    // What another change has set meanwhile and this one leaves out has to stay.
    return store(call, number, before, biller, bill_done(), [call] { return change_opt_in(call); });
}

Answer cancel_invoice(const CallPtr& call) {
    return cancel_all(call, {0});
}

Answer cancel_invoices(const CallPtr& call) {
    return call->list.empty() ? no_list(*call) : cancel_all(call, places_of_list(*call));
}

Answer reconcile(const CallPtr& call) {
    auto asked = std::make_shared<Reconciling>();
    asked->call = call;
    FieldReader fields(*call);
    fields.shaped("paymentDate", is_bill_day, {.form = "a day like 2026-10-02"});
    asked->paid = fields.amount("paidAmount");
    asked->reference = fields.text("accountReference", bill_reference_max);
    asked->receipt = fields.text("transactionId", 32);
    phone(fields, "phoneNumber");
    fields.text("fullName");
    fields.text("invoiceName");
    asked->external = fields.text("externalReference", bill_reference_max);
    if (!fields.is_good()) return fields.refusal();
    const auto biller = biller_of(*call);
    if (!biller) return unknown_biller(*call);
    asked->biller = *biller;
    return find_order(call, {.key = invoice_key(asked->biller, asked->external)},
                      [asked](const OrderPtr& invoice) { return with_invoice(asked, invoice); });
}

}  // namespace tuma::mpesa
