#include "protocols/kit/parties.h"

#include "protocols/crypto/digest.h"
#include "protocols/kit/scheme_numbers.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>

namespace tuma::protocols {
namespace {

using core::Outcome;

// Requests that the dialect makes for itself.
constexpr ParticipantId own_requests{0xFFFF'0001};

using Bytes16 = std::array<std::byte, 16>;

Bytes16 first_half(const crypto::Sha256& hash) {
    Bytes16 half{};
    std::copy_n(hash.begin(), half.size(), half.begin());
    return half;
}

core::Request own_request(const std::string& what, core::Command command) {
    core::Request request;
    request.key = {own_requests, first_half(crypto::sha256(what))};
    // The key says everything that is asked. If options have changed since, the first request
    // stands, and that is wanted: an account is opened once.
    request.digest = request.key.reference;
    request.command = std::move(command);
    return request;
}

core::Request query(const std::string& identity) {
    core::QueryAccount wanted;
    wanted.identity = *ledger::make_identity(identity);
    // Without a key: a question changes nothing and need not be remembered.
    core::Request request;
    request.command = wanted;
    return request;
}

AccountId account_of(const Outcome& outcome) {
    return AccountId{static_cast<std::uint32_t>(outcome.id)};
}

// One walk from identities to accounts; each step asks for what is not known yet.
struct Walk : std::enable_shared_from_this<Walk> {
    Walk(const Directory& known, http::HttpReply busy)
        : directory(known), overloaded(std::move(busy)) {}

    const Directory& directory;
    http::HttpReply overloaded;
    std::vector<AccountSpec> parties{};
    std::function<Answer(const Accounts&)> then{};
    Accounts accounts{};
    AccountId trust{};

    // The places in `parties` that the requests of the current step are about.
    using Places = std::vector<std::size_t>;

    Places missing() const {
        Places places;
        for (std::size_t i = 0; i < parties.size(); ++i)
            if (!accounts[i]) places.push_back(i);
        return places;
    }

    Asking asking() const {
        Asking asking;
        asking.overloaded = overloaded;
        return asking;
    }

    // Who issues the opening balances of those that have to be opened; empty if nobody has to.
    std::string issuer() const {
        for (std::size_t i = 0; i < parties.size(); ++i)
            if (!accounts[i] && parties[i].may_be_opened && !parties[i].funded_by.empty())
                return parties[i].funded_by;
        return {};
    }

    Answer begin() {
        for (const AccountSpec& party : parties)
            // Most are known already, and then nothing has to be asked at all.
            accounts.push_back(directory.account(party.identity).value_or(AccountId{}));
        return look_up(missing(), true);
    }

    Answer look_up(const Places& places, bool opens) {
        if (places.empty()) return then(accounts);
        Asking step = asking();
        for (const std::size_t i : places) step.requests.push_back(query(parties[i].identity));
        const std::string trusted = opens ? issuer() : std::string{};
        // The last one, because looked_up() finds it behind those of the places.
        if (!trusted.empty()) step.requests.push_back(query(trusted));
        // Called on an I/O thread once the batch is durable; the walk lives as long as a step
        // waits.
        step.then = [self = shared_from_this(), places,
                     opens](const std::vector<Outcome>& outcomes) {
            return self->looked_up(places, opens, outcomes);
        };
        return step;
    }

    Answer looked_up(const Places& places, bool opens, const std::vector<Outcome>& outcomes) {
        for (std::size_t k = 0; k < places.size(); ++k)
            // Any refusal means that there is no such account yet.
            if (outcomes[k].code == Refusal::none) accounts[places[k]] = account_of(outcomes[k]);
        // The second time round. What is still not there stays 0, and the caller says what that
        // means.
        if (!opens) return then(accounts);
        if (outcomes.size() > places.size() && outcomes.back().code == Refusal::none)
            trust = account_of(outcomes.back());
        return open();
    }

    Answer open() {
        Places places = missing();
        // What is not to be opened stays 0 as well.
        std::erase_if(places, [&](std::size_t i) { return !parties[i].may_be_opened; });
        if (places.empty()) return then(accounts);
        Asking step = asking();
        for (const std::size_t i : places) {
            const AccountSpec& party = parties[i];
            core::OpenAccount wanted;
            wanted.kind = party.kind;
            wanted.currency = party.opening.currency;
            wanted.floor = party.has_floor ? 0 : ledger::no_floor;
            wanted.identity = *ledger::make_identity(party.identity);
            join(wanted, party);
            step.requests.push_back(own_request("open/" + party.identity, wanted));
        }
        step.then = [self = shared_from_this(), places](const std::vector<Outcome>& outcomes) {
            return self->opened(places, outcomes);
        };
        return step;
    }

    // Puts it under its class, if the switch has scheme and class; else it stays without rules.
    void join(core::OpenAccount& wanted, const AccountSpec& party) const {
        if (party.scheme.empty()) return;
        const auto numbers = find_scheme(directory, party.scheme);
        const auto number = numbers ? numbers->find_class(party.account_class) : std::nullopt;
        // A switch may run without the tariff that the options name; payments are then free.
        if (!number) return;
        wanted.scheme = SchemeId{numbers->id};
        wanted.account_class = *number;
    }

    Answer opened(const Places& places, const std::vector<Outcome>& outcomes) {
        Places refused;
        Asking step = asking();
        for (std::size_t k = 0; k < places.size(); ++k) {
            const AccountSpec& party = parties[places[k]];
            if (outcomes[k].code != Refusal::none) {
                // Somebody else may have opened it since it was looked up. So it is looked up once
                // more, without opening anything.
                refused.push_back(places[k]);
                continue;
            }
            accounts[places[k]] = account_of(outcomes[k]);
            // Money is issued in a step of its own, because it needs the account's number.
            if (party.opening.minor == 0 || !trust) continue;
            step.requests.push_back(own_request(
                "fund/" + party.identity, core::MoveMoney{ledger::Purpose::issue, trust,
                                                          accounts[places[k]], party.opening}));
        }
        if (step.requests.empty()) return look_up(refused, false);
        // That the issue was refused is no reason to stop: the payment will say that the money is
        // missing.
        step.then = [self = shared_from_this(), refused](const std::vector<Outcome>&) {
            return self->look_up(refused, false);
        };
        return step;
    }
};

}  // namespace

Answer with_accounts(const Directory& directory, http::HttpReply busy,
                     std::vector<AccountSpec> parties,
                     std::function<Answer(const Accounts&)> then) {
    auto walk = std::make_shared<Walk>(directory, std::move(busy));
    walk->parties = std::move(parties);
    walk->then = std::move(then);
    return walk->begin();
}

void update_directory(Directory& directory, const core::Request& request,
                      const core::Outcome& outcome) {
    if (const auto* query = std::get_if<core::QueryAccount>(&request.command)) {
        // A question by number says no identity to remember.
        if (outcome.code == Refusal::none && !query->account)
            directory.remember(std::string(ledger::text(query->identity)),
                               AccountId{static_cast<std::uint32_t>(outcome.id)});
    } else if (const auto* open = std::get_if<core::OpenAccount>(&request.command)) {
        if (outcome.code == Refusal::none)
            directory.remember(std::string(ledger::text(open->identity)),
                               AccountId{static_cast<std::uint32_t>(outcome.id)});
    } else if (const auto* store = std::get_if<core::StoreProfile>(&request.command)) {
        if (outcome.code == Refusal::none)
            directory.store(store->profile->name, store->profile->content);
    }
}

}  // namespace tuma::protocols
