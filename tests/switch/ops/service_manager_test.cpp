// What systemd hears, over a socket of its kind.
#include "switch/ops/service_manager.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>

using namespace tuma;
using namespace std::chrono_literals;

namespace {

// An abstract socket, which the system names.
class Manager {
public:
    Manager() : descriptor_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        auto* const plain = reinterpret_cast<sockaddr*>(&address);
        REQUIRE(::bind(descriptor_, plain, sizeof address.sun_family) == 0);
        socklen_t length = sizeof address;
        REQUIRE(::getsockname(descriptor_, plain, &length) == 0);
        name = "@" + std::string(address.sun_path + 1, length - sizeof address.sun_family - 1);
    }
    Manager(const Manager&) = delete;
    Manager& operator=(const Manager&) = delete;
    ~Manager() { static_cast<void>(::close(descriptor_)); }

    /// The oldest datagram that was not read yet; empty for none.
    std::string heard() const {
        std::array<char, 1000> text{};
        const ssize_t size = ::recv(descriptor_, text.data(), text.size(), 0);
        return size < 0 ? "" : std::string(text.data(), static_cast<std::size_t>(size));
    }

    std::string name;

private:
    int descriptor_;
};

}  // namespace

TEST_CASE("service manager: it is told when the switch is ready and when it stops") {
    const Manager manager;
    net::ServiceManager told(manager.name, Duration{0});
    told.ready("native=127.0.0.1:7411 admin=off");
    CHECK(manager.heard() == "READY=1\nSTATUS=native=127.0.0.1:7411 admin=off");
    told.tick({}, Duration{1h});
    CHECK(manager.heard().empty());
    told.stopping();
    CHECK(manager.heard() == "STOPPING=1\nSTATUS=finishing what was taken");
}

TEST_CASE("service manager: a sign of life comes twice within the time that is waited for one") {
    const Manager manager;
    net::ServiceManager told(manager.name, Duration{10s});
    net::Metrics metrics;
    const Duration start = Duration{1h};
    told.tick(metrics, start);
    CHECK(manager.heard() == "WATCHDOG=1");
    told.tick(metrics, start + 4'999ms);
    CHECK(manager.heard().empty());
    told.tick(metrics, start + 5s);
    CHECK(manager.heard() == "WATCHDOG=1");
}

TEST_CASE(
    "service manager: an engine that does nothing for waiting commands gives no sign of life") {
    const Manager manager;
    net::ServiceManager told(manager.name, Duration{10s});
    net::Metrics metrics;
    Duration now = Duration{1h};
    told.tick(metrics, now);
    CHECK(manager.heard() == "WATCHDOG=1");

    metrics.queue_commands.set(3);
    told.tick(metrics, now += 5s);
    CHECK(manager.heard().empty());
    metrics.outcomes[1].add();
    told.tick(metrics, now += 100ms);
    CHECK(manager.heard() == "WATCHDOG=1");
    told.tick(metrics, now += 5s);
    CHECK(manager.heard().empty());
    metrics.queue_commands.set(0);
    told.tick(metrics, now += 100ms);
    CHECK(manager.heard() == "WATCHDOG=1");
}
