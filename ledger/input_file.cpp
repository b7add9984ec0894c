#include "ledger/input_file.h"

#include <fstream>
#include <system_error>

namespace tuma {

std::optional<InputError> unreadable(const std::filesystem::path& path) {
    std::error_code code;
    // A stream opens a directory, and fails only when it is read.
    if (std::filesystem::is_directory(path, code))
        return InputError{path.string(), "is a directory; a file is needed"};
    if (!std::ifstream(path, std::ios::binary))
        return InputError{path.string(), "cannot be opened for reading"};
    return std::nullopt;
}

}  // namespace tuma
