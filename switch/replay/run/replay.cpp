#include "switch/replay/run/replay.h"

#include "ledger/store/directory_lock.h"
#include "ledger/store/sqlite_journal.h"
#include "switch/replay/run/rail_run.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace tuma::replay {
namespace {

/// Calls `work` once for each number below `count`, on at most `threads` threads, the calling one
/// included; returns when all are done. What the lowest number threw is thrown then.
/// Requires: threads >= 1.
void for_each_number(int threads, std::size_t count, const std::function<void(std::size_t)>& work) {
    std::atomic<std::size_t> next{0};
    // One place for each number, so that the exception that counts does not depend on which thread
    // was faster.
    std::vector<std::exception_ptr> thrown(count);
    const auto take_numbers = [&] {
        // Taken one by one: rails take different times, and a fixed share would leave threads idle.
        for (std::size_t number = next++; number < count; number = next++) {
            try {
                work(number);
            } catch (...) {
                thrown[number] = std::current_exception();
            }
        }
    };
    {
        std::vector<std::jthread> others;
        const std::size_t wanted = std::min<std::size_t>(static_cast<std::size_t>(threads), count);
        others.reserve(wanted);
        // One fewer, because this thread works too.
        for (std::size_t i = 1; i < wanted; ++i) others.emplace_back(take_numbers);
        take_numbers();
    }
    // The first by number, after all have ended.
    for (const std::exception_ptr& exception : thrown)
        if (exception) std::rethrow_exception(exception);
}

// Sales that are played at a time; a day is never cut.
constexpr std::size_t sales_a_piece = 16'384;

// A rail's books have a dozen accounts; every request is asked once, so few need be remembered.
ledger::StateLimits state_limits() {
    ledger::StateLimits limits;
    limits.accounts_max = 64;
    limits.request_keys_max = 4'096;
    return limits;
}

// A journal on disk and the lock that it needs.
struct KeptBooks {
    explicit KeptBooks(const std::filesystem::path& directory) : lock(directory), journal(lock) {}

    ledger::DirectoryLock lock;
    ledger::SqliteJournal journal;
};

struct Rail {
    std::unique_ptr<KeptBooks> books;
    std::unique_ptr<RailRun> run;
    std::chrono::nanoseconds time{};
};

// Some whole days of sales.
struct Piece {
    struct Day {
        core::LocalDay day{};
        std::size_t first = 0;
        std::size_t count = 0;
    };
    std::vector<Sale> sales;
    std::vector<Day> days;

    void add(core::LocalDay day, std::span<const Sale> rows) {
        days.push_back({day, sales.size(), rows.size()});
        sales.insert(sales.end(), rows.begin(), rows.end());
    }
    void clear() {
        sales.clear();
        days.clear();
    }
};

class Player {
public:
    Player(const ReplayFacts& facts, const ReplayOptions& options) : options_(options) {
        rails_.reserve(facts.plan->rails.size());
        for (const RailPlan& plan : facts.plan->rails) {
            Rail& rail = rails_.emplace_back();
            // Kept only if asked for: a journal on disk costs time and space.
            if (!options.books.empty())
                rail.books = std::make_unique<KeptBooks>(options.books / plan.name);
            rail.run =
                std::make_unique<RailRun>(facts, plan, ledger::State(state_limits()), RailMemory{},
                                          rail.books ? &rail.books->journal : nullptr);
        }
    }

    void play(core::LocalDay day, std::span<const Sale> sales) {
        piece_.add(day, sales);
        // Whole days in pieces of some size, so that threads have enough to do before they meet.
        if (piece_.sales.size() >= sales_a_piece) play_piece();
    }

    std::vector<RailResult> finish() {
        play_piece();
        std::vector<RailResult> results(rails_.size());
        // The last piece is smaller.
        for_each_rail(
            [&](std::size_t number) { results[number] = std::move(*rails_[number].run).finish(); });
        for (std::size_t i = 0; i < rails_.size(); ++i)
            results[i].seconds = std::chrono::duration<double>(rails_[i].time).count();
        return results;
    }

private:
    std::chrono::nanoseconds now() const {
        // No clock, no times: tests compare bytes.
        return options_.clock ? options_.clock() : std::chrono::nanoseconds{};
    }

    void for_each_rail(const std::function<void(std::size_t)>& work) {
        for_each_number(options_.threads, rails_.size(), [&](std::size_t number) {
            const auto begin = now();
            work(number);
            // Added up over pieces, since any thread may play any piece of a rail.
            rails_[number].time += now() - begin;
        });
    }

    void play_piece() {
        if (piece_.days.empty()) return;
        // All rails read the same sales, and none changes them.
        for_each_rail([&](std::size_t number) {
            const std::span<const Sale> sales(piece_.sales);
            for (const Piece::Day& day : piece_.days)
                rails_[number].run->play(day.day, sales.subspan(day.first, day.count));
        });
        payments_ += piece_.sales.size() * rails_.size();
        if (options_.progress) options_.progress(piece_.days.back().day, payments_);
        piece_.clear();
    }

    const ReplayOptions& options_;
    std::vector<Rail> rails_;
    Piece piece_;
    std::uint64_t payments_ = 0;
};

}  // namespace

Result<ReplayResult> replay(const Plan& plan, const SalesFile& sales, const DatedOutgoings* dated,
                            const ReplayOptions& options) {
    const auto now = [&] { return options.clock ? options.clock() : std::chrono::nanoseconds{}; };
    const auto begin = now();
    const Result<ReplayFacts> facts = make_facts(plan, sales.figures(), dated);
    // Everything that can be wrong with the figures is known before the first day.
    if (!facts) return facts.error();
    ReplayResult result;
    result.plan = plan;
    result.sales = sales.figures();
    result.sales_sha256 = sales.figures().sha256;
    result.outgoings_are_real = dated != nullptr;
    result.average_day = facts->average_day;
    result.threads = options.threads;
    try {
        Player player(*facts, options);
        sales.for_each_day(
            [&](core::LocalDay day, std::span<const Sale> rows) { player.play(day, rows); });
        result.rails = player.finish();
    } catch (const RequestRefused& refused) {
        // A refusal of what must succeed ends the replay, with a sentence and without a stack.
        return refused.error();
    }
    result.seconds = std::chrono::duration<double>(now() - begin).count();
    return result;
}

}  // namespace tuma::replay
