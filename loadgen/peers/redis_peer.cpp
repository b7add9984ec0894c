#include "loadgen/peers/redis_peer.h"

#include "ledger/words/text.h"
#include "loadgen/client/protocol_guess.h"
#include "loadgen/peers/first_words.h"
#include "loadgen/peers/peer_texts.h"
#include "loadgen/peers/redis_client.h"
#include "loadgen/peers/redis_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace tuma::loadgen {
namespace {

constexpr std::size_t keys_a_call = 1000;

/// The first value of this name among "name:value" lines.
std::string_view line_value(std::string_view text, std::string_view name) {
    while (!text.empty()) {
        std::string_view line = take_line(text);
        if (line.starts_with(name) && line.substr(name.size()).starts_with(':'))
            return line.substr(name.size() + 1);
    }
    return {};
}

class RedisPeer final : public Peer {
public:
    explicit RedisPeer(const PeerPlan& plan) : plan_(plan), client_(plan.target, plan.timeout) {
        facts_.version =
            fmt::format("Redis {}", line_value(wanted({"INFO", "server"}).text, "redis_version"));
        const std::string file = setting("appendonly");
        const std::string sync = setting("appendfsync");
        facts_.durability = file.empty() || sync.empty()
                                ? "unknown: CONFIG GET is refused"
                                : fmt::format("appendonly={} appendfsync={}", file, sync);
        script_ = wanted({"SCRIPT", "LOAD", redis_transfer}).text;
    }

    void set_up(std::span<const AccountRange> accounts, const SetUpProgress& progress) override {
        remove_old();
        std::uint64_t total = 0;
        for (const AccountRange& range : accounts) total += range.count;
        std::uint64_t done = 0;
        for (const AccountRange& range : accounts) {
            for (std::uint32_t from = 0; from < range.count; from += keys_a_call) {
                const auto some = std::min<std::uint32_t>(keys_a_call, range.count - from);
                open(range, from, some);
                progress(done += some, total);
            }
        }
    }

    std::unique_ptr<PeerSession> connect() const override {
        return std::make_unique<RedisSession>(connect_to(plan_.target, plan_.timeout), script_);
    }

    PeerFacts facts() const override { return facts_; }

private:
    /// A reply that is no error. Throws SetUpError.
    const RespReply& wanted(std::span<const std::string_view> words) {
        const RespReply& reply = client_.call(words);
        if (reply.type == RespReply::Type::error)
            throw SetUpError(
                fmt::format("redis:{} refuses {}: {}", plan_.target.text(), words[0], reply.text));
        return reply;
    }
    const RespReply& wanted(std::initializer_list<std::string_view> words) {
        return wanted(std::span{words.begin(), words.size()});
    }

    /// Empty where it is not told.
    std::string setting(std::string_view name) {
        const RespReply& reply = client_.call({"CONFIG", "GET", name});
        return reply.elements.size() == 2 ? std::string(reply.elements[1].text) : std::string{};
    }

    /// Key by key, so that a server that is used for other things goes on answering meanwhile.
    void remove_old() {
        const std::string pattern = fmt::format("{}*", redis_prefix);
        const std::string count = fmt::format("{}", keys_a_call);
        std::string cursor = "0";
        do {
            const RespReply& found = wanted({"SCAN", cursor, "MATCH", pattern, "COUNT", count});
            if (found.elements.size() != 2)
                throw SetUpError(
                    fmt::format("redis:{} answers SCAN with something else", plan_.target.text()));
            cursor = found.elements[0].text;
            const std::vector<RespReply>& keys = found.elements[1].elements;
            if (keys.empty()) continue;
            // Copied: the reply's texts go with the next call.
            std::vector<std::string> names;
            names.reserve(keys.size());
            for (const RespReply& key : keys) names.emplace_back(key.text);
            std::vector<std::string_view> words{"UNLINK"};
            words.insert(words.end(), names.begin(), names.end());
            wanted(words);
        } while (cursor != "0");
    }

    void open(const AccountRange& range, std::uint32_t from, std::uint32_t count) {
        const std::string balance = fmt::format("{}", range.balance);
        std::vector<std::string> names;
        names.reserve(count);
        for (std::uint32_t i = from; i < from + count; ++i)
            names.push_back(fmt::format("{}a:{}", redis_prefix, range.first.value + i));
        std::vector<std::string_view> words{"MSET"};
        for (const std::string& name : names) {
            words.emplace_back(name);
            words.emplace_back(balance);
        }
        wanted(words);
    }

    PeerPlan plan_;
    RedisClient client_;
    std::string script_;
    PeerFacts facts_;
};

}  // namespace

std::unique_ptr<Peer> reach_redis(const PeerPlan& plan) {
    const std::string words = first_words(plan.target, "*1\r\n$4\r\nPING\r\n", "PING\r\n",
                                          redis_protocol_name, plan.timeout);
    // It is a Redis, but none for us.
    for (const std::string_view refusal : {"-NOAUTH", "-DENIED", "-LOADING", "-MASTERDOWN"})
        if (words.starts_with(refusal)) {
            std::string_view rest = words;
            throw ConnectionError(
                fmt::format("redis:{} refuses: {}", plan.target.text(), take_line(rest).substr(1)));
        }
    if (!words.starts_with("+PONG")) throw other_words(plan.target, words, redis_protocol_name);
    return std::make_unique<RedisPeer>(plan);
}

}  // namespace tuma::loadgen
