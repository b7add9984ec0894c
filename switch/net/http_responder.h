// The right and the duty to answer one HTTP request.
#pragma once

#include "protocols/http/message.h"

#include <functional>
#include <utility>

namespace tuma::net {

/// Answers one request, once, from any thread. Dropped without an answer it answers 500, so that no
/// client waits for nothing. May outlive the server: the answer then goes nowhere.
class HttpResponder {
public:
    /// Who takes the answer; nothing when the handler gave none. Called on the answering thread.
    using Deliver = std::function<void(std::optional<http::HttpReply>)>;

    HttpResponder() = default;
    explicit HttpResponder(Deliver deliver) : deliver_(std::move(deliver)) {}
    ~HttpResponder() { drop(); }
    HttpResponder(HttpResponder&& other) noexcept
        : deliver_(std::exchange(other.deliver_, nullptr)) {}
    HttpResponder& operator=(HttpResponder&& other) noexcept {
        if (this == &other) return *this;
        drop();
        deliver_ = std::exchange(other.deliver_, nullptr);
        return *this;
    }
    HttpResponder(const HttpResponder&) = delete;
    HttpResponder& operator=(const HttpResponder&) = delete;

    /// Requires: not answered yet, not moved from.
    void answer(http::HttpReply reply);

private:
    void drop();

    Deliver deliver_;
};

}  // namespace tuma::net
