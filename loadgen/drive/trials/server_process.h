// A server that is started for one run and gone afterwards, whatever happens.
#pragma once

#include "ledger/words/time.h"
#include "loadgen/client/socket.h"

#include <sys/types.h>

#include <atomic>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace tuma::loadgen {

/// A server did not get ready; what() says why, with the end of what it printed.
class StartError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A command line, run by a shell in a process group of its own. It is ready once it has printed a
/// line with "ready native=HOST:PORT", as `tuma serve` and `tuma-load fake` do. Should this process
/// die, the kernel kills the command.
class ServerProcess {
public:
    /// Starts it and waits until it is ready; its output goes into server.out and server.err in
    /// `directory`. Throws StartError when it ends before, is not ready in time, or `stop` is set.
    ServerProcess(const std::string& command, const std::filesystem::path& directory,
                  Duration timeout, const std::atomic<bool>& stop);
    /// Kills what is still there of its group.
    ~ServerProcess();
    ServerProcess(const ServerProcess&) = delete;
    ServerProcess& operator=(const ServerProcess&) = delete;

    const Endpoint& native() const { return native_; }
    /// SIGTERM to its group, and SIGKILL to what has not ended after `patience`.
    void end(Duration patience);
    /// The last lines of what it printed on standard error, for messages.
    std::string last_words() const;

private:
    void start(const std::string& command);
    bool has_ended();
    bool read_ready_line();

    std::filesystem::path out_;
    std::filesystem::path err_;
    pid_t pid_ = -1;
    bool has_ended_ = false;
    Endpoint native_;
};

}  // namespace tuma::loadgen
