#include "switch/setup/provision.h"

#include "ledger/records/sha256.h"
#include "switch/core/rules/scheme_bytes.h"
#include "switch/files/scheme_profile.h"
#include "switch/setup/own_request.h"

#include <fmt/format.h>

#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace tuma {
namespace {

using protocols::AccountSpec;

// Who opens accounts on behalf of dialects; also in their own requests.
constexpr ParticipantId provisioner{0xFFFF0001};

core::Request keyed(const std::string& what, core::Command command) {
    ledger::Sha256 hash;
    hash.update(std::as_bytes(std::span{what}));
    // The name alone is the key, so that an account is opened once, whatever the file says of it
    // later.
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

core::OpenAccount opening_of(const AccountSpec& spec, const core::Switch& core) {
    core::OpenAccount open;
    open.kind = spec.kind;
    open.currency = spec.opening.currency;
    open.floor = spec.has_floor ? 0 : ledger::no_floor;
    open.identity = identity_of(spec.identity);
    if (spec.scheme.empty()) return open;
    const ledger::State& state = core.state();
    open.scheme = state.terms.find(identity_of(spec.scheme));
    const ledger::SchemeLoaded* const loaded = state.terms.find(open.scheme);
    if (loaded == nullptr)
        throw std::runtime_error(
            fmt::format("--provision: account {}: scheme {} is not loaded; add it to --schemes",
                        spec.identity, spec.scheme));
    // The core works with it, so it can be read.
    const Result<core::Scheme> scheme = core::read_scheme(loaded->content);
    const auto account_class = scheme->find_class(spec.account_class);
    if (!account_class)
        throw std::runtime_error(fmt::format("--provision: account {}: scheme {} has no class {}",
                                             spec.identity, spec.scheme, spec.account_class));
    open.account_class = *account_class;
    return open;
}

void provide_account(net::Engine& engine, const core::Switch& core, protocols::Directory& directory,
                     const AccountSpec& spec) {
    const ledger::Books& books = core.state().books;
    const AccountId known = books.find(identity_of(spec.identity));
    // A start finds it from an earlier one, which has also paid in its opening balance.
    if (known) return directory.remember(spec.identity, known);
    std::vector<core::Request> requests;
    requests.push_back(keyed("open/" + spec.identity, opening_of(spec, core)));
    if (spec.opening.minor != 0) {
        core::MoveMoney issue;
        issue.purpose = ledger::Purpose::issue;
        issue.debit = books.find(identity_of(spec.funded_by));
        // Nobody else opens accounts yet, so that its number is known.
        issue.credit = AccountId{static_cast<std::uint32_t>(books.account_count() + 1)};
        issue.amount = spec.opening;
        requests.push_back(keyed("fund/" + spec.identity, issue));
    }
    const std::vector<core::Outcome> outcomes = ask(engine, std::move(requests));
    if (outcomes.front().code != Refusal::none)
        refused("account " + spec.identity, outcomes.front().code);
    if (outcomes.back().code != Refusal::none)
        refused("the opening balance of account " + spec.identity, outcomes.back().code);
    directory.remember(spec.identity, AccountId{static_cast<std::uint32_t>(outcomes.front().id)});
}

}  // namespace

void fill_directory(protocols::Directory& directory, const core::Switch& core) {
    for (const auto& [name, content] : core.state().profiles.all()) directory.store(name, content);
    for (const ledger::SchemeLoaded& loaded : core.state().terms.schemes()) {
        const Result<core::Scheme> scheme = core::read_scheme(loaded.content);
        ensure(scheme.has_value(), "a scheme that the core works with can be read");
        directory.store("scheme/" + scheme->name, scheme_profile(*scheme, loaded.head.id));
    }
}

void provide(net::Engine& engine, const core::Switch& core, protocols::Directory& directory,
             const protocols::Provision& provision) {
    for (const AccountSpec& spec : provision.accounts)
        provide_account(engine, core, directory, spec);
    for (const auto& [name, content] : provision.profiles) {
        auto profile = std::make_shared<ledger::ProfileStored>();
        profile->name = name;
        profile->content = content;
        core::Request request;
        request.command = core::StoreProfile{profile};
        const core::Outcome stored = ask(engine, std::move(request));
        if (stored.code != Refusal::none) refused("profile " + name, stored.code);
        // After the books have it: the directory never shows what is not durable.
        directory.store(name, content);
    }
}

}  // namespace tuma
