// What the dialect keeps of apps, businesses and customers in the directory, and the JSON of it.
#pragma once

#include "ledger/words/result.h"
#include "protocols/kit/directory.h"
#include "protocols/kit/field_table.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::mpesa {

/// Who may ask for access tokens. Profile "mpesa/app/CONSUMER_KEY".
struct App {
    std::string consumer_key;
    std::string consumer_secret;
    std::string name;
    /// The businesses that it may act for; empty: those that no other app names.
    std::vector<std::string> shortcodes{};
    /// The APIs that it may ask, as `product_names` calls them; empty: all.
    std::vector<std::string> products{};

    bool operator==(const App&) const = default;
};

/// A person or program that may act for a business.
struct Initiator {
    std::string name;
    std::string password;
    /// "b2c", "b2b", "balance", "status", "reversal"; empty: everything.
    std::vector<std::string> roles;
    bool locked = false;

    bool operator==(const Initiator&) const = default;
};

/// A business's number. Profile "mpesa/shortcode/NUMBER". Its account has the number as identity;
/// beside it are NUMBER.working and NUMBER.charges.
struct Shortcode {
    std::string number;            ///< 5 to 7 digits
    std::string type = "paybill";  ///< or "till"
    /// Class of the scheme: "paybill-mgao", "paybill-customer-pays", "paybill-business-pays",
    /// "till", "till-to-bank".
    std::string account_class = "paybill-business-pays";
    std::string passkey;  ///< of M-Pesa Express; empty: not offered
    std::string name;
    std::vector<Initiator> initiators;
    bool external_validation = false;  ///< C2B payments are validated by the merchant
    std::string head_office;           ///< of a till: the number that asks for its money
    std::int64_t utility_balance = 0;  ///< shillings, when its accounts are opened
    std::int64_t working_balance = 0;

    bool operator==(const Shortcode&) const = default;
    bool is_till() const { return type == "till"; }
};

/// What is known of a person beside the account. Profile "customer/MSISDN".
struct CustomerProfile {
    std::string msisdn;  ///< 12 digits
    std::string first_name;
    std::string middle_name;
    std::string last_name;
    std::string pin;              ///< empty: nobody asks
    std::string swapped_on{};     ///< "2026-09-01": when the SIM card was exchanged; empty: never
    std::string registered_on{};  ///< since when it is this person's; empty: for long

    bool operator==(const CustomerProfile&) const = default;
};

/// Where C2B payments are told to. Profile "mpesa/urls/SHORTCODE".
struct C2bUrls {
    std::int64_t version = 1;  ///< of the API by which they were registered
    bool silence_accepts = true;
    std::string confirmation;
    std::string validation;

    bool operator==(const C2bUrls&) const = default;
};

/// A business that pulls what it was paid. Profile "mpesa/pull/SHORTCODE".
struct PullProfile {
    std::string nominated;  ///< a phone number, as it was given
    std::string url;

    bool operator==(const PullProfile&) const = default;
};
std::string to_json(const PullProfile& pull);
Result<PullProfile> read_pull(std::string_view json);
std::string pull_profile(std::string_view number);

/// A business that sends invoices by Bill Manager. Profile "mpesa/biller/SHORTCODE".
struct Biller {
    std::string app_key;  ///< by which it is known in later calls
    std::string email;
    std::string contact;        ///< a phone number, as it was given
    bool has_reminders = true;  ///< customers are reminded of what is due
    std::string logo{};         ///< as it was given
    std::string url;            ///< where payments are told to

    bool operator==(const Biller&) const = default;
};
std::string to_json(const Biller& biller);
Result<Biller> read_biller(std::string_view json);
std::string biller_profile(std::string_view number);

/// The key pair of the SecurityCredential. Profile "mpesa/certificate".
struct CredentialKeys {
    std::string private_key;  ///< PEM
    std::string certificate;  ///< PEM

    bool operator==(const CredentialKeys&) const = default;
};

/// What an app may be mapped to.
std::span<const std::string_view> product_names();

/// The members of C2bUrls, which orders remember too.
std::span<const protocols::FieldRow<C2bUrls>> url_table();

std::string to_json(const App& app);
std::string to_json(const Shortcode& shortcode);
std::string to_json(const CustomerProfile& customer);
std::string to_json(const C2bUrls& urls);
std::string to_json(const CredentialKeys& keys);

/// The inverses. Refuse with the member's name: members that are missing and have no default, that
/// do not exist, of another type, and numbers of the wrong shape.
Result<App> read_app(std::string_view json);
Result<Shortcode> read_shortcode(std::string_view json);
/// The same for what comes in now: roles that there are not and two initiators of one name are
/// refused as well. Books of older versions may hold some.
Result<Shortcode> read_new_shortcode(std::string_view json);
Result<CustomerProfile> read_customer(std::string_view json);
Result<C2bUrls> read_urls(std::string_view json);
Result<CredentialKeys> read_keys(std::string_view json);

/// Names of the profiles.
std::string app_profile(std::string_view consumer_key);
std::string shortcode_profile(std::string_view number);
std::string customer_profile(std::string_view msisdn);
std::string urls_profile(std::string_view number);
inline constexpr std::string_view certificate_profile = "mpesa/certificate";
inline constexpr std::string_view options_profile = "mpesa/options";
/// Bytes that nobody else knows, as they are: access tokens are made with them.
inline constexpr std::string_view secret_profile = "mpesa/secret";

/// What is stored and can be read, or nothing.
std::optional<App> find_app(const protocols::Directory& directory, std::string_view consumer_key);
std::optional<Shortcode> find_shortcode(const protocols::Directory& directory,
                                        std::string_view number);
std::optional<C2bUrls> find_urls(const protocols::Directory& directory, std::string_view number);
std::optional<Biller> find_biller(const protocols::Directory& directory, std::string_view number);
/// Somebody who is not in the directory has a name too, the same every time.
CustomerProfile customer_of(const protocols::Directory& directory, std::string_view msisdn);
/// "NICHOLAS JOHN SONGOK".
std::string full_name(const CustomerProfile& customer);

}  // namespace tuma::mpesa
