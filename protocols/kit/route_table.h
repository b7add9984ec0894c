// Which path is which API: a table that reads like the standard's list of endpoints; and what the
// log is told of an API's replies.
#pragma once

#include "protocols/kit/adapter.h"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tuma::protocols {

/// One API. `Mark` is whatever else the dialect says of each of its APIs.
template <typename CallPtr, typename Options, typename Mark = std::monostate>
struct Route {
    std::string_view method;  ///< empty: any, and the API answers what is wrong with it
    std::string_view path;    ///< "/v3/pay/transactions/id/{}": {} stands for one argument
    Answer (*answer)(const CallPtr& call) = nullptr;
    Mark mark{};
    bool Options::*is_there = nullptr;  ///< the option that decides whether it exists
};

/// What a table says of a method and a path.
template <typename Row>
struct RouteMatch {
    const Row* row = nullptr;              ///< the API; null: the dialect's own 404 or 405
    std::vector<std::string> arguments{};  ///< of the path, decoded
    std::vector<const Row*> others{};      ///< with other methods; empty: no such path
};

/// The arguments of a path that fits the pattern; nothing if it does not, or if an argument is
/// empty or badly escaped.
std::optional<std::vector<std::string>> match_path(std::string_view pattern, std::string_view path);

/// True if the path begins with one of the prefixes.
bool begins_with_any(std::string_view path, std::span<const std::string_view> prefixes);

/// Looks for a row with a `method` and a `path`; rows for which `is_there(row)` is false are none.
template <typename Row, typename IsThere>
RouteMatch<Row> find_route(std::span<const Row> rows, std::string_view method,
                           std::string_view path, const IsThere& is_there) {
    RouteMatch<Row> match;
    for (const Row& row : rows) {
        if (!is_there(row)) continue;
        auto arguments = match_path(row.path, path);
        if (!arguments) continue;
        if (row.method.empty() || row.method == method) return {&row, *std::move(arguments), {}};
        // For a 405 that names them, instead of a 404 for a path that is there.
        match.others.push_back(&row);
    }
    return match;
}

/// Whether an API exists under these options.
template <typename CallPtr, typename Options, typename Mark>
bool is_offered(const Route<CallPtr, Options, Mark>& row, const Options& options) {
    return row.is_there == nullptr || options.*row.is_there;
}

/// The same for rows of the type above, under these options.
template <typename CallPtr, typename Options, typename Mark>
RouteMatch<Route<CallPtr, Options, Mark>> find_route(
    std::span<const Route<CallPtr, Options, Mark>> rows, std::string_view method,
    std::string_view path, const Options& options) {
    return find_route(rows, method, path,
                      [&](const auto& row) { return is_offered(row, options); });
}

/// The calls of a table under these options.
template <typename CallPtr, typename Options, typename Mark>
std::vector<OfferedCall> offered_calls(std::span<const Route<CallPtr, Options, Mark>> rows,
                                       const Options& options) {
    std::vector<OfferedCall> calls;
    for (const auto& row : rows)
        if (is_offered(row, options)) calls.push_back({row.method, std::string(row.path)});
    return calls;
}

/// Fills in what is still empty of a note. Called once for each reply, when it is made.
using FillNote = std::function<void(http::ReplyNote&)>;

/// The same answer; whatever reply it ends in, after however many questions, has its note filled
/// in.
Answer noted(Answer answer, FillNote fill);

/// The text where the note's is empty.
void fill_in(std::string& noted, std::string_view text);

}  // namespace tuma::protocols
