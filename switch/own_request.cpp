#include "switch/own_request.h"

#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

namespace tuma {
namespace {

// The answer is read once it is durable.
class OwnRequest final : public net::Submission {
public:
    explicit OwnRequest(std::optional<core::Outcome>& answer) : answer_(answer) {}

    void durable(std::unique_ptr<net::Submission>, net::Steady::time_point) override {
        answer_ = outcomes.front();
    }

private:
    std::optional<core::Outcome>& answer_;
};

}  // namespace

core::Outcome ask(net::Engine& engine, core::Request request) {
    std::optional<core::Outcome> answer;
    auto own = std::make_unique<OwnRequest>(answer);
    own->requests.push_back(std::move(request));
    own->submitted = net::Steady::now();
    if (engine.submit(std::move(own))) throw std::runtime_error("the engine takes no requests");
    while (!answer && (engine.step_decide() || engine.step_journal())) {
    }
    if (!answer) throw std::runtime_error("the journal failed during the start");
    return *answer;
}

}  // namespace tuma
