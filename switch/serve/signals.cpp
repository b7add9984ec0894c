#include "switch/signals.h"

#include "switch/net/log.h"

#include <pthread.h>
#include <signal.h>

#include <cstdlib>
#include <thread>

namespace tuma {
namespace {

sigset_t stop_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    return signals;
}

}  // namespace

void block_stop_signals() {
    const sigset_t signals = stop_signals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    static_cast<void>(::signal(SIGPIPE, SIG_IGN));
    // A limit on the size of files is then an error that is told, like a full disk.
    static_cast<void>(::signal(SIGXFSZ, SIG_IGN));
}

bool wait_for_stop_signal(std::chrono::milliseconds patience) {
    const sigset_t signals = stop_signals();
    const timespec timeout{0, std::chrono::nanoseconds{patience}.count()};
    return sigtimedwait(&signals, nullptr, &timeout) > 0;
}

void exit_on_next_signal() {
    std::thread([] {
        const sigset_t signals = stop_signals();
        int signal = 0;
        sigwait(&signals, &signal);
        net::log_event(net::LogLevel::warn, "stopped_at_once", {});
        std::_Exit(130);
    }).detach();
}

}  // namespace tuma
