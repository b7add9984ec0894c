// One connection of the driver: bytes on their way out and in, and the requests in flight.
#pragma once

#include "loadgen/client/byte_stream.h"
#include "loadgen/workload/request_frames.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tuma::loadgen {

/// A request that was handed to a connection and has not ended.
struct InFlight {
    native::FrameType type = native::FrameType::transfer;
    std::uint16_t count = 0;
    std::uint64_t first_number = 0;
    Offset intended{0};
    Offset sent{0};
    Offset blocked{0};  ///< before it was sent, for want of a place
    Offset delay{0};    ///< see `LatencyFloor`
    std::optional<Offset> blocked_since;
    std::vector<Offset> due;
    std::vector<Digest> digests;
    std::vector<std::byte> bytes;  ///< its frame, where requests may have to be sent again
    bool is_resent = false;        ///< since the connection was lost last
};

/// A non-blocking connection with a fixed number of places for requests in flight. A place that was
/// given up by `end` gets another request id, so a late answer finds nothing.
class Connection {
public:
    /// `keeps_requests`: so that `reopen` can be called. Requires: 1 <= places <= 65535.
    Connection(Socket socket, std::size_t places, bool keeps_requests = false);

    int descriptor() const { return stream_.descriptor(); }
    bool is_open() const { return stream_.is_open(); }
    bool has_place() const { return !free_.empty(); }
    std::size_t in_flight() const { return places_.size() - free_.size(); }
    /// Bytes that the socket has not taken yet.
    std::size_t unsent_bytes() const { return stream_.unsent_bytes(); }

    /// Completes the frame with a request id and queues it; takes its times and digests along.
    /// Requires: has_place().
    void queue(RequestFrame& frame, ParticipantId participant, std::optional<Offset> blocked_since);

    /// Marks what was queued since the last call as sent now and tells `visit(request)` of each.
    template <typename Visit>
    void stamp_sent(Offset now, const Visit& visit) {
        for (const std::uint16_t place : unstamped_) {
            places_[place].request.sent = now;
            places_[place].is_stamped = true;
            append_sent(place);
            visit(places_[place].request);
        }
        unstamped_.clear();
    }
    /// Writes what the socket takes. Gives the reason when the connection is lost.
    std::optional<std::string> flush() { return stream_.flush(); }

    /// The request that a reply with this id answers, or null when there is none any more.
    const InFlight* find(std::uint64_t request_id) const;
    /// Frees the place of a request that `find` found.
    void end(std::uint64_t request_id);
    /// Of those that were sent, the one that has waited longest; null when there is none.
    const InFlight* oldest() const;
    /// Frees that one's place. Requires: oldest() is not null.
    void give_up_oldest();
    /// An answer came for which `find` has nothing: true if it can be that of a request that was
    /// given up in its place, each of which has one answer at most; else it came twice or unasked.
    bool take_late(std::uint64_t request_id);

    /// Reads once into `scratch`. What came is `arrived()` until `consumed` is called. `now` is no
    /// later than the call, and `quiet_at` a time at which there was nothing to read unless the
    /// last call left something.
    using Reading = ByteStream::Reading;
    Reading receive(std::span<std::byte> scratch, Offset now, Offset quiet_at, std::string& reason);
    /// No byte of what came last has come before.
    Offset received_after() const { return received_after_; }
    /// When the kernel had the last byte of it; nothing where it does not say.
    const std::optional<KernelTime>& last_byte_at() const { return stream_.last_byte_at(); }
    /// All of it came at that moment; a system call.
    bool came_at_once() { return segments_.was_one_segment(stream_.descriptor()); }
    std::span<const std::byte> arrived() const { return stream_.arrived(); }
    /// Keeps what is behind the first `bytes` of `arrived()` for the next reading.
    void consumed(std::size_t bytes) { stream_.consumed(bytes); }

    void close() { stream_.close(); }

    /// Goes on over another connection: all that is in flight is queued on it under new request
    /// ids, in the order in which it was sent first, and `visit(request)` is told of each. What
    /// came from the old one is forgotten. Requires: keeps_requests, everything queued was stamped.
    template <typename Visit>
    void reopen(Socket socket, Offset now, const Visit& visit) {
        replace_stream(std::move(socket), now);
        for (std::uint16_t place = oldest_; place != no_place; place = places_[place].after) {
            queue_again(place);
            visit(places_[place].request);
        }
    }
    /// Tells `visit(request)` of all that was sent and is in flight, in that order.
    template <typename Visit>
    void for_each_in_flight(const Visit& visit) {
        for (std::uint16_t place = oldest_; place != no_place; place = places_[place].after)
            visit(places_[place].request);
    }

private:
    struct Place {
        InFlight request;
        std::uint64_t generation = 0;
        std::uint32_t given_up = 0;       ///< requests that may still be answered
        std::uint16_t before = no_place;  ///< those that were sent before and after it
        std::uint16_t after = no_place;
        bool is_taken = false;
        bool is_stamped = false;
    };
    /// No connection has so many places.
    static constexpr std::uint16_t no_place = 0xffff;

    std::uint64_t id_of(std::uint16_t place) const;
    void append_outgoing(std::span<const std::byte> bytes);
    void replace_stream(Socket socket, Offset now);
    void queue_again(std::uint16_t place);
    void append_sent(std::uint16_t place);
    void free_place(std::size_t place);

    ByteStream stream_;
    bool keeps_requests_;
    std::vector<Place> places_;
    std::vector<std::uint16_t> free_;
    std::vector<std::uint16_t> unstamped_;
    std::uint16_t oldest_ = no_place;
    std::uint16_t newest_ = no_place;
    Offset received_after_{0};
    Offset empty_at_{0};    ///< when a reading took all there was
    bool is_empty_ = true;  ///< the last one did
    SegmentCount segments_;
};

}  // namespace tuma::loadgen
