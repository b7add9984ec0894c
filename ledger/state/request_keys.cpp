#include "ledger/state/request_keys.h"

#include "ledger/words/ensure.h"

#include <algorithm>
#include <utility>

namespace tuma::ledger {
namespace {

// How many requests before its turn a caller asks for a key's memory, roughly.
constexpr std::uint64_t prefetch_distance = 8;
// Up to so many requests cost a few MiB. The whole table is touched all over by the first thousand.
constexpr std::size_t few_requests = 32'768;

}  // namespace

RequestKeys::RequestKeys(std::size_t capacity, Duration retention, std::uint64_t hash_seed,
                         std::uint64_t filter_bytes)
    : capacity_(capacity),
      retention_(retention),
      hash_seed_(hash_seed),
      filter_bytes_(filter_bytes),
      table_(std::min(capacity, few_requests), filter_bytes == 0 ? 0 : 1) {
    ensure(capacity >= 1 && capacity < (std::size_t{1} << 31U), "capacity of request keys");
    ring_.reserve(capacity);
}

const RememberedRequest* RequestKeys::find(const RequestKey& key, Timestamp now) const {
    const auto number = table_.find(hash_of(key), window(),
                                    [&](std::uint64_t found) { return at(found).key() == key; });
    // Expired is expired, whether it has left or not: the answer must not depend on the ring's
    // size.
    return number && !is_expired(at(*number), now) ? &at(*number) : nullptr;
}

void RequestKeys::prefetch(const RequestKey& key) const {
    table_.prefetch(hash_of(key));
    // Each request that comes in pushes one out, and takes its place.
    if (size() == capacity_) __builtin_prefetch(&ring_[ahead_of_oldest(prefetch_distance)], 1);
}

void RequestKeys::add_left(const RememberedRequest& request) {
    make_whole_table();
    table_.add(hash_of(request.key()), request.time_us, retention_);
}

void RequestKeys::keep(std::uint64_t until) {
    ensure(until >= oldest_, "what has left is kept by somebody else");
    ensure(table_.has_filter(), "who keeps knows what has left");
    keeps_ = true;
    kept_until_ = until;
}

void RequestKeys::remember(const RememberedRequest& request) {
    ensure(has_room(), "remembering a request without forgetting another");
    const std::int64_t expired_before = request.time_us - retention_.count();
    // Before one leaves, or the whole filter would lack it.
    if (size() == few())
        make_whole_table();
    else if (!is_table_whole_)
        prepare_whole_table();
    // What somebody else reads stays where it is, expired or not.
    if (!keeps_) drop_before(expired_before);
    if (size() == capacity_) {
        // A key that goes before its time makes the window shorter than was asked for, which is
        // told.
        const bool is_early = ring_[oldest_index_].time_us >= expired_before;
        drop_oldest();
        evicted_by_capacity_ += is_early ? 1U : 0U;
    }
    if (next_index_ == ring_.size())
        ring_.push_back(request);
    else
        ring_[next_index_] = request;
    newest_us_ = request.time_us;
    ++next_;
    next_index_ = after(next_index_);
    index(next_ - 1);
}

void RequestKeys::index(std::uint64_t number) {
    const RememberedRequest& request = at(number);
    const RequestKey key = request.key();
    const std::uint64_t hash = hash_of(key);
    table_.put(hash, {number, static_cast<std::size_t>(number - oldest_)},
               [&](std::uint64_t found) { return at(found).key() == key; });
    // Here, where its line is at hand, and not when it leaves.
    table_.add(hash, request.time_us, retention_);
}

std::size_t RequestKeys::few() const {
    return std::min(capacity_, few_requests);
}

void RequestKeys::prepare_whole_table() {
    // From the half on. Hundreds of MiB at once would be a pause that clients see.
    const std::size_t half = few() / 2;
    if (size() < half) return;
    if (!coming_) coming_.emplace(capacity_, filter_bytes_);
    coming_->touch_until(coming_->bytes() / (few() - half) * (size() - half + 1));
}

void RequestKeys::make_whole_table() {
    if (is_table_whole_) return;
    is_table_whole_ = true;
    if (!coming_) coming_.emplace(capacity_, filter_bytes_);
    table_ = std::move(*coming_);
    coming_.reset();
    for (std::uint64_t number = oldest_; number != next_; ++number) {
        const std::uint64_t ahead = number + prefetch_distance;
        if (ahead < next_) table_.prefetch(hash_of(at(ahead).key()));
        index(number);
    }
}

void RequestKeys::drop_before(std::int64_t time_us) {
    while (oldest_ != next_ && ring_[oldest_index_].time_us < time_us) drop_oldest();
}

void RequestKeys::drop_oldest() {
    left_at_us_ = ring_[oldest_index_].time_us;
    ++oldest_;
    oldest_index_ = after(oldest_index_);
}

Duration RequestKeys::effective_window(Timestamp now) const {
    if (keeps_ || size() < capacity_) return retention_;
    const Timestamp oldest{Duration{ring_[oldest_index_].time_us}};
    return std::min(retention_, now - oldest);
}

void RequestKeys::save(ByteSink& sink) const {
    // What is older than the window may still be here or not, as the ring's size and its keeper
    // have it. Saved bytes must not depend on that.
    std::uint64_t first = oldest_;
    std::int64_t left_at = left_at_us_;
    for (; first != next_ && view().at(first).time_us < newest_us_ - retention_.count(); ++first)
        left_at = view().at(first).time_us;
    write_value(sink, next_);
    write_value(sink, left_at);
    write_value(sink, std::uint64_t{next_ - first});
    if (first == next_) return;
    // The ring may go round its end between the first and the last.
    const std::size_t begin = index_of(first);
    const auto count = static_cast<std::size_t>(next_ - first);
    const std::size_t until_wrap = std::min(count, ring_.size() - begin);
    sink.write(std::as_bytes(std::span{ring_}.subspan(begin, until_wrap)));
    sink.write(std::as_bytes(std::span{ring_}.first(count - until_wrap)));
}

void RequestKeys::load(ByteSource& source) {
    ensure(next_ == 0, "loading into request keys that are in use");
    const auto next = read_value<std::uint64_t>(source);
    left_at_us_ = read_value<std::int64_t>(source);
    const auto count = read_value<std::uint64_t>(source);
    if (count > next) throw StateError("more requests are remembered than there were");
    // A ring that is smaller than the saved one keeps the newest. Numbers go on as they were.
    std::uint64_t surplus = count - std::min<std::uint64_t>(count, capacity_);
    base_ = oldest_ = next_ = next - count + surplus;
    if (count - surplus > few_requests) make_whole_table();
    read_pieces<RememberedRequest>(source, count, [&](std::span<const RememberedRequest> piece) {
        for (const RememberedRequest& request : piece) {
            if (request.time_us < newest_us_)
                throw StateError("the remembered requests are not in the order of their times");
            if (find_refusal(static_cast<std::uint16_t>(request.code)) == nullptr)
                throw StateError("a remembered request has an unknown code");
            newest_us_ = request.time_us;
        }
        const std::size_t passed =
            static_cast<std::size_t>(std::min<std::uint64_t>(surplus, piece.size()));
        surplus -= passed;
        if (passed > 0) left_at_us_ = piece[passed - 1].time_us;
        add_saved(piece.subspan(passed));
    });
    // The window may be shorter than that of who saved it.
    drop_before(newest_us_ - retention_.count());
}

void RequestKeys::add_saved(std::span<const RememberedRequest> requests) {
    // All lines are asked for before the first is used: the waits overlap.
    for (const RememberedRequest& request : requests) table_.prefetch(hash_of(request.key()));
    ring_.insert(ring_.end(), requests.begin(), requests.end());
    for (std::size_t i = 0; i < requests.size(); ++i) {
        ++next_;
        next_index_ = after(next_index_);
        index(next_ - 1);
    }
}

}  // namespace tuma::ledger
