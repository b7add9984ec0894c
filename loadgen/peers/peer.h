// Another system that moves money between accounts, driven as a switch is: what every one must do.
#pragma once

#include "ledger/words/id.h"
#include "loadgen/client/receive_time.h"
#include "loadgen/client/socket.h"
#include "loadgen/workload/accounts.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::loadgen {

/// What a peer is asked for: one movement between two accounts, once.
struct PeerTransfer {
    Reference reference{};
    AccountId debit;
    AccountId credit;
    std::int64_t amount = 0;  ///< minor units

    bool operator==(const PeerTransfer&) const = default;
};

/// What came of one.
struct PeerAnswer {
    std::string refusal;     ///< "insufficient_funds", "pg_40001", "redis_OOM"; empty: it is done
    bool is_replay = false;  ///< the reference was known already, and nothing was done
};

/// What one reading of a session gave.
struct PeerReading {
    enum class State : std::uint8_t { got, nothing, ended };
    State state = State::nothing;
    std::string reason{};  ///< why it has ended
    bool is_all = true;    ///< nothing was left to read
    /// When the kernel had all answers of this reading; nothing where that is not known.
    std::optional<KernelTime> received{};
};

/// One connection of a run, non-blocking. Answers come in the order in which transfers were sent.
class PeerSession {
public:
    PeerSession() = default;
    PeerSession(const PeerSession&) = delete;
    PeerSession& operator=(const PeerSession&) = delete;
    virtual ~PeerSession() = default;

    virtual int descriptor() const = 0;
    /// Queues a transfer; it may leave at once.
    virtual void send(const PeerTransfer& transfer) = 0;
    /// Hands to the kernel what it takes; why the connection is lost, if it is.
    virtual std::optional<std::string> flush() = 0;
    /// Something waits for room in the kernel.
    virtual bool has_unsent() const = 0;
    /// Reads once, and appends the answers that are whole by now; also of one that has ended.
    /// `scratch` is memory for it.
    virtual PeerReading receive(std::span<std::byte> scratch, std::vector<PeerAnswer>& answers) = 0;
};

/// Accounts with numbers in a row that begin alike.
struct AccountRange {
    AccountId first;
    std::uint32_t count = 0;
    std::int64_t balance = 0;  ///< of each, minor units
};

/// What a peer says of itself.
struct PeerFacts {
    std::string version;     ///< "Redis 7.0.15"
    std::string durability;  ///< of what it acknowledges, in its own words
};

/// A peer that is reached and is what it should be.
class Peer {
public:
    Peer() = default;
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;
    virtual ~Peer() = default;

    /// Removes what an earlier set-up left, and nothing else; opens these accounts. Throws
    /// SetUpError, ConnectionError.
    virtual void set_up(std::span<const AccountRange> accounts, const SetUpProgress& progress) = 0;
    /// Throws ConnectionError.
    virtual std::unique_ptr<PeerSession> connect() const = 0;
    virtual PeerFacts facts() const = 0;
};

/// How a peer is reached.
struct PeerPlan {
    Endpoint target;
    std::string pg_parameters{};  ///< as libpq reads them; of PostgreSQL only
    Duration timeout{};           ///< of each step before the run
};

}  // namespace tuma::loadgen
