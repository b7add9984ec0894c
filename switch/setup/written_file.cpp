#include "switch/setup/written_file.h"

#include "ledger/store/file_bytes.h"
#include "ledger/store/private_files.h"

#include <fmt/format.h>

#include <fstream>
#include <span>
#include <sstream>
#include <stdexcept>

namespace tuma {

namespace fs = std::filesystem;

void write_whole_file(const fs::path& path, const std::string& text) {
    // The text may hold keys, so the directory is for the owner alone before the file is there.
    ledger::make_private_directory(path.parent_path());
    ledger::FileHandle::create(path).write(std::as_bytes(std::span{text}));
}

std::string read_whole_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    if (!file) throw std::runtime_error(fmt::format("{}: cannot be read", path.string()));
    return text.str();
}

}  // namespace tuma
