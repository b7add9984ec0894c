// What has left memory: told to who keeps it, and looked for there.
#include "switch/net/engine.h"
#include "switch/net/log.h"
#include "switch/net/order_look_up.h"

#include <exception>
#include <string>
#include <utility>

namespace tuma::net {

// All that the rest of it needs at once, so that it waits once.
void Engine::ask(Submission& submission) const {
    submission.findings.assign(submission.requests.size(), std::nullopt);
    for (std::size_t i = submission.outcomes.size(); i < submission.requests.size(); ++i)
        if (core_.must_look_up(submission.requests[i]))
            submission.findings[i] = core_.begin_finding();
}

bool Engine::step_look_up() {
    std::unique_ptr<Submission> submission;
    {
        const std::lock_guard lock(mutex_);
        if (stopped_ || looking_.empty()) return false;
        submission = std::move(looking_.front());
        looking_.pop_front();
    }
    look_up(*submission);
    {
        const std::lock_guard lock(mutex_);
        --looked_for_;
        queue_.push_front(std::move(submission));
    }
    engine_wakes_.notify_one();
    return true;
}

void Engine::look_up(Submission& submission) {
    for (std::size_t i = submission.outcomes.size(); i < submission.requests.size(); ++i) {
        std::optional<core::Finding>& finding = submission.findings[i];
        if (!finding) continue;
        try {
            look_up(submission.requests[i], *finding);
        } catch (const std::exception& error) {
            // Not known to be new, so not executed.
            finding->is_readable = false;
            log_event(LogLevel::error, "disk_look_up_failed", {{"why", std::string(error.what())}});
        }
    }
}

void Engine::look_up(const core::Request& request, core::Finding& finding) {
    if (request.key && kept_.keys != nullptr) {
        metrics_.key_look_ups.add();
        finding.request = kept_.keys->find(request.key);
        if (finding.request) metrics_.keys_found_on_disk.add();
    }
    if (kept_.orders == nullptr) return;
    finding.orders = look_up_orders(request.command, *kept_.orders);
    metrics_.orders_found_on_disk.add(finding.orders.size());
}

// What these batches have decided may be kept elsewhere, now that it is durable.
void Engine::tell_kept(std::vector<Batch>& group, const ledger::SealedBatch& last) {
    if (kept_.keys != nullptr)
        kept_.keys->notify(
            {group.back().requests_end, last.header.sequence, last.hash, last.header.time()});
    if (kept_.orders == nullptr) return;
    ledger::LeavingOrders leaving{{}, group.back().leaving.end, last.header.sequence, last.hash};
    for (Batch& batch : group)
        leaving.orders.insert(leaving.orders.end(), batch.leaving.orders.begin(),
                              batch.leaving.orders.end());
    if (!leaving.orders.empty()) kept_.orders->put(std::move(leaving));
}

void Engine::run_look_up() {
    while (true) {
        {
            std::unique_lock lock(mutex_);
            look_up_wakes_.wait(lock,
                                [this] { return stopped_ || !looking_.empty() || engine_done_; });
            if (stopped_ || looking_.empty()) return;
        }
        step_look_up();
    }
}

}  // namespace tuma::net
