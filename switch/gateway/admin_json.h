// What the administrator's API shows, as JSON.
#pragma once

#include "ledger/records/order.h"
#include "protocols/http/message.h"
#include "protocols/kit/adapter.h"
#include "switch/core/outcome.h"
#include "switch/gateway/fault_rules.h"
#include "switch/gateway/notifier.h"
#include "switch/gateway/request_log.h"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <span>
#include <string>
#include <string_view>

namespace tuma::net {

http::HttpReply json_reply(int status, const boost::json::value& value);
/// {"error": sentence, "field": name}; the field is left out when it is empty.
http::HttpReply json_error(int status, std::string_view field, std::string_view sentence);
/// Those that know what an order's kind is called.
using Dialects = std::span<const protocols::Adapter* const>;
/// The order of an outcome with 200, or its refusal with 404 (no such order), 409 (refused).
http::HttpReply order_reply(const core::Outcome& outcome, Dialects dialects);

boost::json::object order_json(const ledger::Order& order, Dialects dialects);
boost::json::object delivery_json(const Delivery& delivery);
boost::json::object notice_json(const ledger::Notice& notice);
boost::json::object given_up_json(const GivenUp& notice);
/// Target and bodies with secrets and long numbers masked.
boost::json::object handled_json(const Handled& request);
boost::json::object fault_json(const FaultRule& rule);

}  // namespace tuma::net
