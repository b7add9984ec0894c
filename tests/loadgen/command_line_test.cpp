// The command line: what is accepted, and what is refused with exit code 2.
#include "loadgen/command_line.h"

#include "loadgen/command_load.h"

#include <doctest/doctest.h>

using namespace tuma;
using namespace tuma::loadgen;

namespace {

CommandLine read(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "tuma-load");
    return read_command_line(static_cast<int>(arguments.size()), arguments.data(), 77);
}

int exit_code(const std::vector<const char*>& arguments) {
    const CommandLine line = read(arguments);
    const auto* none = std::get_if<NoCommand>(&line);
    return none == nullptr ? -1 : none->exit_code;
}

}  // namespace

TEST_CASE("command line: run takes all options") {
    const CommandLine line = read({"run",
                                   "--target=native:127.0.0.1:7000",
                                   "--scenario=kenya-day",
                                   "--rate=1.5k",
                                   "--duration=90s",
                                   "--connections=16",
                                   "--batch=100",
                                   "--arrival=constant",
                                   "--seed=5",
                                   "--warmup=0s",
                                   "--timeout=250ms",
                                   "--overload=skip",
                                   "--in-flight=3",
                                   "--report=/tmp/r",
                                   "--acks=/tmp/a",
                                   "--admin=[::1]:9",
                                   "--participant=4",
                                   "--customers=50",
                                   "--day-length=10m",
                                   "--quiet"});
    const auto* run = std::get_if<RunCommand>(&line);
    REQUIRE(run != nullptr);
    const LoadOptions& load = run->load;
    CHECK(load.target == Target{"native", {"127.0.0.1", 7000}});
    CHECK(load.rate == Rate::per_second(1500));
    CHECK(load.duration == std::chrono::seconds{90});
    CHECK(load.connections == 16);
    CHECK(load.batch == 100);
    CHECK(load.arrival == Arrival::constant);
    CHECK(load.seed == 5);
    CHECK(load.warmup == Duration{0});
    CHECK(load.timeout == std::chrono::milliseconds{250});
    CHECK(load.overload == Overload::skip);
    CHECK(load.in_flight == 3);
    CHECK(load.admin == Endpoint{"::1", 9});
    CHECK(load.participant == 4);
    CHECK(load.customers == 50U);
    CHECK(load.day_length == std::chrono::minutes{10});
    CHECK(load.is_quiet);
}

TEST_CASE("command line: targets over HTTP bring options of their own") {
    const CommandLine line =
        read({"run", "--target=mpesa:http://[::1]:8080/", "--client-file=c/mpesa.json",
              "--until=callback", "--grace=1s", "--act-after=20ms", "--verify-each=0"});
    const auto* run = std::get_if<RunCommand>(&line);
    REQUIRE(run != nullptr);
    const LoadOptions& load = run->load;
    CHECK(load.target == Target{"mpesa", {"::1", 8080}});
    CHECK(load.target.text() == "mpesa:http://[::1]:8080");
    CHECK(load.is_http());
    CHECK(load.client_file == "c/mpesa.json");
    CHECK(load.until == Until::callback);
    CHECK(load.grace == std::chrono::seconds{1});
    CHECK(load.act_after == std::chrono::milliseconds{20});
    CHECK(load.verify_each == 0);
    CHECK(load.connections == 64);

    const CommandLine search = read({"find-max", "--target=wechat-v3:http://h:1",
                                     "--client-file=c/wechat.json", "--slo=p99<50ms"});
    const auto* find = std::get_if<FindMaxCommand>(&search);
    REQUIRE(find != nullptr);
    CHECK(find->load.target == Target{"wechat-v3", {"h", 1}});
    CHECK(find->load.callbacks == Callbacks::wait);

    const CommandLine brief = read(
        {"run", "--target=wechat-v3:h:1", "--client-file=c/wechat.json", "--callbacks=ignore"});
    const auto* ignoring = std::get_if<RunCommand>(&brief);
    REQUIRE(ignoring != nullptr);
    CHECK(ignoring->load.target == Target{"wechat-v3", {"h", 1}});
    CHECK(ignoring->load.callbacks == Callbacks::ignore);
    CHECK(ignoring->load.connections == 64);

    for (const char* wrong :
         {"--batch=2", "--in-flight=2", "--acks=a", "--scenario=p2p", "--day-length=10m",
          "--duration=1h", "--until=money", "--participant=2", "--callbacks=maybe"}) {
        CAPTURE(wrong);
        CHECK(exit_code({"run", "--target=mpesa:http://h:1", "--client-file=c", "--rate=10",
                         wrong}) == 2);
    }
    CHECK(exit_code({"run", "--target=mpesa:http://h:1"}) == 2);
    CHECK(exit_code({"run", "--target=mpesa:h:1", "--client-file=c", "--callbacks=ignore",
                     "--until=callback"}) == 2);
    CHECK(exit_code({"run", "--target=mpesa:https://h:1", "--client-file=c"}) == 2);
    CHECK(exit_code({"run", "--target=native:http://h:1"}) == 2);
    CHECK(exit_code({"run", "--target=native:h:1", "--callbacks=ignore"}) == 2);
    CHECK(exit_code({"run", "--target=native:h:1", "--client-file=c"}) == 2);
    CHECK(exit_code({"run", "--target=native:h:1", "--until=callback"}) == 2);
}

TEST_CASE("command line: peers and plain HTTP have few options of their own") {
    const CommandLine plain = read({"run", "--target=http://h:81", "--path=/a", "--body=b.json",
                                    "--content-type=text/plain", "--rate=10"});
    const auto* http = std::get_if<RunCommand>(&plain);
    REQUIRE(http != nullptr);
    CHECK(http->load.target == Target{"http", {"h", 81}});
    CHECK(http->load.target.text() == "http://h:81");
    CHECK(http->load.is_http());
    CHECK(http->load.plain.path == "/a");
    CHECK(http->load.plain.body == "b.json");
    CHECK(http->load.plain.content_type == "text/plain");
    CHECK(http->load.connections == 64);
    const CommandLine same = read({"run", "--target=http:h:81"});
    CHECK(std::get<RunCommand>(same).load.target == http->load.target);

    const CommandLine pg =
        read({"run", "--target=pg:h:5432", "--pg=dbname=bench", "--scenario=kenya-day",
              "--in-flight=8", "--day-length=10m", "--rate=10"});
    const auto* run = std::get_if<RunCommand>(&pg);
    REQUIRE(run != nullptr);
    CHECK(run->load.target.text() == "pg:h:5432");
    CHECK(run->load.is_peer());
    CHECK(!run->load.is_http());
    CHECK(run->load.pg_parameters == "dbname=bench");
    CHECK(run->load.connections == 32);

    for (const char* wrong :
         {"--batch=2", "--acks=a", "--admin=h:1", "--participant=2", "--client-file=c",
          "--until=callback", "--callbacks=ignore", "--workers=2", "--on-loss=reconnect",
          "--path=/a", "--body=b", "--content-type=c", "--pg=dbname=a"}) {
        CAPTURE(wrong);
        CHECK(exit_code({"run", "--target=redis:h:1", wrong}) == 2);
    }
    for (const char* wrong :
         {"--client-file=c", "--until=callback", "--callbacks=ignore", "--workers=2",
          "--on-loss=reconnect", "--in-flight=2", "--scenario=p2p", "--pg=dbname=a"}) {
        CAPTURE(wrong);
        CHECK(exit_code({"run", "--target=http:h:1", wrong}) == 2);
    }
    CHECK(exit_code({"run", "--target=pg:h:1", "--pg=password=secret"}) == 2);
    CHECK(exit_code({"run", "--target=pg:h:1", "--pg=nonsense"}) == 2);
    CHECK(exit_code({"run", "--target=native:h:1", "--path=/a"}) == 2);
    CHECK(exit_code({"run", "--target=mpesa:h:1", "--client-file=c", "--path=/a"}) == 2);
    CHECK(exit_code({"run", "--target=redis:http://h:1"}) == 2);
}

TEST_CASE("command line: without a seed there is a new one; counted runs have no warm-up") {
    const CommandLine line = read({"run", "--target=native:h:1", "--stop-after=100"});
    const auto* run = std::get_if<RunCommand>(&line);
    REQUIRE(run != nullptr);
    CHECK(run->load.seed == 77);
    CHECK(!run->load.rate);
    CHECK(run->load.warmup == Duration{0});
}

TEST_CASE("command line: compare takes two directories or two lists") {
    const CommandLine two = read({"compare", "x", "y"});
    REQUIRE(std::holds_alternative<CompareCommand>(two));
    CHECK(std::get<CompareCommand>(two).a == std::vector<std::filesystem::path>{"x"});
    CHECK(std::get<CompareCommand>(two).b == std::vector<std::filesystem::path>{"y"});
    const CommandLine lists = read({"compare", "--a", "1", "2", "--b", "3", "4", "5"});
    REQUIRE(std::holds_alternative<CompareCommand>(lists));
    CHECK(std::get<CompareCommand>(lists).a.size() == 2);
    CHECK(std::get<CompareCommand>(lists).b.size() == 3);
}

TEST_CASE("command line: a sample merchant has a file name that says what it is") {
    const CommandLine line = read({"sample-merchant", "--kind=takeaway", "--seed=7"});
    const auto* sample = std::get_if<SampleCommand>(&line);
    REQUIRE(sample != nullptr);
    CHECK(sample->merchant.kind == MerchantKind::takeaway);
    CHECK(sample->merchant.seed == 7);
    CHECK(sample->merchant.days == 365);
    CHECK(sample->merchant.from == std::chrono::sys_days{std::chrono::year{2024} / 1 / 1});
    CHECK(sample->out == "synthetic-takeaway-seed7.csv");

    const CommandLine all = read(
        {"sample-merchant", "--kind=kiosk", "--days=10000", "--from=2020-02-29", "--out=x.csv"});
    const auto* long_one = std::get_if<SampleCommand>(&all);
    REQUIRE(long_one != nullptr);
    CHECK(long_one->merchant.seed == 1);
    CHECK(long_one->merchant.days == 10'000);
    CHECK(long_one->merchant.from == std::chrono::sys_days{std::chrono::year{2020} / 2 / 29});
    CHECK(long_one->out == "x.csv");

    CHECK(exit_code({"sample-merchant"}) == 2);
    for (const char* wrong : {"--kind=bank", "--days=0", "--days=10001", "--from=2024-13-01",
                              "--seed=-1", "--seed=x", "--rate=5"}) {
        CAPTURE(wrong);
        CHECK(exit_code({"sample-merchant", "--kind=kiosk", wrong}) == 2);
    }
}

TEST_CASE("command line: a rate of several parts has its own length") {
    const char* target = "--target=native:127.0.0.1:7000";
    const auto load_of = [&](std::vector<const char*> arguments) {
        arguments.insert(arguments.begin(), {"run", target});
        const CommandLine line = read(arguments);
        const auto* run = std::get_if<RunCommand>(&line);
        REQUIRE(run != nullptr);
        return run->load;
    };
    const LoadOptions load = load_of({"--rate=ramp:1k..20k:30s,20k:10s"});
    CHECK(load.duration == std::chrono::seconds{40});
    CHECK(load.rate == Rate{12'875'000});
    CHECK(load.profile.size() == 2);
    CHECK(load_of({"--rate=step:1,2:5s", "--duration=10s"}).profile.size() == 2);
    CHECK(load_of({"--rate=500"}).profile.empty());
    const char* steps = "--rate=step:1k,2k:5s";
    for (const char* wrong : {"--duration=5s", "--stop-after=10", "--day-length=10m",
                              "--scenario=trace:x.csv", "--users=5"}) {
        CAPTURE(wrong);
        CHECK(exit_code({"run", target, steps, wrong}) == 2);
    }
    CHECK(exit_code({"run", target, "--rate=rampe:1k..2k:5s"}) == 2);
    CHECK(exit_code({"run", target, "--rate=1:10s,1k:10s", "--batch=1000"}) == 2);
    CHECK(exit_code({"find-max", target, "--slo=p99<1s", "--start=step:1k,2k:5s"}) == 2);
    CHECK(exit_code({"find-max", target, "--slo=p99<1s", steps}) == 2);
    CHECK(exit_code({"sweep", target, "--vary=batch=1,2", steps}) == 2);
    CHECK(exit_code({"sweep", target, "--rates=1k:5s,2k:5s"}) == 2);

    const CommandLine line = read({"ab", target, steps, "--a=--batch=1", "--b=--rate=1k:20s"});
    const auto* ab = std::get_if<AbCommand>(&line);
    REQUIRE(ab != nullptr);
    CHECK(ab->load.duration == std::chrono::seconds{10});
    LoadOptions other = ab->load;
    REQUIRE_FALSE(apply_settings(ab->b, other));
    CHECK(other.duration == std::chrono::seconds{20});
    CHECK(exit_code({"ab", target, "--duration=5s", "--a=--batch=1", "--b=--rate=1k:20s"}) == 2);
}

TEST_CASE("command line: users think, and nobody sets their rate") {
    const char* target = "--target=native:127.0.0.1:7000";
    const CommandLine line = read({"run", target, "--users=5000", "--think=exp:30s"});
    const auto* run = std::get_if<RunCommand>(&line);
    REQUIRE(run != nullptr);
    CHECK(run->load.users == 5000);
    CHECK(run->load.think == TimeLaw{TimeLaw::Kind::exponential, std::chrono::seconds{30}});
    CHECK_FALSE(run->load.rate);
    // All have begun before anything is measured.
    CHECK(run->load.warmup == std::chrono::seconds{30});
    CHECK(exit_code({"run", target, "--users=5"}) == 2);
    CHECK(exit_code({"run", target, "--think=1s"}) == 2);
    CHECK(exit_code({"run", target, "--users=0", "--think=1s"}) == 2);
    CHECK(exit_code({"run", target, "--users=5", "--think=expo:1s"}) == 2);
    for (const char* wrong : {"--rate=500", "--batch=2", "--scenario=trace:x.csv",
                              "--stop-after=10", "--overload=skip", "--day-length=10m"}) {
        CAPTURE(wrong);
        CHECK(exit_code({"run", target, "--users=5", "--think=1s", wrong}) == 2);
    }
    CHECK(exit_code({"find-max", target, "--slo=p99<1s", "--users=5", "--think=1s"}) == 2);
    CHECK(exit_code({"sweep", target, "--users=5", "--think=1s"}) == 2);
    const CommandLine sweep =
        read({"sweep", target, "--vary=users=10,20", "--think=1s", "--warmup=1s"});
    CHECK(std::get_if<SweepCommand>(&sweep) != nullptr);
    CHECK(exit_code({"sweep", target, "--vary=users=10,20"}) == 2);
}

TEST_CASE("command line: wrong usage ends with 2, help and version with 0") {
    CHECK(exit_code({"--help"}) == 0);
    CHECK(exit_code({"--version"}) == 0);
    CHECK(exit_code({"run", "--help"}) == 0);
    CHECK(exit_code({}) == 2);
    CHECK(exit_code({"jump"}) == 2);
    CHECK(exit_code({"run"}) == 2);
    CHECK(exit_code({"compare"}) == 2);
    CHECK(exit_code({"find-max", "--target=native:h:1"}) == 2);
    const char* wrong[] = {
        "--rate=fast",     "--rate=0",         "--rate=200M",       "--batch=0",
        "--batch=8191",    "--connections=0",  "--duration=10",     "--timeout=0s",
        "--arrival=burst", "--overload=drop",  "--in-flight=70000", "--customers=1",
        "--speed=0",       "--day-length=10m", "--admin=nowhere",   "--seed=-1",
        "--seed=x",        "--participant=0",  "--unknown=1"};
    for (const char* option : wrong) {
        CAPTURE(option);
        CHECK(exit_code({"run", "--target=native:h:1", option}) == 2);
    }
    CHECK(exit_code({"run", "--target=h:1"}) == 2);
    CHECK(exit_code({"run", "--target=native:h:0"}) == 2);
    CHECK(exit_code({"run", "--target=native:h:1", "--scenario=trace:x.csv", "--stop-after=5"}) ==
          2);
    CHECK(exit_code({"run", "--target=native:h:1", "--rate=10", "--batch=1000"}) == 2);
    CHECK(exit_code({"find-max", "--target=native:h:1", "--slo=p99<1ms", "--start=5k",
                     "--highest=1k"}) == 2);
}

TEST_CASE("command line: ab takes two servers, or two settings of one load") {
    const CommandLine servers = read({"ab", "--a=serve {data}", "--b=serve --new {data}",
                                      "--pairs=8", "--rate=2k", "--work-dir=/tmp"});
    const auto* ab = std::get_if<AbCommand>(&servers);
    REQUIRE(ab != nullptr);
    CHECK(ab->has_servers());
    CHECK(ab->pairs == 8);
    CHECK(ab->load.rate == Rate::per_second(2000));
    CHECK(ab->load.seed == 77);
    const CommandLine settings =
        read({"ab", "--target=native:[::1]:7000", "--a=--batch=1", "--b=--batch=8 --in-flight=2"});
    REQUIRE(std::holds_alternative<AbCommand>(settings));
    CHECK(!std::get<AbCommand>(settings).has_servers());

    constexpr const char* target = "--target=native:[::1]:7000";
    CHECK(exit_code({"ab", "--a=x"}) == 2);
    CHECK(exit_code({"ab", "--a=x", "--b=--batch=1"}) == 2);
    CHECK(exit_code({"ab", "--a=x", "--b=y", target}) == 2);
    CHECK(exit_code({"ab", "--a=--batch=1", "--b=--batch=2"}) == 2);
    CHECK(exit_code({"ab", "--a=--batch=1", "--b=--batch=0", target}) == 2);
    CHECK(exit_code({"ab", "--a=--batch=1", "--b=--bacth=2", target}) == 2);
    CHECK(exit_code({"ab", "--a=x", "--b=y", "--pairs=0"}) == 2);
    CHECK(exit_code({"ab", "--a=x", "--b=y", "--work-dir=/nowhere/at/all"}) == 2);
    CHECK(exit_code({"ab", "--help"}) == 0);
}

TEST_CASE("command line: sweep takes rates or another axis") {
    constexpr const char* target = "--target=native:[::1]:7000";
    const CommandLine line = read({"sweep", target, "--vary=batch=1,8", "--rate=5k", "--passes=3"});
    const auto* sweep = std::get_if<SweepCommand>(&line);
    REQUIRE(sweep != nullptr);
    CHECK(sweep->axis.name == "batch");
    CHECK(sweep->passes == 3);
    CHECK(sweep->load.rate == Rate::per_second(5000));
    CHECK(std::holds_alternative<SweepCommand>(read({"sweep", target})));
    CHECK(exit_code({"sweep", "--rates=1,2"}) == 2);
    CHECK(exit_code({"sweep", target, "--rates=1k,2k", "--rate=1k"}) == 2);
    CHECK(exit_code({"sweep", target, "--rates=1k,2k", "--vary=batch=1,2"}) == 2);
    CHECK(exit_code({"sweep", target, "--vary=bacth=1,2"}) == 2);
    // A batch of 8,190 at one operation a second.
    CHECK(exit_code({"sweep", target, "--vary=batch=1,8190", "--rate=1"}) == 2);
}

TEST_CASE("command line: compare in turns needs as many runs of either side") {
    CHECK(exit_code({"compare", "--in-turns", "--a", "x", "y", "--b", "z"}) == 2);
    const CommandLine line = read({"compare", "--in-turns", "--force", "--a", "x", "--b", "z"});
    const auto* compare = std::get_if<CompareCommand>(&line);
    REQUIRE(compare != nullptr);
    CHECK(compare->in_turns);
    CHECK(compare->is_forced);
}
