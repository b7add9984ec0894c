// Batches: sealed, chained, and every way of being damaged.
#include "ledger/records/batch.h"

#include "tests/ledger/records/sealed_batches.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstring>

using namespace tuma;
using namespace tuma::ledger;

namespace {

template <typename Value>
std::vector<std::byte> with(std::vector<std::byte> bytes, std::size_t offset, Value value) {
    std::memcpy(bytes.data() + offset, &value, sizeof value);
    return bytes;
}

// The hash of an altered batch made right again, as a forger would.
std::vector<std::byte> rehashed(std::vector<std::byte> bytes) {
    bytes.resize(bytes.size() - sizeof(Hash));
    const Hash hash = sha256(bytes);
    bytes.insert(bytes.end(), hash.begin(), hash.end());
    return bytes;
}

}  // namespace

TEST_CASE("batch: SHA-256 gives the values of FIPS 180-2") {
    const auto digest = [](std::string_view text) {
        return hex(sha256(std::as_bytes(std::span{text})));
    };
    CHECK(digest("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    // Once more: nothing of the last text is left in the context.
    CHECK(digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("batch: what is sealed checks out, and points at its hash's predecessor") {
    BatchChain chain;
    const SealedBatch first = chain.next(3);
    const SealedBatch second = chain.next(0);
    const BatchCheck check = check_batch(first.bytes, 1);
    REQUIRE(check.damage == BatchDamage::none);
    CHECK(check.view.header == first.header);
    CHECK(check.view.hash == first.hash);
    CHECK(check.view.records.size() == 3 * 128 + 48);
    CHECK(first.bytes.size() == check.view.records.size() + batch_overhead_bytes);
    CHECK(first.header.previous == Hash{});
    CHECK(check_batch(second.bytes, 2).view.header.previous == first.hash);
}

TEST_CASE("batch: an empty body is a batch") {
    std::vector<std::byte> bytes;
    begin_batch(bytes);
    BatchHeader header;
    header.sequence = 5;
    const SealedBatch batch = seal(header, std::move(bytes));
    CHECK(batch.bytes.size() == batch_overhead_bytes);
    CHECK(check_batch(batch.bytes, 5).damage == BatchDamage::none);
}

TEST_CASE("batch: cut at any byte it is torn, and so with zeros after the cut") {
    BatchChain chain;
    const SealedBatch batch = chain.next(2);
    const std::size_t size = batch.bytes.size();
    for (std::size_t cut = 0; cut < size; ++cut) {
        CAPTURE(cut);
        const auto prefix = std::span{batch.bytes}.first(cut);
        CHECK(check_batch(prefix, 1).damage == BatchDamage::torn);
        std::vector<std::byte> zeroed = batch.bytes;
        std::fill(zeroed.begin() + static_cast<std::ptrdiff_t>(cut), zeroed.end(), std::byte{0});
        const BatchDamage damage = check_batch(zeroed, 1).damage;
        // Once part of the hash was written, zeros cannot be told from altered bytes.
        const bool has_part_of_hash = cut > size - sizeof(Hash);
        CHECK(damage == (has_part_of_hash ? BatchDamage::corrupted : BatchDamage::torn));
    }
}

TEST_CASE("batch: any flipped bit is found and called corrupted") {
    BatchChain chain;
    const SealedBatch batch = chain.next(1);
    for (std::size_t bit = 0; bit < batch.bytes.size() * 8; ++bit) {
        CAPTURE(bit);
        std::vector<std::byte> bytes = batch.bytes;
        bytes[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
        const BatchCheck check = check_batch(bytes, 1);
        CHECK(check.damage == BatchDamage::corrupted);
        CHECK_FALSE(check.reason.empty());
    }
}

TEST_CASE("batch: wrong header fields are named even when the hash is right") {
    BatchChain chain;
    const std::vector<std::byte> good = chain.next(1).bytes;
    struct Row {
        const char* what;
        std::vector<std::byte> bytes;
        std::uint64_t sequence;
        const char* reason;
    };
    std::vector<std::byte> longer = good;
    longer.insert(longer.begin() + 90, std::byte{1});
    const Row rows[] = {
        {"magic", rehashed(with<std::uint32_t>(good, 0, 7)), 1, "TUMB"},
        {"version", rehashed(with<std::uint16_t>(good, 4, 2)), 1, "version 2"},
        {"reserved", rehashed(with<std::uint16_t>(good, 6, 1)), 1, "reserved"},
        {"sequence", good, 2, "says batch 1, the journal has it as batch 2"},
        {"body beyond the bound", with<std::uint32_t>(good, 28, 0xFFFF'FFFF), 1, "at most"},
        {"one byte more", longer, 1, "but the header says"},
        {"content", with<std::uint8_t>(good, 100, 99), 1, "stored hash"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const BatchCheck check = check_batch(row.bytes, row.sequence);
        CHECK(check.damage == BatchDamage::corrupted);
        CHECK(check.reason.find(row.reason) != std::string::npos);
    }
}

TEST_CASE("batch: no bytes are accepted but sealed ones") {
    BatchChain chain;
    const std::vector<std::byte> good = chain.next(2).bytes;
    CHECK(rc::check("altered bytes", [&](std::vector<std::uint8_t> noise) {
        std::vector<std::byte> bytes = good;
        for (std::size_t i = 0; i + 2 < noise.size(); i += 3)
            bytes[(noise[i] * 256U + noise[i + 1]) % bytes.size()] =
                static_cast<std::byte>(noise[i + 2]);
        const bool is_accepted = check_batch(bytes, 1).damage == BatchDamage::none;
        RC_ASSERT(is_accepted == (bytes == good));
    }));
}
