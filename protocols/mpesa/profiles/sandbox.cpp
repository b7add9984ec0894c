#include "protocols/mpesa/profiles/sandbox.h"

#include <array>

namespace tuma::mpesa {
namespace {

// Source: mpesa reference, section 1.4 (sandbox constants).
constexpr std::string_view passkey =
    "bfb279f9aa9bdbcf158e97dd71a467cd2e0c893059b10f78e6b72ada1ed2c919";
constexpr std::array<std::string_view, 10> paybills{"600000", "600966", "600980", "600981",
                                                    "600984", "600986", "600988", "600992",
                                                    "600996", "600999"};

Shortcode business(std::string_view number, const std::string& name) {
    Shortcode shortcode;
    shortcode.number = number;
    shortcode.name = name;
    shortcode.passkey = passkey;
    // Without roles it may do everything.
    shortcode.initiators = {{"testapi", "Safaricom999!*!", {}, false}};
    shortcode.utility_balance = 1'000'000;
    shortcode.working_balance = 500'000;
    return shortcode;
}

Shortcode till(std::string_view number, const std::string& name) {
    Shortcode shortcode = business(number, name);
    shortcode.type = "till";
    shortcode.account_class = "till";
    // Prompts for a till are asked for by its head office, here by the number that is published.
    shortcode.head_office = "174379";
    return shortcode;
}

}  // namespace

Sandbox default_sandbox() {
    Sandbox sandbox;
    sandbox.apps = {{"dG1hU2FuZGJveEFwcDAwMDFLZXk9MTc0", "Qv7Rk2Xw9LbTn4Ye", "sandbox", {}}};
    sandbox.shortcodes.push_back(business("174379", "Daraja Sandbox"));
    for (const std::string_view number : paybills)
        sandbox.shortcodes.push_back(business(number, "Safaricom" + std::string(number)));
    // Taxes are paid to this number and no other.
    sandbox.shortcodes.push_back(business("572572", "Kenya Revenue Authority"));
    sandbox.shortcodes.push_back(till("5001000", "Mama Mboga"));
    sandbox.shortcodes.push_back(till("5001001", "Kinyozi"));
    for (const Shortcode& shortcode : sandbox.shortcodes)
        sandbox.apps.front().shortcodes.push_back(shortcode.number);
    sandbox.customers = {{"254708374149", "John", "", "Doe", "1234"}};
    return sandbox;
}

std::vector<std::pair<std::string, std::string>> profiles_of(const Sandbox& sandbox) {
    std::vector<std::pair<std::string, std::string>> profiles;
    for (const App& app : sandbox.apps)
        profiles.emplace_back(app_profile(app.consumer_key), to_json(app));
    for (const Shortcode& shortcode : sandbox.shortcodes)
        profiles.emplace_back(shortcode_profile(shortcode.number), to_json(shortcode));
    for (const CustomerProfile& customer : sandbox.customers)
        profiles.emplace_back(customer_profile(customer.msisdn), to_json(customer));
    return profiles;
}

}  // namespace tuma::mpesa
