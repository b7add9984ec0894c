// The journal in memory and its faults.
#include "ledger/store/memory_journal.h"

#include "tests/ledger/records/sealed_batches.h"

#include <doctest/doctest.h>

using namespace tuma;
using namespace tuma::ledger;

TEST_CASE("memory journal: shows what was appended, and finds transfers") {
    BatchChain chain;
    MemoryJournal journal;
    journal.append(chain.next_many(2, 3));
    journal.append(chain.next_many(2, 0));
    journal.append(chain.next_many(1, 2));
    CHECK(journal.durability() == Durability::memory);
    CHECK(journal.last_sequence() == 5);
    CHECK(shown(journal) == intact(1, 5));
    CHECK(shown(journal, 4) == intact(4, 5));
    const std::uint64_t batch_of[] = {0, 1, 1, 1, 2, 2, 2, 5, 5, 0};
    for (std::uint64_t id = 0; id < std::size(batch_of); ++id) {
        CAPTURE(id);
        const std::vector<std::byte> bytes = journal.batch_of(TransferId{id});
        REQUIRE(bytes.empty() == (batch_of[id] == 0));
        if (!bytes.empty()) CHECK(check_batch(bytes, batch_of[id]).damage == BatchDamage::none);
    }
}

TEST_CASE("memory journal: fails at the append it was told to, and from then on") {
    BatchChain chain;
    MemoryJournal journal({.failing_append = 2, .stored_by_failing_append = 1});
    journal.append(chain.next_many(1, 1));
    CHECK_THROWS_AS(journal.append(chain.next_many(3, 1)), StoreError);
    CHECK(journal.last_sequence() == 1);
    CHECK(journal.disk().size() == 2);
    CHECK(journal.not_durable() == 1);
    CHECK_THROWS_AS(journal.append(chain.next_many(1, 1)), StoreError);
    CHECK(journal.disk().size() == 2);

    MemoryJournal after(journal.disk());
    CHECK(after.last_sequence() == 2);
    MemoryJournal without(after_crash(journal.disk(), journal.not_durable()));
    CHECK(without.last_sequence() == 1);
}

TEST_CASE("memory journal: nothing is seen before it is durable") {
    BatchChain chain;
    std::vector<std::uint64_t> seen;
    MemoryJournal* self = nullptr;
    MemoryJournal journal({.before_durable = [&](std::uint64_t append) {
        seen.push_back(append);
        seen.push_back(self->last_sequence());
        seen.push_back(self->disk().size());
    }});
    self = &journal;
    journal.append(chain.next_many(2, 1));
    journal.append(chain.next_many(1, 1));
    CHECK(seen == std::vector<std::uint64_t>{1, 0, 2, 2, 2, 3});
}

TEST_CASE("memory journal: a crash tears and loses what it is told to") {
    BatchChain chain;
    MemoryJournal journal;
    journal.append(chain.next_many(4, 1));
    MemoryJournal torn(after_crash(journal.disk(), 1, 100));
    CHECK(shown(torn) == std::vector<std::string>{"1 ok", "2 ok", "3 torn"});
    torn.drop_from(3);
    CHECK(shown(torn) == intact(1, 2));
    CHECK(torn.last_sequence() == 2);
}
