#include "ledger/audit/audit_snapshots.h"

#include "ledger/records/sha256.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <type_traits>
#include <utility>

namespace tuma::ledger {
namespace {

// Hashes what is saved, except for the first `skip` bytes.
class TailHash final : public ByteSink {
public:
    explicit TailHash(std::size_t skip) : skip_(skip) {}

    void write(std::span<const std::byte> bytes) override {
        // A part is saved in pieces, so that what is skipped may end anywhere in one.
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

// What findings call the parts. A part of the state without a name here does not compile.
constexpr std::string_view name_of(const Books& /*part*/) {
    return "books";
}
constexpr std::string_view name_of(const Terms& /*part*/) {
    return "schemes and terms";
}
constexpr std::string_view name_of(const LimitCounters& /*part*/) {
    return "limit counters";
}
constexpr std::string_view name_of(const PendingSettlements& /*part*/) {
    return "pending settlements";
}
constexpr std::string_view name_of(const Profiles& /*part*/) {
    return "profiles";
}
constexpr std::string_view name_of(const Orders& /*part*/) {
    return "orders";
}
constexpr std::string_view name_of(const Takings& /*part*/) {
    return "takings";
}
constexpr std::string_view name_of(const OldRefunds& /*part*/) {
    return "refunds of older books";
}

}  // namespace

SnapshotCheck::SnapshotCheck(const std::filesystem::path& directory, const StateLimits& limits,
                             AuditReport& report)
    : folder_(directory), limits_(limits), report_(report) {
    if (!directory.empty()) files_ = folder_.list();
}

void SnapshotCheck::reach(const State& state) {
    // The oldest stands last, as replay meets it first.
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
        // It is given up at once: two states are in memory only while one file is compared.
        const State saved = folder_.load(file.path, limits_);
        report_.figures.snapshots += 1;
        if (saved.position != state.position)
            differs(fmt::format("its position is batch {} with hash {}, the journal's hash is {}",
                                saved.position.sequence, hex(saved.position.hash),
                                hex(state.position.hash)));
        // Part by part, so that the finding says which one; a hash of all would only say that one
        // is.
        const auto compare_part = [&]<typename Part>(const Part& its, const Part& replayed) {
            // The request keys come below: rings of two sizes hold two numbers of them.
            if constexpr (!std::is_same_v<Part, RequestKeys>)
                if (hash_of(its) != hash_of(replayed))
                    differs(fmt::format("its {} are not those that replay gives at batch {}",
                                        name_of(its), state.position.sequence));
        };
        const auto compare_all = [&]<std::size_t... i>(std::index_sequence<i...> /*all*/) {
            const auto its = parts_of(saved);
            const auto replayed = parts_of(state);
            (compare_part(std::get<i>(its), std::get<i>(replayed)), ...);
        };
        compare_all(std::make_index_sequence<std::tuple_size_v<decltype(parts_of(state))>>());
        // A smaller ring keeps fewer keys than the audit does. What both have is compared, the
        // newest.
        const std::size_t common = std::min(saved.keys.size(), state.keys.size());
        if (hash_of_newest(saved.keys, common) != hash_of_newest(state.keys, common))
            differs(fmt::format("its newest {} request keys are not those of the journal", common));
        if (saved.keys.next() != state.keys.next())
            differs(fmt::format("it has numbered {} requests, the journal has {}",
                                saved.keys.next(), state.keys.next()));
    } catch (const SnapshotVersionError& error) {
        // Caught before SnapshotError, of which it is a kind. A start passes over such a file as
        // well.
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
        // Snapshots are made of durable batches only, so that the journal had them once.
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
