#include "switch/reconcile/matching.h"

#include "ledger/words/ensure.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <tuple>
#include <utility>

namespace tuma::reconcile {
namespace {

// Movements that are still to be paired off, by what they must agree in.
struct Open {
    std::vector<const Movement*> book;
    std::vector<const Movement*> bank;
};
template <typename Key>
using Groups = std::map<Key, Open>;

// A movement of the books and one of the bank that may be the same, and how far they are apart.
struct Candidate {
    std::uint64_t distance = 0;
    std::size_t book = 0;
    std::size_t bank = 0;

    bool operator<(const Candidate& other) const {
        return std::tie(distance, book, bank) < std::tie(other.distance, other.book, other.bank);
    }
};

std::uint64_t days_apart(const Movement& a, const Movement& b) {
    return static_cast<std::uint64_t>(std::abs((a.day - b.day).count()));
}

std::uint64_t amounts_apart(const Movement& a, const Movement& b) {
    return static_cast<std::uint64_t>(std::abs(a.amount - b.amount));
}

bool is_earlier(const Movement* a, const Movement* b) {
    // A total order: the result must not depend on how the files were sorted.
    return std::tie(a->day, a->account, a->amount, a->number) <
           std::tie(b->day, b->account, b->amount, b->number);
}

class Pairing {
public:
    Pairing(std::span<const Movement> book, std::span<const Movement> bank) {
        for (const Movement& movement : book) open_.book.push_back(&movement);
        for (const Movement& movement : bank) open_.bank.push_back(&movement);
        std::sort(open_.book.begin(), open_.book.end(), is_earlier);
        std::sort(open_.bank.begin(), open_.bank.end(), is_earlier);
    }

    Matching run() {
        // From what is certain to what is likely. Each step sees only what the ones before have
        // left.
        pair_exact();
        pair_by([](const Movement& m) { return std::pair(m.account, m.amount); }, days_apart,
                static_cast<std::uint64_t>(days_apart_max), BreakKind::wrong_day);
        // Behind the wrong days: a payment that is there twice, with an equal one of a neighbouring
        // day missing, is one break and not two.
        name_duplicates();
        // Direction counts: money paid out is never a wrong amount of money collected.
        pair_by([](const Movement& m) { return std::tuple(m.account, m.day, m.amount > 0); },
                amounts_apart, UINT64_MAX, BreakKind::amount);
        name_leftovers();
        // By day first, as people read a statement.
        std::sort(result_.breaks.begin(), result_.breaks.end(), [](const Break& a, const Break& b) {
            return std::tuple(a.either().day, a.either().account, a.kind, a.either().amount,
                              a.either().number) < std::tuple(b.either().day, b.either().account,
                                                              b.kind, b.either().amount,
                                                              b.either().number);
        });
        return std::move(result_);
    }

private:
    using Exact = std::tuple<std::string, core::LocalDay, std::int64_t>;
    static Exact exact_key(const Movement& m) { return {m.account, m.day, m.amount}; }

    template <typename KeyOf>
    auto grouped(const KeyOf& key_of) {
        Groups<decltype(key_of(std::declval<const Movement&>()))> groups;
        for (const Movement* movement : open_.book)
            groups[key_of(*movement)].book.push_back(movement);
        for (const Movement* movement : open_.bank)
            groups[key_of(*movement)].bank.push_back(movement);
        // Empty now; each step puts back what it has not used.
        open_ = {};
        return groups;
    }

    // As many as both have are the same.
    void pair_exact() {
        for (auto& [key, group] : grouped(exact_key)) {
            const std::size_t both = std::min(group.book.size(), group.bank.size());
            result_.matched += both;
            // In order of keys, because the groups are: that is what the search for duplicates
            // relies on.
            if (both > 0) paired_.push_back(key);
            keep(group.book, both, open_.book);
            keep(group.bank, both, open_.bank);
        }
    }

    static void keep(const std::vector<const Movement*>& from, std::size_t first,
                     std::vector<const Movement*>& to) {
        to.insert(to.end(), from.begin() + static_cast<std::ptrdiff_t>(first), from.end());
    }

    // Within a group the nearest are taken first.
    template <typename KeyOf, typename Distance>
    void pair_by(const KeyOf& key_of, const Distance& distance, std::uint64_t most,
                 BreakKind kind) {
        for (auto& [key, group] : grouped(key_of)) {
            // All pairs of a group: groups are of one account and amount, or one account and day,
            // and so small.
            std::vector<Candidate> candidates;
            for (std::size_t i = 0; i < group.book.size(); ++i)
                for (std::size_t j = 0; j < group.bank.size(); ++j)
                    if (const auto apart = distance(*group.book[i], *group.bank[j]); apart <= most)
                        candidates.push_back({apart, i, j});
            std::sort(candidates.begin(), candidates.end());
            for (const Candidate& candidate : candidates) {
                const Movement*& book = group.book[candidate.book];
                const Movement*& bank = group.bank[candidate.bank];
                // One of them was taken by a nearer partner.
                if (book == nullptr || bank == nullptr) continue;
                result_.breaks.push_back({kind, *book, *bank});
                book = nullptr;
                bank = nullptr;
            }
            keep_unpaired(group.book, open_.book);
            keep_unpaired(group.bank, open_.bank);
        }
    }

    static void keep_unpaired(const std::vector<const Movement*>& from,
                              std::vector<const Movement*>& to) {
        std::copy_if(from.begin(), from.end(), std::back_inserter(to),
                     [](const Movement* movement) { return movement != nullptr; });
    }

    // What equals something that is paired already.
    void name_duplicates() {
        std::erase_if(open_.bank, [this](const Movement* movement) {
            // Sorted as the groups were.
            if (!std::binary_search(paired_.begin(), paired_.end(), exact_key(*movement)))
                return false;
            result_.breaks.push_back({BreakKind::duplicate, std::nullopt, *movement});
            return true;
        });
    }

    void name_leftovers() {
        for (const Movement* movement : open_.book)
            result_.breaks.push_back({BreakKind::missing, *movement, std::nullopt});
        for (const Movement* movement : open_.bank)
            result_.breaks.push_back({BreakKind::unexpected, std::nullopt, *movement});
    }

    Open open_;
    std::vector<Exact> paired_;
    Matching result_;
};

}  // namespace

std::string_view name(BreakKind kind) {
    switch (kind) {
        case BreakKind::missing:
            return "missing";
        case BreakKind::unexpected:
            return "unexpected";
        case BreakKind::duplicate:
            return "duplicate";
        case BreakKind::amount:
            return "amount";
        case BreakKind::wrong_day:
            return "wrong_day";
    }
    unreachable("a kind of break");
}

Matching match(std::span<const Movement> book, std::span<const Movement> bank) {
    return Pairing(book, bank).run();
}

}  // namespace tuma::reconcile
