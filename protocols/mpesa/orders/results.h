// The results that initiators are told: one envelope, and the parameters of each API.
#pragma once

#include "protocols/kit/adapter.h"
#include "protocols/mpesa/orders/order_details.h"
#include "protocols/mpesa/profiles/options.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::mpesa {

/// A key and its value as JSON; without a value there is only the key.
struct Parameter {
    std::string key;
    std::optional<std::string> json;
};
using Parameters = std::vector<Parameter>;

/// The parameters of a request that has succeeded, in the order of 2024 or 2017.
Parameters parameters_of(const ledger::Order& order, const Content& content,
                         const protocols::Directory& directory, const Options& options);

/// What ResultURL is told. A list of one parameter is an object, not an array: Daraja does so.
/// Source: mpesa reference, sections 1.9 to 1.13.
protocols::Callback result_callback(const ledger::Order& order, const Content& content,
                                    const protocols::Directory& directory, const Options& options);
/// What QueueTimeOutURL is told. Source: mpesa reference, section 1.15.
protocols::Callback timeout_callback(const Content& content, const Options& options);

/// "254705912645 - NICHOLAS JOHN SONGOK", "600134 - Safaricom157".
std::string public_name(const protocols::Directory& directory, std::string_view party);

}  // namespace tuma::mpesa
