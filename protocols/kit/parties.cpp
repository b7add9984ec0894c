#include "protocols/parties.h"

#include "protocols/crypto/digest.h"

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
    request.digest = request.key.reference;
    request.command = std::move(command);
    return request;
}

core::Request query(const std::string& identity) {
    core::QueryAccount wanted;
    wanted.identity = *ledger::make_identity(identity);
    core::Request request;
    request.command = wanted;
    return request;
}

AccountId account_of(const Outcome& outcome) {
    return AccountId{static_cast<std::uint32_t>(outcome.id)};
}

// One walk from identities to accounts; each step asks for what is not known yet.
struct Walk : std::enable_shared_from_this<Walk> {
    explicit Walk(PartyTerms what) : terms(std::move(what)) {}

    PartyTerms terms;
    std::vector<Party> parties{};
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
        asking.overloaded = terms.overloaded;
        return asking;
    }

    Answer begin() {
        for (const Party& party : parties)
            accounts.push_back(terms.directory.account(party.identity).value_or(AccountId{}));
        return look_up(missing(), true);
    }

    Answer look_up(const Places& places, bool opens) {
        if (places.empty()) return then(accounts);
        Asking step = asking();
        for (const std::size_t i : places) step.requests.push_back(query(parties[i].identity));
        if (opens) step.requests.push_back(query(terms.trust));
        step.then = [self = shared_from_this(), places,
                     opens](const std::vector<Outcome>& outcomes) {
            return self->looked_up(places, opens, outcomes);
        };
        return step;
    }

    Answer looked_up(const Places& places, bool opens, const std::vector<Outcome>& outcomes) {
        for (std::size_t k = 0; k < places.size(); ++k)
            if (outcomes[k].code == Refusal::none) accounts[places[k]] = account_of(outcomes[k]);
        if (!opens) return then(accounts);
        if (outcomes.back().code == Refusal::none) trust = account_of(outcomes.back());
        return open();
    }

    Answer open() {
        Places places = missing();
        std::erase_if(places, [&](std::size_t i) { return !parties[i].may_be_opened; });
        if (places.empty()) return then(accounts);
        Asking step = asking();
        for (const std::size_t i : places) {
            const Party& party = parties[i];
            core::OpenAccount wanted;
            wanted.kind = party.kind;
            wanted.currency = party.opening.currency;
            wanted.floor = party.floor;
            wanted.identity = *ledger::make_identity(party.identity);
            wanted.scheme = party.scheme;
            wanted.account_class = party.account_class;
            step.requests.push_back(own_request("open/" + party.identity, wanted));
        }
        step.then = [self = shared_from_this(), places](const std::vector<Outcome>& outcomes) {
            return self->opened(places, outcomes);
        };
        return step;
    }

    Answer opened(const Places& places, const std::vector<Outcome>& outcomes) {
        Places refused;
        Asking step = asking();
        for (std::size_t k = 0; k < places.size(); ++k) {
            const Party& party = parties[places[k]];
            if (outcomes[k].code != Refusal::none) {
                refused.push_back(places[k]);
                continue;
            }
            accounts[places[k]] = account_of(outcomes[k]);
            if (party.opening.minor == 0 || !trust) continue;
            step.requests.push_back(own_request(
                "fund/" + party.identity, core::MoveMoney{ledger::Purpose::issue, trust,
                                                          accounts[places[k]], party.opening}));
        }
        if (step.requests.empty()) return look_up(refused, false);
        step.then = [self = shared_from_this(), refused](const std::vector<Outcome>&) {
            return self->look_up(refused, false);
        };
        return step;
    }
};

}  // namespace

void Party::join(const Directory& directory, std::string_view scheme_name, std::string_view name) {
    const auto numbers = find_scheme(directory, scheme_name);
    if (!numbers) return;
    const auto number = numbers->find_class(name);
    if (!number) return;
    scheme = SchemeId{numbers->id};
    account_class = *number;
}

Answer with_accounts(PartyTerms terms, std::vector<Party> parties,
                     std::function<Answer(const Accounts&)> then) {
    auto walk = std::make_shared<Walk>(std::move(terms));
    walk->parties = std::move(parties);
    walk->then = std::move(then);
    return walk->begin();
}

}  // namespace tuma::protocols
