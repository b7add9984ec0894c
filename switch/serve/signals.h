// The signals that stop the switch, taken by whoever waits for them instead of interrupting
// anybody.
#pragma once

#include <chrono>

namespace tuma {

/// Threads started after this leave SIGTERM and SIGINT to `wait_for_stop_signal`. SIGPIPE and
/// SIGXFSZ are ignored: a closed socket and a full file are told by the call that meets them.
void block_stop_signals();

/// True as soon as a stop signal comes, false after `patience`. Requires: `block_stop_signals`.
bool wait_for_stop_signal(std::chrono::milliseconds patience);

/// From here on one more stop signal ends the process at once with 130; what is durable stays so.
void exit_on_next_signal();

}  // namespace tuma
