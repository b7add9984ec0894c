#include "loadgen/workload/request_frames.h"

#include "ledger/words/ensure.h"
#include "protocols/native/messages.h"

#include <cstring>
#include <utility>

namespace tuma::loadgen {
namespace {

using native::FrameType;

ledger::Purpose moving_purpose(FrameType type) {
    // Settle, release and reserve move nothing at once, and command_of() has dealt with them.
    const auto purpose = native::purpose_of(type);
    ensure(purpose.has_value(), "a frame type that moves money at once");
    return *purpose;
}

core::Command command_of(FrameType type, const FramingSettings& settings) {
    // Amount and accounts come with each operation; the currency is the same for all of them.
    const Money nothing{0, settings.currency};
    switch (type) {
        case FrameType::settle:
            return core::Settle{};
        case FrameType::release:
            return core::Release{};
        case FrameType::reserve:
            return core::Reserve{.debit = {},
                                 .credit = {},
                                 .amount = nothing,
                                 .timeout = settings.reserve_timeout,
                                 .memo = 0};
        default:
            return core::MoveMoney{.purpose = moving_purpose(type),
                                   .debit = {},
                                   .credit = {},
                                   .amount = nothing,
                                   .memo = 0};
    }
}

template <typename Movement>
void write_movement(Movement& movement, const Operation& operation) {
    movement.debit = operation.debit;
    movement.credit = operation.credit;
    movement.amount.minor = operation.amount;
}

void write_operation(core::Command& command, const Operation& operation) {
    if (auto* movement = std::get_if<core::MoveMoney>(&command))
        write_movement(*movement, operation);
    else if (auto* reserve = std::get_if<core::Reserve>(&command))
        write_movement(*reserve, operation);
    else if (auto* settle = std::get_if<core::Settle>(&command))
        settle->reservation = operation.reservation;
    else
        std::get<core::Release>(command).reservation = operation.reservation;
}

void reset(RequestFrame& frame, FrameType type, std::uint64_t first_number) {
    // Clearing keeps the buffers' room: after the first frames of a run nothing is allocated any
    // more.
    frame.type = type;
    frame.count = 0;
    frame.first_number = first_number;
    frame.intended = Offset{0};
    frame.bytes.clear();
    frame.digests.clear();
    frame.due.clear();
    native::begin_frame(frame.bytes);
}

}  // namespace

std::uint64_t run_prefix(std::uint64_t seed, std::string_view scenario) {
    // Every letter goes through the mixer, so that two scenarios that share most of a name share no
    // keys.
    std::uint64_t state = seed;
    std::uint64_t prefix = splitmix64(state);
    for (const char letter : scenario) {
        state = prefix ^ static_cast<unsigned char>(letter);
        prefix = splitmix64(state);
    }
    return prefix;
}

Reference run_reference(std::uint64_t prefix, FrameType type, std::uint64_t number) {
    // The kind in the upper bits keeps kinds apart, so that each can count its own requests from 0.
    const std::uint64_t halves[2] = {
        prefix, (std::uint64_t{static_cast<std::uint8_t>(type)} << 56U) | number};
    Reference reference;
    std::memcpy(reference.data(), halves, sizeof halves);
    return reference;
}

RequestFrames::RequestFrames(const FramingSettings& settings) : settings_(settings) {
    ensure(settings.batch >= 1 && settings.batch <= native::commands_max,
           "a frame carries 1 to commands_max commands");
    // One command for each kind, made once. Only what differs is written before each encoding.
    for (std::size_t i = 0; i < operation_kind_count; ++i) {
        filling_[i].request.command = command_of(kind_type(i), settings);
        reset(filling_[i].frame, kind_type(i), 0);
    }
}

bool RequestFrames::add(const Operation& operation, std::optional<Offset> due) {
    Filling& filling = filling_[kind_index(operation.type)];
    RequestFrame& frame = filling.frame;
    ensure(frame.count < settings_.batch, "a full frame must be taken first");
    filling.request.key.reference =
        run_reference(settings_.prefix, operation.type, filling.next_number++);
    write_operation(filling.request.command, operation);
    native::append_command(frame.bytes, filling.request);
    // A digest costs a hash for each command; only an acknowledgement file needs them.
    if (settings_.with_digests) frame.digests.push_back(native::digest_of(filling.request));
    if (due && settings_.batch > 1) frame.due.push_back(*due);
    ++frame.count;
    return frame.count == settings_.batch;
}

void RequestFrames::take(FrameType type, RequestFrame& frame) {
    Filling& filling = filling_[kind_index(type)];
    // The caller's old buffers become the next frame's, so two sets of buffers serve the whole run.
    std::swap(filling.frame, frame);
    // Numbers go on across frames: a frame that began at 0 again would repeat the keys of the
    // first.
    reset(filling.frame, type, filling.next_number);
}

bool RequestFrames::take_any(RequestFrame& frame) {
    for (Filling& filling : filling_) {
        if (filling.frame.count == 0) continue;
        take(filling.frame.type, frame);
        return true;
    }
    return false;
}

}  // namespace tuma::loadgen
