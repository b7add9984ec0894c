#include "ledger/audit_snapshots.h"

#include "ledger/sha256.h"

#include <fmt/format.h>

#include <algorithm>

namespace tuma::ledger {
namespace {

// Hashes what is saved, except for the first `skip` bytes.
class TailHash final : public ByteSink {
public:
    explicit TailHash(std::size_t skip) : skip_(skip) {}

    void write(std::span<const std::byte> bytes) override {
        const std::size_t skipped = std::min(skip_, bytes.size());
        skip_ -= skipped;
        hash_.update(bytes.subspan(skipped));
    }
    Hash finish() { return hash_.finish(); }

private:
    std::size_t skip_;
    Sha256 hash_;
};

template <typename Part>
Hash hash_of(const Part& part) {
    TailHash sink(0);
    part.save(sink);
    return sink.finish();
}

// The newest `count` requests; they are saved oldest first behind three numbers.
Hash hash_of_newest(const RequestKeys& keys, std::size_t count) {
    TailHash sink(3 * sizeof(std::uint64_t) + (keys.size() - count) * sizeof(RememberedRequest));
    keys.save(sink);
    return sink.finish();
}

}  // namespace

SnapshotCheck::SnapshotCheck(const std::filesystem::path& directory, const StateLimits& limits,
                             AuditReport& report)
    : folder_(directory), limits_(limits), report_(report) {
    if (!directory.empty()) files_ = folder_.list();
}

void SnapshotCheck::reach(const State& state) {
    while (!files_.empty() && files_.back().sequence <= state.position.sequence) {
        if (files_.back().sequence == state.position.sequence) compare(files_.back(), state);
        files_.pop_back();
    }
}

void SnapshotCheck::compare(const SnapshotFile& file, const State& state) {
    const std::string where = file.path.filename().string();
    const auto differs = [&](const std::string& sentence) {
        report_.findings.add(FindingKind::snapshot, where, sentence);
    };
    try {
        const State saved = folder_.load(file.path, limits_);
        report_.figures.snapshots += 1;
        if (saved.position != state.position)
            differs(fmt::format("its position is batch {} with hash {}, the journal's hash is {}",
                                saved.position.sequence, hex(saved.position.hash),
                                hex(state.position.hash)));
        const auto compare_part = [&](std::string_view what, const auto& its,
                                      const auto& replayed) {
            if (hash_of(its) != hash_of(replayed))
                differs(fmt::format("its {} are not those that replay gives at batch {}", what,
                                    state.position.sequence));
        };
        compare_part("books", saved.books, state.books);
        compare_part("schemes and terms", saved.terms, state.terms);
        compare_part("turnovers", saved.turnovers, state.turnovers);
        compare_part("maturities", saved.maturities, state.maturities);
        compare_part("profiles", saved.profiles, state.profiles);
        compare_part("orders", saved.orders, state.orders);
        const std::size_t common = std::min(saved.keys.size(), state.keys.size());
        if (hash_of_newest(saved.keys, common) != hash_of_newest(state.keys, common))
            differs(fmt::format("its newest {} request keys are not those of the journal", common));
        if (saved.keys.next() != state.keys.next())
            differs(fmt::format("it has numbered {} requests, the journal has {}",
                                saved.keys.next(), state.keys.next()));
    } catch (const SnapshotVersionError& error) {
        report_.notes.push_back(fmt::format("snapshot not compared: {}", error.what()));
    } catch (const SnapshotError& error) {
        differs(error.what());
    } catch (const StateError& error) {
        differs(error.what());
    }
}

void SnapshotCheck::finish() {
    for (const SnapshotFile& file : files_) {
        const std::string where = file.path.filename().string();
        if (file.sequence > report_.figures.last_sequence)
            report_.findings.add(FindingKind::snapshot, where,
                                 fmt::format("holds batch {}, but the journal ends at batch {}: "
                                             "the journal has lost its end",
                                             file.sequence, report_.figures.last_sequence));
        else
            report_.notes.push_back(
                fmt::format("{} was not compared: replay did not get that far", where));
    }
}

}  // namespace tuma::ledger
