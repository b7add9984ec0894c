// The reading thread of recovery.
#include "ledger/store/checked_batches.h"

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
    // One batch may be larger than a chunk; it then gets a chunk of its own.
    auto chunk = std::make_unique<BatchChunk>();
    chunk->bytes.reserve(std::max(chunk_bytes, at_least));
    return chunk;
}

}  // namespace

CheckedBatches::CheckedBatches(JournalReader& reader, std::uint64_t first, std::uint64_t last)
    : chunks_(chunks_ahead), thread_([this, &reader, first, last] { read(reader, first, last); }) {}

CheckedBatches::~CheckedBatches() {
    // First the queue, then the thread: it may be waiting for room, and would wait for ever.
    chunks_.abandon();
    thread_.join();
}

void CheckedBatches::read(JournalReader& reader, std::uint64_t first, std::uint64_t last) {
    try {
        // The buffer's room is fixed when it is made, so spans into it stay good while it grows.
        auto chunk = make_chunk(0);
        reader.scan(first, [&](std::uint64_t sequence, std::span<const std::byte> bytes) {
            if (sequence > last) return false;
            // Handed over whole: a hand-over for each batch would cost more than its check.
            if (is_full(*chunk, bytes.size()) &&
                !chunks_.push(std::exchange(chunk, make_chunk(bytes.size()))))
                return false;
            const std::size_t begin = chunk->bytes.size();
            chunk->bytes.insert(chunk->bytes.end(), bytes.begin(), bytes.end());
            // SQLite's memory is gone with the next row; what goes to another thread has to be
            // copied.
            const std::span<const std::byte> copy{chunk->bytes.data() + begin, bytes.size()};
            chunk->batches.push_back({sequence, check_batch(copy, sequence)});
            return true;
        });
        chunks_.push(std::move(chunk));
        chunks_.finish();
    } catch (...) {
        // An error travels with the data and is thrown where the data is taken, behind everything
        // that was read before it.
        chunks_.finish(std::current_exception());
    }
}

std::unique_ptr<BatchChunk> CheckedBatches::take() {
    return chunks_.take().value_or(nullptr);
}

}  // namespace tuma::ledger
