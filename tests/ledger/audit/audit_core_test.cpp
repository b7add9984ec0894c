// The audit of journals that the core wrote under a scheme, with everything derived from them.
#include "ledger/audit/audit.h"
#include "ledger/audit/audit_text.h"
#include "ledger/projection/projection.h"
#include "ledger/store/memory_journal.h"
#include "ledger/store/snapshot.h"
#include "switch/core/rules/rulebook.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/town_scheme.h"
#include "tests/support/traffic.h"
#include "tests/support/words.h"
#include "tests/support/world.h"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <vector>

using namespace tuma;
using namespace tuma::ledger;
using namespace tuma::testing;

namespace {

// Random requests under a scheme, over some days, so that merchants are paid out.
void live(World& world, std::uint64_t seed, int requests) {
    Traffic traffic(seed, Traffic::Schemes::one);
    for (const core::Request& request : traffic.opening()) world.handle(request);
    for (int i = 0; i < requests; ++i) {
        const auto last = world.core.state().position.next_transfer.value - 1;
        core::Request request = traffic.next(last, world.now);
        if (auto* reverse = std::get_if<core::Reverse>(&request.command)) {
            reverse->records = std::make_shared<const std::vector<TransferRecord>>(
                reverse->original.value <= last ? world.set_of(reverse->original)
                                                : std::vector<TransferRecord>{});
            reverse->original_time = world.time_of(reverse->original);
        }
        static_cast<void>(world.handle(request));
        world.pass(std::chrono::minutes{static_cast<std::int64_t>(traffic.below(40))});
    }
}

// Six orders with their notices, and a profile.
void live_with_orders(World& world) {
    Traffic traffic(1, Traffic::Schemes::one);
    for (const core::Request& request : traffic.opening()) world.handle(request);
    const auto ask = [&](core::Command command) {
        core::Request request;
        request.command = std::move(command);
        static_cast<void>(world.handle(request));
    };
    for (int i = 0; i < 6; ++i) {
        core::OrderRequest wish;
        wish.terms.purpose = Purpose::transfer;
        wish.terms.debit = AccountId{2};
        wish.terms.credit = AccountId{3};
        wish.terms.amount = 100 + i;
        wish.terms.action = i % 2 == 0 ? CustomerAction::approve : CustomerAction::decline;
        wish.terms.decline_code = 1032;
        wish.terms.channels[0].when = NoticeWhen::ended;
        wish.acts_after = std::chrono::seconds{i};
        wish.keys = {"order " + std::to_string(i)};
        ask(core::OpenOrder{std::make_shared<const core::OrderRequest>(wish)});
    }
    ask(core::StoreProfile{
        std::make_shared<const ProfileStored>(ProfileStored{{}, "shop/1", "secret"})});
    world.pass(std::chrono::seconds{4});
}

}  // namespace

TEST_CASE("audit: whatever the core writes under a scheme is clean, projection and snapshot too") {
    std::uint64_t settlements = 0;
    std::uint64_t charges = 0;
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        CAPTURE(seed);
        World world;
        live(world, seed, 250);
        MemoryDisk disk;
        for (const SealedBatch& batch : world.journal) disk.push_back(batch.bytes);
        MemoryJournal journal(disk);
        const TemporaryDirectory directory;
        {
            const std::atomic<bool> never{false};
            Projection projection(projection_path(directory.path()));
            bring_up_to_date(projection, journal, never, nullptr);
        }
        SnapshotFolder(directory.path()).save(world.replayed());
        SqlDatabase database(projection_path(directory.path()), SqlAccess::read_only);
        charges += static_cast<std::uint64_t>(
            database.number("SELECT count(*) FROM transfer WHERE purpose IN ('fee', 'tax')"));

        const AuditReport report = audit(journal, {.data_directory = directory.path(),
                                                   .acks = {},
                                                   .findings_max = 20,
                                                   .limits = small_limits(),
                                                   .progress = nullptr});
        CAPTURE(text(report));
        CHECK(report.is_clean());
        CHECK(report.figures.snapshots == 1);
        settlements += report.figures.settlements;
    }
    CHECK(settlements > 50);
    CHECK(charges > 100);
}

TEST_CASE("audit: books that are short are a finding, unless a scheme lets them be") {
    World world;
    std::uint64_t asked = 0;
    const auto ask = [&](core::Command command) {
        const core::Outcome outcome =
            world.handle({{ParticipantId{1}, reference(++asked)}, {}, {}, std::move(command)});
        REQUIRE(outcome.code == Refusal::none);
    };
    core::Scheme scheme = town_scheme();
    scheme.own_funds_may_be_short = true;
    ask(load(scheme));
    ask(core::OpenAccount{.kind = AccountKind::wallet, .identity = identity("alice")});
    const Books& books = world.core.state().books;
    const AccountId trust = books.find(identity("town.trust"));
    const AccountId fees = books.find(identity("town.fees"));
    const AccountId alice = books.find(identity("alice"));
    ask(core::MoveMoney{Purpose::issue, trust, alice, Money{1'000'00, Currency::kes}});
    core::MoveLinked present{.currency = Currency::kes, .leg_count = 1};
    present.legs[0] = {fees, alice, 25};
    ask(present);

    MemoryDisk disk;
    for (const SealedBatch& batch : world.journal) disk.push_back(batch.bytes);
    MemoryJournal journal(disk);
    AuditOptions options{.data_directory = {},
                         .acks = {},
                         .findings_max = 20,
                         .limits = small_limits(),
                         .progress = nullptr};
    options.own_funds_may_be_short = [](const State& state, Currency currency) {
        return core::own_funds_may_be_short(state.terms, currency);
    };
    CHECK(audit(journal, options).is_clean());
    options.own_funds_may_be_short = nullptr;
    const AuditReport report = audit(journal, options);
    CHECK_FALSE(report.is_clean());
    CHECK(text(report).find("in trust 1000.00, owed 1000.25, own -0.25") != std::string::npos);
    CHECK(text(report).find("finding: invariant: books at batch 4: KES: the operator's own funds "
                            "are -0.25, so that less is in trust than is owed") !=
          std::string::npos);

    // Such books open, go on, and refuse what would make it worse.
    core::Switch opened(world.replayed());
    CHECK(opened.state().books.own_funds(Currency::kes).balance == -25);
}

TEST_CASE("audit: orders, notices and profiles of the projection are the journal's") {
    World world;
    live_with_orders(world);
    MemoryDisk disk;
    for (const SealedBatch& batch : world.journal) disk.push_back(batch.bytes);
    MemoryJournal journal(disk);
    const TemporaryDirectory directory;
    const std::atomic<bool> never{false};
    {
        Projection projection(projection_path(directory.path()));
        bring_up_to_date(projection, journal, never, nullptr);
    }
    const AuditOptions options{.data_directory = directory.path(),
                               .acks = {},
                               .findings_max = 20,
                               .limits = small_limits(),
                               .progress = nullptr};
    CHECK(audit(journal, options).is_clean());
    {
        SqlDatabase database(projection_path(directory.path()), SqlAccess::read_write_create);
        CHECK(database.number("SELECT count(*) FROM payment_order") == 6);
        CHECK(database.number("SELECT count(*) FROM payment_order WHERE state = 'failed'") == 2);
        CHECK(database.number("SELECT count(*) FROM profile") == 1);
        CHECK(database.number("SELECT count(*) FROM notice_step WHERE state = 'sending'") == 5);
    }
    for (const char* const damage :
         {"UPDATE payment_order SET amount = amount + 1 WHERE id = 2",
          "UPDATE payment_order SET state = 'closed' WHERE id = 3",
          "UPDATE payment_order SET refusal = 'account_frozen' WHERE id = 1",
          "UPDATE payment_order SET moved_at = opened_at || 'x' WHERE id = 1",
          "UPDATE notice_step SET attempts = attempts + 1 WHERE step = 2",
          "UPDATE notice_step SET status = 200 WHERE step = 3",
          "UPDATE notice_step SET payment_order = 6 WHERE step = 1",
          "DELETE FROM notice_step WHERE step = 5",
          "INSERT INTO notice_step SELECT NULL, notice, payment_order, channel, state, attempts, "
          "status, time, next_at FROM notice_step WHERE step = 1",
          "UPDATE profile SET content_hash = 'x'",
          "UPDATE profile SET content_bytes = content_bytes + 1",
          "UPDATE profile SET stored_at = 'never'", "UPDATE profile SET name = 'shop/2'",
          "DELETE FROM profile", "UPDATE currency SET scale = 10 WHERE letters = 'KES'",
          "DELETE FROM currency WHERE letters = 'CNY'",
          "INSERT INTO currency SELECT 'ZZZ', number, decimals, scale FROM currency WHERE letters "
          "= 'CNY'",
          "DELETE FROM payment_order WHERE id = 4",
          "INSERT INTO payment_order SELECT id + 100, kind, purpose, state, code, refusal, debit, "
          "credit, amount, currency, parent, transfer, opened_at, moved_at, keys FROM "
          "payment_order WHERE id = 1"}) {
        CAPTURE(damage);
        const auto whole = directory.path() / "whole";
        std::filesystem::copy_file(projection_path(directory.path()), whole);
        {
            SqlDatabase damaged(projection_path(directory.path()), SqlAccess::read_write_create);
            damaged.execute(damage);
            CHECK(damaged.number("SELECT changes()") >= 1);
        }
        CHECK_FALSE(audit(journal, options).is_clean());
        std::filesystem::rename(whole, projection_path(directory.path()));
    }
    CHECK(audit(journal, options).is_clean());
}
