// One call of the administrator's API, taken apart, and how its commands are asked.
#pragma once

#include "ledger/words/text.h"
#include "switch/gateway/admin_json.h"

#include <boost/json/object.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tuma::net {

/// Decoded segments behind /admin, and arguments of query and JSON body.
struct AdminCall {
    std::string method;
    std::vector<std::string> segments;
    boost::json::object arguments;
    std::string body;

    std::optional<std::string> text(std::string_view name) const {
        const boost::json::value* const value = arguments.if_contains(name);
        if (value == nullptr) return std::nullopt;
        if (value->is_string()) return std::string(value->as_string());
        // Whoever made the call has let in only texts and whole numbers.
        return std::to_string(value->as_int64());
    }
};

/// The number of an order, or nothing.
inline std::optional<OrderId> order_number(std::string_view text) {
    const auto number = read_number<std::uint64_t>(text);
    if (!number || *number == 0) return std::nullopt;
    return OrderId{*number};
}

/// One command to the switch, and on with its outcome.
inline protocols::Asking asking(core::Command command,
                                std::function<protocols::Answer(const core::Outcome&)> then) {
    protocols::Asking asking;
    asking.requests.emplace_back().command = std::move(command);
    asking.then = [then = std::move(then)](const std::vector<core::Outcome>& outcomes) {
        return then(outcomes.front());
    };
    asking.overloaded = json_error(503, {}, "the switch takes nothing more at the moment");
    return asking;
}

}  // namespace tuma::net
