#include "switch/setup/own_request.h"

#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

namespace tuma {
namespace {

// The answers are read once they are durable.
class OwnRequest final : public net::Submission {
public:
    explicit OwnRequest(std::optional<std::vector<core::Outcome>>& answers) : answers_(answers) {}

    void durable(std::unique_ptr<net::Submission>, net::Steady::time_point) override {
        // `outcomes` goes with this object, so the caller's vector takes them over.
        answers_ = std::move(outcomes);
    }

private:
    std::optional<std::vector<core::Outcome>>& answers_;
};

}  // namespace

std::vector<core::Outcome> ask(net::Engine& engine, std::vector<core::Request> requests) {
    std::optional<std::vector<core::Outcome>> answers;
    auto own = std::make_unique<OwnRequest>(answers);
    own->requests = std::move(requests);
    own->submitted = net::Steady::now();
    if (engine.submit(std::move(own))) throw std::runtime_error("the engine takes no requests");
    // Nobody else runs the engine yet, so its three steps are taken here until the answer is on
    // disk.
    while (!answers && (engine.step_decide() || engine.step_journal() || engine.step_look_up())) {
    }
    // No step has anything left to do and there is no answer: only a failed append leaves it so.
    if (!answers) throw std::runtime_error("the journal failed during the start");
    return std::move(*answers);
}

core::Outcome ask(net::Engine& engine, core::Request request) {
    std::vector<core::Request> requests;
    requests.push_back(std::move(request));
    return ask(engine, std::move(requests)).front();
}

}  // namespace tuma
