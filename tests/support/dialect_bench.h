// One dialect in one thread: a switch with schemes, a directory, and a receiver of callbacks.
#pragma once

#include "protocols/kit/adapter.h"
#include "tests/support/world.h"

#include <boost/json.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::testing {

/// A callback that arrived.
struct Arrived {
    OrderId order{};
    std::uint8_t channel = 0;
    Timestamp time{};
    protocols::Callback callback{};

    boost::json::value json() const { return boost::json::parse(callback.body); }
};

/// Carries out what a dialect asks, as the shell does. Time stands still unless `pass` is called.
class DialectBench {
public:
    /// With `orders_max`, no more orders than about that are in memory, and the rest in an archive.
    DialectBench(const protocols::Adapter& adapter, Timestamp start, std::size_t orders_max = 0);

    /// The reply to a request as it is.
    http::HttpReply send(const http::HttpRequest& request);
    /// The replies to requests that all come before the first is decided.
    std::vector<http::HttpReply> send_together(const std::vector<http::HttpRequest>& requests);
    /// Lets time pass, carrying callbacks out as they are due.
    void pass(Duration duration);
    /// Balance of the account with this identity, minor units; it has to exist.
    std::int64_t balance(const std::string& identity);
    core::Outcome ask(core::Command command);
    /// The process ends and starts again.
    void restart();
    /// Books in order, money neither made nor lost, and a replay that agrees.
    void check_books();
    /// Loads a scheme that is built in, with its numbers in the directory.
    void load_scheme(const std::string& name);

    World world;
    /// The machine's clock, if it says something else than switch time; whether that is virtual.
    std::optional<Timestamp> wall{};
    bool is_by_hand = false;
    protocols::Directory directory;
    std::vector<Arrived> arrived;
    /// What a merchant answers.
    std::function<protocols::CallbackResult(const Arrived&)> receiver;

private:
    std::vector<core::Outcome> decide(const std::vector<core::Request>& requests);
    native::StatementPage read(const native::StatementQuery& query) const;
    void deliver();
    protocols::Answer step(protocols::Answer& answer);
    http::HttpReply finish(protocols::Answer answer);
    void carried_out(const core::Effect& effect, protocols::Answer answer,
                     std::vector<core::Request>& told);
    void end_attempt(const core::Effect& effect, const protocols::CallbackResult& result,
                     std::vector<core::Request>& told);
    protocols::Context context();

    const protocols::Adapter& adapter_;
    std::uint64_t counter_ = 0;
    std::uint64_t schemes_ = 0;
};

/// The text of a member on a path of names ("amount/total", "Item/0/Name"), numbers as digits;
/// "(nothing)" if there is none.
std::string at(const boost::json::value& value, std::string_view path);

}  // namespace tuma::testing
