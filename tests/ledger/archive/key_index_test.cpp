// Request keys that have left memory: the filter, one file of them, all files, starts and crashes.
#include "ledger/archive/key_index.h"

#include "ledger/state/state.h"
#include "ledger/store/memory_journal.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/words.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <vector>

using namespace tuma;
using namespace tuma::ledger;
using namespace tuma::testing;

namespace {

using std::chrono::seconds;

Timestamp at(std::int64_t micros) {
    return Timestamp{Duration{micros}};
}

RequestKey key(std::uint64_t number) {
    return {ParticipantId{7}, reference(number)};
}

// A journal of refusals, the ring that it adds up to and the index beside it; its steps are taken
// by hand. Request `n` has reference n + 1.
class Site {
public:
    explicit Site(StateLimits limits, std::size_t merge_runs = 8)
        : limits_(limits), merge_runs_(merge_runs), state_(std::make_unique<State>(limits)) {
        open();
    }

    /// As a start of the process after a crash: the journal is replayed, the files are opened.
    std::vector<std::string> restart() { return restart(limits_); }
    std::vector<std::string> restart(const StateLimits& limits) {
        limits_ = limits;
        state_ = std::make_unique<State>(limits);
        journal.scan(1, [&](std::uint64_t sequence, std::span<const std::byte> bytes) {
            const auto violation = state_->replay(check_batch(bytes, sequence).view);
            REQUIRE(!violation);
            return true;
        });
        return open();
    }

    /// One durable batch of as many of `count` requests as there is room for; how many those were.
    std::uint64_t add(std::uint64_t count, Timestamp time) {
        keys().may_leave(index->kept_until());
        std::vector<std::byte> bytes;
        begin_batch(bytes);
        std::uint32_t added = 0;
        for (; added < count && keys().has_room(); ++added) {
            RequestRefused refused{.participant = ParticipantId{7},
                                   .reference = reference(keys().next() + 1),
                                   .refusal = Refusal::insufficient_funds};
            state_->apply(refused, time);
            append(bytes, refused);
        }
        if (added == 0) return 0;
        Position& position = state_->position;
        SealedBatch batch = seal({.sequence = ++position.sequence,
                                  .time_us = time.time_since_epoch().count(),
                                  .event_count = added,
                                  .first_transfer = TransferId{1},
                                  .next_transfer = TransferId{1},
                                  .previous = position.hash},
                                 std::move(bytes));
        position.hash = batch.hash;
        position.time = time;
        journal.append({&batch, 1});
        index->notify(durable());
        return added;
    }

    /// In the ring, or said to have left it and found.
    bool knows(std::uint64_t number, Timestamp now) const {
        if (keys().find(key(number + 1), now) != nullptr) return true;
        if (!keys().may_have_left(key(number + 1))) return false;
        const auto found = index->find(key(number + 1));
        return found && !keys().is_expired(*found, now);
    }

    RequestKeys& keys() const { return state_->keys; }
    std::filesystem::path folder() const { return directory_.path() / "keys"; }
    std::vector<std::filesystem::path> files() const { return list_key_runs(folder()); }

    MemoryJournal journal;
    std::unique_ptr<KeyIndex> index;

private:
    DurableRequests durable() const {
        const Position& position = state_->position;
        return {keys().next(), position.sequence, position.hash, position.time};
    }
    std::vector<std::string> open() {
        index = std::make_unique<KeyIndex>(folder(), KeyIndexOptions{.merge_runs = merge_runs_});
        return index->open(journal, keys(), durable());
    }

    TemporaryDirectory directory_;
    StateLimits limits_;
    std::size_t merge_runs_;
    std::unique_ptr<State> state_;
};

StateLimits ring_of(std::size_t capacity, Duration retention = seconds{1'000}) {
    return {.accounts_max = 4,
            .request_keys_max = capacity,
            .request_keys_retention = retention,
            .key_filter_bytes = 1 << 14U,
            .hash_seed = 11};
}

void alter(const std::filesystem::path& path, std::uint64_t place) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(place));
    const auto byte = static_cast<char>(file.get() ^ 0x10);
    file.seekp(static_cast<std::streamoff>(place));
    file.put(byte);
}

// Writes and merges until there is nothing to do.
void settle(Site& site) {
    while (site.index->step_write() || site.index->step_merge()) {
    }
}

}  // namespace

TEST_CASE("key filter: what was added is never denied") {
    KeyFilter filter(1 << 12U);
    std::mt19937_64 random(1);
    std::vector<std::uint64_t> added;
    for (int i = 0; i < 2'000; ++i) {
        added.push_back(random());
        filter.add(added.back());
        REQUIRE(filter.may_hold(added[random() % added.size()]));
    }
    for (const std::uint64_t hash : added) REQUIRE(filter.may_hold(hash));
}

TEST_CASE("key filter: at 16 bits a key it denies more than 995 of 1,000 new keys") {
    KeyFilter filter(1 << 16U);
    CHECK(filter.bytes() == 1 << 16U);
    std::mt19937_64 random(2);
    for (int i = 0; i < (1 << 16) * 8 / 16; ++i) filter.add(random());
    int maybe = 0;
    for (int i = 0; i < 100'000; ++i) maybe += filter.may_hold(random()) ? 1 : 0;
    CHECK(maybe > 0);
    CHECK(maybe < 500);
}

TEST_CASE(
    "key index: no request within the window is ever forgotten, whatever the order of steps") {
    std::size_t requests = 0;
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        CAPTURE(seed);
        std::mt19937_64 random(seed);
        Site site(ring_of(1 + random() % 40, seconds{20}), 2 + random() % 3);
        std::vector<std::int64_t> times;
        std::int64_t now = 1'000'000;
        for (int step = 0; step < 120; ++step) {
            const std::uint64_t what = random() % 10;
            if (what < 5) {
                now += static_cast<std::int64_t>(random() % 1'000'000);
                times.resize(times.size() + site.add(1 + random() % 12, at(now)), now);
            } else if (what < 8) {
                site.index->step_write();
            } else if (what < 9) {
                site.index->step_merge();
            } else if (random() % 3 == 0) {
                // What a killed process had written is all there is, and it is enough.
                CHECK(site.restart().empty());
            }
            CHECK(!site.knows(times.size(), at(now)));
            for (std::uint64_t number = 0; number < times.size(); ++number) {
                const bool is_expired = at(times[number]) < at(now) - seconds{20};
                REQUIRE(site.knows(number, at(now)) == !is_expired);
            }
        }
        requests += times.size();
    }
    CHECK(requests > 1'000);
}

TEST_CASE("key index: a full ring takes nothing more until what it has is on disk") {
    Site site(ring_of(16));
    CHECK(site.add(100, at(1)) == 16);
    CHECK(site.add(1, at(2)) == 0);
    CHECK(site.index->step_write());
    CHECK(site.add(100, at(3)) == 2);
    settle(site);
    CHECK(site.add(100, at(4)) == 10);
    for (std::uint64_t number = 0; number < 28; ++number) CHECK(site.knows(number, at(5)));
}

TEST_CASE("key index: runs of one size grow together, and go when they are too old") {
    Site site(ring_of(64), 4);
    for (int i = 0; i < 100; ++i) {
        CHECK(site.add(32, at(i)) == 32);
        settle(site);
    }
    CHECK(site.index->runs() < 16);
    CHECK(site.files().size() == site.index->runs());
    for (std::uint64_t number = 0; number < 3'200; ++number) REQUIRE(site.knows(number, at(100)));

    CHECK(site.add(32, at(0) + seconds{1'100}) == 32);
    settle(site);
    CHECK(site.index->runs() < 8);
    CHECK(site.files().size() == site.index->runs());
    CHECK(!site.knows(0, at(0) + seconds{1'100}));
}

TEST_CASE("key index: of two requests with one key the newer one is found, in one run and in two") {
    TemporaryDirectory directory;
    RequestKeys ring(4, seconds{10}, 0, 64);
    MemoryJournal journal;
    KeyIndex index(directory.path(), {.merge_runs = 2});
    index.open(journal, ring, {});
    std::uint64_t id = 0;
    const auto remember = [&](std::uint64_t number, std::int64_t time_us) {
        ring.remember({.reference = reference(number),
                       .participant = ParticipantId{7},
                       .id = ++id,
                       .time_us = time_us});
        index.notify({ring.next(), 0, {}, at(time_us)});
        while (index.step_write()) ring.may_leave(index.kept_until());
    };
    for (const std::uint64_t number : {1U, 2U, 1U, 3U}) remember(number, 5);
    CHECK(index.find(key(1))->id == 3);
    while (index.step_merge()) {
    }
    CHECK(index.runs() == 1);
    CHECK(index.find(key(1))->id == 3);
    CHECK(index.find(key(2))->id == 2);
    CHECK(!index.find(key(9)));
}

TEST_CASE("key index: files that are gone, cut off or altered are made anew from the journal") {
    Site site(ring_of(32), 3);
    for (int i = 0; i < 40; ++i) {
        CHECK(site.add(8, at(i)) == 8);
        settle(site);
    }
    const auto knows_all = [&] {
        for (std::uint64_t number = 0; number < 320; ++number) REQUIRE(site.knows(number, at(50)));
    };
    std::mt19937_64 random(5);
    std::size_t made_anew = 0;
    for (int round = 0; round < 30; ++round) {
        CAPTURE(round);
        CHECK(site.restart().empty());
        const auto files = site.files();
        const auto path = files[random() % files.size()];
        const std::uint64_t size = std::filesystem::file_size(path);
        if (round % 10 == 0)
            std::filesystem::remove(path);
        else if (round % 10 == 1)
            std::filesystem::resize_file(path, random() % size);
        else
            alter(path, random() % size);
        const auto notes = site.restart();
        // What the ring still has need not be in a file.
        if (!notes.empty()) CHECK(notes.front().find("made anew") != std::string::npos);
        made_anew += notes.size();
        knows_all();
        settle(site);
    }
    CHECK(made_anew > 20);
}

TEST_CASE("key index: a file that is altered while it is in use is not believed") {
    Site site(ring_of(32));
    for (int i = 0; i < 8; ++i) {
        site.add(16, at(i));
        settle(site);
    }
    for (const auto& path : site.files())
        for (std::uint64_t place = 0; place < 4 * sizeof(RememberedRequest); place += 8)
            alter(path, place);
    std::size_t refused = 0;
    for (std::uint64_t number = 0; number < 64; ++number) {
        try {
            const bool is_known = site.knows(number, at(10));
            CHECK(is_known);
        } catch (const KeyRunError& error) {
            ++refused;
            CHECK(std::string(error.what()).find("bytes were altered") != std::string::npos);
        }
    }
    CHECK(refused > 0);
}

TEST_CASE("key index: files of another journal are not believed") {
    Site site(ring_of(16));
    Site other(ring_of(16));
    for (int i = 0; i < 8; ++i) {
        CHECK(site.add(8, at(i)) == 8);
        CHECK(other.add(8, at(i + 100)) == 8);
        settle(site);
        settle(other);
    }
    for (const auto& path : site.files()) std::filesystem::remove(path);
    for (const auto& path : other.files())
        std::filesystem::copy_file(path, site.folder() / path.filename());
    const auto notes = site.restart();
    REQUIRE(notes.size() == 1);
    CHECK(notes.front().find("not of this journal") != std::string::npos);
    for (std::uint64_t number = 0; number < 64; ++number)
        REQUIRE(site.index->find(key(number + 1)).has_value());
    CHECK(site.index->find(key(1))->time_us == 0);
}

TEST_CASE("key index: a merge that was interrupted leaves nothing twice") {
    Site site(ring_of(16), 4);
    for (int i = 0; i < 4; ++i) {
        site.add(8, at(i));
        while (site.index->step_write()) {
        }
    }
    TemporaryDirectory aside;
    for (const auto& path : site.files())
        std::filesystem::copy_file(path, aside.path() / path.filename());
    REQUIRE(site.index->step_merge());
    for (const auto& path : list_key_runs(aside.path()))
        std::filesystem::copy_file(path, site.folder() / path.filename(),
                                   std::filesystem::copy_options::overwrite_existing);
    std::ofstream(site.folder() / "keys-1-2.tuma.partial") << "begun";
    const std::size_t runs = site.index->runs();
    CHECK(site.restart().empty());
    CHECK(site.index->runs() == runs);
    CHECK(site.files().size() == runs);
    for (std::uint64_t number = 0; number < 32; ++number) CHECK(site.knows(number, at(5)));
}

TEST_CASE("key index: a longer retention brings back from the journal what a shorter one let go") {
    Site site(ring_of(16, seconds{10}));
    for (int i = 0; i < 40; ++i) {
        CHECK(site.add(4, at(0) + seconds{i}) == 4);
        settle(site);
    }
    CHECK(!site.knows(0, at(0) + seconds{40}));
    const auto notes = site.restart(ring_of(16, seconds{100}));
    REQUIRE(notes.size() == 1);
    CHECK(notes.front().find("missing") != std::string::npos);
    for (std::uint64_t number = 0; number < 160; ++number)
        REQUIRE(site.knows(number, at(0) + seconds{40}));
    CHECK(site.restart(ring_of(16, seconds{10})).empty());
}

TEST_CASE("key index: what became too old while nothing ran costs no look at the journal") {
    Site site(ring_of(64, seconds{10}));
    CHECK(site.add(5, at(0)) == 5);
    CHECK(site.add(5, at(0) + seconds{60}) == 5);
    CHECK(site.restart().empty());
    CHECK(site.keys().oldest() == 5);
    CHECK(site.index->kept_until() == 5);
    for (int i = 0; i < 20; ++i) {
        CHECK(site.add(8, at(0) + seconds{61}) == 8);
        settle(site);
    }
    CHECK(site.restart().empty());
    for (std::uint64_t number = 5; number < 170; ++number)
        REQUIRE(site.knows(number, at(0) + seconds{62}));
}
