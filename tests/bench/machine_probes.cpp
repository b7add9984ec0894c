#include "tests/bench/percentile.h"
#include "tests/bench/probes.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <memory>
#include <random>
#include <span>
#include <stdexcept>
#include <thread>

namespace tuma::bench {

namespace {

struct CloseDatabase {
    void operator()(sqlite3* database) const { sqlite3_close(database); }
};
struct FinalizeStatement {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;
using Statement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

void check(int result, sqlite3* database, const char* doing) {
    if (result == SQLITE_OK || result == SQLITE_DONE) return;
    throw std::runtime_error(fmt::format("{}: {}", doing, sqlite3_errmsg(database)));
}

Database open_blobs(const BlobOptions& options) {
    const std::filesystem::path path = options.directory / "blobs.sqlite";
    std::filesystem::create_directories(options.directory);
    for (const char* suffix : {"", "-wal", "-shm"}) {
        std::filesystem::remove(path.string() + suffix);
    }
    sqlite3* opened = nullptr;
    const int result = sqlite3_open(path.c_str(), &opened);
    Database database(opened);
    check(result, opened, "open");
    const std::string setup = fmt::format(
        "PRAGMA page_size={}; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
        "PRAGMA mmap_size=0; PRAGMA wal_autocheckpoint={}; "
        "CREATE TABLE batch (sequence INTEGER PRIMARY KEY, bytes BLOB NOT NULL)",
        options.page_bytes, options.checkpoint_pages);
    check(sqlite3_exec(opened, setup.c_str(), nullptr, nullptr, nullptr), opened, "set up");
    return database;
}

std::vector<std::uint64_t> random_words(std::size_t bytes) {
    std::mt19937_64 random(1);
    std::vector<std::uint64_t> words(bytes / 8 + 1);
    for (std::uint64_t& word : words) word = random();
    return words;
}

std::runtime_error system_failure(const char* doing) {
    return std::runtime_error(fmt::format("{}: {}", doing, std::strerror(errno)));
}

}  // namespace

std::string sqlite_blobs(const BlobOptions& options) {
    const Database database = open_blobs(options);
    sqlite3_stmt* prepared = nullptr;
    check(sqlite3_prepare_v2(database.get(), "INSERT INTO batch (bytes) VALUES (?1)", -1, &prepared,
                             nullptr),
          database.get(), "prepare");
    const Statement insert(prepared);
    std::vector<std::uint64_t> words = random_words(options.batch_bytes);
    std::vector<Steady::duration> commits;
    const Steady::time_point start = Steady::now();
    for (std::size_t i = 0; i < options.batches; ++i) {
        words[0] = i;
        const Steady::time_point before = Steady::now();
        check(sqlite3_bind_blob64(insert.get(), 1, words.data(), options.batch_bytes, nullptr),
              database.get(), "bind");
        check(sqlite3_step(insert.get()), database.get(), "insert");
        check(sqlite3_reset(insert.get()), database.get(), "insert");
        commits.push_back(Steady::now() - before);
    }
    const double seconds = seconds_since(start);
    const double records = double(options.batches) * double(options.batch_bytes) / 128.0;
    return fmt::format(R"({{"probe":"sqlite-blobs","records_per_s":{:.0f},"seconds":{:.3f},)"
                       R"("commit_us":{{"p50":{:.0f},"p99":{:.0f}}}}})",
                       records / seconds, seconds, percentile_us(commits, 50),
                       percentile_us(commits, 99));
}

std::string fsync_probe(const std::filesystem::path& directory, std::size_t count) {
    std::filesystem::create_directories(directory);
    const std::filesystem::path path = directory / "fsync-probe";
    const int file = ::open(path.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) throw system_failure("open the probe's file");
    const std::array<char, 4096> page{};
    std::vector<Steady::duration> durations;
    for (std::size_t i = 0; i < count; ++i) {
        if (::write(file, page.data(), page.size()) != ssize_t(page.size())) {
            throw system_failure("write the probe's file");
        }
        const Steady::time_point before = Steady::now();
        if (::fdatasync(file) != 0) throw system_failure("sync the probe's file");
        durations.push_back(Steady::now() - before);
    }
    ::close(file);
    std::filesystem::remove(path);
    return fmt::format(R"({{"probe":"fsync","fsync_us":{{"p50":{:.0f},"p99":{:.0f}}}}})",
                       percentile_us(durations, 50), percentile_us(durations, 99));
}

std::string timer_probe(std::size_t count) {
    std::vector<Steady::duration> lags;
    for (std::size_t i = 0; i < count; ++i) {
        const Steady::time_point wanted = Steady::now() + std::chrono::milliseconds{1};
        std::this_thread::sleep_until(wanted);
        lags.push_back(Steady::now() - wanted);
    }
    return fmt::format(R"({{"probe":"timer","timer_lag_us":{{"p50":{:.0f},"p99":{:.0f}}}}})",
                       percentile_us(lags, 50), percentile_us(lags, 99));
}

}  // namespace tuma::bench
