#include "protocols/mtn/dialect.h"

#include "protocols/crypto/encoding.h"
#include "protocols/kit/cached.h"
#include "protocols/mtn/errors.h"
#include "protocols/mtn/mtn_adapter.h"
#include "protocols/mtn/profiles.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <array>
#include <utility>

namespace tuma::mtn {
namespace {

using protocols::ClientFile;
using protocols::Directory;
using protocols::Provision;

constexpr std::array<std::string_view, 4> paths{"/v1_0/", "/collection/", "/disbursement/",
                                                "/remittance/"};
constexpr std::array<std::string_view, 1> hosts{"sandbox.momodeveloper.mtn.com"};
constexpr std::array<std::string_view, 3> tables{"mtn.subscription", "mtn.user", "mtn.options"};

// What there is unless a provisioning file says otherwise. The first id is of MTN's own examples.
std::vector<ApiUser> default_users() {
    return {
        {"c72025f5-5cd1-4630-99e4-8ba4722fad56", "127.0.0.1", "f1db798c98df4bcf83b538175893bbf0"}};
}
std::vector<Subscription> default_subscriptions() {
    std::vector<Subscription> all;
    for (const auto& [product, key] :
         {std::pair{"collection", "3c1a7f5e9b2d4860a7c3e5f1d9b80246"},
          std::pair{"disbursement", "8e4b2d6f0a1c4935b8d7f2e6a0c41357"},
          std::pair{"remittance", "f7d3b9a5c1e84602d6b0f4a8c2e59713"}})
        // A key for each product, as real keys open one.
        all.push_back({key, {product}, std::string("mtn.") + product, "collection", 1'000'000});
    return all;
}

Options options_of(const Directory& directory) {
    return protocols::find_profile(directory, options_profile, read_options).value_or(Options{});
}

Provision provision(protocols::ProvisionTables* given, const Directory& directory,
                    const protocols::Making& making) {
    std::vector<Subscription> subscriptions = default_subscriptions();
    std::vector<ApiUser> users = default_users();
    std::optional<Options> options;
    if (given != nullptr) {
        subscriptions = protocols::take_tables(*given, tables[0], read_subscription);
        users = protocols::take_tables(*given, tables[1], read_user);
        options = protocols::take_options(*given, tables[2], directory, read_options);
    }
    // The accounts depend on the options: on those of the file, or on those that hold already.
    const Options in_force = options ? *options : options_of(directory);
    Provision wanted;
    // A scheme brings a trust account of its own; the sandbox needs one to issue opening balances
    // from.
    if (in_force.scheme.empty())
        wanted.accounts.push_back({.identity = in_force.trust(),
                                   .kind = ledger::AccountKind::trust,
                                   .has_floor = false,
                                   .opening = {0, in_force.money()}});
    for (const Subscription& one : subscriptions)
        wanted.accounts.push_back(business_account(in_force, one));
    const auto add = [&](const std::string& name, std::string content) {
        // What somebody changed in the default set stays changed.
        if (given != nullptr || directory.find(name) == nullptr)
            wanted.profiles.emplace_back(name, std::move(content));
    };
    for (const Subscription& one : subscriptions) add(subscription_profile(one.key), to_json(one));
    for (const ApiUser& one : users) add(user_profile(one.id), to_json(one));
    if (options) add(std::string(options_profile), to_json(*options));
    // Drawn once: another secret would end all tokens.
    if (directory.find(secret_profile) == nullptr)
        add(std::string(secret_profile), crypto::hex_lower(making.bytes<32>("mtn secret")));
    return wanted;
}

std::vector<protocols::DefaultTable> default_tables() {
    std::vector<protocols::DefaultTable> all;
    for (const Subscription& one : default_subscriptions())
        all.push_back({tables[0], to_json(one)});
    for (const ApiUser& one : default_users()) all.push_back({tables[1], to_json(one)});
    all.push_back(protocols::default_options<Options>(tables[2], option_table()));
    return all;
}

// The first of the profiles that begin so and can be read.
template <typename Value, typename Fits>
std::optional<Value> first(const Directory& directory, std::string_view prefix,
                           Result<Value> (*read)(std::string_view), const Fits& fits) {
    for (const std::string& name : directory.names(prefix))
        // In the order of the names, so that every start tells the same one.
        if (auto found = protocols::find_profile(directory, name, read); found && fits(*found))
            return found;
    return std::nullopt;
}

// What a merchant's program needs: the first user with a key, and a key of each product.
boost::json::object facts_of(const Directory& directory) {
    const auto user = first(directory, user_prefix, read_user,
                            [](const ApiUser& one) { return !one.api_key.empty(); });
    // Without a user that has a key there is nothing that a program could use.
    if (!user) return {};
    const Options options = options_of(directory);
    boost::json::object facts{{"target_environment", options.target_environment},
                              {"currency", options.currency},
                              {"api_user", user->id},
                              {"api_key", user->api_key},
                              {"callback_host", user->callback_host}};
    for (const std::string_view product : products)
        // A product that no key opens is left out.
        if (const auto one = first(directory, subscription_prefix, read_subscription,
                                   [&](const Subscription& of) { return of.opens(product); }))
            facts[std::string(product) + "_key"] = one->key;
    return facts;
}

std::vector<ClientFile> client_files(const Directory& directory, const std::filesystem::path&,
                                     Timestamp) {
    return {{"mtn-momo.json", boost::json::serialize(facts_of(directory)) + "\n"}};
}

std::string welcome(const Directory& directory, const protocols::Served& served) {
    const boost::json::object facts = facts_of(directory);
    if (facts.empty()) return {};
    std::string text = fmt::format("MTN MoMo at http://{}\n", served.http);
    for (const auto& [name, value] : facts)
        text += fmt::format("  {:<18} {}\n", std::string_view(name), value.as_string().c_str());
    return text + fmt::format(
                      "  mtn-momo           momo.create({{ callbackHost: '127.0.0.1', baseUrl: "
                      "'http://{}' }})\n",
                      served.http);
}

std::vector<std::uint16_t> decline_codes() {
    std::vector<std::uint16_t> codes;
    for (const ErrorRow& row : error_table()) codes.push_back(row.number);
    return codes;
}

std::unique_ptr<const protocols::Adapter> make() {
    return std::make_unique<const MtnAdapter>();
}

}  // namespace

const protocols::DialectInfo dialect{.name = "mtn",
                                     .kind_first = 300,
                                     .kind_last = 399,
                                     .kind_names = kind_names,
                                     .key_prefix = "mtn/",
                                     .paths = paths,
                                     .hosts = hosts,
                                     .schemes = {},
                                     .tables = tables,
                                     .profiles = profile_kinds,
                                     .decline_codes = decline_codes,
                                     .make = make,
                                     .default_tables = default_tables,
                                     .provision = provision,
                                     .client_files = client_files,
                                     .welcome = welcome};

}  // namespace tuma::mtn
