// What an HTTP dialect is: bytes in, commands out, outcomes in, bytes out. No socket, no clock.
#pragma once

#include "ledger/words/result.h"
#include "ledger/words/time.h"
#include "protocols/http/message.h"
#include "protocols/kit/directory.h"
#include "protocols/native/messages.h"
#include "switch/core/command.h"
#include "switch/core/effect.h"
#include "switch/core/outcome.h"

#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace tuma::protocols {

/// Random bytes that the shell has drawn for one request or one notice.
using Entropy = std::array<std::byte, 64>;

/// What a translation may look at besides its bytes.
struct Context {
    /// Switch time: what is recorded has it.
    Timestamp now{};
    const Directory& directory;
    Entropy entropy{};
    /// Counts requests since the start, for identifiers that carry a counter.
    std::uint64_t counter = 0;
    /// The machine's wall clock, by which clocks outside go; nothing where it says the same.
    std::optional<Timestamp> wall{};
    /// Switch time is moved by hand, so that no clock outside can agree with it.
    bool is_by_hand = false;

    /// What a signature for somebody outside carries and a certificate is valid by.
    Timestamp outside() const { return wall.value_or(now); }
    /// From when on a deadline counts that somebody outside has named.
    Timestamp deadlines_from() const { return is_by_hand ? now : outside(); }
};

struct Asking;
struct Reading;

/// Either the reply, or what has to be asked of the switch or read in its history first.
using Answer = std::variant<http::HttpReply, Asking, Reading>;

/// Commands that are decided together and in order, and what to do with their outcomes, one each.
/// `then` is called on an I/O thread once everything that the outcomes tell is durable; it may ask
/// again. When the switch takes nothing more, or cannot look up what a command is about,
/// `overloaded` is the reply: `then` never sees that outcome.
struct Asking {
    std::vector<core::Request> requests;
    std::function<Answer(const std::vector<core::Outcome>&)> then;
    http::HttpReply overloaded;
};

/// A page of an account's records, read from the journal; the newest first. `then` is called as
/// above; `overloaded` is also the reply when the journal cannot be read.
struct Reading {
    native::StatementQuery query;
    std::function<Answer(const native::StatementPage&)> then;
    http::HttpReply overloaded;
};

/// A notice on its way out.
struct Callback {
    std::string method = "POST";
    std::string url{};
    http::Fields headers{};
    std::string body{};
    Duration timeout = std::chrono::seconds{10};
};

/// What became of an attempt.
struct CallbackResult {
    int status = 0;  ///< 0: no answer
    std::string body{};
    std::string failure{};  ///< why there was no answer, for the log
};

/// What an answer to a notice means.
struct Verdict {
    bool is_delivered = false;
    /// When the merchant was asked: what it said. Empty: it said nothing that can be understood,
    /// and the order's own deadline decides.
    std::optional<core::OrderAction> act{};
    /// When it was not delivered: how long until the next attempt; nothing: there is none.
    std::optional<Duration> again_after{};
};

/// A call that a dialect answers, under the names by which the log knows it (`http::ReplyNote`).
struct OfferedCall {
    std::string_view method{};  ///< empty: any
    std::string path{};         ///< the route, with {} for each argument
};

/// One dialect. Its functions may be called from several threads at once.
class Adapter {
public:
    Adapter() = default;
    Adapter(const Adapter&) = delete;
    Adapter& operator=(const Adapter&) = delete;
    virtual ~Adapter() = default;

    /// A short name for logs and metrics: "mpesa".
    virtual std::string_view name() const = 0;
    /// What its paths begin with: "/mpesa/".
    virtual std::span<const std::string_view> paths() const = 0;
    /// True if the path is one of this dialect's, also with the wrong method.
    virtual bool owns(std::string_view path) const = 0;
    virtual Answer handle(const http::HttpRequest& request, const Context& context) const = 0;
    /// The calls that it answers under the options in force, in the order of its tables.
    virtual std::vector<OfferedCall> calls(const Directory& directory) const = 0;
    /// The first word of the headers for tests (`Tuma-Scenario` and its like) that means nothing to
    /// this dialect on this path, or on any of its paths if the target is none of them. The field
    /// is the header's name.
    virtual std::optional<InputError> misspelt_word(const http::HttpRequest& request) const = 0;

    /// The profiles that are this dialect's; what it keeps for itself too.
    virtual std::span<const ProfileKind> profile_kinds() const = 0;
    /// The codes with which its customers may decline.
    virtual std::vector<std::uint16_t> decline_codes() const = 0;
    /// The code of a customer who just says no.
    virtual std::uint16_t usual_decline() const { return 1; }
    /// What its gateway says to somebody who asks too often (`Tuma-Fault: 429`).
    virtual http::HttpReply too_many_requests(const http::HttpRequest& /*request*/) const {
        return {.status = 429,
                .headers = {{"Content-Type", "application/json"}},
                .body = R"({"message":"too many requests"})"};
    }

    /// True if orders of this kind are this dialect's.
    virtual bool owns(std::uint16_t order_kind) const = 0;
    /// What the dialect calls them: "stk_push"; empty for a kind that it has not.
    virtual std::string_view kind_name(std::uint16_t order_kind) const = 0;
    /// What the dialect does itself when this notice is due, in place of telling somebody outside;
    /// nothing: it is told. `judge` gets the reply's status, and says whether that was all. Asked
    /// for again when a process has ended meanwhile: then it does nothing twice.
    virtual std::optional<Answer> carry_out(const core::Effect& /*effect*/,
                                            const Context& /*context*/) const {
        return std::nullopt;
    }
    /// Where `render` would send it to, or nothing; takes little time.
    virtual std::optional<std::string> address(const core::Effect& effect,
                                               const Context& context) const = 0;
    /// The notice that this attempt is to send; nothing if there is no address to send it to.
    virtual std::optional<Callback> render(const core::Effect& effect,
                                           const Context& context) const = 0;
    virtual Verdict judge(const core::Effect& effect, const CallbackResult& result) const = 0;
};

}  // namespace tuma::protocols
