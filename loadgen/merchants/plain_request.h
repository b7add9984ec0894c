// What is asked of a server that speaks HTTP and no dialect.
#pragma once

#include <filesystem>
#include <string>

namespace tuma::loadgen {

/// A request that is sent again and again.
struct PlainRequest {
    std::string path{};            ///< with its query; empty: "/"
    std::filesystem::path body{};  ///< the file that is posted; empty: GET, and no body
    std::string content_type{};    ///< of the body; empty: "application/json"

    bool is_usual() const { return path.empty() && body.empty() && content_type.empty(); }
};

}  // namespace tuma::loadgen
