#include "loadgen/drive/native/connection.h"

#include "ledger/words/ensure.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace tuma::loadgen {
namespace {

constexpr std::uint64_t place_bits = 16;
constexpr std::uint64_t place_mask = (std::uint64_t{1} << place_bits) - 1;

}  // namespace

Connection::Connection(Socket socket, std::size_t places, bool keeps_requests)
    : stream_(std::move(socket)), keeps_requests_(keeps_requests), places_(places) {
    ask_for_receive_times(stream_.descriptor());
    ensure(places >= 1 && places <= place_mask, "1 to 65535 requests in flight");
    // Taken from the back, so that few places stay few in memory when little is in flight.
    for (std::size_t i = places; i > 0; --i) free_.push_back(static_cast<std::uint16_t>(i - 1));
}

void Connection::queue(RequestFrame& frame, ParticipantId participant,
                       std::optional<Offset> blocked_since) {
    ensure(has_place(), "a request without a place");
    const std::uint16_t number = free_.back();
    free_.pop_back();
    Place& place = places_[number];
    place.is_taken = true;
    place.is_stamped = false;
    place.request.type = frame.type;
    place.request.count = frame.count;
    place.request.first_number = frame.first_number;
    place.request.intended = frame.intended;
    place.request.blocked_since = blocked_since;
    // Swapped, so that both keep their memory for the next request.
    std::swap(place.request.digests, frame.digests);
    std::swap(place.request.due, frame.due);
    unstamped_.push_back(number);

    native::FrameHeader header;
    header.type = static_cast<std::uint8_t>(frame.type);
    header.count = frame.count;
    header.request_id = id_of(number);
    header.participant = participant;
    native::finish_frame(frame.bytes, 0, header);
    append_outgoing(frame.bytes);
    place.request.is_resent = false;
    if (keeps_requests_) std::swap(place.request.bytes, frame.bytes);
}

/// An answer leads to its place without a search. The generation in front of it tells an answer
/// that comes too late from one to the request that has the place by then.
std::uint64_t Connection::id_of(std::uint16_t place) const {
    return (places_[place].generation << place_bits) | place;
}

void Connection::append_outgoing(std::span<const std::byte> bytes) {
    std::vector<std::byte>& outgoing = stream_.outgoing();
    outgoing.insert(outgoing.end(), bytes.begin(), bytes.end());
}

void Connection::replace_stream(Socket socket, Offset now) {
    ensure(keeps_requests_ && unstamped_.empty(), "requests are kept, and all were stamped");
    stream_ = ByteStream(std::move(socket));
    ask_for_receive_times(stream_.descriptor());
    segments_ = {};
    received_after_ = empty_at_ = now;
    is_empty_ = true;
    // What was given up on the old connection can have no answer on this one.
    for (Place& place : places_) place.given_up = 0;
}

void Connection::queue_again(std::uint16_t place) {
    InFlight& request = places_[place].request;
    // As every request: its old id finds nothing any more.
    ++places_[place].generation;
    native::FrameHeader header;
    std::memcpy(&header, request.bytes.data(), sizeof header);
    header.request_id = id_of(place);
    header.crc = 0;
    native::finish_frame(request.bytes, 0, header);
    append_outgoing(request.bytes);
}

const InFlight* Connection::find(std::uint64_t request_id) const {
    // Ids come from outside: any number may be in them.
    const std::uint64_t number = request_id & place_mask;
    if (number >= places_.size()) return nullptr;
    const Place& place = places_[number];
    // What has not been stamped has not been handed to the kernel, and nobody can have answered it.
    if (!place.is_taken || !place.is_stamped) return nullptr;
    return place.generation == request_id >> place_bits ? &place.request : nullptr;
}

void Connection::end(std::uint64_t request_id) {
    free_place(request_id & place_mask);
}

const InFlight* Connection::oldest() const {
    return oldest_ == no_place ? nullptr : &places_[oldest_].request;
}

void Connection::give_up_oldest() {
    ensure(oldest_ != no_place, "nothing is in flight");
    ++places_[oldest_].given_up;
    free_place(oldest_);
}

bool Connection::take_late(std::uint64_t request_id) {
    const std::uint64_t number = request_id & place_mask;
    if (number >= places_.size() || places_[number].given_up == 0) return false;
    --places_[number].given_up;
    return true;
}

void Connection::append_sent(std::uint16_t place) {
    places_[place].before = newest_;
    places_[place].after = no_place;
    (newest_ == no_place ? oldest_ : places_[newest_].after) = place;
    newest_ = place;
}

void Connection::free_place(std::size_t place) {
    Place& freed = places_[place];
    // Answers come in any order, and the rest keeps its own.
    (freed.before == no_place ? oldest_ : places_[freed.before].after) = freed.after;
    (freed.after == no_place ? newest_ : places_[freed.after].before) = freed.before;
    freed.is_taken = false;
    // From here on the old id finds nothing.
    ++places_[place].generation;
    free_.push_back(static_cast<std::uint16_t>(place));
}

Connection::Reading Connection::receive(std::span<std::byte> scratch, Offset now, Offset quiet_at,
                                        std::string& reason) {
    const Reading reading = stream_.receive(scratch, reason);
    if (reading == Reading::ended && reason.empty()) reason = "the server closed the connection";
    if (reading != Reading::got) return reading;
    received_after_ = is_empty_ ? std::max(empty_at_, quiet_at) : empty_at_;
    is_empty_ = stream_.last_read() < scratch.size();
    if (is_empty_) empty_at_ = now;
    segments_.note_reading(stream_.last_read(), is_empty_);
    return Reading::got;
}

}  // namespace tuma::loadgen
