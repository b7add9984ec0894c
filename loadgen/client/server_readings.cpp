#include "loadgen/client/server_readings.h"

#include "loadgen/client/http_stream.h"
#include "loadgen/measure/number_text.h"
#include "loadgen/measure/server_account.h"

#include <fmt/format.h>

#include <utility>

namespace tuma::loadgen {
namespace {

constexpr Duration answer_timeout = std::chrono::seconds{2};
/// A reading that takes longer than this part of the measured time is told.
constexpr int late_part = 20;

std::vector<MetricSample> metrics_of(const Endpoint& admin) {
    auto samples = parse_metrics(metrics_page(admin));
    if (!samples)
        throw ConnectionError(fmt::format("http://{}/metrics cannot be read: {}", admin.text(),
                                          samples.error().text()));
    return std::move(samples).value();
}

}  // namespace

std::string metrics_page(const Endpoint& admin) {
    return http_get(admin, "/metrics", answer_timeout);
}

std::uint64_t wait_for_projection(const Endpoint& admin, Duration most) {
    // The switch brings the figure up to date ten times a second.
    constexpr std::chrono::milliseconds period{100};
    const auto end = std::chrono::steady_clock::now() + most;
    for (;;) {
        const std::uint64_t behind = projection_behind(metrics_of(admin)).value_or(0);
        if (behind == 0 || std::chrono::steady_clock::now() >= end) return behind;
        std::this_thread::sleep_for(period);
    }
}

ServerReadings::ServerReadings(std::optional<Endpoint> admin, Offset warmup,
                               std::optional<Offset> end)
    : admin_(std::move(admin)), warmup_(warmup), end_(end) {}

ServerReadings::~ServerReadings() {
    // Where the run has thrown, nobody has called it.
    if (thread_.joinable()) finish();
}

void ServerReadings::begin() {
    before_ = read(std::chrono::steady_clock::now());
    // Without a warm-up the run begins with what is measured, and this was the reading.
    first_ = before_;
    if (warmup_ == Offset{0}) phase_ = 1;
    begun_ = std::chrono::steady_clock::now();
    thread_ = std::thread([this] { work(); });
}

void ServerReadings::finish() {
    {
        const std::lock_guard lock(mutex_);
        is_over_ = true;
    }
    over_.notify_all();
    thread_.join();
}

bool ServerReadings::wait_until(std::chrono::steady_clock::time_point when) {
    std::unique_lock lock(mutex_);
    return !over_.wait_until(lock, when, [this] { return is_over_; });
}

void ServerReadings::wait_for_end() {
    std::unique_lock lock(mutex_);
    over_.wait(lock, [this] { return is_over_; });
}

void ServerReadings::work() {
    if (warmup_ > Offset{0} && wait_until(begun_ + warmup_)) {
        first_ = read(begun_ + warmup_);
        phase_ = 1;
        // With the warm-up in it is better than nothing.
        if (!first_.samples) first_.samples = before_.samples;
    }
    auto due = begun_ + end_.value_or(Offset{0});
    if (!end_ || !wait_until(due)) {
        wait_for_end();
        due = std::chrono::steady_clock::now();
    }
    last_ = read(due);
    if (!last_.samples && admin_) {
        // Once more when the server has less to do.
        wait_for_end();
        last_ = read(std::chrono::steady_clock::now());
        is_last_late_ = true;
    }
    phase_ = 2;
}

ServerReadings::Reading ServerReadings::read(std::chrono::steady_clock::time_point due) const {
    Reading reading;
    if (admin_) {
        try {
            reading.samples = metrics_of(*admin_);
        } catch (const ConnectionError& error) {
            reading.failure = error.what();
        }
    }
    // After the answer, which is as of the same moment.
    reading.usage = mark_usage();
    reading.late = std::chrono::ceil<Duration>(std::chrono::steady_clock::now() - due);
    return reading;
}

std::vector<std::string> ServerReadings::remarks(Duration measured) const {
    std::vector<std::string> out;
    if (!admin_) return out;
    if (!first_.samples || !last_.samples) {
        const Reading& failed = first_.samples ? last_ : first_;
        out.push_back(fmt::format(
            "Where the time went in the server is not known, its metrics could not be read: {}.",
            failed.failure));
        return out;
    }
    if (is_with_warmup())
        out.push_back(
            fmt::format("The server's metrics could not be read when the warm-up ended "
                        "({}): where the time goes and the cost are with the warm-up.",
                        first_.failure));
    if (is_last_late_)
        out.emplace_back(
            "The server's metrics could be read only after the last answer: where the time goes "
            "and the cost are with the time after the load.");
    for (const Reading* reading : {&first_, &last_})
        if (reading->failure.empty() && reading->late * late_part > measured)
            out.push_back(fmt::format(
                "The server's metrics came {} late when {} ended: where the time goes and the cost "
                "are of a time that {} so much later.",
                latency_text(static_cast<double>(reading->late.count())),
                reading == &first_ ? "the warm-up" : "the load",
                reading == &first_ ? "begins" : "ends"));
    return out;
}

}  // namespace tuma::loadgen
