// Scheme files: TOML ↔ core::Scheme, and the schemes that come with the program.
#pragma once

#include "ledger/records/batch.h"
#include "ledger/words/result.h"
#include "switch/core/rules/scheme.h"

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace tuma {

/// A scheme with the hash of the text it was read from.
struct SchemeFile {
    core::Scheme scheme;
    ledger::Hash source_hash{};
};

/// Reads a scheme file's text. `place` stands before every error ("my.toml"). Amounts in the file
/// are decimal strings or whole numbers of the currency's major unit ("0.10", 200). `holidays` is a
/// CSV for the calendar that the scheme names; empty: weekends only. Refuses with
/// "place:line: key", what was found, and the bound; unknown keys too.
Result<SchemeFile> parse_scheme(std::string_view text, const std::string& place,
                                const std::filesystem::path& holidays);

/// `name` as a file if it ends in ".toml" or holds a slash, else as one of the built-in schemes;
/// the message of an unknown name lists those.
Result<SchemeFile> find_scheme(const std::string& name, const std::filesystem::path& holidays);

/// A scheme that comes with the program: `switch/schemes/NAME.toml` as it was when it was built.
struct BuiltInScheme {
    std::string_view name;
    std::string_view text;
};
std::span<const BuiltInScheme> built_in_schemes();

}  // namespace tuma
