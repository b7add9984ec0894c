#include "switch/written_file.h"

#include <fmt/format.h>

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace tuma {

namespace fs = std::filesystem;

void write_whole_file(const fs::path& path, const std::string& text, FileReaders readers) {
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    fs::perms permissions = fs::perms::owner_read | fs::perms::owner_write;
    if (readers == FileReaders::everybody)
        permissions |= fs::perms::group_read | fs::perms::others_read;
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    // Before there is anything in it that others could read.
    fs::permissions(path, permissions, error);
    file << text;
    file.flush();
    if (!file)
        throw std::runtime_error(
            fmt::format("{}: cannot be written; make the directory writable", path.string()));
}

std::string read_whole_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    if (!file) throw std::runtime_error(fmt::format("{}: cannot be read", path.string()));
    return text.str();
}

}  // namespace tuma
