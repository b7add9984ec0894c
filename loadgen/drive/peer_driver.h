// Sends a run's transfers to a peer over pipelined connections from one thread, and takes down what
// comes back.
#pragma once

#include "loadgen/drive/driver.h"
#include "loadgen/measure/recorder.h"
#include "loadgen/measure/refusal_names.h"
#include "loadgen/peers/peer.h"
#include "loadgen/workload/request_stream.h"

#include <atomic>
#include <functional>

namespace tuma::loadgen {

/// What a run against a peer is told to.
struct PeerRecords {
    Recorder& recorder;
    RefusalNames& refusals;
};

/// The transfer that a request of one command asks for. Requires: a movement of money.
PeerTransfer peer_transfer(const RequestFrame& frame);

/// Connects, says `on_begin`, sends, drains, on the calling thread. Latencies are cut as `drive`
/// cuts them. Answers belong to transfers by their order; one that has timed out keeps its place in
/// it. A lost connection ends the sending; what it had in flight is counted as errors, and answers
/// on the others are still taken. Requires: traffic of one movement a request. Throws
/// ConnectionError when it cannot connect.
RunEnd drive_peer(const DriverSettings& settings, const Peer& peer, RequestStream& traffic,
                  const PeerRecords& records, const std::function<void()>& on_begin,
                  const std::atomic<bool>& stop, const OnProgress& on_progress);

}  // namespace tuma::loadgen
