// Which request is due when: the workload on its schedule, request by request.
#pragma once

#include "loadgen/arrivals/schedule.h"
#include "loadgen/arrivals/users.h"
#include "loadgen/workload/request_frames.h"
#include "loadgen/workload/trace.h"
#include "loadgen/workload/workload.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace tuma::loadgen {

/// The requests of a run in the order of their intended times. A request is due with the last of
/// its operations, so that nothing is sent before its time; each operation keeps the time of its
/// own.
class RequestStream {
public:
    RequestStream() = default;
    RequestStream(const RequestStream&) = delete;
    RequestStream& operator=(const RequestStream&) = delete;
    virtual ~RequestStream() = default;

    /// When the next request is due; nothing once there are no more.
    virtual std::optional<Offset> next_time() const = 0;
    /// Hands over the next request. Requires: next_time() has one.
    virtual void take(RequestFrame& frame) = 0;
    /// The server accepted a reservation.
    virtual void reserved(TransferId reservation) = 0;
    /// A request was answered or given up.
    virtual void ended(Offset /*now*/) {}
};

/// The end of a stream that has none of its own.
inline constexpr std::uint64_t no_operation_limit = std::numeric_limits<std::uint64_t>::max();

/// Operations drawn by a scenario's mix, at a rate or as fast as answers come. What is partly
/// filled when no more operations are due leaves with the last of them.
class MixedStream : public RequestStream {
public:
    /// When operations are due. Without a schedule: always, for a closed loop.
    struct Timing {
        std::optional<Schedule> operations;
        Offset end = Offset::max();  ///< no operation at or after this time
        std::uint64_t operations_max = no_operation_limit;
    };

    MixedStream(Workload& workload, const FramingSettings& framing, Timing timing);

    std::optional<Offset> next_time() const override;
    void take(RequestFrame& frame) override;
    void reserved(TransferId reservation) override { workload_.reserved(reservation); }

private:
    std::optional<Offset> take_time();
    void prepare();
    void draw_into(RequestFrame& frame);

    Workload& workload_;
    RequestFrames frames_;
    Timing timing_;
    std::uint64_t drawn_ = 0;
    std::uint64_t taken_ = 0;
    Offset last_{0};      ///< when the operation that was drawn last is due
    RequestFrame ready_;  ///< the next request where there is a schedule; none when its count is 0
};

/// Operations drawn by a scenario's mix whenever a user asks; one a request.
class UserStream : public RequestStream {
public:
    /// Requires: a batch of one.
    UserStream(Workload& workload, const FramingSettings& framing, Users users);

    std::optional<Offset> next_time() const override { return users_.peek(); }
    void take(RequestFrame& frame) override;
    void reserved(TransferId reservation) override { workload_.reserved(reservation); }
    void ended(Offset now) override { users_.ended(now); }

private:
    Workload& workload_;
    RequestFrames frames_;
    Users users_;
};

/// Exactly the operations that a trace counts. A frame that is not full at the end of its hour is
/// due with the hour's last operation.
class TraceStream : public RequestStream {
public:
    /// A speed of 0 means as fast as possible: every request is due at 0.
    TraceStream(Workload& workload, const FramingSettings& framing, const Trace& trace,
                std::uint64_t speed, Arrival arrival, std::uint64_t seed);

    std::optional<Offset> next_time() const override;
    void take(RequestFrame& frame) override;
    void reserved(TransferId reservation) override { workload_.reserved(reservation); }

private:
    void prepare();

    Workload& workload_;
    RequestFrames frames_;
    const Trace& trace_;
    TraceSchedule schedule_;
    std::uint32_t hour_ = 0;
    Offset hour_last_{0};
    RequestFrame ready_;  ///< the next request; none when its count is 0
};

}  // namespace tuma::loadgen
