// What people see while a run goes on: never a rate that nobody has measured.
#include "loadgen/drive/progress.h"

#include <doctest/doctest.h>

#include <chrono>

using namespace tuma::loadgen;
using namespace std::chrono_literals;

namespace {

void one_operation(Recorder& recorder, Offset due) {
    recorder.scheduled(1, due);
    recorder.sent(1, due, due);
    recorder.ended({.intended = due, .sent = due, .ended = due + 3ms});
}

std::string shown(const Recorder& recorder, Offset now) {
    return progress_text({.now = now}, recorder, 3s, " | ");
}

}  // namespace

TEST_CASE("progress: the first second shows what was counted, and no rate of zero") {
    Recorder recorder(1s, 3s);
    CHECK(shown(recorder, 50ms) ==
          "   0.1 s starting, 3 s to go | so far 0 offered, 0 attained, 0 refused, 0 errors, "
          "0 timeouts | p50 ...  p99 ...  max ...  in flight 0  behind 0.0 ms");
    one_operation(recorder, 100ms);
    one_operation(recorder, 200ms);
    recorder.scheduled(1, 300ms);
    recorder.sent(1, 300ms, 300ms);
    CHECK(shown(recorder, 400ms) ==
          "   0.4 s warming up, 3 s to go | so far 3 offered, 2 attained, 0 refused, 0 errors, "
          "0 timeouts | p50 ...  p99 ...  max ...  in flight 1  behind 0.0 ms");
}

TEST_CASE("progress: from then on it shows the newest second that is over") {
    Recorder recorder(1s, 3s);
    for (const Offset due : {100ms, 200ms, 1100ms, 1200ms, 1300ms}) one_operation(recorder, due);
    CHECK(shown(recorder, 1500ms).starts_with("   1.5 s warming up, 2 s to go | offered 2/s"));
    one_operation(recorder, 2100ms);
    const std::string text = shown(recorder, 2500ms);
    CHECK(text.starts_with("   2.5 s measuring, 0 s to go | offered 3/s  attained 3/s"));
    CHECK(text.find("p50 3.00 ms  p99 3.00 ms  max 3.00 ms") != std::string::npos);
}
