#include "loadgen/drive/trials/server_process.h"

#include "ledger/words/input_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <string_view>
#include <thread>

namespace tuma::loadgen {
namespace {

constexpr std::chrono::milliseconds look_again{5};
constexpr std::size_t last_words_max = 600;
constexpr std::string_view ready_word = "ready native=";

std::string content(const std::filesystem::path& file) {
    const auto text = read_text_file(file);
    return text ? *text : std::string();
}

/// In the child, where only what is safe after fork may be called.
[[noreturn]] void become(const char* command, const char* out, const char* err, pid_t parent) {
    static_cast<void>(::setpgid(0, 0));
    static_cast<void>(::prctl(PR_SET_PDEATHSIG, SIGKILL));
    // The parent may have died before that was said.
    if (::getppid() != parent) ::_exit(127);
    for (const int signal : {SIGINT, SIGTERM}) static_cast<void>(std::signal(signal, SIG_DFL));
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    const int to_out = ::open(out, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    const int to_err = ::open(err, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (nothing < 0 || to_out < 0 || to_err < 0 || ::dup2(nothing, 0) < 0 ||
        ::dup2(to_out, 1) < 0 || ::dup2(to_err, 2) < 0)
        ::_exit(126);
    ::execl("/bin/sh", "sh", "-c", command, static_cast<char*>(nullptr));
    ::_exit(127);
}

}  // namespace

ServerProcess::ServerProcess(const std::string& command, const std::filesystem::path& directory,
                             Duration timeout, const std::atomic<bool>& stop)
    : out_(directory / "server.out"), err_(directory / "server.err") {
    start(command);
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    while (!read_ready_line()) {
        std::string why;
        if (stop.load())
            why = "it was stopped before it was ready";
        else if (has_ended())
            why = "it ended before it was ready";
        else if (std::chrono::steady_clock::now() > deadline)
            why = fmt::format("it printed no \"ready native=HOST:PORT\" within {}", text(timeout));
        if (!why.empty()) {
            const std::string words = last_words();
            end(Duration{0});
            throw StartError(
                fmt::format("\"{}\": {}{}{}", command, why, words.empty() ? "" : "; ", words));
        }
        std::this_thread::sleep_for(look_again);
    }
}

ServerProcess::~ServerProcess() {
    end(Duration{0});
}

void ServerProcess::start(const std::string& command) {
    const std::string out = out_.string();
    const std::string err = err_.string();
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ < 0) throw StartError(fmt::format("\"{}\": {}", command, std::strerror(errno)));
    if (pid_ == 0) become(command.c_str(), out.c_str(), err.c_str(), parent);
    // Here too, since either side may come first.
    static_cast<void>(::setpgid(pid_, pid_));
}

bool ServerProcess::has_ended() {
    if (!has_ended_) has_ended_ = ::waitpid(pid_, nullptr, WNOHANG) == pid_;
    return has_ended_;
}

bool ServerProcess::read_ready_line() {
    const std::string printed = content(out_);
    const std::size_t ready = printed.find(ready_word);
    const std::size_t line_end = ready == std::string::npos ? ready : printed.find('\n', ready);
    // Half a line has half a port.
    if (line_end == std::string::npos) return false;
    const std::size_t begin = ready + ready_word.size();
    const std::string where = printed.substr(begin, printed.find_first_of(" \n", begin) - begin);
    const auto endpoint = parse_endpoint(where);
    if (!endpoint) return false;
    native_ = *endpoint;
    return true;
}

void ServerProcess::end(Duration patience) {
    if (pid_ < 0) return;
    if (!has_ended() && patience > Duration{0}) {
        static_cast<void>(::kill(-pid_, SIGTERM));
        const auto deadline = std::chrono::steady_clock::now() + patience;
        while (!has_ended() && std::chrono::steady_clock::now() < deadline)
            std::this_thread::sleep_for(look_again);
    }
    // What it has started, and itself if it did not listen.
    static_cast<void>(::kill(-pid_, SIGKILL));
    if (!has_ended_) static_cast<void>(::waitpid(pid_, nullptr, 0));
    has_ended_ = true;
    pid_ = -1;
}

std::string ServerProcess::last_words() const {
    std::string words = content(err_);
    if (words.size() > last_words_max) words.erase(0, words.size() - last_words_max);
    while (!words.empty() && words.back() == '\n') words.pop_back();
    return words;
}

}  // namespace tuma::loadgen
