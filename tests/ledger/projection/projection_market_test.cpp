// The projection's tables of schemes and settlements against the journal they are made of.
#include "ledger/projection/projection.h"
#include "ledger/store/memory_journal.h"
#include "tests/ledger/history.h"
#include "tests/ledger/projection/projected.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace tuma;
using namespace tuma::ledger;

namespace {

// One trust, one fees, one tax, one bank; of the scheme four customers and merchants.
std::vector<std::string> expected_terms() {
    std::vector<std::string> rows;
    for (const char* one_of :
         {"bank|1", "bank_account|4", "fee_income|1", "tax_payable|1", "trust|1", "wallet|3"})
        rows.push_back(fmt::format("|||{}", one_of));
    rows.emplace_back("market|1||wallet|4");
    // Each is paid out to the account that was opened after it.
    rows.emplace_back("market|2|4|settlement_payable|4");
    return rows;
}

std::vector<SettlementClosed> settlements_in(MemoryJournal& journal) {
    std::vector<SettlementClosed> found;
    journal.scan(1, [&](std::uint64_t sequence, std::span<const std::byte> bytes) {
        std::span<const std::byte> records = check_batch(bytes, sequence).view.records;
        while (!records.empty()) {
            const Event event = take_event(records).value();
            if (const auto* closed = std::get_if<SettlementClosed>(&event))
                found.push_back(*closed);
        }
        return true;
    });
    return found;
}

std::vector<std::string> expected_settlements(const std::vector<SettlementClosed>& closed) {
    const auto moment = [](std::int64_t us) {
        return us == 0 ? std::string{} : tuma::text(Timestamp{Duration{us}});
    };
    std::vector<std::string> rows;
    rows.reserve(closed.size());
    for (const SettlementClosed& one_of : closed)
        rows.push_back(fmt::format(
            "{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", rows.size() + 1,
            one_of.account.value, moment(one_of.due_at), one_of.sales, one_of.refunds, one_of.fees,
            one_of.adjustments, one_of.reserve_released, one_of.carried_in, one_of.reserve_held,
            one_of.payout_fee, one_of.paid_out, one_of.carried_out, moment(one_of.reserve_due_at),
            moment(one_of.next_due_at), bound(static_cast<std::int64_t>(one_of.payout.value), 0),
            one_of.sales_count, one_of.refunds_count));
    return rows;
}

}  // namespace

TEST_CASE("projection: schemes, accounts under them and settlements have the rows of the journal") {
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
        CAPTURE(seed);
        const TemporaryDirectory directory;
        const auto path = projection_path(directory.path());
        MemoryJournal journal;
        History history(journal, seed);
        history.open(3);
        history.open_market(4);
        for (int i = 0; i < 25; ++i) {
            history.market_batch(30);
            if (seed % 2 == 0) project(path, journal);
        }
        project(path, journal);

        CHECK(rows_of(path, account_rows, 12) == expected_accounts(history.state.books));
        CHECK(rows_of(path,
                      "SELECT loading, id, name, version, currency, zone_offset_minutes, "
                      "content_bytes, batch FROM scheme ORDER BY 1",
                      8) == std::vector<std::string>{"1|1|market|2023-07|KES|180|13|2",
                                                     "2|1|market|2024-01|KES|180|21|2"});
        CHECK(rows_of(path,
                      "SELECT scheme, account_class, sum(payout = id + 1), kind, count(*) FROM "
                      "account GROUP BY scheme, account_class, kind ORDER BY 1, 2, 4",
                      5) == expected_terms());
        const std::vector<SettlementClosed> closed = settlements_in(journal);
        REQUIRE(closed.size() > 20);
        CHECK(rows_of(path,
                      "SELECT id, account, due_at, sales, refunds, fees, adjustments, "
                      "reserve_released, carried_in, reserve_held, payout_fee, paid_out, "
                      "carried_out, reserve_due_at, next_due_at, payout, sales_count, "
                      "refunds_count FROM settlement ORDER BY id",
                      18) == expected_settlements(closed));
        CHECK(one(path,
                  "SELECT count(*) FROM settlement s JOIN batch b ON b.sequence = s.batch WHERE "
                  "s.done_at <> b.time OR s.due_at > s.done_at") == "0");
        // What was paid out is what is on the bank accounts.
        CHECK(one(path,
                  "SELECT (SELECT sum(paid_out) FROM settlement) = (SELECT sum(balance) FROM "
                  "account WHERE kind = 'bank_account')") == "1");
        CHECK(one(path, "SELECT count(*) > 0 FROM transfer WHERE purpose = 'payout'") == "1");
        // A sale settled with its fee is one payment, and its amounts are what its transfers say.
        CHECK(
            one(path,
                "SELECT count(*) FROM payment p JOIN (SELECT payment, "
                "sum(iif(kind = 'reversed', amount, 0)) AS reversed, "
                "sum(iif(kind = 'settled' OR set_id <> payment AND kind = 'posted', amount, 0)) "
                "AS settled, sum(iif(kind IN ('posted', 'reserved') AND set_id = payment, amount, "
                "0)) AS total FROM transfer GROUP BY payment) t ON t.payment = p.id "
                "WHERE t.reversed <> reversed_amount OR t.settled <> settled_amount OR "
                "t.total <> p.total") == "0");
        CHECK(one(path,
                  "SELECT count(*) FROM transfer WHERE kind = 'posted' AND set_id <> payment") !=
              "0");
    }
}
