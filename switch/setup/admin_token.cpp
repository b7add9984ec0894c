#include "switch/setup/admin_token.h"

#include "protocols/crypto/encoding.h"
#include "switch/setup/entropy.h"
#include "switch/setup/written_file.h"

#include <fmt/format.h>

#include <stdexcept>

namespace tuma {
namespace {

constexpr std::size_t token_bytes = 32;
constexpr std::size_t characters_min = 32;

}  // namespace

std::filesystem::path admin_token_file(const std::filesystem::path& data) {
    return data / "admin-token";
}

std::string admin_token(const std::filesystem::path& data) {
    const std::filesystem::path file = admin_token_file(data);
    if (!std::filesystem::exists(file)) {
        // Never from the seed of --entropy: whoever knows the seed must not know the token.
        std::string token = crypto::hex_lower(Entropy{}.bytes<token_bytes>("admin-token"));
        write_whole_file(file, token + "\n");
        return token;
    }
    std::string token = read_whole_file(file);
    // People edit the file and copy it between systems; what follows the token is no part of it.
    while (token.ends_with('\n') || token.ends_with('\r') || token.ends_with(' ')) token.pop_back();
    // A short one could be guessed, and an empty file would let everybody in.
    if (token.size() < characters_min)
        throw std::runtime_error(
            fmt::format("{}: has fewer than 32 characters; remove the file, and the next start "
                        "makes a new token",
                        file.string()));
    return token;
}

}  // namespace tuma
