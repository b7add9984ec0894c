#include "switch/admin_token.h"

#include "protocols/crypto/encoding.h"
#include "switch/chance.h"
#include "switch/written_file.h"

#include <fmt/format.h>

#include <array>
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
        std::array<std::byte, token_bytes> bytes{};
        draw(bytes);
        std::string token = crypto::hex_lower(bytes);
        write_whole_file(file, token + "\n", FileReaders::owner);
        return token;
    }
    std::string token = read_whole_file(file);
    while (token.ends_with('\n') || token.ends_with('\r') || token.ends_with(' ')) token.pop_back();
    if (token.size() < characters_min)
        throw std::runtime_error(
            fmt::format("{}: has fewer than 32 characters; remove the file, and the next start "
                        "makes a new token",
                        file.string()));
    return token;
}

}  // namespace tuma
