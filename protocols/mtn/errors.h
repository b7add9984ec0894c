// MTN MoMo's replies that are no success, and the reasons of requests that failed.
#pragma once

#include "ledger/records/order.h"
#include "protocols/http/message.h"

#include <boost/json/value.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tuma::mtn {

/// One code. The number is `ledger::Order::code` and never changes.
struct ErrorRow {
    std::uint16_t number = 0;
    int status = 500;  ///< when it is answered at once
    std::string_view code;
    std::string_view message;
};
std::span<const ErrorRow> error_table();
/// The row of this code, or null.
const ErrorRow* find_error(std::string_view code);
/// Why an order failed. Requires: it ended, and did not succeed.
const ErrorRow& reason_of(const ledger::Order& order);

http::HttpReply json_reply(const boost::json::value& value, int status = 200);
/// {"message":…,"code":…} with the code's status. Requires: a code of the table.
http::HttpReply error_reply(std::string_view code);
/// 202. The log is told where the request can only fail: with `early_code`, if not 0, or because
/// the books have refused the order.
http::HttpReply accepted(std::uint16_t early_code, const ledger::Order& order);
/// When the switch takes nothing more.
http::HttpReply busy();
/// 400 for what does not follow the specification; `what` names the header or member.
http::HttpReply bad_request(std::string_view what);
/// {"statusCode":…,"message":…}, as the gateway answers what it lets nobody see; `why` is for the
/// log, where the message does not say it.
http::HttpReply gateway_error(int status, std::string_view message, std::string_view why = {});
/// 401 {"error":…}, with the reason for the log.
http::HttpReply token_error(std::string_view error, std::string_view why);
/// 411: a POST that does not say how long it is.
http::HttpReply length_required();

}  // namespace tuma::mtn
