"""The load generator when the server goes away and comes back: what was in flight is sent again under the same
references, and the books show it once."""
import json
import signal
import unittest

import known_server
import program

LOST = ("executed", "known", "refused", "timed_out", "lost_again", "failed")


class Reconnect(program.ProcessTest):
    def check_losses(self, report, count):
        """The rows of the losses add up, and the counts of the run with them."""
        losses = report["losses"]
        self.assertEqual(count, losses["count"], losses)
        for part in (losses, *losses["rows"]):
            operations = part["operations"]
            self.assertEqual(operations["in_flight"], operations["resent"] + operations["not_resent"])
            self.assertEqual(operations["resent"], sum(operations[name] for name in LOST))
        for name in losses["operations"]:
            self.assertEqual(losses["operations"][name], sum(row["operations"][name] for row in losses["rows"]))
        self.assertEqual(report["scheduled"], report["sent"] + report["skipped"])
        self.assertEqual(report["sent"], report["ok"] + report["refused"] + report["errors"] + report["timeouts"])
        return losses

    def start_run(self, server, name, *flags, rate="800", duration="3s", scenario="p2p"):
        return self.start_load(server, name, scenario=scenario, rate=rate, duration=duration, flags=(
            "--warmup=0s", "--customers=100", "--on-loss=reconnect", "--reconnect-for=120s", "--timeout=60s", *flags))

    def finished(self, load, name):
        """Its report; the load may not have been held, because nothing was done meanwhile."""
        self.assertIn(load.wait(), (0, 1), load.err()[-2000:])
        report = json.loads((self.folder / name / "report.json").read_text())
        self.assertEqual([], report["invalid_because"])
        return report

    def test_a_server_that_is_killed_and_started_again_has_done_everything_once(self):
        server = self.start()
        load = self.start_run(server, "run", "--batch=4", scenario="kenya-day")
        self.wait_for_acks("run", load, 200)
        server.signal(signal.SIGKILL)
        self.assertEqual(-signal.SIGKILL, server.wait())
        again = self.start(native_port=server.port)
        report = self.finished(load, "run")
        losses = self.check_losses(report, 1)
        print(f"  {losses}", flush=True)
        self.assertEqual((0, 0, 0), (report["errors"], report["timeouts"], report["skipped"]))
        self.assertEqual(report["sent"], report["ok"] + report["refused"])
        row, = losses["rows"]
        self.assertTrue(row["is_over"])
        self.assertGreaterEqual(row["connections"], 4)
        self.assertGreater(row["lasted_s"], 0)
        self.assertGreaterEqual(losses["longest_silence_s"], row["answer_after_s"] - row["lasted_s"])
        # Who was due meanwhile has waited, from the time at which it was due.
        self.assertGreaterEqual(report["response_us"]["max"] / 1e6, row["lasted_s"] / 2)
        self.assertEqual(0, again.stop())
        audit = self.audit(self.acks("run"))
        self.assertEqual([], audit["findings"])
        self.assertEqual(16 + 64 * report["sent"], self.acks("run").stat().st_size, "each is acknowledged once")

    def test_a_server_that_is_stopped_and_started_again_loses_nothing(self):
        server = self.start()
        load = self.start_run(server, "run", rate="max", duration="2s")
        self.wait_for_acks("run", load, 200)
        self.assertEqual(0, server.stop())
        again = self.start(native_port=server.port)
        report = self.finished(load, "run")
        losses = self.check_losses(report, 1)
        self.assertEqual((0, 0), (report["errors"], report["timeouts"]))
        # It answers all that it has taken before it closes.
        self.assertEqual(0, losses["operations"]["known"])
        self.assertEqual(0, again.stop())
        self.assertEqual([], self.audit(self.acks("run"))["findings"])

    def test_one_connection_of_four_is_lost_and_the_others_go_on(self):
        server = known_server.Fake(self.folder / "out", self.tuma_load, "--delay=20ms", "--drop=1@500ms")
        self.addCleanup(server.kill)
        load = self.start_run(server, "run", "--connections=4", "--arrival=constant", duration="2s")
        report = self.finished(load, "run")
        losses = self.check_losses(report, 1)
        log = server.log()
        self.assertEqual(1, losses["rows"][0]["connections"])
        # 20 ms of 800 a second on four connections are four at any moment.
        self.assertGreater(losses["operations"]["in_flight"], 0)
        self.assertEqual(losses["operations"]["in_flight"], losses["operations"]["executed"])
        self.assertEqual(1600, report["sent"])
        self.assertEqual(1600, report["ok"])
        # This server remembers nothing, and does them once more.
        self.assertLessEqual(log["operations"], report["sent"] + losses["operations"]["resent"])
        self.assertEqual(16 + 64 * 1600, self.acks("run").stat().st_size)

    def test_a_server_that_does_not_come_back_is_gone_after_the_time_that_was_given(self):
        server = known_server.Fake(self.folder / "out", self.tuma_load, "--die=300ms")
        self.addCleanup(server.kill)
        load = self.start_load(server, "run", rate="500", duration="60s", flags=(
            "--warmup=0s", "--customers=20", "--on-loss=reconnect", "--reconnect-for=400ms"))
        self.assertEqual(3, load.wait(), load.err())
        report = json.loads((self.folder / "run" / "report.json").read_text())
        self.assertIn("no connection for 400ms: Connection refused", report["invalid_because"][0])
        self.check_losses(report, 1)
        self.assertFalse(report["losses"]["rows"][0]["is_over"])

    def test_reconnecting_belongs_to_the_native_protocol(self):
        code, _, err = self.run_program(
            self.tuma_load, "run", "--target=mpesa:127.0.0.1:1", "--client-file=x", "--on-loss=reconnect")
        self.assertEqual(2, code)
        self.assertIn("--on-loss", err)
        code, _, err = self.run_program(self.tuma_load, "run", "--target=native:127.0.0.1:1", "--on-loss=reconect")
        self.assertEqual(2, code)
        self.assertIn("must be end or reconnect", err)


if __name__ == "__main__":
    program.main()
