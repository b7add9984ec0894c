// The reading thread of recovery.
#include "ledger/checked_batches.h"

#include <algorithm>
#include <utility>

namespace tuma::ledger {
namespace {

constexpr std::size_t chunk_bytes = 2U << 20U;
constexpr std::size_t chunk_batches_max = 4096;
constexpr std::size_t chunks_ahead = 6;

bool is_full(const BatchChunk& chunk, std::size_t more) {
    // The checks point into the buffer, so it must never move.
    return chunk.bytes.size() + more > chunk.bytes.capacity() ||
           chunk.batches.size() == chunk_batches_max;
}

std::unique_ptr<BatchChunk> make_chunk(std::size_t at_least) {
    auto chunk = std::make_unique<BatchChunk>();
    chunk->bytes.reserve(std::max(chunk_bytes, at_least));
    return chunk;
}

}  // namespace

CheckedBatches::CheckedBatches(JournalReader& reader, std::uint64_t first, std::uint64_t last)
    : thread_([this, &reader, first, last] { read(reader, first, last); }) {}

CheckedBatches::~CheckedBatches() {
    {
        const std::lock_guard lock(mutex_);
        is_unwanted_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void CheckedBatches::read(JournalReader& reader, std::uint64_t first, std::uint64_t last) {
    try {
        auto chunk = make_chunk(0);
        reader.scan(first, [&](std::uint64_t sequence, std::span<const std::byte> bytes) {
            if (sequence > last) return false;
            if (is_full(*chunk, bytes.size()) &&
                !push(std::exchange(chunk, make_chunk(bytes.size()))))
                return false;
            const std::size_t begin = chunk->bytes.size();
            chunk->bytes.insert(chunk->bytes.end(), bytes.begin(), bytes.end());
            const std::span<const std::byte> copy{chunk->bytes.data() + begin, bytes.size()};
            chunk->batches.push_back({sequence, check_batch(copy, sequence)});
            return true;
        });
        push(std::move(chunk));
    } catch (...) {
        const std::lock_guard lock(mutex_);
        failure_ = std::current_exception();
    }
    const std::lock_guard lock(mutex_);
    is_finished_ = true;
    changed_.notify_all();
}

bool CheckedBatches::push(std::unique_ptr<BatchChunk> chunk) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return chunks_.size() < chunks_ahead || is_unwanted_; });
    if (is_unwanted_) return false;
    chunks_.push_back(std::move(chunk));
    changed_.notify_all();
    return true;
}

std::unique_ptr<BatchChunk> CheckedBatches::take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !chunks_.empty() || is_finished_; });
    if (!chunks_.empty()) {
        auto chunk = std::move(chunks_.front());
        chunks_.pop_front();
        changed_.notify_all();
        return chunk;
    }
    if (failure_) std::rethrow_exception(failure_);
    return nullptr;
}

}  // namespace tuma::ledger
