// One connection of the driver: bytes on their way out and in, and the requests in flight.
#pragma once

#include "loadgen/client/socket.h"
#include "loadgen/workload/request_frames.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tuma::loadgen {

/// A request that was handed to a connection and has not ended.
struct InFlight {
    native::FrameType type = native::FrameType::transfer;
    std::uint16_t count = 0;
    std::uint64_t first_number = 0;
    Offset intended{0};
    Offset sent{0};
    std::vector<Digest> digests;
};

/// A non-blocking connection with a fixed number of places for requests in flight. A place that was
/// given up by `end` gets another request id, so a late answer finds nothing.
class Connection {
public:
    /// Requires: 1 <= places <= 65535.
    Connection(Socket socket, std::size_t places);

    int descriptor() const { return socket_.descriptor(); }
    bool is_open() const { return socket_.is_open(); }
    bool has_place() const { return !free_.empty(); }
    std::size_t in_flight() const { return places_.size() - free_.size(); }
    /// Bytes that the socket has not taken yet.
    std::size_t unsent_bytes() const { return outgoing_.size() - outgoing_begin_; }

    /// Completes the frame with a request id and queues it; takes its digests along.
    /// Requires: has_place().
    void queue(RequestFrame& frame, ParticipantId participant);

    /// Marks what was queued since the last call as sent now and tells `visit(request)` of each.
    template <typename Visit>
    void stamp_sent(Offset now, const Visit& visit) {
        for (const std::uint16_t place : unstamped_) {
            places_[place].request.sent = now;
            places_[place].is_stamped = true;
            visit(places_[place].request);
        }
        unstamped_.clear();
    }
    /// Writes what the socket takes. Gives the reason when the connection is lost.
    std::optional<std::string> flush();

    /// The request that a reply with this id answers, or null when there is none any more.
    const InFlight* find(std::uint64_t request_id) const;
    /// Frees the place of a request that `find` found.
    void end(std::uint64_t request_id);
    /// Ends every request for which `is_over(request)`, and tells `visit(request)` of it.
    template <typename IsOver, typename Visit>
    void end_if(const IsOver& is_over, const Visit& visit) {
        for (std::size_t i = 0; i < places_.size(); ++i) {
            if (!places_[i].is_taken || !places_[i].is_stamped) continue;
            if (!is_over(places_[i].request)) continue;
            visit(places_[i].request);
            free_place(i);
        }
    }

    /// Reads once into `scratch`. What came is `arrived()` until `consumed` is called.
    enum class Reading { got, nothing, ended };
    Reading receive(std::span<std::byte> scratch, std::string& reason);
    std::span<const std::byte> arrived() const { return arrived_; }
    /// Keeps what is behind the first `bytes` of `arrived()` for the next reading.
    void consumed(std::size_t bytes);

    void close() { socket_.close(); }

private:
    struct Place {
        InFlight request;
        std::uint64_t generation = 0;
        bool is_taken = false;
        bool is_stamped = false;
    };
    void free_place(std::size_t place);

    Socket socket_;
    std::vector<Place> places_;
    std::vector<std::uint16_t> free_;
    std::vector<std::uint16_t> unstamped_;
    std::vector<std::byte> outgoing_;
    std::size_t outgoing_begin_ = 0;
    std::vector<std::byte> kept_;  ///< the beginning of a reply that has not arrived whole
    std::span<const std::byte> arrived_;
};

}  // namespace tuma::loadgen
