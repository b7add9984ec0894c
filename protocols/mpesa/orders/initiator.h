// What all requests of a business's initiator have in common: who asks, and where the result goes.
#pragma once

#include "protocols/mpesa/orders/order_details.h"
#include "protocols/mpesa/orders/orders.h"
#include "protocols/mpesa/orders/test_customers.h"
#include "protocols/mpesa/wire/call.h"
#include "protocols/mpesa/wire/field_reader.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tuma::mpesa {

/// A request whose outcome is told later, to ResultURL.
struct InitiatorRequest {
    CallPtr call;
    Kind kind = Kind::b2c;
    Content content;
    Script script;
    std::optional<Shortcode> business;  ///< who asks
    std::uint16_t early_code = 0;       ///< bound to fail with this result
    std::string early_why{};            ///< what was compared, for the log
    bool names_itself = false;          ///< the caller chose OriginatorConversationID
};
using InitiatorPtr = std::shared_ptr<InitiatorRequest>;

/// Which role the initiator needs, and which field names the business.
struct InitiatorShape {
    Kind kind = Kind::b2c;
    std::string_view role;
    std::string_view party = "PartyA";
};

/// Takes initiator, credential and command, then the business; ids are made. A business or an
/// initiator that is no good makes the result, not an error: 2001, 8006 or 21.
InitiatorPtr read_initiator(FieldReader& fields, const CallPtr& call, const InitiatorShape& shape);
/// Takes what stands at the end of all of them: Remarks, QueueTimeOutURL, ResultURL, Occasion in
/// either spelling.
void read_result_addresses(FieldReader& fields, InitiatorRequest& request);
/// The script of the request's headers, or of the customer's number.
void take_script(InitiatorRequest& request);
/// The request will fail with this result unless it fails already; `why` is for the log.
void fail_early(InitiatorRequest& request, std::uint16_t code, std::string why = {});

/// Completes a wish for the request: decided at once, told later.
void put_result(core::OrderRequest& wish, const InitiatorRequest& request);
/// Opens the order and acknowledges it; what the switch refuses becomes an order that has failed.
protocols::Answer open_result(const InitiatorPtr& request, core::OrderRequest wish);
/// An order that has failed before anything was tried, acknowledged like any other.
protocols::Answer open_failure(const InitiatorPtr& request);

}  // namespace tuma::mpesa
