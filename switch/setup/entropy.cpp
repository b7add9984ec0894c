#include "switch/setup/entropy.h"

#include "protocols/crypto/digest.h"

#include <fmt/format.h>
#include <strings.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace tuma {

void draw(std::span<std::byte> bytes) {
    while (!bytes.empty()) {
        // No flags: it waits until the kernel has gathered enough after a boot, and never fails
        // later on.
        const ssize_t got = getrandom(bytes.data(), bytes.size(), 0);
        // A signal came before anything was given: ask again.
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw std::system_error(errno, std::generic_category(), "getrandom");
        bytes = bytes.subspan(static_cast<std::size_t>(got));
    }
}

namespace {

// A supply of each thread's own: asked for 64 bytes at a time, the system takes longer than the
// request that needs them.
struct Supply {
    std::array<std::byte, 2'048> bytes;
    std::size_t used = sizeof bytes;

    void fill(std::span<std::byte> wanted) {
        if (wanted.size() > bytes.size() / 2) return draw(wanted);
        if (wanted.size() > bytes.size() - used) {
            draw(bytes);
            used = 0;
        }
        const auto given = std::span(bytes).subspan(used, wanted.size());
        std::copy(given.begin(), given.end(), wanted.begin());
        // What was given may become a secret, and is nowhere else then.
        ::explicit_bzero(given.data(), given.size());
        used += wanted.size();
    }
};

}  // namespace

Entropy::Entropy(std::string_view seed, std::uint64_t start, std::uint64_t sequence)
    // A restart counts: the same seed must not give the same tokens twice on one set of books.
    : seed_(fmt::format("{}/{}/{}", seed, start, sequence)) {}

void Entropy::fill(std::string_view purpose, std::uint64_t number,
                   std::span<std::byte> bytes) const {
    if (!seed_) {
        thread_local Supply supply;
        return supply.fill(bytes);
    }
    for (std::size_t block = 0; !bytes.empty(); ++block) {
        // Each block has its own number, since one HMAC gives 32 bytes only.
        const crypto::Sha256 made =
            crypto::hmac_sha256(*seed_, fmt::format("{}/{}/{}", purpose, number, block));
        const std::size_t part = std::min(bytes.size(), made.size());
        std::copy_n(made.begin(), part, bytes.begin());
        bytes = bytes.subspan(part);
    }
}

}  // namespace tuma
