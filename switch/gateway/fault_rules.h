// Faults on purpose: what is done to requests and replies so that clients can be tried.
#pragma once

#include "ledger/words/result.h"
#include "ledger/words/time.h"
#include "protocols/http/message.h"
#include "protocols/kit/adapter.h"

#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::net {

/// What is done to one request.
struct Fault {
    Duration latency{};                      ///< before the reply
    std::optional<http::HttpReply> instead;  ///< answered without executing anything
    bool drops_before = false;               ///< the connection is closed, nothing is executed
    bool drops_after = false;                ///< executed, then the connection is closed unanswered
    bool hides_reply = false;                ///< executed, then 504 of the gateway instead
    bool is_too_many = false;                ///< the dialect's gateway refuses, nothing is executed
};

/// Reads the words of a fault, separated by commas:
///   latency:MS            the reply is late
///   drop                  the connection closes, nothing is executed
///   commit-then-drop      executed, then the connection closes
///   commit-then-timeout   executed, then 504
///   status:CODE           that status with an empty body, nothing is executed
///   429                   too many requests, as the dialect's gateway says it
///   html-503              the gateway's HTML page
///   apigee-404            the gateway's fault body
/// Words that are not in here are left to the dialect. Refuses numbers out of bounds (latency 0 to
/// 600,000 ms, status 100 to 599).
Result<Fault> parse_fault(std::string_view words);

/// One rule: which requests, how many of them, and what is done.
struct FaultRule {
    std::uint64_t id = 0;
    std::string path;        ///< beginning of the path; empty: any
    std::string contains;    ///< text in the target, the authorization or the body; empty: any
    std::string words;       ///< as `parse_fault` reads them, and what dialects read
    std::uint64_t left = 0;  ///< how many more requests
};

/// The rules in force, in order; the first that fits a request counts. Any thread.
class FaultRules {
public:
    /// Refuses words that none of the dialects knows (or that one does not, whose the path is),
    /// paths without a slash in front or of no dialect, counts of 0, and more than 100 rules.
    Result<std::uint64_t> add(FaultRule rule, std::span<const protocols::Adapter* const> dialects);
    bool remove(std::uint64_t id);
    void clear();
    std::vector<FaultRule> all() const;

    /// The words for this request: its own field Tuma-Fault, else those of the first rule that
    /// fits, which then has one fewer left; empty for none.
    std::string words_for(const http::HttpRequest& request);

private:
    mutable std::mutex mutex_;
    std::vector<FaultRule> rules_;
    std::uint64_t next_id_ = 1;
};

}  // namespace tuma::net
