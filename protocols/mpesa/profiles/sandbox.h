// The sandbox as it comes: Daraja's public test numbers and one app.
#pragma once

#include "protocols/mpesa/profiles/profiles.h"

#include <string>
#include <utility>
#include <vector>

namespace tuma::mpesa {

/// What a fresh sandbox has.
struct Sandbox {
    std::vector<App> apps;
    std::vector<Shortcode> shortcodes;
    std::vector<CustomerProfile> customers;
};
/// Safaricom's published test values: 174379 with its passkey, numbers from 600000 on, initiator
/// testapi, the tax authority's 572572, tills, and the test customer.
Sandbox default_sandbox();

/// Names and contents of the profiles of a sandbox, ready to be stored.
std::vector<std::pair<std::string, std::string>> profiles_of(const Sandbox& sandbox);

}  // namespace tuma::mpesa
