#include "ledger/state/profiles.h"

#include "ledger/words/ensure.h"

namespace tuma::ledger {
namespace {

std::string read_text(ByteSource& source, std::size_t most) {
    const auto size = read_value<std::uint64_t>(source);
    // Before memory is asked for: a damaged size must not cost any.
    if (size > most) throw StateError("a profile in the saved state is too long");
    std::string text(static_cast<std::size_t>(size), '\0');
    source.read(std::as_writable_bytes(std::span{text}));
    return text;
}

void write_text(ByteSink& sink, const std::string& text) {
    write_value(sink, std::uint64_t{text.size()});
    sink.write(std::as_bytes(std::span{text}));
}

}  // namespace

const std::string* Profiles::find(std::string_view name) const {
    const auto found = contents_.find(name);
    return found == contents_.end() ? nullptr : &found->second;
}

void Profiles::apply(const ProfileStored& stored) {
    if (stored.content.empty())
        contents_.erase(stored.name);
    else
        contents_[stored.name] = stored.content;
}

void Profiles::save(ByteSink& sink) const {
    write_value(sink, std::uint64_t{contents_.size()});
    for (const auto& [name, content] : contents_) {
        write_text(sink, name);
        write_text(sink, content);
    }
}

void Profiles::load(ByteSource& source) {
    ensure(contents_.empty(), "loading into profiles that are in use");
    for (auto left = read_value<std::uint64_t>(source); left > 0; --left) {
        std::string name = read_text(source, profile_name_max);
        std::string content = read_text(source, profile_content_max);
        // A profile without content is one that was removed, and is not saved.
        if (content.empty() || !contents_.emplace(std::move(name), std::move(content)).second)
            throw StateError("the profiles in the saved state make no sense");
    }
}

}  // namespace tuma::ledger
