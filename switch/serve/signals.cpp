#include "switch/serve/signals.h"

#include "switch/ops/log.h"

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
    // Blocked before any thread is made, so that all inherit it and only the main thread takes
    // them.
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    // A peer that is gone is an error of the write, not the end of the process.
    static_cast<void>(::signal(SIGPIPE, SIG_IGN));
    // A limit on the size of files is then an error that is told, like a full disk.
    static_cast<void>(::signal(SIGXFSZ, SIG_IGN));
}

bool wait_for_stop_signal(std::chrono::milliseconds patience) {
    const sigset_t signals = stop_signals();
    // Fits as long as the patience is below a second: all of it is in the nanoseconds.
    const timespec timeout{0, std::chrono::nanoseconds{patience}.count()};
    return sigtimedwait(&signals, nullptr, &timeout) > 0;
}

void exit_on_next_signal() {
    // The shutdown may hang on a slow client; a second Ctrl-C has to end it all the same.
    std::thread([] {
        const sigset_t signals = stop_signals();
        int signal = 0;
        sigwait(&signals, &signal);
        net::log_event(net::LogLevel::warn, "stopped_at_once", {});
        // _Exit, because destructors would wait for the very threads that hang.
        std::_Exit(130);
    }).detach();
}

}  // namespace tuma
