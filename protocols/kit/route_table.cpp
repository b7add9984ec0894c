#include "protocols/kit/route_table.h"

#include <boost/url/decode_view.hpp>
#include <boost/url/pct_string_view.hpp>

#include <algorithm>

namespace tuma::protocols {
namespace {

std::string_view take_segment(std::string_view& path) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, slash);
    path.remove_prefix(std::min(slash + 1, path.size()));
    return segment;
}

std::optional<std::string> decoded(std::string_view segment) {
    const auto view = boost::urls::make_pct_string_view({segment.data(), segment.size()});
    if (!view || segment.empty()) return std::nullopt;
    std::string text;
    // Decoded behind the cut into segments: an escaped slash is part of an argument and begins no
    // new one.
    for (const char c : **view) text += c;
    return text;
}

}  // namespace

std::optional<std::vector<std::string>> match_path(std::string_view pattern,
                                                   std::string_view path) {
    // Taking segments loses the last slash, which makes another path.
    if (path.ends_with('/') != pattern.ends_with('/')) return std::nullopt;
    std::vector<std::string> arguments;
    while (!pattern.empty() && !path.empty()) {
        const std::string_view wanted = take_segment(pattern);
        const std::string_view given = take_segment(path);
        if (wanted != "{}") {
            // Compared as sent: an escaped letter in a fixed part makes another path.
            if (wanted != given) return std::nullopt;
            continue;
        }
        auto argument = decoded(given);
        if (!argument) return std::nullopt;
        arguments.push_back(*std::move(argument));
    }
    if (!pattern.empty() || !path.empty()) return std::nullopt;
    return arguments;
}

bool begins_with_any(std::string_view path, std::span<const std::string_view> prefixes) {
    return std::any_of(prefixes.begin(), prefixes.end(),
                       [&](std::string_view prefix) { return path.starts_with(prefix); });
}

namespace {

// The same for a question to the switch and for one to its history.
template <typename Question, typename Told>
Answer with_note(Question question, FillNote fill) {
    fill(question.overloaded.note);
    question.then = [then = std::move(question.then), fill = std::move(fill)](const Told& told) {
        return noted(then(told), fill);
    };
    return question;
}

}  // namespace

Answer noted(Answer answer, FillNote fill) {
    if (auto* const reply = std::get_if<http::HttpReply>(&answer)) {
        fill(reply->note);
        return answer;
    }
    if (auto* const asking = std::get_if<Asking>(&answer))
        return with_note<Asking, std::vector<core::Outcome>>(std::move(*asking), std::move(fill));
    return with_note<Reading, native::StatementPage>(std::get<Reading>(std::move(answer)),
                                                     std::move(fill));
}

void fill_in(std::string& noted, std::string_view text) {
    if (noted.empty()) noted = text;
}

}  // namespace tuma::protocols
