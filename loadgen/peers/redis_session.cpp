#include "loadgen/peers/redis_session.h"

#include "ledger/words/refusal.h"
#include "loadgen/peers/redis_peer.h"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <utility>

namespace tuma::loadgen {
namespace {

// What redis_transfer.lua answers.
constexpr std::int64_t script_done = 1;
constexpr std::int64_t script_done_before = 2;
constexpr std::int64_t script_insufficient_funds = -1;
constexpr std::int64_t script_unknown_account = -2;
constexpr std::int64_t script_modified_request = -3;

/// Longer first words are no name of an error, but somebody's text.
constexpr std::size_t error_name_max = 24;

}  // namespace

PeerAnswer redis_answer(const RespReply& reply) {
    if (reply.type == RespReply::Type::error) {
        const std::string_view word = reply.text.substr(0, reply.text.find(' '));
        return {.refusal = fmt::format("redis_{}", word.substr(0, error_name_max))};
    }
    switch (reply.type == RespReply::Type::integer ? reply.integer : 0) {
        case script_done:
            return {};
        case script_done_before:
            return {.refusal = {}, .is_replay = true};
        case script_insufficient_funds:
            return {.refusal = std::string(name(Refusal::insufficient_funds))};
        case script_unknown_account:
            return {.refusal = std::string(name(Refusal::account_not_found))};
        case script_modified_request:
            return {.refusal = std::string(name(Refusal::modified_request))};
        default:
            return {.refusal = "redis_unknown_reply"};
    }
}

RedisSession::RedisSession(Socket socket, std::string_view script)
    : stream_(std::move(socket)), script_(script) {
    ask_for_receive_times(stream_.descriptor());
}

void RedisSession::send(const PeerTransfer& transfer) {
    std::array<std::uint64_t, 2> halves{};
    std::memcpy(halves.data(), transfer.reference.data(), sizeof halves);
    const std::string debit = fmt::format("{}a:{}", redis_prefix, transfer.debit.value);
    const std::string credit = fmt::format("{}a:{}", redis_prefix, transfer.credit.value);
    const std::string reference =
        fmt::format("{}r:{:016x}{:016x}", redis_prefix, halves[0], halves[1]);
    const std::string amount = fmt::format("{}", transfer.amount);
    const std::string request =
        fmt::format("{}>{} {}", transfer.debit.value, transfer.credit.value, transfer.amount);
    command_.clear();
    append_resp_command(
        command_, std::array<std::string_view, 8>{"EVALSHA", script_, "3", debit, credit, reference,
                                                  amount, request});
    stream_.queue(command_);
}

PeerReading RedisSession::receive(std::span<std::byte> scratch, std::vector<PeerAnswer>& answers) {
    PeerReading reading;
    const ByteStream::Reading got = stream_.receive(scratch, reading.reason);
    if (got == ByteStream::Reading::nothing) return reading;
    reading.state = PeerReading::State::ended;
    if (got == ByteStream::Reading::ended) {
        if (reading.reason.empty()) reading.reason = "the server closed the connection";
        return reading;
    }
    reading.is_all = stream_.last_read() < scratch.size();
    segments_.note_reading(stream_.last_read(), reading.is_all);
    const std::string_view bytes = stream_.arrived_text();
    std::size_t used = 0;
    const std::size_t before = answers.size();
    while (auto read = read_resp(bytes.substr(used))) {
        if (!*read) {
            reading.reason = "a reply that cannot be read: " + read->error().reason;
            return reading;
        }
        answers.push_back(redis_answer((*read)->reply));
        used += (*read)->bytes;
    }
    // The kernel's time is that of the last byte of all.
    const bool is_one = answers.size() == before + 1 && used == bytes.size();
    if (is_one || segments_.was_one_segment(stream_.descriptor()))
        reading.received = stream_.last_byte_at();
    stream_.consumed(used);
    reading.state = PeerReading::State::got;
    return reading;
}

}  // namespace tuma::loadgen
