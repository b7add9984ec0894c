#include "ledger/audit/audit_acks.h"

#include "ledger/state/answers.h"
#include "ledger/store/acks.h"

#include <fmt/format.h>

#include <bit>
#include <cstring>
#include <optional>

namespace tuma::ledger {
namespace {

std::size_t hash_of(const RequestKey& key) {
    std::array<std::uint64_t, 2> halves{};
    std::memcpy(halves.data(), key.reference.data(), sizeof halves);
    std::uint64_t hash = (halves[0] ^ key.participant.value) * 0x9E3779B97F4A7C15ULL;
    hash = (hash ^ (hash >> 32U) ^ halves[1]) * 0xD6E8FEB86659FD93ULL;
    return static_cast<std::size_t>(hash ^ (hash >> 29U));
}

std::string request_name(const RequestKey& key) {
    return fmt::format("request {}/{}", key.participant.value, hex(key.reference));
}

// The fields in which two answers to the same request differ.
std::string difference(const RememberedRequest& told, const RememberedRequest& recorded) {
    // Participant and reference are equal: the two answers were found by them.
    std::string text;
    const auto field = [&text](std::string_view what, const auto& was_told, const auto& is) {
        if (was_told == is) return;
        text += fmt::format("{}{} {} where the journal has {}", text.empty() ? "" : ", ", what,
                            was_told, is);
    };
    field("digest", hex(told.digest), hex(recorded.digest));
    field("code", name(told.code), name(recorded.code));
    field("id", told.id, recorded.id);
    field("time", told.time_us, recorded.time_us);
    field("balance", told.balance, recorded.balance);
    return text;
}

}  // namespace

bool leaves_no_record(Refusal code) {
    switch (code) {
        case Refusal::overloaded:
        case Refusal::request_key_missing:
        case Refusal::modified_request:
        case Refusal::request_not_found:
            return true;
        // All other answers are journaled, refusals too, so that a retry gets the same one.
        default:
            return false;
    }
}

AcksCheck::AcksCheck(const std::vector<std::filesystem::path>& paths, AuditFigures& figures,
                     Findings& findings)
    : findings_(findings) {
    for (const std::filesystem::path& path : paths) {
        Result<std::vector<RememberedRequest>> read = read_acks(path);
        if (!read) throw UnusableInput(read.error().text());
        std::vector<RememberedRequest> more = std::move(read).value();
        // Mostly there is one file. It is moved, because a copy would need its memory twice.
        if (acks_.empty())
            acks_ = std::move(more);
        else
            acks_.insert(acks_.end(), more.begin(), more.end());
    }
    // Slots hold places as 32 bits.
    if (acks_.size() >= (std::size_t{1} << 31U))
        throw UnusableInput("more than 2^31 acknowledgements; audit them in parts");
    figures.acks = acks_.size();
    index(figures);
}

std::size_t AcksCheck::slot_of(const RequestKey& key) const {
    // There is always an empty slot, so that every search ends.
    std::size_t slot = hash_of(key) & mask_;
    while (slots_[slot] != 0 && acks_[slots_[slot] - 1].key() != key) slot = (slot + 1) & mask_;
    return slot;
}

void AcksCheck::index(AuditFigures& figures) {
    // At most four of five slots are taken; with more of them, searches become long.
    slots_.resize(std::bit_ceil(acks_.size() + acks_.size() / 4 + 1));
    mask_ = slots_.size() - 1;
    is_settled_.resize(acks_.size());
    for (std::size_t i = 0; i < acks_.size(); ++i) {
        const RememberedRequest& ack = acks_[i];
        if (leaves_no_record(ack.code)) {
            // Nothing to look for in the journal. It is counted, so that the figures add up.
            is_settled_[i] = true;
            ++figures.acks_unrecorded;
            continue;
        }
        std::uint32_t& slot = slots_[slot_of(ack.key())];
        if (slot == 0) {
            slot = static_cast<std::uint32_t>(i + 1);
            continue;
        }
        // A retry is told the same again, which is right. Only the first answer is looked for.
        is_settled_[i] = true;
        ++figures.acks_repeated;
        if (acks_[slot - 1] == ack) continue;
        findings_.add(
            FindingKind::acks, request_name(ack.key()),
            "was acknowledged twice with different answers: " + difference(ack, acks_[slot - 1]));
    }
}

void AcksCheck::see(const Event& event, Timestamp time) {
    const std::optional<RememberedRequest> recorded = answer_of(event, time);
    if (!recorded) return;
    const std::uint32_t found = slots_[slot_of(recorded->key())];
    // Told to a client that kept no acknowledgements.
    if (found == 0) return;
    const RememberedRequest& told = acks_[found - 1];
    // Two records under one key: the request was executed twice, which keys are there to prevent.
    if (is_settled_[found - 1]) {
        findings_.add(
            FindingKind::acks, request_name(told.key()),
            fmt::format("is in the journal more than once, again with id {}", recorded->id));
        return;
    }
    // Found, whatever it says: a different answer is one finding, and must not count as missing
    // too.
    is_settled_[found - 1] = true;
    if (told == *recorded) return;
    findings_.add(FindingKind::acks, request_name(told.key()),
                  "was acknowledged with " + difference(told, *recorded));
}

void AcksCheck::finish() {
    for (std::size_t i = 0; i < acks_.size(); ++i) {
        if (is_settled_[i]) continue;
        findings_.add(FindingKind::acks, request_name(acks_[i].key()),
                      fmt::format("was acknowledged with {} and id {}, but is not in the journal",
                                  acks_[i].code == Refusal::none ? "success" : name(acks_[i].code),
                                  acks_[i].id));
    }
}

}  // namespace tuma::ledger
