// A plain blocking client of the native protocol, for set-up and for tests.
#pragma once

#include "ledger/words/id.h"
#include "loadgen/client/socket.h"
#include "protocols/native/messages.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tuma::loadgen {

/// One reply frame, copied out of the reader's buffer.
struct Reply {
    native::FrameHeader header;
    std::vector<std::byte> body;

    native::FrameView view() const { return {header, body}; }
};

/// What speaks there when the first bytes of a reply are not those of a frame: a sentence, or empty
/// when that is not known.
std::string other_protocol(std::span<const std::byte> bytes);

/// One connection, used by one thread. Every wait ends after the timeout given here. All functions
/// throw ConnectionError when the connection is lost, the answer is late, or the server sends an
/// error frame (its code and reason are in the message).
class NativeClient {
public:
    NativeClient(const Endpoint& endpoint, ParticipantId participant, Duration timeout);

    /// Sends requests of one kind and waits for their outcomes, in order. More than fit into one
    /// frame are sent as several, one after another.
    /// Requires: at least one request, all of one frame type.
    std::vector<core::Outcome> call(std::span<const core::Request> requests);
    core::Outcome call(const core::Request& request);

    native::StatementPage statement(const native::StatementQuery& query);
    /// The record, or no value when no durable transfer has this number.
    std::optional<native::StatementEntry> query_transfer(TransferId transfer);

    /// Pipelining: sends one frame without waiting and returns its request id.
    /// Requires: 1..count_max requests of one frame type.
    std::uint64_t send(std::span<const core::Request> requests);
    /// The next reply, whichever request it answers.
    Reply receive();

    /// Sends bytes as they are, for tests of what a server makes of them.
    void send_bytes(std::span<const std::byte> bytes);
    /// The next reply with error frames handed over instead of thrown.
    Reply receive_any();
    /// Tells the server that nothing more will be sent; answers can still be received.
    void finish_sending();

    /// Code of ledger::Durability in the last reply.
    std::uint8_t durability() const { return durability_; }

private:
    Reply exchange(native::FrameType type, std::span<const std::byte> body);
    std::uint64_t send_frame(native::FrameType type, std::size_t count);

    Endpoint endpoint_;
    ParticipantId participant_;
    Duration timeout_;
    Socket socket_;
    std::uint64_t next_request_ = 1;
    std::uint8_t durability_ = 0;
    std::vector<std::byte> outgoing_;
    std::vector<std::byte> incoming_;
};

}  // namespace tuma::loadgen
