#include "loadgen/doctor/round_trips.h"

#include "loadgen/client/byte_stream.h"
#include "loadgen/client/poller.h"
#include "protocols/native/messages.h"

#include <algorithm>
#include <array>
#include <vector>

namespace tuma::loadgen {
namespace {

constexpr Duration answer_patience = std::chrono::seconds{10};

std::vector<std::byte> transfer_frame() {
    core::Request request;
    request.key.reference.fill(std::byte{1});
    request.command = core::MoveMoney{.purpose = ledger::Purpose::transfer,
                                      .debit = AccountId{1},
                                      .credit = AccountId{2},
                                      .amount = Money{1, Currency::kes},
                                      .memo = 0};
    std::vector<std::byte> frame;
    native::begin_frame(frame);
    native::FrameHeader header;
    header.type = static_cast<std::uint8_t>(native::append_command(frame, request));
    header.count = 1;
    header.participant = ParticipantId{1};
    native::finish_frame(frame, 0, header);
    return frame;
}

/// Waits for the answer that is under way, and how long ago the kernel had it.
Offset await_answer(ByteStream& stream, Poller& poller) {
    const auto give_up = std::chrono::steady_clock::now() + answer_patience;
    std::array<std::byte, 4096> scratch;
    while (std::chrono::steady_clock::now() < give_up) {
        poller.wait(std::chrono::milliseconds{100});
        std::string reason;
        const auto reading = stream.receive(scratch, reason);
        if (reading == ByteStream::Reading::nothing) continue;
        if (reading == ByteStream::Reading::ended)
            throw ConnectionError("the server closed the connection " + reason);
        const Offset age = stream.last_byte_at() ? stream.last_byte_at()->age() : Offset{0};
        const auto frame = native::read_frame(stream.arrived(), true);
        if (frame && !*frame) throw ConnectionError(frame->error().reason);
        const std::size_t used = frame ? (*frame)->header.length : 0;
        stream.consumed(used);
        if (frame) return std::max(age, Offset{0});
    }
    throw ConnectionError("no answer within ten seconds");
}

}  // namespace

RoundTrips measure_round_trips(const Endpoint& server, std::chrono::milliseconds length) {
    ByteStream stream(connect_to(server, answer_patience));
    ask_for_receive_times(stream.descriptor());
    Poller poller;
    poller.add(stream.descriptor(), 0);
    const std::vector<std::byte> frame = transfer_frame();
    RoundTrips trips;
    const auto end = std::chrono::steady_clock::now() + length;
    while (std::chrono::steady_clock::now() < end) {
        const auto sent = std::chrono::steady_clock::now();
        stream.outgoing() = frame;
        if (const auto lost = stream.flush()) throw ConnectionError(*lost);
        const Offset age = await_answer(stream, poller);
        trips.time.record(microseconds(std::chrono::steady_clock::now() - sent));
        trips.wake_up.record(microseconds(age));
    }
    return trips;
}

}  // namespace tuma::loadgen
