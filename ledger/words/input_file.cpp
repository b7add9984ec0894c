#include "ledger/words/input_file.h"

#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

namespace tuma {

std::optional<InputError> unreadable(const std::filesystem::path& path) {
    std::error_code code;
    // A stream opens a directory, and fails only when it is read.
    if (std::filesystem::is_directory(path, code))
        return InputError{path.string(), "is a directory; a file is needed"};
    // By trying: rights, links and file systems decide, and no question beforehand knows them all.
    if (!std::ifstream(path, std::ios::binary))
        return InputError{path.string(), "cannot be opened for reading"};
    return std::nullopt;
}

Result<std::string> read_text_file(const std::filesystem::path& path) {
    if (auto wrong = unreadable(path)) return std::move(*wrong);
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    // An empty file sets `fail` here, and is a text like any other; only `bad` is an error of
    // reading.
    if (text.bad()) return InputError{path.string(), "cannot be read to its end"};
    return std::move(text).str();
}

}  // namespace tuma
