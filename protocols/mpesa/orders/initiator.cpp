#include "protocols/mpesa/initiator.h"

#include "protocols/mpesa/codes.h"
#include "protocols/mpesa/credential.h"
#include "protocols/mpesa/ids.h"
#include "protocols/mpesa/numbers.h"

#include <utility>

namespace tuma::mpesa {
namespace {

using core::Outcome;
using ledger::NoticeWhen;
using protocols::Answer;
using std::chrono::milliseconds;

constexpr std::size_t originator_bytes_max = 128;

}  // namespace

InitiatorPtr read_initiator(FieldReader& fields, const CallPtr& call, const InitiatorShape& shape) {
    auto request = std::make_shared<InitiatorRequest>();
    request->call = call;
    request->kind = shape.kind;
    Content& content = request->content;
    if (shape.kind == Kind::b2c)
        content.originator =
            fields.optional_text({"OriginatorConversationID"}, originator_bytes_max);
    request->names_itself = !content.originator.empty();
    if (!request->names_itself) content.originator = new_request_id(*call);
    content.conversation = conversation_id(call->context.now, call->context.chance);
    // B2C calls it InitiatorName, everything else Initiator; clients mix them up.
    const std::string_view key = shape.kind == Kind::b2c ? "InitiatorName" : "Initiator";
    content.initiator = fields.optional_text({key, "Initiator", "InitiatorName"});
    if (content.initiator.empty()) fields.fail(invalid(key));
    const std::string credential = fields.text("SecurityCredential", 1'024);
    content.command = fields.text("CommandID", 64);
    content.shortcode = fields.own_shortcode(shape.party);
    if (!fields.is_good()) return request;
    request->business = find_shortcode(call->context.directory, content.shortcode);
    const std::uint16_t code =
        request->business
            ? check_initiator(*request->business, {content.initiator, credential, shape.role},
                              *call->credentials, *call->options)
            : result::wrong_initiator;
    fail_early(*request, code);
    return request;
}

void read_result_addresses(FieldReader& fields, InitiatorRequest& request) {
    Content& content = request.content;
    content.remarks = fields.text("Remarks", 200);
    content.timeout_url = fields.url("QueueTimeOutURL");
    content.url = fields.url("ResultURL");
    content.occasion = fields.optional_text({"Occassion", "Occasion"}, 200);
}

void take_script(InitiatorRequest& request) {
    request.script =
        script_of(request.call->request, request.content.msisdn, *request.call->options);
}

void fail_early(InitiatorRequest& request, std::uint16_t code) {
    if (request.early_code == 0) request.early_code = code;
}

void put_result(core::OrderWish& wish, const InitiatorRequest& request) {
    const Options& options = *request.call->options;
    const Script& script = request.script;
    wish.decides_now = true;
    wish.keys = {originator_key(request.content.shortcode, request.content.originator),
                 conversation_key(request.content.conversation)};
    put_script(
        wish, script,
        milliseconds{script.is_queue_timeout ? options.queue_timeout_ms : options.result_delay_ms});
    if (!script.is_queue_timeout || script.has_late_result)
        put_channel(wish, channel_result, NoticeWhen::ended, script, options);
    if (!script.is_queue_timeout) return;
    put_channel(wish, channel_second, NoticeWhen::ended, script, options);
    if (script.has_late_result)
        wish.terms.channels[channel_result].delay_ms +=
            static_cast<std::uint32_t>(options.late_result_ms);
}

Answer open_result(const InitiatorPtr& request, core::OrderWish wish) {
    return open_order(request->call, std::move(wish), [request](const Outcome& outcome) -> Answer {
        const Call& call = *request->call;
        const Content& content = request->content;
        if (outcome.code == Refusal::none)
            return acknowledgement(content.originator, content.conversation);
        if (outcome.code == Refusal::order_exists && request->names_itself)
            return error_reply(call, {500, "500.002.1001", "Duplicate OriginatorConversationID."});
        if (request->early_code != 0) return error_reply(call, unreachable_service());
        request->early_code = code_of(outcome.code);
        return open_failure(request);
    });
}

Answer open_failure(const InitiatorPtr& request) {
    const std::uint16_t code = request->early_code;
    const bool is_refused = code == result::wrong_initiator || code == result::credential_locked ||
                            code == result::initiator_not_allowed;
    request->content.failed_early = is_refused && request->kind != Kind::b2c;
    core::OrderWish wish = wish_of(request->kind, request->content);
    put_failure(wish, request->early_code);
    put_result(wish, *request);
    return open_result(request, std::move(wish));
}

}  // namespace tuma::mpesa
