// What is asked of Daraja and told later: the request, the wait, the result.
#pragma once

#include "tests/protocols/mpesa/daraja.h"

#include <boost/json.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace tuma::testing {

inline constexpr const char* b2c_v1 = "/mpesa/b2c/v1/paymentrequest";
inline constexpr const char* b2c_v3 = "/mpesa/b2c/v3/paymentrequest";

/// The body with members replaced or added, and those removed that are null in `changes`.
boost::json::object changed(boost::json::object body, const boost::json::object& changes);
/// A payment of a hundred shillings from 600000 to the sandbox's customer, without an id.
boost::json::object to_customer(const boost::json::object& changes = {});

/// Asks, waits a minute, and returns the one Result that was told to ResultURL; its ids are those
/// of the acknowledgement.
boost::json::value result_of(Daraja& daraja, const char* path, const boost::json::object& body);
/// ResultCode, whatever its type.
std::string code_of(const boost::json::value& result);
/// The keys of the result's parameters, in order.
std::vector<std::string> keys_of(const boost::json::value& result);
/// The value of a parameter; null where it has none.
boost::json::value parameter(const boost::json::value& result, std::string_view key);
/// The same as text.
std::string said(const boost::json::value& result, std::string_view key);

}  // namespace tuma::testing
