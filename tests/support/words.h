// Short ways to write identities, references and refusals in tests.
#pragma once

#include "ledger/records/account.h"
#include "ledger/records/state_bytes.h"
#include "ledger/state/books.h"
#include "ledger/words/refusal.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::testing {

/// The name of the refusal, or "none".
inline std::string code(std::optional<Refusal> refusal) {
    return std::string(name(refusal.value_or(Refusal::none)));
}

/// Requires: 1 to 31 printable ASCII characters.
inline ledger::Identity identity(std::string_view text) {
    const auto made = ledger::make_identity(text);
    ensure(made.has_value(), "a test's identity is valid");
    return *made;
}

/// Sixteen bytes that hold `number` and zeros.
inline Reference reference(std::uint64_t number) {
    Reference bytes{};
    std::memcpy(bytes.data(), &number, sizeof number);
    return bytes;
}

/// A saved state as bytes: sink and source in one.
class Bytes final : public ledger::ByteSink, public ledger::ByteSource {
public:
    void write(std::span<const std::byte> bytes) override {
        content.insert(content.end(), bytes.begin(), bytes.end());
    }
    void read(std::span<std::byte> bytes) override {
        if (bytes.size() > content.size() - taken_)
            throw ledger::StateError("past the end of the bytes");
        std::copy_n(content.begin() + static_cast<std::ptrdiff_t>(taken_), bytes.size(),
                    bytes.begin());
        taken_ += bytes.size();
    }
    bool is_empty() const { return taken_ == content.size(); }

    std::vector<std::byte> content;

private:
    std::size_t taken_ = 0;
};

/// Everything `saved.save` writes; equal for equal states.
template <typename Saved>
std::vector<std::byte> bytes_of(const Saved& saved) {
    Bytes bytes;
    saved.save(bytes);
    return std::move(bytes.content);
}

}  // namespace tuma::testing
