#include "protocols/mpesa/orders/initiator.h"

#include "protocols/mpesa/profiles/numbers.h"
#include "protocols/mpesa/wire/credential.h"
#include "protocols/mpesa/wire/ids.h"
#include "protocols/mpesa/wire/result_codes.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tuma::mpesa {
namespace {

using core::Outcome;
using ledger::NoticeWhen;
using protocols::Answer;
using std::chrono::milliseconds;

constexpr std::size_t originator_bytes_max = 128;

// Whom the business does not know or not let in, for the log: the result says no more than 2001.
std::string initiator_words(const InitiatorRequest& request, std::string_view party,
                            std::uint16_t code) {
    if (!request.business) return no_business(party);
    if (code != result::wrong_initiator) return {};
    const auto& all = request.business->initiators;
    if (std::none_of(all.begin(), all.end(),
                     [&](const Initiator& one) { return one.name == request.content.initiator; }))
        return fmt::format("the business in {} has no initiator of this name", party);
    return "SecurityCredential is not the initiator's password, encrypted for the certificate of "
           "/mpesa/certificate";
}

}  // namespace

InitiatorPtr read_initiator(FieldReader& fields, const CallPtr& call, const InitiatorShape& shape) {
    auto request = std::make_shared<InitiatorRequest>();
    request->call = call;
    request->kind = shape.kind;
    Content& content = request->content;
    if (shape.kind == Kind::b2c)
        content.originator =
            fields.optional_text({"OriginatorConversationID"}, originator_bytes_max);
    // An id that the caller chose may clash with an older one, and only then is it a duplicate.
    request->names_itself = !content.originator.empty();
    if (!request->names_itself) content.originator = new_request_id(*call);
    content.conversation = conversation_id(call->context.now, call->context.entropy);
    // B2C calls it InitiatorName, everything else Initiator; clients mix them up.
    const std::string_view key = shape.kind == Kind::b2c ? "InitiatorName" : "Initiator";
    // Either spelling is taken, but the complaint names the documented one.
    content.initiator = fields.optional_text({key, "Initiator", "InitiatorName"});
    if (content.initiator.empty()) fields.fail(invalid(key, fmt::format("{} is missing", key)));
    const std::string credential = fields.text("SecurityCredential", 1'024);
    content.command = fields.text("CommandID", 64);
    content.shortcode = fields.own_shortcode(shape.party);
    // The fields that follow are still read by the caller, whose complaint comes second then.
    if (!fields.is_good()) return request;
    request->business = find_shortcode(call->context.directory, content.shortcode);
    const std::uint16_t code =
        request->business
            ? check_initiator(*request->business, {content.initiator, credential, shape.role},
                              *call->credentials, *call->options)
            : result::wrong_initiator;
    fail_early(*request, code, initiator_words(*request, shape.party, code));
    return request;
}

void read_result_addresses(FieldReader& fields, InitiatorRequest& request) {
    Content& content = request.content;
    // They stand at the end of all these requests, and fields are complained about in their order.
    content.remarks = fields.text("Remarks", 200);
    content.timeout_url = fields.url("QueueTimeOutURL");
    content.url = fields.url("ResultURL");
    content.occasion = fields.optional_text({"Occassion", "Occasion"}, 200);
}

void take_script(InitiatorRequest& request) {
    request.script =
        script_of(request.call->request, request.content.msisdn, *request.call->options);
}

void fail_early(InitiatorRequest& request, std::uint16_t code, std::string why) {
    // The first reason counts: later checks may fail only because of it.
    if (request.early_code != 0) return;
    request.early_code = code;
    request.early_why = std::move(why);
}

void put_result(core::OrderRequest& wish, const InitiatorRequest& request) {
    const Options& options = *request.call->options;
    const Script& script = request.script;
    // The business has decided already. The money moves at once, and only the telling takes time.
    wish.decides_now = true;
    wish.keys = {originator_key(request.content.shortcode, request.content.originator),
                 conversation_key(request.content.conversation)};
    put_script(
        wish, script,
        milliseconds{script.is_queue_timeout ? options.queue_timeout_ms : options.result_delay_ms});
    // A request that times out tells QueueTimeOutURL instead, and ResultURL only if the result
    // comes late.
    if (!script.is_queue_timeout || script.has_late_result)
        put_channel(wish, channel_result, NoticeWhen::ended, script, options);
    if (!script.is_queue_timeout) return;
    put_channel(wish, channel_second, NoticeWhen::ended, script, options);
    if (script.has_late_result)
        // Behind the time-out, added to what the script delays anyway.
        wish.terms.channels[channel_result].delay_ms +=
            static_cast<std::uint32_t>(options.late_result_ms);
}

Answer open_result(const InitiatorPtr& request, core::OrderRequest wish) {
    return open_order(request->call, std::move(wish), [request](const Outcome& outcome) -> Answer {
        const Call& call = *request->call;
        const Content& content = request->content;
        if (outcome.code == Refusal::none) {
            http::HttpReply reply = acknowledgement(content.originator, content.conversation);
            note_failure(reply.note, request->early_code, request->early_why);
            return reply;
        }
        // An id that was made here is random; if it is there already, that is none of the caller's
        // doing.
        if (outcome.code == Refusal::order_exists && request->names_itself)
            return error_reply(call, {500, "500.002.1001", "Duplicate OriginatorConversationID."});
        // An order that only fails was refused as well: nothing better can be done.
        if (request->early_code != 0) return error_reply(call, unreachable_service());
        fail_early(*request, code_of(outcome.code), std::string(sentence(outcome.code)));
        return open_failure(request);
    });
}

Answer open_failure(const InitiatorPtr& request) {
    const std::uint16_t code = request->early_code;
    // Nothing was tried for somebody who may not ask, and the receipt is all zeros. B2C gives one
    // all the same.
    const bool is_refused = code == result::wrong_initiator || code == result::credential_locked ||
                            code == result::initiator_not_allowed;
    request->content.failed_early = is_refused && request->kind != Kind::b2c;
    core::OrderRequest wish = wish_of(request->kind, request->content);
    put_failure(wish, request->early_code);
    put_result(wish, *request);
    return open_result(request, std::move(wish));
}

}  // namespace tuma::mpesa
