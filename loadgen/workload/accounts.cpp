#include "loadgen/workload/accounts.h"

#include "loadgen/arrivals/random.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <span>
#include <string_view>
#include <thread>

namespace tuma::loadgen {
namespace {

constexpr std::size_t accounts_per_call = 4096;
/// Half of what an account's sums can hold, so that a run has room above it.
constexpr std::int64_t issued_total_max = std::int64_t{1} << 61;
/// How long a switch may refuse for being busy, and when it is asked again.
constexpr std::chrono::seconds busy_max{60};
constexpr std::chrono::milliseconds busy_pause{20};
constexpr std::int64_t opening_balance_max = 1'000'000'000'000;

std::uint64_t fnv1a(std::string_view text, std::uint64_t hash) {
    for (const char letter : text)
        hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001B3ULL;
    return hash;
}

/// A reference that is the same whenever the same thing is set up.
Reference reference_of(std::string_view what, std::string_view identity) {
    std::uint64_t first = fnv1a(identity, fnv1a(what, 0xCBF29CE484222325ULL));
    // Two halves from one state: the second differs from the first, though both follow from the
    // same text.
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
        const Wish trust{fmt::format("trust.{}", alphabetic_code(scenario_.currency)),
                         ledger::AccountKind::trust, ledger::no_floor, 0};
        result_.accounts.trust = ensure_accounts({trust}).front();
        const std::int64_t funds = opening_balance(scenario_);
        result_.accounts.wallets =
            role("w", ledger::AccountKind::wallet, scenario_.customers, funds);
        // Tills only receive in the mix, so they need no money to begin with.
        result_.accounts.tills = role("t", ledger::AccountKind::till, scenario_.merchants, 0);
        result_.accounts.agents =
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
            wishes.push_back({fmt::format("{}.{}.{}{}", scenario_.name,
                                          alphabetic_code(scenario_.currency), letter, i),
                              kind, 0, funds});
            // Whole frames at a time: one round trip for thousands of accounts, not one each.
            if (wishes.size() < accounts_per_call && i < count) continue;
            const auto some = ensure_accounts(wishes);
            accounts.insert(accounts.end(), some.begin(), some.end());
            wishes.clear();
        }
        return accounts;
    }

    std::vector<AccountId> ensure_accounts(const std::vector<Wish>& wishes) {
        const auto outcomes = ask(open_requests(wishes));
        std::vector<AccountId> accounts(wishes.size());
        std::vector<std::size_t> taken;
        std::vector<std::size_t> unfunded;
        for (std::size_t i = 0; i < wishes.size(); ++i) {
            const core::Outcome& outcome = outcomes[i];
            // The name is there under another key: an earlier run opened it, and its key has left
            // the server's memory.
            if (outcome.code == Refusal::identity_taken) {
                taken.push_back(i);
            } else if (outcome.code != Refusal::none) {
                refuse(wishes[i], "be opened", outcome.code);
            } else {
                accounts[i] = AccountId{static_cast<std::uint32_t>(outcome.id)};
                // A replayed outcome is an account of an earlier run with the same names; only new
                // ones count as opened.
                if (!outcome.is_replayed) ++result_.opened;
                // Also accounts that were there: a run that was stopped between opening and funding
                // is completed here.
                if (wishes[i].funds > 0) unfunded.push_back(i);
            }
        }
        find_taken(wishes, taken, accounts, unfunded);
        fund(wishes, unfunded, accounts);
        done_ += wishes.size();
        progress_(done_, total_);
        return accounts;
    }

    /// A switch that is busy takes them later, also when it keeps few request keys in memory.
    std::vector<core::Outcome> ask(const std::vector<core::Request>& requests) {
        std::vector<core::Outcome> outcomes = client_.call(requests);
        const auto give_up = std::chrono::steady_clock::now() + busy_max;
        while (std::chrono::steady_clock::now() < give_up) {
            std::vector<std::size_t> refused;
            std::vector<core::Request> again;
            for (std::size_t i = 0; i < requests.size(); ++i) {
                if (outcomes[i].code != Refusal::overloaded) continue;
                refused.push_back(i);
                again.push_back(requests[i]);
            }
            if (refused.empty()) break;
            std::this_thread::sleep_for(busy_pause);
            const std::vector<core::Outcome> later = client_.call(again);
            for (std::size_t i = 0; i < refused.size(); ++i) outcomes[refused[i]] = later[i];
        }
        return outcomes;
    }

    std::vector<core::Request> open_requests(const std::vector<Wish>& wishes) const {
        std::vector<core::Request> requests(wishes.size());
        for (std::size_t i = 0; i < wishes.size(); ++i) {
            const auto identity = ledger::make_identity(wishes[i].identity);
            ensure(identity.has_value(), "a scenario's names fit an identity");
            requests[i].key.reference = reference_of("open", wishes[i].identity);
            // A ceiling would refuse payments of a long run, and refusals would be counted against
            // the server.
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
        const auto outcomes = ask(requests);
        for (std::size_t i = 0; i < taken.size(); ++i) {
            const Wish& wish = wishes[taken[i]];
            if (outcomes[i].code != Refusal::none || !outcomes[i].account)
                refuse(wish, "be looked up", outcomes[i].code);
            const ledger::Account& account = outcomes[i].account->account;
            // Another scenario of the same name has been here. Its accounts would refuse every
            // payment, so say it now.
            if (account.kind != wish.kind || account.currency != scenario_.currency)
                throw SetUpError(fmt::format(
                    "account {} exists but is of another kind or currency; use another scenario "
                    "name or another data directory",
                    wish.identity));
            accounts[taken[i]] = outcomes[i].account->id;
            // Who has moved money is taken as funded: the server may have forgotten the key, and a
            // second issue would be new money.
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
            // The same key in every run, so that funding twice is answered from memory and moves
            // nothing.
            requests[i].key.reference = reference_of("fund", wish.identity);
            requests[i].command = core::MoveMoney{.purpose = ledger::Purpose::issue,
                                                  .debit = result_.accounts.trust,
                                                  .credit = accounts[unfunded[i]],
                                                  .amount = Money{wish.funds, scenario_.currency},
                                                  .memo = 0};
        }
        const auto outcomes = ask(requests);
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
    // The sum of all wallets and floats has to fit into the trust account's own sum.
    const std::int64_t funded = std::int64_t{scenario.customers} + scenario.agents;
    return std::min(opening_balance_max, issued_total_max / funded);
}

}  // namespace tuma::loadgen
