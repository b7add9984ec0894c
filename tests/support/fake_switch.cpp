#include "tests/support/fake_switch.h"

#include "ledger/words/ensure.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <variant>

namespace tuma::testing {
namespace {

using native::FrameType;

bool is_movement(FrameType type) {
    switch (type) {
        case FrameType::open_account:
        case FrameType::issue:
        case FrameType::query_account:
        case FrameType::query_request:
            return false;
        default:
            return true;
    }
}

void send_all(int descriptor, const std::vector<std::byte>& bytes) {
    std::size_t begin = 0;
    while (begin < bytes.size()) {
        const ssize_t sent =
            ::send(descriptor, bytes.data() + begin, bytes.size() - begin, MSG_NOSIGNAL);
        if (sent <= 0) return;
        begin += static_cast<std::size_t>(sent);
    }
}

core::Outcome refused(Refusal refusal) {
    core::Outcome outcome;
    outcome.code = refusal;
    return outcome;
}

}  // namespace

FakeSwitch::FakeSwitch(const FakeSwitchFaults& faults) : faults_(faults) {
    listener_ = loadgen::Socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    ensure(::bind(listener_.descriptor(), generic, size) == 0, "a free port on loopback");
    ensure(::listen(listener_.descriptor(), 128) == 0, "the test's port listens");
    ensure(::getsockname(listener_.descriptor(), generic, &size) == 0, "the port has a number");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
}

void FakeSwitch::stop() {
    stopping_.store(true);
    if (thread_.joinable()) thread_.join();
}

void FakeSwitch::serve() {
    while (!stopping_.load()) {
        std::vector<pollfd> entries{{listener_.descriptor(), POLLIN, 0}};
        for (const Peer& peer : peers_) entries.push_back({peer.socket.descriptor(), POLLIN, 0});
        if (::poll(entries.data(), entries.size(), 5) <= 0) continue;
        for (std::size_t i = 1; i < entries.size() && !closes_; ++i)
            if (entries[i].revents != 0) read(peers_[i - 1]);
        if (closes_) peers_.clear();
        std::erase_if(peers_, [](const Peer& peer) { return !peer.socket.is_open(); });
        if (entries[0].revents == 0) continue;
        loadgen::Socket accepted(::accept(listener_.descriptor(), nullptr, nullptr));
        if (accepted.is_open() && !closes_) peers_.push_back({std::move(accepted), {}});
    }
}

void FakeSwitch::read(Peer& peer) {
    std::array<std::byte, 65536> chunk;
    const ssize_t received = ::recv(peer.socket.descriptor(), chunk.data(), chunk.size(), 0);
    if (received <= 0) return peer.socket.close();
    peer.incoming.insert(peer.incoming.end(), chunk.begin(), chunk.begin() + received);
    std::size_t used = 0;
    while (!closes_ && peer.socket.is_open()) {
        const auto frame = native::read_frame(std::span{peer.incoming}.subspan(used), false);
        if (!frame) break;
        ensure(frame->has_value(), "the generator sends well-formed frames");
        answer(peer, **frame);
        used += (*frame)->header.length;
    }
    peer.incoming.erase(peer.incoming.begin(),
                        peer.incoming.begin() + static_cast<std::ptrdiff_t>(used));
}

void FakeSwitch::answer(Peer& peer, const native::FrameView& frame) {
    const auto type = static_cast<FrameType>(frame.header.type);
    std::vector<core::Request> requests;
    ensure(!native::read_requests(frame, requests),
           "the generator sends commands that can be read");
    if (is_movement(type)) {
        const std::uint64_t last = movement_count_ + requests.size();
        if (last >= faults_.close_at) {
            closes_ = true;
            return;
        }
        if (last >= faults_.hold_at) hold_once();
        if (last >= faults_.silent_from || ++movement_frames_ % faults_.silent_each == 0) {
            movement_count_ = last;
            return;
        }
    }
    std::vector<std::byte> reply;
    native::begin_frame(reply);
    for (const core::Request& request : requests)
        native::append_outcome(reply, type, decide(type, request));
    if (is_movement(type) && movement_frames_ % faults_.loses_each == 0) return peer.socket.close();
    native::FrameHeader header = frame.header;
    header.type = static_cast<std::uint8_t>(header.type | native::reply_bit);
    header.durability = 1;
    native::finish_frame(reply, 0, header);
    if (faults_.corrupts_replies && is_movement(type)) reply.back() ^= std::byte{1};
    send_all(peer.socket.descriptor(), reply);
    if (faults_.answers_twice && is_movement(type)) send_all(peer.socket.descriptor(), reply);
}

core::Outcome FakeSwitch::decide(FrameType type, const core::Request& request) {
    if (const auto* query = std::get_if<core::QueryAccount>(&request.command))
        return look_up(*query);
    if (!is_movement(type) && ++set_up_count_ % faults_.overload_set_up_each == 0)
        return refused(Refusal::overloaded);
    const auto known = seen_.answered.find(request.key);
    if (known != seen_.answered.end() && !faults_.forgets_keys) {
        if (is_movement(type)) ++seen_.repeated;
        if (seen_.digests.at(request.key) != request.digest)
            return refused(Refusal::modified_request);
        core::Outcome outcome = known->second;
        outcome.is_replayed = true;
        return outcome;
    }
    const auto* wish = std::get_if<core::OpenAccount>(&request.command);
    core::Outcome outcome = wish != nullptr ? open(*wish) : move(type, request);
    outcome.time = Timestamp{std::chrono::microseconds{1'000'000 + next_transfer_}};
    if (outcome.code != Refusal::overloaded) {
        seen_.answered[request.key] = outcome;
        seen_.digests[request.key] = request.digest;
    }
    return outcome;
}

core::Outcome FakeSwitch::open(const core::OpenAccount& wish) {
    const auto number = static_cast<std::uint32_t>(accounts_.size() + 1);
    if (!identities_.emplace(wish.identity, number).second) return refused(Refusal::identity_taken);
    ledger::Account account;
    account.kind = wish.kind;
    account.currency = wish.currency;
    accounts_.push_back(account);
    ++seen_.opened;
    core::Outcome outcome;
    outcome.id = number;
    return outcome;
}

core::Outcome FakeSwitch::look_up(const core::QueryAccount& query) const {
    const auto found = identities_.find(query.identity);
    if (found == identities_.end()) return refused(Refusal::account_not_found);
    core::Outcome outcome;
    outcome.id = found->second;
    outcome.account = core::AccountView{AccountId{found->second}, accounts_[found->second - 1]};
    return outcome;
}

core::Outcome FakeSwitch::move(FrameType type, const core::Request& request) {
    if (is_movement(type)) {
        ++movement_count_;
        ++seen_.movements[type];
        if (movement_count_ % faults_.refuse_each == 0) return refused(Refusal::insufficient_funds);
        if (movement_count_ % faults_.overload_each == 0) return refused(Refusal::overloaded);
    } else {
        ++seen_.funded;
    }
    if (const auto* movement = std::get_if<core::MoveMoney>(&request.command)) {
        seen_.credited[movement->credit.value] += movement->amount.minor;
        accounts_.at(movement->credit.value - 1).credits_posted += movement->amount.minor;
        accounts_.at(movement->debit.value - 1).debits_posted += movement->amount.minor;
        if (is_movement(type))
            seen_.amount_total += static_cast<std::uint64_t>(movement->amount.minor);
    }
    core::Outcome outcome;
    outcome.id = next_transfer_++;
    outcome.balance = 5;
    return outcome;
}

void FakeSwitch::hold_once() {
    if (has_held_) return;
    has_held_ = true;
    // Nobody wakes this up: it is a wait for the time alone.
    ::poll(nullptr, 0, static_cast<int>(faults_.hold.count()));
}

}  // namespace tuma::testing
