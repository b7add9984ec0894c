#include "switch/provision.h"

#include "ledger/sha256.h"
#include "switch/core/scheme_bytes.h"
#include "switch/own_request.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace tuma {
namespace {

using protocols::AccountWish;

// Who opens accounts on behalf of dialects; also in their own requests.
constexpr ParticipantId provisioner{0xFFFF0001};

core::Request keyed(const std::string& what, core::Command command) {
    ledger::Sha256 hash;
    hash.update(std::as_bytes(std::span{what}));
    const ledger::Hash digest = hash.finish();
    core::Request request;
    request.key.participant = provisioner;
    std::memcpy(request.key.reference.data(), digest.data(), request.key.reference.size());
    request.command = std::move(command);
    return request;
}

[[noreturn]] void refused(const std::string& what, Refusal why) {
    throw std::runtime_error(fmt::format("--provision: {} is refused: {}", what, sentence(why)));
}

ledger::Identity identity_of(const std::string& text) {
    const auto identity = ledger::make_identity(text);
    if (!identity)
        throw std::runtime_error(fmt::format(
            "--provision: account '{}' needs a name of 1 to 31 printable characters", text));
    return *identity;
}

core::OpenAccount opening_of(const AccountWish& wish, const core::Switch& core) {
    core::OpenAccount open;
    open.kind = wish.kind;
    open.currency = wish.currency;
    open.floor = wish.has_floor ? 0 : ledger::no_floor;
    open.identity = identity_of(wish.identity);
    if (wish.scheme.empty()) return open;
    const ledger::State& state = core.state();
    open.scheme = state.terms.find(identity_of(wish.scheme));
    const ledger::SchemeLoaded* const loaded = state.terms.find(open.scheme);
    if (loaded == nullptr)
        throw std::runtime_error(
            fmt::format("--provision: account {}: scheme {} is not loaded; add it to --schemes",
                        wish.identity, wish.scheme));
    const Result<core::Scheme> scheme = core::read_scheme(loaded->content);
    const auto account_class = scheme->find_class(wish.account_class);
    if (!account_class)
        throw std::runtime_error(fmt::format("--provision: account {}: scheme {} has no class {}",
                                             wish.identity, wish.scheme, wish.account_class));
    open.account_class = *account_class;
    return open;
}

void provide_account(net::Engine& engine, const core::Switch& core, protocols::Directory& directory,
                     const AccountWish& wish) {
    const ledger::Books& books = core.state().books;
    const AccountId known = books.find(identity_of(wish.identity));
    if (known) return directory.remember(wish.identity, known);
    std::vector<core::Request> requests;
    requests.push_back(keyed("open/" + wish.identity, opening_of(wish, core)));
    if (wish.opening != 0) {
        core::MoveMoney issue;
        issue.purpose = ledger::Purpose::issue;
        issue.debit = books.find(identity_of(wish.funded_by));
        // Nobody else opens accounts yet, so that its number is known.
        issue.credit = AccountId{static_cast<std::uint32_t>(books.account_count() + 1)};
        issue.amount = {wish.opening, wish.currency};
        requests.push_back(keyed("fund/" + wish.identity, issue));
    }
    const std::vector<core::Outcome> outcomes = ask(engine, std::move(requests));
    if (outcomes.front().code != Refusal::none)
        refused("account " + wish.identity, outcomes.front().code);
    if (outcomes.back().code != Refusal::none)
        refused("the opening balance of account " + wish.identity, outcomes.back().code);
    directory.remember(wish.identity, AccountId{static_cast<std::uint32_t>(outcomes.front().id)});
}

// What merchants of a class are charged, in 1/10,000, day by day: bills state it.
boost::json::array rates_of(const core::Scheme& scheme, const core::AccountClass& account_class) {
    boost::json::array rates;
    for (const core::PaymentType& type : scheme.types) {
        if (type.name != account_class.receives || type.fees.empty()) continue;
        rates.push_back(boost::json::object{{"from", type.period.from.time_since_epoch().count()},
                                            {"to", type.period.to.time_since_epoch().count()},
                                            {"bp", type.fees.front().basis_points}});
    }
    return rates;
}

std::string scheme_json(const core::Scheme& scheme, SchemeId id) {
    boost::json::object classes;
    boost::json::object rates;
    for (std::size_t i = 0; i < scheme.classes.size(); ++i) {
        const core::AccountClass& one = scheme.classes[i];
        classes[one.name] = i;
        rates[one.name] = rates_of(scheme, one);
    }
    return boost::json::serialize(boost::json::object{{"id", id.value},
                                                      {"currency", letters(scheme.currency)},
                                                      {"classes", std::move(classes)},
                                                      {"rates", std::move(rates)}});
}

}  // namespace

void fill_directory(protocols::Directory& directory, const core::Switch& core) {
    for (const auto& [name, content] : core.state().profiles.all()) directory.store(name, content);
    for (const ledger::SchemeLoaded& loaded : core.state().terms.schemes()) {
        const Result<core::Scheme> scheme = core::read_scheme(loaded.content);
        ensure(scheme.has_value(), "a scheme that the core works with can be read");
        directory.store("scheme/" + scheme->name, scheme_json(*scheme, loaded.head.id));
    }
}

void provide(net::Engine& engine, const core::Switch& core, protocols::Directory& directory,
             const protocols::Provision& provision) {
    for (const AccountWish& wish : provision.accounts)
        provide_account(engine, core, directory, wish);
    for (const auto& [name, content] : provision.profiles) {
        auto profile = std::make_shared<ledger::ProfileStored>();
        profile->name = name;
        profile->content = content;
        core::Request request;
        request.command = core::StoreProfile{profile};
        const core::Outcome stored = ask(engine, std::move(request));
        if (stored.code != Refusal::none) refused("profile " + name, stored.code);
        directory.store(name, content);
    }
}

}  // namespace tuma
