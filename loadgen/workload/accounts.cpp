#include "loadgen/population.h"

#include "loadgen/random.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <string_view>

namespace tuma::loadgen {
namespace {

constexpr std::size_t accounts_per_call = 4096;
/// Half of what an account's sums can hold, so that a run has room above it.
constexpr std::int64_t issued_total_max = std::int64_t{1} << 61;
constexpr std::int64_t opening_balance_max = 1'000'000'000'000;

std::uint64_t fnv1a(std::string_view text, std::uint64_t hash) {
    for (const char letter : text)
        hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001B3ULL;
    return hash;
}

/// A reference that is the same whenever the same thing is set up.
Reference reference_of(std::string_view what, std::string_view identity) {
    std::uint64_t first = fnv1a(identity, fnv1a(what, 0xCBF29CE484222325ULL));
    const std::uint64_t halves[2] = {splitmix64(first), splitmix64(first)};
    Reference reference;
    std::memcpy(reference.data(), halves, sizeof halves);
    return reference;
}

/// One account to be: its name outside, what it is, what it starts with.
struct Wish {
    std::string identity;
    ledger::AccountKind kind = ledger::AccountKind::wallet;
    std::int64_t floor = 0;
    std::int64_t funds = 0;
};

class SettingUp {
public:
    SettingUp(NativeClient& client, const Scenario& scenario, const SetUpProgress& progress)
        : client_(client), scenario_(scenario), progress_(progress) {
        total_ = std::uint64_t{1} + scenario.customers + scenario.merchants + scenario.agents;
    }

    SetUp run() {
        const Wish trust{fmt::format("trust.{}", letters(scenario_.currency)),
                         ledger::AccountKind::trust, ledger::no_floor, 0};
        result_.population.trust = ensure_accounts({trust}).front();
        const std::int64_t funds = opening_balance(scenario_);
        result_.population.wallets =
            role("w", ledger::AccountKind::wallet, scenario_.customers, funds);
        result_.population.tills = role("t", ledger::AccountKind::till, scenario_.merchants, 0);
        result_.population.agents =
            role("a", ledger::AccountKind::agent_float, scenario_.agents, funds);
        return result_;
    }

private:
    std::vector<AccountId> role(std::string_view letter, ledger::AccountKind kind,
                                std::uint32_t count, std::int64_t funds) {
        std::vector<AccountId> accounts;
        accounts.reserve(count);
        std::vector<Wish> wishes;
        for (std::uint32_t i = 1; i <= count; ++i) {
            wishes.push_back(
                {fmt::format("{}.{}.{}{}", scenario_.name, letters(scenario_.currency), letter, i),
                 kind, 0, funds});
            if (wishes.size() < accounts_per_call && i < count) continue;
            const auto some = ensure_accounts(wishes);
            accounts.insert(accounts.end(), some.begin(), some.end());
            wishes.clear();
        }
        return accounts;
    }

    std::vector<AccountId> ensure_accounts(const std::vector<Wish>& wishes) {
        const auto outcomes = client_.call(open_requests(wishes));
        std::vector<AccountId> accounts(wishes.size());
        std::vector<std::size_t> taken;
        std::vector<std::size_t> unfunded;
        for (std::size_t i = 0; i < wishes.size(); ++i) {
            const core::Outcome& outcome = outcomes[i];
            if (outcome.code == Refusal::identity_taken) {
                taken.push_back(i);
            } else if (outcome.code != Refusal::none) {
                refuse(wishes[i], "be opened", outcome.code);
            } else {
                accounts[i] = AccountId{static_cast<std::uint32_t>(outcome.id)};
                if (!outcome.is_replayed) ++result_.opened;
                if (wishes[i].funds > 0) unfunded.push_back(i);
            }
        }
        find_taken(wishes, taken, accounts, unfunded);
        fund(wishes, unfunded, accounts);
        done_ += wishes.size();
        progress_(done_, total_);
        return accounts;
    }

    std::vector<core::Request> open_requests(const std::vector<Wish>& wishes) const {
        std::vector<core::Request> requests(wishes.size());
        for (std::size_t i = 0; i < wishes.size(); ++i) {
            const auto identity = ledger::make_identity(wishes[i].identity);
            ensure(identity.has_value(), "a scenario's names fit an identity");
            requests[i].key.reference = reference_of("open", wishes[i].identity);
            requests[i].command = core::OpenAccount{.kind = wishes[i].kind,
                                                    .currency = scenario_.currency,
                                                    .floor = wishes[i].floor,
                                                    .ceiling = ledger::no_ceiling,
                                                    .identity = *identity};
        }
        return requests;
    }

    /// Looks up what another run opened under keys that the server has forgotten.
    void find_taken(const std::vector<Wish>& wishes, const std::vector<std::size_t>& taken,
                    std::vector<AccountId>& accounts, std::vector<std::size_t>& unfunded) {
        if (taken.empty()) return;
        std::vector<core::Request> requests(taken.size());
        for (std::size_t i = 0; i < taken.size(); ++i)
            requests[i].command = core::QueryAccount{
                .account = {}, .identity = *ledger::make_identity(wishes[taken[i]].identity)};
        const auto outcomes = client_.call(requests);
        for (std::size_t i = 0; i < taken.size(); ++i) {
            const Wish& wish = wishes[taken[i]];
            if (outcomes[i].code != Refusal::none || !outcomes[i].account)
                refuse(wish, "be looked up", outcomes[i].code);
            const ledger::Account& account = outcomes[i].account->account;
            if (account.kind != wish.kind || account.currency != scenario_.currency)
                throw SetUpError(fmt::format(
                    "account {} exists but is of another kind or currency; use another scenario "
                    "name or another data directory",
                    wish.identity));
            accounts[taken[i]] = outcomes[i].account->id;
            const bool is_untouched = account.credits_posted == 0 && account.debits_posted == 0;
            if (wish.funds > 0 && is_untouched) unfunded.push_back(taken[i]);
        }
    }

    void fund(const std::vector<Wish>& wishes, const std::vector<std::size_t>& unfunded,
              const std::vector<AccountId>& accounts) {
        if (unfunded.empty()) return;
        std::vector<core::Request> requests(unfunded.size());
        for (std::size_t i = 0; i < unfunded.size(); ++i) {
            const Wish& wish = wishes[unfunded[i]];
            requests[i].key.reference = reference_of("fund", wish.identity);
            requests[i].command = core::MoveMoney{.purpose = ledger::Purpose::issue,
                                                  .debit = result_.population.trust,
                                                  .credit = accounts[unfunded[i]],
                                                  .amount = Money{wish.funds, scenario_.currency},
                                                  .memo = 0};
        }
        const auto outcomes = client_.call(requests);
        for (std::size_t i = 0; i < unfunded.size(); ++i) {
            // Another number of customers makes another opening balance; who has one keeps it.
            if (outcomes[i].code == Refusal::modified_request) continue;
            if (outcomes[i].code != Refusal::none)
                refuse(wishes[unfunded[i]], "be funded", outcomes[i].code);
            if (!outcomes[i].is_replayed) ++result_.funded;
        }
    }

    [[noreturn]] static void refuse(const Wish& wish, std::string_view what, Refusal code) {
        throw SetUpError(fmt::format("account {} cannot {}: {}: {}", wish.identity, what,
                                     tuma::name(code), sentence(code)));
    }

    NativeClient& client_;
    const Scenario& scenario_;
    const SetUpProgress& progress_;
    SetUp result_;
    std::uint64_t done_ = 0;
    std::uint64_t total_ = 0;
};

}  // namespace

SetUp set_up(NativeClient& client, const Scenario& scenario, const SetUpProgress& progress) {
    return SettingUp(client, scenario, progress).run();
}

std::int64_t opening_balance(const Scenario& scenario) {
    const std::int64_t funded = std::int64_t{scenario.customers} + scenario.agents;
    return std::min(opening_balance_max, issued_total_max / funded);
}

}  // namespace tuma::loadgen
