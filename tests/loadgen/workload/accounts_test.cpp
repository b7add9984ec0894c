// Setting up a scenario: once, again, and after the server has forgotten.
#include "loadgen/workload/accounts.h"

#include "tests/support/fake_switch.h"

#include <doctest/doctest.h>

#include <set>

using namespace tuma;
using namespace tuma::loadgen;
using testing::FakeSwitch;
using testing::FakeSwitchFaults;

namespace {

Scenario market() {
    Scenario scenario;
    scenario.name = "market";
    scenario.customers = 50;
    scenario.merchants = 7;
    scenario.agents = 3;
    scenario.mix.fill(1);
    return scenario;
}

SetUp set_up_on(const FakeSwitch& server, const Scenario& scenario) {
    NativeClient client(server.endpoint(), ParticipantId{1}, std::chrono::seconds{5});
    return set_up(client, scenario, [](std::uint64_t, std::uint64_t) {});
}

}  // namespace

TEST_CASE("accounts: opens and funds every account once, and finds them again") {
    for (const bool forgets : {false, true}) {
        CAPTURE(forgets);
        FakeSwitchFaults faults;
        faults.forgets_keys = forgets;
        FakeSwitch server(faults);
        const SetUp first = set_up_on(server, market());
        const SetUp second = set_up_on(server, market());
        server.stop();

        CHECK(first.opened == 61);
        CHECK(first.funded == 53);
        CHECK(second.opened == 0);
        CHECK(second.funded == 0);
        CHECK(first.accounts == second.accounts);
        CHECK(server.seen().opened == 61);
        CHECK(server.seen().funded == 53);
        for (const AccountId wallet : first.accounts.wallets)
            CHECK(server.seen().credited.at(wallet.value) == opening_balance(market()));
    }
}

TEST_CASE("accounts: a switch that is busy now and then is asked again") {
    FakeSwitchFaults faults;
    faults.overload_set_up_each = 3;
    FakeSwitch server(faults);
    const SetUp done = set_up_on(server, market());
    server.stop();
    CHECK(done.opened == 61);
    CHECK(done.funded == 53);
    CHECK(server.seen().opened == 61);
    CHECK(server.seen().funded == 53);
}

TEST_CASE("accounts: more customers are added to those that are there") {
    FakeSwitch server;
    const SetUp first = set_up_on(server, market());
    Scenario larger = market();
    larger.customers = 60;
    const SetUp second = set_up_on(server, larger);

    CHECK(second.opened == 10);
    CHECK(second.funded == 10);
    CHECK(std::equal(first.accounts.wallets.begin(), first.accounts.wallets.end(),
                     second.accounts.wallets.begin()));
    CHECK(first.accounts.tills == second.accounts.tills);
}

TEST_CASE("accounts: scenarios share the trust account and nothing else") {
    FakeSwitch server;
    const SetUp first = set_up_on(server, market());
    Scenario other = market();
    other.name = "fair";
    const SetUp second = set_up_on(server, other);

    CHECK(second.opened == 60);
    CHECK(first.accounts.trust == second.accounts.trust);
    std::set<AccountId> all(first.accounts.wallets.begin(), first.accounts.wallets.end());
    for (const AccountId wallet : second.accounts.wallets) CHECK(all.insert(wallet).second);
}

TEST_CASE("accounts: ten thousand accounts are opened in a few calls") {
    FakeSwitch server;
    Scenario scenario = market();
    scenario.customers = 10'000;
    std::vector<std::uint64_t> steps;
    NativeClient client(server.endpoint(), ParticipantId{1}, std::chrono::seconds{30});
    const SetUp made = set_up(client, scenario, [&](std::uint64_t done, std::uint64_t total) {
        CHECK(total == 10'011);
        steps.push_back(done);
    });
    CHECK(made.opened == 10'011);
    CHECK(steps.size() <= 6);
    CHECK(steps.back() == 10'011);
}

TEST_CASE("accounts: what is issued in total stays within an account's sums") {
    Scenario scenario = market();
    scenario.customers = 10'000'000;
    CHECK(opening_balance(scenario) > 1'000'000);
    CHECK(opening_balance(scenario) <=
          (std::int64_t{1} << 61) / (scenario.customers + scenario.agents));
    CHECK(opening_balance(market()) == 1'000'000'000'000);
}
