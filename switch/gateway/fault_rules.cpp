#include "switch/gateway/fault_rules.h"

#include "ledger/words/text.h"
#include "ledger/words/words.h"

#include <fmt/format.h>

#include <algorithm>

namespace tuma::net {
namespace {

constexpr std::size_t rules_max = 100;
constexpr int latency_ms_max = 600'000;

http::HttpReply reply(int status, std::string_view type, std::string body) {
    return {.status = status,
            .headers = {{"Content-Type", std::string(type)}},
            .body = std::move(body)};
}

// What the gateways in front of the real services answer; mpesa.md, section 1.15.
http::HttpReply html_503() {
    return reply(503, "text/html",
                 "<html><head><META NAME=\"robots\" CONTENT=\"noindex,nofollow\"></head><body>"
                 "Request unsuccessful. Incapsula incident ID: 1035000260088530431-155237</body>"
                 "</html>");
}

http::HttpReply apigee_404() {
    return reply(
        404, "application/json",
        R"({"fault":{"faultstring":"Unable to identify proxy for host: secure and url: )"
        R"(\/","detail":{"errorcode":"messaging.adaptors.http.flow.ApplicationNotFound"}}})");
}

std::optional<InputError> apply(std::string_view word, Fault& fault) {
    // A word that is none of these is left to the dialect, which is asked whether it knows it.
    if (word == "drop") fault.drops_before = true;
    if (word == "commit-then-drop") fault.drops_after = true;
    if (word == "commit-then-timeout") fault.hides_reply = true;
    if (word == "429") fault.is_too_many = true;
    if (word == "html-503") fault.instead = html_503();
    if (word == "apigee-404") fault.instead = apigee_404();
    if (word.starts_with("latency:")) {
        std::string_view text = word.substr(8);
        if (text.ends_with("ms")) text.remove_suffix(2);
        const auto ms = read_number<int>(text, 0, latency_ms_max);
        if (!ms) return InputError{"latency", "must be 0 to 600000 milliseconds"};
        fault.latency = std::chrono::milliseconds{*ms};
    }
    if (word.starts_with("status:")) {
        const auto status = read_number<int>(word.substr(7), 100, 599);
        if (!status) return InputError{"status", "must be 100 to 599"};
        fault.instead = http::HttpReply{.status = *status};
    }
    return std::nullopt;
}

bool fits(const FaultRule& rule, const http::HttpRequest& request) {
    if (!request.path().starts_with(rule.path)) return false;
    if (rule.contains.empty()) return true;
    // What tells clients apart may stand in the path, in the body or in their credentials.
    const std::string* const authorization = request.find("Authorization");
    return request.target.find(rule.contains) != std::string::npos ||
           request.body.find(rule.contains) != std::string::npos ||
           (authorization != nullptr && authorization->find(rule.contains) != std::string::npos);
}

// A rule for a path that is nobody's would never fit, and look as if it had no effect.
std::optional<InputError> misspelt_path(std::string_view path,
                                        std::span<const protocols::Adapter* const> dialects) {
    if (path.empty()) return std::nullopt;
    if (!path.starts_with('/')) return InputError{"path", "must begin with a slash"};
    std::vector<std::string_view> known;
    for (const protocols::Adapter* const dialect : dialects)
        for (const std::string_view prefix : dialect->paths()) {
            // "/v3" is the beginning of all that begins with "/v3/".
            if (path.starts_with(prefix) || prefix.starts_with(path)) return std::nullopt;
            known.push_back(prefix);
        }
    // As far as the beginnings go, so that the nearest of them can be named.
    const std::size_t slash = path.find('/', 1);
    const std::string_view first =
        path.substr(0, slash == std::string_view::npos ? slash : slash + 1);
    return InputError{"path", none_of(first, known)};
}

// The words of a rule as a request would bring them.
std::optional<InputError> misspelt_word(const FaultRule& rule,
                                        std::span<const protocols::Adapter* const> dialects) {
    // Put as a request would put it, so that a rule is judged like a header.
    const http::HttpRequest request{.target = rule.path, .headers = {{"Tuma-Fault", rule.words}}};
    const bool is_somebodys = std::any_of(dialects.begin(), dialects.end(), [&](const auto* one) {
        return one->owns(request.path());
    });
    std::string reasons;
    for (const protocols::Adapter* const dialect : dialects) {
        if (is_somebodys && !dialect->owns(request.path())) continue;
        const auto misspelt = dialect->misspelt_word(request);
        // A path that belongs to no dialect in particular: it is enough that one knows the words.
        if (!misspelt) return std::nullopt;
        reasons +=
            fmt::format("{}{}: {}", reasons.empty() ? "" : "; ", dialect->name(), misspelt->reason);
    }
    if (reasons.empty()) return std::nullopt;
    return InputError{"fault", std::move(reasons)};
}

}  // namespace

Result<Fault> parse_fault(std::string_view words) {
    Fault fault;
    while (!words.empty()) {
        const std::size_t comma = std::min(words.find(','), words.size());
        std::string_view word = words.substr(0, comma);
        words.remove_prefix(std::min(comma + 1, words.size()));
        while (word.starts_with(' ')) word.remove_prefix(1);
        while (word.ends_with(' ')) word.remove_suffix(1);
        if (auto error = apply(word, fault)) return std::move(*error);
    }
    return fault;
}

Result<std::uint64_t> FaultRules::add(FaultRule rule,
                                      std::span<const protocols::Adapter* const> dialects) {
    if (const auto parsed = parse_fault(rule.words); !parsed) return parsed.error();
    if (rule.words.empty()) return InputError{"fault", "is missing"};
    if (auto misspelt = misspelt_path(rule.path, dialects)) return std::move(*misspelt);
    if (auto misspelt = misspelt_word(rule, dialects)) return std::move(*misspelt);
    if (rule.left == 0) return InputError{"count", "must be at least 1"};
    const std::lock_guard lock(mutex_);
    if (rules_.size() >= rules_max)
        return InputError{"faults", fmt::format("{} are in force, at most {}; DELETE some",
                                                rules_.size(), rules_max)};
    rule.id = next_id_++;
    rules_.push_back(std::move(rule));
    return rules_.back().id;
}

bool FaultRules::remove(std::uint64_t id) {
    const std::lock_guard lock(mutex_);
    return std::erase_if(rules_, [id](const FaultRule& rule) { return rule.id == id; }) > 0;
}

void FaultRules::clear() {
    const std::lock_guard lock(mutex_);
    rules_.clear();
}

std::vector<FaultRule> FaultRules::all() const {
    const std::lock_guard lock(mutex_);
    return rules_;
}

std::string FaultRules::words_for(const http::HttpRequest& request) {
    // The request's own words use up no rule.
    if (const std::string* const own = request.find("Tuma-Fault")) return *own;
    const std::lock_guard lock(mutex_);
    for (FaultRule& rule : rules_) {
        if (!fits(rule, request)) continue;
        // A copy, because the rule may go.
        std::string words = rule.words;
        if (--rule.left == 0) std::erase_if(rules_, [](const FaultRule& r) { return r.left == 0; });
        return words;
    }
    return {};
}

}  // namespace tuma::net
