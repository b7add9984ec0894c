#include "protocols/mpesa/orders/order_details.h"

#include "protocols/kit/field_table.h"
#include "protocols/mpesa/wire/ids.h"
#include "protocols/mpesa/wire/kinds.h"

#include <array>
#include <utility>

namespace tuma::mpesa {
namespace {

using C = protocols::Rows<Content>;

C::Row text_row(std::string_view name, std::string Content::*member) {
    return C::sparse(C::text(name, member));
}

C::Row flag_row(std::string_view name, bool Content::*member) {
    return C::sparse(C::flag(name, member));
}

// Short names: every order holds them.
const auto& content_table() {
    static const std::array rows{text_row("oc", &Content::originator),
                                 text_row("cv", &Content::conversation),
                                 text_row("in", &Content::initiator),
                                 text_row("cm", &Content::command),
                                 text_row("sc", &Content::shortcode),
                                 text_row("pt", &Content::party),
                                 text_row("ms", &Content::msisdn),
                                 text_row("ur", &Content::url),
                                 text_row("tu", &Content::timeout_url),
                                 text_row("rf", &Content::reference),
                                 text_row("rm", &Content::remarks),
                                 text_row("os", &Content::occasion),
                                 text_row("qc", &Content::query_code),
                                 C::number("am", &Content::amount),
                                 flag_row("till", &Content::is_till),
                                 flag_row("unreg", &Content::is_unregistered),
                                 flag_row("early", &Content::failed_early),
                                 C::sparse(C::object("c2b", &Content::urls, url_table())),
                                 C::sparse(C::text_map("facts", &Content::facts))};
    return rows;
}

}  // namespace

std::string to_json(const Content& content) {
    return protocols::record_json<Content>(content_table(), content);
}

Content read_content(std::string_view text) {
    Result<Content> content = protocols::read_record<Content>(content_table(), text, "content");
    // Only orders of this dialect's kinds are read, and members that were added later are not
    // required.
    ensure(content.has_value(), "an order's content is what to_json made");
    return std::move(content).value();
}

std::string receipt_of(const ledger::Order& order, const Content& content) {
    // These have moved nothing that a receipt could stand for.
    if (content.failed_early || is_kind(order, Kind::balance) || is_kind(order, Kind::status))
        return empty_receipt(order.opened_at);
    // A receipt shows the day on which it came about: of what waits for a customer or for its day,
    // when it is paid.
    const bool waits = is_kind(order, Kind::stk_push) || is_kind(order, Kind::standing_payment);
    return receipt(order.terms.id, waits ? order.moved_at : order.opened_at);
}

std::string checkout_key(std::string_view checkout_request_id) {
    return "m/stk/" + std::string(checkout_request_id);
}

std::string originator_key(std::string_view shortcode, std::string_view originator) {
    // With the business in it: what merchants choose is unique only among their own.
    return "m/oc/" + std::string(shortcode) + "/" + std::string(originator);
}

std::string conversation_key(std::string_view conversation) {
    return "m/cv/" + std::string(conversation);
}

}  // namespace tuma::mpesa
