// Workload, frames and schedule together: exact mixes, references without repeats.
#include "loadgen/workload/request_stream.h"

#include "protocols/native/messages.h"

#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <set>

using namespace tuma;
using namespace tuma::loadgen;

namespace {

Accounts accounts_of(const Scenario& scenario) {
    Accounts accounts;
    std::uint32_t number = 1;
    accounts.trust = AccountId{number++};
    for (std::uint32_t i = 0; i < scenario.customers; ++i)
        accounts.wallets.push_back(AccountId{number++});
    for (std::uint32_t i = 0; i < scenario.merchants; ++i)
        accounts.tills.push_back(AccountId{number++});
    for (std::uint32_t i = 0; i < scenario.agents; ++i)
        accounts.agents.push_back(AccountId{number++});
    return accounts;
}

Scenario scenario_called(const std::string& name) {
    const auto scenario = load_scenario(name);
    REQUIRE(scenario.has_value());
    return *scenario;
}

/// The requests of a frame as the server would read them.
std::vector<core::Request> read(RequestFrame frame) {
    native::FrameHeader header;
    header.type = static_cast<std::uint8_t>(frame.type);
    header.count = frame.count;
    header.participant = ParticipantId{1};
    native::finish_frame(frame.bytes, 0, header);
    const auto view = native::read_frame(frame.bytes, false);
    REQUIRE(view.has_value());
    REQUIRE(view->has_value());
    std::vector<core::Request> requests;
    REQUIRE(!native::read_requests(**view, requests));
    return requests;
}

MixedStream::Timing so_many(std::uint64_t operations) {
    MixedStream::Timing timing;
    timing.operations_max = operations;
    return timing;
}

}  // namespace

TEST_CASE("workload: the mix follows the weights, by chi-square over several seeds") {
    const Scenario scenario = scenario_called("kenya-day");
    const Accounts accounts = accounts_of(scenario);
    constexpr std::uint64_t draws = 100'000;
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        CAPTURE(seed);
        Workload workload(scenario, accounts, seed);
        std::array<std::uint64_t, action_count> counts{};
        for (std::uint64_t i = 0; i < draws; ++i)
            ++counts[static_cast<std::size_t>(workload.draw_action())];
        double chi_square = 0;
        for (std::size_t i = 0; i < action_count; ++i) {
            const double expected = draws * static_cast<double>(scenario.mix[i]) / 1000;
            if (expected == 0) {
                CHECK(counts[i] == 0);
                continue;
            }
            const double difference = static_cast<double>(counts[i]) - expected;
            chi_square += difference * difference / expected;
        }
        // 4 degrees of freedom: above 23.5 once in ten thousand.
        CHECK(chi_square < 23.5);
    }
}

TEST_CASE("workload: amounts have the wanted mean and are never below one") {
    Scenario scenario = scenario_called("p2p");
    const Accounts accounts = accounts_of(scenario);
    for (const AmountShape shape :
         {AmountShape::fixed, AmountShape::uniform, AmountShape::exponential}) {
        for (const std::int64_t mean : {1, 1000, 3'469'00}) {
            CAPTURE(static_cast<int>(shape));
            CAPTURE(mean);
            scenario.shape = shape;
            Workload workload(scenario, accounts, 7);
            constexpr int draws = 50'000;
            double sum = 0;
            for (int i = 0; i < draws; ++i) {
                const std::int64_t amount = workload.draw(Action::transfer, mean).amount;
                REQUIRE(amount >= 1);
                sum += static_cast<double>(amount);
            }
            // Five standard errors of the widest shape; a mean of 1 is lifted by its lower bound.
            if (mean > 1)
                CHECK(std::abs(sum / draws / static_cast<double>(mean) - 1) < 5 / std::sqrt(draws));
        }
    }
}

TEST_CASE("workload: money runs between the kinds of account that each action is for") {
    const Scenario scenario = scenario_called("kenya-day");
    const Accounts people = accounts_of(scenario);
    const auto is_in = [](AccountId account, const std::vector<AccountId>& accounts) {
        return account >= accounts.front() && account <= accounts.back();
    };
    Workload workload(scenario, people, 1);
    for (int i = 0; i < 2000; ++i) {
        const auto deposit = workload.draw(Action::deposit, 10);
        CHECK((is_in(deposit.debit, people.agents) && is_in(deposit.credit, people.wallets)));
        const auto withdraw = workload.draw(Action::withdraw, 10);
        CHECK((is_in(withdraw.debit, people.wallets) && is_in(withdraw.credit, people.agents)));
        const auto payment = workload.draw(Action::pay_merchant, 10);
        CHECK((is_in(payment.debit, people.wallets) && is_in(payment.credit, people.tills)));
        const auto transfer = workload.draw(Action::transfer, 10);
        CHECK((is_in(transfer.debit, people.wallets) && is_in(transfer.credit, people.wallets)));
        CHECK(transfer.debit != transfer.credit);
        const auto debit = workload.draw(Action::redeem, 10);
        CHECK((is_in(debit.debit, people.wallets) && debit.credit == people.trust));
    }
}

TEST_CASE("workload: half of all payments go to the hot merchant") {
    const Scenario scenario = scenario_called("hot-merchant");
    const Accounts accounts = accounts_of(scenario);
    Workload workload(scenario, accounts, 2);
    constexpr int draws = 40'000;
    std::map<AccountId, int> by_till;
    for (int i = 0; i < draws; ++i) ++by_till[workload.draw().credit];

    // Of the other half the first of 500 tills has 1/H(500) = 14.7 % by Zipf's law.
    const double first = by_till[accounts.tills[0]] / double{draws};
    CHECK(std::abs(first - (0.5 + 0.5 * 0.1472)) < 0.0125);
    const double second = by_till[accounts.tills[1]] / double{draws};
    CHECK(std::abs(second - 0.5 * 0.0736) < 0.005);
}

TEST_CASE("workload: each reservation gets its fate once") {
    const Scenario scenario = scenario_called("two-phase");
    const Accounts accounts = accounts_of(scenario);
    Workload workload(scenario, accounts, 2);
    std::map<native::FrameType, int> counts;
    std::set<TransferId> followed;
    constexpr std::uint64_t reservations = 20'000;
    for (std::uint64_t i = 1; i <= reservations; ++i) {
        CHECK(workload.draw().type == native::FrameType::reserve);
        workload.reserved(TransferId{i});
        if (!workload.has_follow_up()) continue;
        const Operation follow_up = workload.draw();
        CHECK(follow_up.reservation == TransferId{i});
        CHECK(followed.insert(follow_up.reservation).second);
        ++counts[follow_up.type];
    }
    CHECK(std::abs(counts[native::FrameType::settle] - 16'000) < 283);
    CHECK(std::abs(counts[native::FrameType::release] - 3'000) < 253);
}

TEST_CASE("workload: a seed makes the same reservations and fates, whenever answers come") {
    const Scenario scenario = scenario_called("two-phase");
    const Accounts accounts = accounts_of(scenario);
    constexpr std::size_t reservations = 500;
    // Answers come one by one or a hundred at a time.
    const auto played = [&](std::size_t at_a_time) {
        Workload workload(scenario, accounts, 2);
        std::vector<std::int64_t> amounts;
        std::vector<std::pair<std::uint64_t, native::FrameType>> fates;
        while (amounts.size() < reservations) {
            const Operation operation = workload.draw();
            if (operation.type != native::FrameType::reserve) {
                fates.emplace_back(operation.reservation.value, operation.type);
                continue;
            }
            amounts.push_back(operation.amount);
            if (amounts.size() % at_a_time != 0) continue;
            for (std::size_t i = amounts.size() - at_a_time; i < amounts.size(); ++i)
                workload.reserved(TransferId{i + 1});
        }
        while (workload.has_follow_up()) {
            const Operation operation = workload.draw();
            fates.emplace_back(operation.reservation.value, operation.type);
        }
        return std::pair{amounts, fates};
    };
    CHECK(played(1) == played(100));
}

TEST_CASE("request frames: references never repeat, and another seed or scenario has others") {
    const Scenario scenario = scenario_called("kenya-day");
    const Accounts accounts = accounts_of(scenario);
    std::set<Reference> references;
    std::size_t operations = 0;
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        for (const char* name : {"kenya-day", "p2p"}) {
            Workload workload(scenario, accounts, seed);
            FramingSettings framing;
            framing.prefix = run_prefix(seed, name);
            framing.batch = 64;
            MixedStream traffic(workload, framing, so_many(3000));
            RequestFrame frame;
            while (traffic.next_time()) {
                traffic.take(frame);
                const auto requests = read(frame);
                for (std::size_t i = 0; i < requests.size(); ++i) {
                    CHECK(requests[i].key.reference ==
                          run_reference(framing.prefix, frame.type, frame.first_number + i));
                    references.insert(requests[i].key.reference);
                    ++operations;
                }
            }
        }
    }
    CHECK(operations == 6 * 3000);
    CHECK(references.size() == operations);
}

TEST_CASE("request frames: digests are those that the server will compute") {
    const Scenario scenario = scenario_called("two-phase");
    const Accounts accounts = accounts_of(scenario);
    Workload workload(scenario, accounts, 9);
    for (std::uint64_t i = 1; i < 50; ++i) workload.reserved(TransferId{i});
    FramingSettings framing;
    framing.batch = 10;
    framing.with_digests = true;
    MixedStream traffic(workload, framing, so_many(100));
    RequestFrame frame;
    std::set<native::FrameType> types;
    while (traffic.next_time()) {
        traffic.take(frame);
        types.insert(frame.type);
        std::vector<Digest> expected;
        for (const core::Request& request : read(frame)) expected.push_back(request.digest);
        CHECK(frame.digests == expected);
    }
    CHECK(types.size() == 3);
}

TEST_CASE("traffic: exactly as many operations as asked for come out, whatever the batch") {
    const Scenario scenario = scenario_called("kenya-day");
    const Accounts accounts = accounts_of(scenario);
    for (const std::size_t batch : {std::size_t{1}, std::size_t{13}, std::size_t{8190}}) {
        CAPTURE(batch);
        Workload workload(scenario, accounts, 4);
        FramingSettings framing;
        framing.batch = batch;
        MixedStream traffic(workload, framing, so_many(5000));
        std::array<std::uint64_t, operation_kind_count> sent{};
        RequestFrame frame;
        while (traffic.next_time()) {
            traffic.take(frame);
            sent[kind_index(frame.type)] += frame.count;
        }
        // The same seed draws the same operations, so the mix sent is the mix drawn.
        Workload again(scenario, accounts, 4);
        std::array<std::uint64_t, operation_kind_count> drawn{};
        for (int i = 0; i < 5000; ++i) ++drawn[kind_index(again.draw().type)];
        CHECK(sent == drawn);
    }
}

TEST_CASE("traffic: a request is due with its last operation, and each of them has its own time") {
    const Scenario scenario = scenario_called("p2p");
    const Accounts accounts = accounts_of(scenario);
    Workload workload(scenario, accounts, 4);
    FramingSettings framing;
    framing.batch = 10;
    MixedStream::Timing timing;
    timing.operations.emplace(Rate::per_second(1000), Arrival::constant, 1, std::chrono::hours{1});
    // Half a request is left then, and goes with its last operation.
    timing.end = std::chrono::milliseconds{2005};
    MixedStream traffic(workload, framing, timing);
    RequestFrame frame;
    std::int64_t operations = 0;
    while (const auto due = traffic.next_time()) {
        traffic.take(frame);
        CHECK(frame.intended == *due);
        REQUIRE(frame.due.size() == frame.count);
        for (const Offset time : frame.due)
            CHECK(time == std::chrono::milliseconds{1} * operations++);
        CHECK(frame.intended == frame.due.back());
        CHECK(frame.count == (operations <= 2000 ? 10 : 5));
    }
    CHECK(operations == 2005);
}

TEST_CASE("request stream: users ask again when they have thought, one operation a request") {
    Scenario scenario = scenario_called("p2p");
    scenario.customers = 10;
    const Accounts accounts = accounts_of(scenario);
    Workload workload(scenario, accounts, 3);
    const TimeLaw think{TimeLaw::Kind::fixed, std::chrono::seconds{1}};
    UserStream traffic(workload, {}, Users(2, think, 1, std::chrono::seconds{3}));
    RequestFrame frame;
    for (const int expected : {0, 500}) {
        REQUIRE(traffic.next_time() == Offset{std::chrono::milliseconds{expected}});
        traffic.take(frame);
        CHECK(frame.count == 1);
        CHECK(frame.intended == Offset{std::chrono::milliseconds{expected}});
        CHECK(read(frame).size() == 1);
    }
    CHECK_FALSE(traffic.next_time());
    traffic.ended(std::chrono::milliseconds{700});
    CHECK(traffic.next_time() == Offset{std::chrono::milliseconds{1700}});
}

TEST_CASE("workload: popular wallets pay and are paid by Zipf's law, and nobody pays himself") {
    Scenario scenario = scenario_called("p2p");
    scenario.customers = 1000;
    scenario.customers_zipf_permille = 900;
    const Accounts accounts = accounts_of(scenario);
    Workload workload(scenario, accounts, 11);
    constexpr int draws = 200'000;
    const AccountId first = accounts.wallets.front();
    int pays = 0;
    int is_paid = 0;
    for (int i = 0; i < draws; ++i) {
        const Operation operation = workload.draw(Action::transfer, 10);
        REQUIRE(operation.debit != operation.credit);
        pays += operation.debit == first ? 1 : 0;
        is_paid += operation.credit == first ? 1 : 0;
    }
    double all = 0;
    std::vector<double> shares;
    for (int rank = 1; rank <= 1000; ++rank) shares.push_back(1 / std::pow(rank, 0.9));
    for (const double share : shares) all += share;
    for (double& share : shares) share /= all;
    // The payee is drawn among the others: the first is one with chance p / (1 - q) after q.
    double paid_share = 0;
    for (std::size_t i = 1; i < shares.size(); ++i)
        paid_share += shares[i] * shares[0] / (1 - shares[i]);
    for (const auto& [found, share] : {std::pair{pays, shares[0]}, {is_paid, paid_share}}) {
        CAPTURE(share);
        CHECK(std::abs(found - draws * share) < 4 * std::sqrt(draws * share));
    }
}

TEST_CASE("workload: two wallets and the steepest popularity still find each other") {
    Scenario scenario = scenario_called("p2p");
    scenario.customers = 2;
    scenario.customers_zipf_permille = 10'000;
    const Accounts accounts = accounts_of(scenario);
    Workload workload(scenario, accounts, 1);
    for (int i = 0; i < 100; ++i) {
        const Operation operation = workload.draw(Action::transfer, 10);
        CHECK(operation.debit != operation.credit);
    }
}
