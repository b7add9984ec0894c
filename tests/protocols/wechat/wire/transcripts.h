// Recordings and vectors that are not ours to keep: found beside the tree, or missed aloud.
#pragma once

#include "protocols/crypto/certificate.h"
#include "protocols/crypto/rsa.h"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace tuma::test {

/// $TUMA_SHARED, or the folder beside the tree.
inline std::filesystem::path wechat_transcripts() {
    const char* shared = std::getenv("TUMA_SHARED");
    const std::filesystem::path directory =
        shared != nullptr ? shared : std::filesystem::path(TUMA_SOURCE_DIR) / ".." / "shared";
    return directory / "transcripts" / "wechat";
}

/// Whether they are there; says so where they are not.
inline bool has_transcripts() {
    const std::filesystem::path path = wechat_transcripts() / "golden.json";
    if (std::filesystem::exists(path)) return true;
    MESSAGE("SKIPPED: " << path.string()
                        << " is not there, so nothing was compared; set TUMA_SHARED");
    return false;
}

inline std::string transcript(const std::filesystem::path& name) {
    std::ifstream file(wechat_transcripts() / name, std::ios::binary);
    REQUIRE_MESSAGE(file, name.string());
    return {std::istreambuf_iterator<char>(file), {}};
}

/// One group of vectors.
inline boost::json::value golden(const char* group) {
    return boost::json::parse(transcript("golden.json")).at(group);
}

inline std::string word(const boost::json::value& object, const char* member) {
    const boost::json::string& text = object.at(member).as_string();
    return {text.data(), text.size()};
}

/// The ids and secrets that the vectors were made with.
inline std::string parameter(const char* name) {
    return word(boost::json::parse(transcript("keys/params.json")), name);
}

inline crypto::PrivateKey private_key(const std::string& name) {
    return crypto::PrivateKey::read(transcript("keys/" + name)).value();
}

inline crypto::PublicKey public_key(const std::string& name) {
    return crypto::PublicKey::read(transcript("keys/" + name)).value();
}

}  // namespace tuma::test
