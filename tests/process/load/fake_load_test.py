"""The load generator against servers of known behaviour: what it reports is held against theory and against the
server's own log. Noise of the machine only ever adds to a latency, so that lower bounds hold always; upper bounds
are those of a server without delay, measured in turn with the other, and one quiet pair of many is enough."""
import json
import signal
import unittest

import known_server
import program
from known_server import CELL

# Pairs that may be spoilt by whatever else the machine does.
PAIRS = 8


class FakeLoad(known_server.KnownServerTest):
    def check_truth(self, flags, load, truth_us=None):
        """Each of these percentiles of the response is theory's value and no more above it than a server without
        delay under the same load shows."""
        for pair in range(PAIRS):
            null = self.fake()
            noise = self.load(null, *load)
            self.check_counts(noise, null.log())
            server = self.fake(*flags)
            report = self.load(server, *load)
            log = server.log()
            self.check_counts(report, log)
            self.check_lower(report, log)
            slack = noise["response_us"]["p99"] + 200
            # Of a queue the truth is what it makes of just these arrivals; the server has computed it.
            truth = truth_us or {name: log["residence_us"][name] for name in ("p50", "p90", "p99")}
            found = {name: report["response_us"][name] for name in truth}
            print(f"  {' '.join(flags)}: {found}, truth {truth}, noise {slack}", flush=True)
            if all(found[name] <= right * 1.05 + slack for name, right in truth.items()):
                for name, right in truth.items():
                    # Chance moves the drawn ones; no noise makes them shorter.
                    self.assertGreaterEqual(found[name], right * 0.93)
                return
        self.fail(f"{PAIRS} pairs, and each time later than theory and noise explain")

    def test_a_fixed_delay_is_found(self):
        self.check_truth(["--delay=20ms"], ["--rate=500", "--arrival=constant", "--stop-after=1500"],
                         {"p50": 20_000, "p90": 20_000})

    def test_an_exponential_delay_is_found(self):
        self.check_truth(["--delay=exp:50ms"], ["--rate=1000", "--stop-after=3000"],
                         {"p50": 34_657, "p90": 115_130, "p99": 230_260})

    def test_a_queue_is_found(self):
        # M/D/1 at 0.7 of its capacity, slow so that a busy machine can keep up.
        self.check_truth(["--serial=5ms"], ["--rate=140", "--stop-after=600"])

    def test_a_stall_counts_for_all_who_wait_in_an_open_loop(self):
        self.check_truth(["--delay=2ms", "--stall=200ms/1s"], ["--rate=1000", "--arrival=constant",
                                                               "--stop-after=3000"],
                         {"p90": 102_000, "p99": 192_000, "max": 202_000})

    def test_a_closed_loop_hides_a_stall(self):
        server = self.fake("--delay=2ms", "--stall=200ms/1s")
        report = self.load(server, "--rate=max", "--connections=1", "--in-flight=1", "--duration=3s")
        log = server.log()
        self.check_counts(report, log)
        self.check_lower(report, log)
        # One request a stall is hit, at its beginning or soon after.
        self.assertGreaterEqual(report["response_us"]["max"], 150_000)
        # All others wait 2 ms: whoever asks only after an answer asks seldom while nobody answers.
        self.assertEqual(2000, log["residence_us"]["p50"])

    def test_refusals_and_silence_are_counted_one_by_one(self):
        server = self.fake("--refuse=30%", "--silent=1%", "--duplicate=50%")
        report = self.load(server, "--rate=5000", "--stop-after=10000", "--timeout=5s")
        log = server.log()
        self.check_counts(report, log)
        # The draws are those of the seed: 30 % and 1 % within four standard deviations.
        self.assertAlmostEqual(9900 * 0.3, report["refused"], delta=190)
        self.assertAlmostEqual(100, report["timeouts"], delta=40)
        self.assertEqual({"insufficient_funds": report["refused"]}, report["refusals"])
        self.assertGreaterEqual(report["response_us"]["max"], 5_000_000)

    def test_phases_offer_what_their_rate_makes_and_add_up_to_the_whole(self):
        # Good for 500/s: of the spike's 2,000 in a second at most 500 are answered within it.
        server = self.fake("--serial=2ms")
        report = self.load(server, "--rate=spike:200+1800@1s/1s,ramp:100..300:1s", "--arrival=constant",
                           warmup="500ms")
        log = server.log()
        phases = report["phases"]
        self.assertEqual(["200:1s", "2k:1s", "200:1s", "ramp:100..300:1s"], [phase["rate"] for phase in phases])
        self.assertEqual([200, 2000, 200, 200], [phase["counts"]["offered"] for phase in phases])
        self.assertEqual([200, 2000, 200, 200], [phase["asked"] for phase in phases])
        self.assertEqual([0, 1, 2, 3], [phase["begin_s"] for phase in phases])
        self.assertEqual(4, report["duration_s"])
        self.assertEqual(2600, report["scheduled"])
        self.assertEqual(650, report["asked_per_s"])
        for count in ("offered", "sent", "skipped", "ok", "refused", "errors", "timeouts"):
            whole = report["scheduled" if count == "offered" else count]
            self.assertEqual(whole, sum(phase["counts"][count] for phase in phases), count)
            if count not in ("offered", "sent", "skipped"):
                self.assertEqual(report["window"][count], sum(phase["window"][count] for phase in phases), count)
        self.assertEqual(100 + report["sent"], log["operations"])
        self.assertFalse(phases[1]["held"])
        for phase in phases:
            # A request that was begun before the phase ends in it.
            self.assertLessEqual(phase["window"]["ok"], 502)
        # The spike's last request has nearly 1,500 before it; those of the first second wait for nobody.
        self.assertGreaterEqual(phases[1]["bounds"]["p99"]["response_us"], 2_800_000)
        self.assertGreaterEqual(phases[1]["bounds"]["p99"]["floor_us"], 2_000_000)

    def test_users_who_think_ask_as_often_as_the_law_says(self):
        server = self.fake("--delay=10ms")
        report = self.load(server, "--users=50", "--think=exp:100ms", "--duration=6s", warmup="500ms")
        log = server.log()
        self.check_lower(report, log)
        self.assertEqual(("closed", 50, "exp:100ms"), (report["mode"], report["users"], report["think"]))
        response_s = report["response_us"]["mean"] / 1e6
        law = 50 / (response_s + 0.1)
        self.assertAlmostEqual(law, report["users_rate_per_s"], delta=0.01 * law)
        # 2,700 times of thinking: they are 1.9 % apart from their mean, and the seed draws the same each time.
        self.assertAlmostEqual(law, report["attained_per_s"], delta=0.05 * law)
        # No more than if the server took the 10 ms that it takes and nothing else.
        self.assertLessEqual(report["attained_per_s"], 50 / 0.11 * 1.05)
        self.assertEqual("held", report["load"])

    def test_what_finds_no_place_is_skipped(self):
        server = self.fake("--delay=50ms", "--places=20")
        report = self.load(server, "--rate=1000", "--connections=4", "--in-flight=5", "--overload=skip",
                           "--duration=2s")
        log = server.log()
        self.check_counts(report, log)
        self.assertGreaterEqual(report["service_us"]["min"], 49_900)
        # 20 places of 50 ms do 400 a second at most.
        self.assertLessEqual(report["sent"], 400 * 2 + 20)
        self.assertGreater(report["skipped"], 0)

    def test_a_server_that_dies_or_drops_is_told_with_what_was_in_flight(self):
        for flag in ("--die=300ms", "--drop=1@300ms"):
            with self.subTest(flag):
                server = self.fake("--delay=5ms", flag)
                report = self.load(server, "--rate=1000", "--duration=30s", "--connections=4", codes=(3,))
                log = server.log()
                self.assertEqual(report["sent"], report["ok"] + report["errors"] + report["timeouts"])
                self.assertGreaterEqual(report["sent"], log["operations"])
                self.assertGreater(report["errors"], 0)

    def test_a_server_that_speaks_something_else_in_the_middle_of_a_run(self):
        for kind in ("http", "bytes"):
            with self.subTest(kind):
                server = self.fake(f"--garble={kind}@200ms")
                report = self.load(server, "--rate=1000", "--duration=30s", codes=(3,))
                self.assertGreater(report["ok"], 0)
                self.assertGreater(report["sent"], report["ok"])

    # What a report may say of its load and its throughput.

    def test_refusals_are_no_throughput(self):
        server = self.fake("--delay=500us", "--capacity=2000")
        report = self.load(server, "--rate=6000", "--duration=2s", warmup="500ms")
        window = report["window"]
        self.assertAlmostEqual(window["ok"] / window["seconds"], report["attained_per_s"], places=6)
        # What the bucket holds may come in addition, and nothing else.
        self.assertLessEqual(window["ok"], 2000 * window["seconds"] + 2 * 20)
        self.assertGreater(window["refused"], window["ok"])
        self.assertEqual({"overloaded": window["refused"]}, window["refusals"])
        # They were fast, and would be in the percentiles of what was done.
        self.assertGreaterEqual(report["bounds"]["p50"]["response_us"], 499)
        fates = {row["fate"]: row for row in report["fates"]}
        self.assertGreaterEqual(fates["executed"]["response_us"]["min"], 499)

    def test_a_run_that_executed_nothing_is_never_valid(self):
        server = self.fake("--refuse=100%")
        report = self.load(server, "--rate=500", "--duration=1s", codes=(1,))
        self.assertFalse(report["valid"])
        self.assertEqual(0, report["attained_per_s"])

    def test_a_closed_loop_attains_what_was_answered_within_its_window(self):
        # 64 in flight of 200 ms each are 320 a second; most straddle one edge or the other.
        server = self.fake("--delay=exp:200ms")
        report = self.load(server, "--rate=max", "--connections=4", "--in-flight=16", "--duration=3s", warmup="1s")
        self.assertEqual(3, report["window"]["seconds"])
        # Little's law, with the latency that was measured: whatever else delays an answer is in both.
        by_latency = 64 / report["service_us"]["mean"] * 1e6
        self.assertAlmostEqual(by_latency, report["attained_per_s"], delta=0.2 * by_latency)

    def test_what_was_asked_stands_beside_what_chance_made_of_it(self):
        server = self.fake()
        report = self.load(server, "--rate=2000", "--batch=1000", "--duration=2s")
        self.assertEqual(2000, report["asked_per_s"])

    def test_a_full_connection_is_not_the_generators_fault(self):
        server = self.fake("--delay=1ms", "--stall=300ms/1s")
        report = self.load(server, "--rate=300", "--connections=1", "--in-flight=1", "--duration=3s")
        self.check_lower(report, server.log(), service=False)
        self.assertTrue(report["valid"], report["invalid_because"])
        # Those who came in a stall wait for the one place, up to as long as it lasts.
        self.assertGreater(report["blocked_us"]["p90"], 100_000)
        self.assertGreaterEqual(report["response_us"]["p99"], 270_000)
        self.assertLess(report["service_us"]["p90"], report["blocked_us"]["p90"])

    def test_timeouts_make_a_closed_loop_a_load_that_was_not_held(self):
        server = self.fake("--silent=48%")
        report = self.load(server, "--rate=max", "--connections=2", "--in-flight=4", "--duration=1s",
                           "--timeout=100ms")
        window = report["window"]
        self.assertGreater(window["timeouts"], 0)
        self.assertAlmostEqual(window["ok"] / window["seconds"], report["attained_per_s"], places=6)

    def test_the_floor_of_a_delay_is_never_above_what_the_server_took(self):
        for pair in range(PAIRS):
            null = self.fake()
            noise = self.load(null, "--rate=500", "--stop-after=1000")
            null.log()
            server = self.fake("--delay=exp:10ms")
            report = self.load(server, "--rate=500", "--stop-after=1000")
            log = server.log()
            self.check_lower(report, log)
            if all(report["floor_us"][p] <= log["answered_us"][p] * CELL + noise["floor_us"]["p99"] + 200
                   for p in ("p50", "p90", "p99")):
                return
        self.fail(f"{PAIRS} pairs, and each time a floor above the truth")

    def test_a_run_that_is_stopped_or_breaks_has_the_window_that_it_had(self):
        for flag in (None, "--die=2s", "--drop=1@2s"):
            with self.subTest(flag or "SIGINT"):
                server = self.fake(*[flag] if flag else [])
                load = self.start_load(server, "cut", rate="1000", duration="60s",
                                       flags=("--customers=20", "--warmup=500ms", "--arrival=constant"))
                if flag is None:
                    self.wait_for_acks("cut", load, 2000)
                    load.signal(signal.SIGINT)
                self.assertIn(load.wait(), (0, 1, 3), load.err())
                report = json.loads((self.folder / "cut" / "report.json").read_text())
                self.acks("cut").unlink()
                window = report["window"]
                self.assertLess(window["seconds"], 50)
                self.assertAlmostEqual(window["ok"] / window["seconds"], report["attained_per_s"], places=6)
                # 1000/s were asked for; a machine that stands still at the end takes from it, but not this much.
                self.assertGreater(report["attained_per_s"], 400)

    def test_a_batch_is_one_request_and_its_operations_waited_for_it(self):
        server = self.fake()
        report = self.load(server, "--rate=1000", "--batch=100", "--arrival=constant", "--duration=3s")
        self.assertLessEqual(report["requests"], 31)
        self.assertFalse(report["bounds"]["p99"]["enough"])
        # The first of a batch waits until the hundredth is there, a tenth of a second later.
        self.assertGreaterEqual(report["response_us"]["p50"], 48_000)
        self.assertGreaterEqual(report["response_us"]["max"], 98_000)

    def test_generators_side_by_side_make_one_report(self):
        server = self.fake("--delay=3ms", "--refuse=10%")
        loads = []
        for seed in (1, 2):
            load = program.Program(self.folder / "out", [
                self.tuma_load, "run", f"--target=native:127.0.0.1:{server.port}", "--customers=20", "--rate=300",
                "--duration=6s", "--warmup=0s", f"--seed={seed}", "--quiet", f"--report={self.folder / str(seed)}",
                f"--probe-dir={self.folder}"])
            self.addCleanup(load.kill)
            loads.append(load)
        for load in loads:
            self.assertIn(load.wait(), (0, 1), load.err())
        # A machine that lets one of them begin too late makes two runs of it, and merge says so.
        both = self.folder / "both"
        code, out, err = self.run_program(self.tuma_load, "merge", self.folder / "1", self.folder / "2",
                                          f"--report={both}")
        if code == 2:
            self.assertIn("apart", err)
            program.loud_skip(self, err)
        self.assertIn(code, (0, 1), err)
        log = server.log()
        report = json.loads((both / "report.json").read_text())
        self.check_counts(report, log)
        self.assertEqual(600, report["asked_per_s"])
        self.check_lower(report, log)
        # A merged report can be read like any other.
        code, _, err = self.run_program(self.tuma_load, "compare", both, both)
        self.assertNotEqual(2, code, err)
        code, _, err = self.run_program(self.tuma_load, "merge", self.folder / "1", self.folder / "1")
        self.assertEqual(2, code)
        self.assertIn("--seed", err)

    def test_an_open_loop_attains_what_the_server_can(self):
        for attempt in range(PAIRS):
            server = self.fake("--delay=50ms", "--places=20")
            report = self.load(server, "--rate=1000", "--duration=3s", "--timeout=30s", warmup="1s", codes=(1,))
            server.log()
            self.assertEqual(1000, report["asked_per_s"])
            self.assertEqual("server", report["load"], report["load_because"])
            # Never more; a machine that stands still at the end of the window takes from it.
            self.assertLessEqual(report["attained_per_s"], 420)
            if report["attained_per_s"] >= 380:
                return
        self.fail(f"{PAIRS} runs, and each time less than the server does")

    def test_a_run_can_be_followed_by_programs(self):
        server = self.fake("--delay=1ms")
        code, out, err = self.run_program(
            self.tuma_load, "run", f"--target=native:127.0.0.1:{server.port}", "--customers=20", "--rate=500",
            "--duration=3s", "--warmup=0s", "--seed=1", "--stream=ndjson:-", "--metrics=127.0.0.1:0",
            f"--report={self.folder / 'live'}", f"--probe-dir={self.folder}")
        self.assertIn(code, (0, 1), err)
        lines = [json.loads(line) for line in out.splitlines()]
        log = server.log()
        self.assertEqual(["second"] * (len(lines) - 1) + ["end"], [line["event"] for line in lines])
        self.assertEqual(list(range(len(lines) - 1)), [line["second"] for line in lines[:-1]])
        self.assertEqual(log["ok"], sum(line["ok"] for line in lines[:-1]))
        self.assertRegex(err, r"metrics: http://127\.0\.0\.1:\d+/metrics")
        self.assertIn("latency", err)

    def test_the_doctor_says_what_this_machine_can_measure(self):
        code, out, err = self.run_program(self.tuma_load, "doctor", "--json", f"--probe-dir={self.folder}")
        self.assertEqual((0, ""), (code, err))
        checkup = json.loads(out)
        for name in ("timer_lag_us", "wake_up_us", "round_trip_us", "send_lag_us", "fsync_us"):
            self.assertGreater(checkup[name]["samples"], 0, name)
        for resolution in checkup["resolution"].values():
            self.assertEqual(10 * resolution["range_from_us"], resolution["one_value_from_us"])
        code, _, err = self.run_program(self.tuma_load, "doctr")
        self.assertEqual(2, code)
        self.assertIn("did you mean doctor?", err)

    def test_a_wrong_port_is_recognised_by_what_it_answers(self):
        server = self.fake("--garble=http@0s")
        code, _, err = self.run_program(self.tuma_load, "run", f"--target=native:127.0.0.1:{server.port}", "--quiet")
        self.assertEqual(3, code, err)
        self.assertIn("speaks HTTP, not the native protocol", err)

    def test_a_place_that_cannot_be_written_costs_no_run(self):
        server = self.fake()
        file = self.folder / "file"
        file.write_text("")
        for flag in (f"--report={file}", f"--stream=ndjson:{file}/stream"):
            code, _, err = self.run_program(self.tuma_load, "run", f"--target=native:127.0.0.1:{server.port}",
                                            "--customers=20", "--rate=1000", "--duration=60s", "--quiet", flag)
            self.assertEqual(8, code, err)
            self.assertIn(str(file), err)
        self.assertEqual(0, server.log()["operations"], "nothing was sent")

    def test_wrong_usage_is_told_with_the_name_of_the_flag(self):
        for arguments, *patterns in (
                (["--delay=2"], "--delay", "2ms"),
                (["--delay=ex:2ms"], "did you mean exp"),
                (["--refuse=1%:insuficient_funds"], "--refuse", "did you mean insufficient_funds"),
                (["--garble=htpp@1s"], "--garble", "did you mean http"),
                (["--delya=2ms"], "--delya", "--delay"),
                (["--queue=5"], "--queue", "--serial")):
            with self.subTest(arguments[0]):
                code, _, err = self.run_program(self.tuma_load, "fake", *arguments)
                self.assertEqual(2, code, err)
                for pattern in patterns:
                    self.assertIn(pattern, err)

    def test_a_port_that_is_taken_is_a_failure(self):
        server = self.fake()
        code, out, err = self.run_program(self.tuma_load, "fake", f"--listen=127.0.0.1:{server.port}")
        self.assertEqual((3, ""), (code, out))
        self.assertIn(f"127.0.0.1:{server.port}: cannot listen", err)


if __name__ == "__main__":
    program.main()
