#include "switch/replay/replay.h"

#include "ledger/directory_lock.h"
#include "ledger/sqlite_journal.h"
#include "switch/replay/parallel.h"
#include "switch/replay/rail_run.h"

#include <memory>
#include <utility>
#include <vector>

namespace tuma::replay {
namespace {

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
            if (!options.books.empty())
                rail.books = std::make_unique<KeptBooks>(options.books / plan.name);
            rail.run =
                std::make_unique<RailRun>(facts, plan, ledger::State(state_limits()), RailMemory{},
                                          rail.books ? &rail.books->journal : nullptr);
        }
    }

    void play(core::LocalDay day, std::span<const Sale> sales) {
        piece_.add(day, sales);
        if (piece_.sales.size() >= sales_a_piece) play_piece();
    }

    std::vector<RailResult> finish() {
        play_piece();
        std::vector<RailResult> results(rails_.size());
        for_each_rail(
            [&](std::size_t number) { results[number] = std::move(*rails_[number].run).finish(); });
        for (std::size_t i = 0; i < rails_.size(); ++i)
            results[i].seconds = std::chrono::duration<double>(rails_[i].time).count();
        return results;
    }

private:
    std::chrono::nanoseconds now() const {
        return options_.clock ? options_.clock() : std::chrono::nanoseconds{};
    }

    void for_each_rail(const std::function<void(std::size_t)>& work) {
        for_each_number(options_.threads, rails_.size(), [&](std::size_t number) {
            const auto begin = now();
            work(number);
            rails_[number].time += now() - begin;
        });
    }

    void play_piece() {
        if (piece_.days.empty()) return;
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
        return refused.error();
    }
    result.seconds = std::chrono::duration<double>(now() - begin).count();
    return result;
}

}  // namespace tuma::replay
