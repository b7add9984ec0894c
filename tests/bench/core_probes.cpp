#include "ledger/archive/key_index.h"
#include "ledger/records/batch.h"
#include "ledger/state/state.h"
#include "ledger/store/memory_journal.h"
#include "switch/core/switch.h"
#include "tests/bench/percentile.h"
#include "tests/bench/probes.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <thread>
#include <utility>

namespace tuma::bench {

namespace {

constexpr Timestamp epoch{std::chrono::hours{24 * 365 * 55}};
constexpr std::size_t prefetch_distance = 8;

/// Drives a core as the engine does: batch by batch, requests prepared before the clock starts.
class Driver {
public:
    explicit Driver(const ledger::StateLimits& limits) : core_(ledger::State(limits)) {}
    /// Request keys that leave memory go to runs in `keys`, as in the switch.
    Driver(const ledger::StateLimits& limits, const std::filesystem::path& keys)
        : index_(std::make_unique<ledger::KeyIndex>(keys, ledger::KeyIndexOptions{})),
          core_(state_with(limits, *index_)) {
        index_->start([](const std::string& why) { throw std::runtime_error(why); });
    }

    core::Request request(core::Command command) {
        return numbered(++requests_, std::move(command));
    }

    /// Decides all requests in one batch; `seals` says whether the batch is hashed too.
    /// Returns the number of the last one's account or transfer.
    std::uint64_t decide(const std::vector<core::Request>& requests, bool seals) {
        const Steady::time_point before = Steady::now();
        if (index_) core_.may_leave(index_->kept_until());
        core_.begin(epoch + Duration{++batches_}, std::move(buffer_));
        std::uint64_t last = 0;
        for (std::size_t i = 0; i < requests.size(); ++i) {
            if (i + prefetch_distance < requests.size()) {
                core_.prefetch(requests[i + prefetch_distance]);
            }
            const core::Outcome outcome = handle(requests[i]);
            refused_ += outcome.code == Refusal::none ? 0U : 1U;
            last = outcome.id;
        }
        core::Switch::Decided decided = core_.finish();
        if (index_) index_->notify({core_.requests(), 0, {}, decided.header.time()});
        buffer_ = std::move(decided.bytes);
        if (seals) buffer_ = ledger::seal(decided.header, std::move(buffer_)).bytes;
        spent_ += Steady::now() - before;
        if (refused_ != 0) throw std::runtime_error("the core refused a request of the probe");
        return last;
    }

    double take_spent_s() {
        return std::chrono::duration<double>(std::exchange(spent_, Steady::duration{})).count();
    }

    /// What was given out by `request` as number `number`, with the same key and digest.
    static core::Request numbered(std::uint64_t number, core::Command command) {
        core::Request made{.key = {.participant = ParticipantId{1}}, .command = std::move(command)};
        const std::uint64_t spread = number * 0x9E3779B97F4A7C15ULL;
        std::memcpy(made.key.reference.data(), &spread, sizeof spread);
        std::memcpy(made.key.reference.data() + 8, &number, sizeof number);
        std::memcpy(made.digest.data(), &spread, sizeof spread);
        return made;
    }

    /// From here on keys are still looked for in the filter, and none are written to disk. Waits
    /// until half of the ring may be filled without that.
    void stop_writing(std::size_t ring) {
        if (!index_) return;
        while (core_.requests() - index_->kept_until() > ring / 2) std::this_thread::yield();
        index_->stop();
    }

    /// Sends requests again that were sent before, the oldest first, and says what it cost.
    std::string retry(std::uint64_t count) {
        const std::uint64_t in_vain = look_ups_;
        look_ups_ = 0;
        core_.begin(epoch + Duration{++batches_}, std::move(buffer_));
        const Steady::time_point before = Steady::now();
        for (std::uint64_t number = 1; number <= count; ++number)
            if (!handle(numbered(number, core::QueryRequest{})).is_replayed)
                throw std::runtime_error("a request was forgotten");
        const double us = std::chrono::duration<double, std::micro>(Steady::now() - before).count();
        buffer_ = core_.finish().bytes;
        return fmt::format(
            R"("keys":{},"runs":{},"disk_bytes":{},"in_vain":{},"found":{},"look_up_us":{:.1f})",
            requests_, index_->runs(), index_->disk_bytes(), in_vain, look_ups_,
            us / double(count));
    }

private:
    static core::Switch state_with(ledger::StateLimits limits, ledger::KeyIndex& index) {
        limits.key_filter_bytes = 320U << 20U;
        ledger::State state(limits);
        ledger::MemoryJournal empty;
        index.open(empty, state.keys, {});
        return core::Switch(std::move(state));
    }

    core::Outcome handle(const core::Request& request) {
        core::Outcome outcome = core_.handle(request);
        while (index_ && outcome.code == Refusal::overloaded) {
            core_.may_leave(index_->kept_until());
            core::Finding finding = core_.begin_finding();
            if (outcome.must_look_up) {
                finding.request = index_->find(request.key);
                ++look_ups_;
            }
            outcome = core_.handle(request, &finding);
        }
        return outcome;
    }

    std::unique_ptr<ledger::KeyIndex> index_;
    core::Switch core_;
    std::uint64_t look_ups_ = 0;
    std::vector<std::byte> buffer_;
    std::int64_t batches_ = 0;
    std::uint64_t requests_ = 0;
    std::uint64_t refused_ = 0;
    Steady::duration spent_{};
};

/// Opens wallets numbered `first` to `last - 1`.
void open_wallets(Driver& driver, std::size_t first, std::size_t last) {
    std::vector<core::Request> requests;
    for (std::size_t opened = first; opened < last;) {
        requests.clear();
        for (; requests.size() < 1024 && opened < last; ++opened) {
            const auto identity = ledger::make_identity(fmt::format("2547{:08}", opened));
            requests.push_back(driver.request(core::OpenAccount{.identity = identity.value()}));
        }
        driver.decide(requests, false);
    }
}

std::size_t resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    std::size_t all = 0;
    std::size_t resident = 0;
    statm >> all >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

void fund_wallets(Driver& driver, AccountId trust, std::size_t accounts) {
    std::vector<core::Request> requests;
    for (std::uint32_t wallet = 1; wallet <= accounts; ++wallet) {
        requests.push_back(
            driver.request(core::MoveMoney{.purpose = ledger::Purpose::issue,
                                           .debit = trust,
                                           .credit = AccountId{wallet},
                                           .amount = {1'000'000'000, Currency::kes}}));
        if (requests.size() == 8190 || wallet == accounts) {
            driver.decide(requests, false);
            requests.clear();
        }
    }
}

}  // namespace

std::string in_process(std::size_t accounts, std::size_t transfers, std::size_t batch_commands,
                       const std::filesystem::path& keys) {
    ledger::StateLimits limits;
    limits.hash_seed = 1;
    std::optional<Driver> made;
    if (keys.empty())
        made.emplace(limits);
    else
        made.emplace(limits, keys);
    Driver& driver = *made;
    open_wallets(driver, 0, accounts);
    const auto trust = static_cast<std::uint32_t>(
        driver.decide({driver.request(core::OpenAccount{.kind = ledger::AccountKind::trust,
                                                        .floor = ledger::no_floor,
                                                        .identity = *ledger::make_identity("T")})},
                      false));
    fund_wallets(driver, AccountId{trust}, accounts);

    std::mt19937_64 random(1);
    std::vector<core::Request> requests;
    const auto run = [&](bool seals, std::size_t count) {
        driver.take_spent_s();
        std::size_t done = 0;
        while (done < count) {
            requests.clear();
            for (std::size_t i = 0; i < batch_commands; ++i) {
                const auto from = static_cast<std::uint32_t>(random() % accounts);
                const auto step = static_cast<std::uint32_t>(1 + random() % (accounts - 1));
                const auto to = static_cast<std::uint32_t>((from + step) % accounts);
                requests.push_back(driver.request(core::MoveMoney{
                    .debit = AccountId{from + 1},
                    .credit = AccountId{to + 1},
                    .amount = {static_cast<std::int64_t>(1 + random() % 1000), Currency::kes}}));
            }
            driver.decide(requests, seals);
            done += batch_commands;
        }
        return double(done) / driver.take_spent_s();
    };
    run(false, transfers);
    const double decided = run(false, transfers);
    const double sealed = run(true, transfers);
    driver.stop_writing(limits.request_keys_max);
    // No more than the ring takes without the disk.
    const double undisturbed = run(false, std::min(transfers, limits.request_keys_max / 3));
    const std::string kept =
        keys.empty() ? "" : "," + driver.retry(std::min<std::size_t>(transfers, 100'000));
    return fmt::format(R"({{"probe":"in-process","accounts":{},"transfers_per_s":{:.0f},)"
                       R"("sealed_per_s":{:.0f},"undisturbed_per_s":{:.0f}{}}})",
                       accounts, decided, sealed, undisturbed, kept);
}

std::string account_memory(std::size_t accounts) {
    Driver driver(ledger::StateLimits{.accounts_max = accounts, .request_keys_max = 1024});
    open_wallets(driver, 0, 1);
    const std::size_t before = resident_bytes();
    open_wallets(driver, 1, accounts);
    const double bytes = double(resident_bytes() - before) / double(accounts);
    return fmt::format(
        R"({{"probe":"account-memory","accounts":{},"bytes":{:.1f},"beside_identity":{:.1f}}})",
        accounts, bytes, bytes - double(sizeof(ledger::Identity)));
}

}  // namespace tuma::bench
