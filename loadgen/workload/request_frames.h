// Operations as request frames: one frame filling up for each kind, references without repeats.
#pragma once

#include "ledger/words/id.h"
#include "loadgen/arrivals/schedule.h"
#include "loadgen/workload/workload.h"
#include "switch/core/command.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace tuma::loadgen {

/// The first half of all references of a run: another seed or scenario means other keys.
std::uint64_t run_prefix(std::uint64_t seed, std::string_view scenario);

/// The reference of the `number`-th command of a kind: the prefix, then kind and number.
Reference run_reference(std::uint64_t prefix, native::FrameType type, std::uint64_t number);

/// A request frame that lacks only its header: request id and participant are the driver's.
struct RequestFrame {
    native::FrameType type = native::FrameType::transfer;
    std::uint16_t count = 0;
    std::uint64_t first_number = 0;  ///< of the first command's reference; the others follow
    Offset intended{0};              ///< when it is due: with its last operation
    std::vector<Offset> due;         ///< when each operation is due; empty: with the request
    std::vector<std::byte> bytes;    ///< room for the header, then the commands
    std::vector<Digest> digests;     ///< one a command, only when asked for
};

/// How frames are filled.
struct FramingSettings {
    std::uint64_t prefix = 0;
    Currency currency = Currency::kes;
    Duration reserve_timeout = std::chrono::seconds{30};
    std::size_t batch = 1;  ///< commands a frame, 1..native::commands_max
    bool with_digests = false;
};

/// Collects operations by kind, since a frame carries one kind only. Nothing is dropped: what was
/// added comes out, so the mix that was drawn is the mix that is sent.
class RequestFrames {
public:
    explicit RequestFrames(const FramingSettings& settings);

    /// Encodes the operation into the frame of its kind. True when that frame is full now; it must
    /// be taken before the next operation of its kind is added. `due` is kept where operations of a
    /// request can differ in it.
    bool add(const Operation& operation, std::optional<Offset> due = std::nullopt);
    /// Swaps the frame of this kind with `frame`, whose buffers are used again.
    void take(native::FrameType type, RequestFrame& frame);
    /// Takes a frame that has at least one command; false when there is none.
    bool take_any(RequestFrame& frame);

private:
    struct Filling {
        RequestFrame frame;
        core::Request request;  ///< changed in place from command to command
        std::uint64_t next_number = 0;
    };

    FramingSettings settings_;
    std::array<Filling, operation_kind_count> filling_;
};

}  // namespace tuma::loadgen
