"""One load by several threads: what they do together is what one would do, and the books agree."""
import json
import unittest

import known_server
import program


class Workers(program.ProcessTest):
    def fake(self, *flags):
        server = known_server.Fake(self.folder / "out", self.tuma_load, *flags)
        self.addCleanup(server.kill)
        return server

    def run_load(self, server, *flags, codes=(0, 1)):
        """(the report, standard output, standard error)."""
        code, out, err = self.run_program(
            self.tuma_load, "run", f"--target=native:127.0.0.1:{server.port}", "--customers=50", "--warmup=0s",
            "--seed=1", f"--report={self.folder / 'report'}", f"--probe-dir={self.folder}", *flags)
        self.assertIn(code, codes, out + err)
        report = json.loads((self.folder / "report" / "report.json").read_text())
        self.assertEqual(report["scheduled"], report["sent"] + report["skipped"])
        self.assertEqual(report["sent"], report["ok"] + report["refused"] + report["errors"] + report["timeouts"])
        return report, out, err

    def test_what_two_threads_acknowledge_is_in_the_books(self):
        server = self.start()
        load = self.start_load(server, "run", scenario="two-phase", rate="2000", duration="2s", flags=(
            "--warmup=0s", "--customers=100", "--workers=2", "--connections=3", "--batch=3"))
        report = self.finished_load(load, "run")
        self.assertEqual([], report["invalid_because"])
        self.assertEqual(2, report["workers"])
        self.assertEqual(3, report["connections"])
        self.assertEqual(0, server.stop())
        audit = self.audit(self.acks("run"))
        self.assertEqual([], audit["findings"])
        self.assertEqual(16 + 64 * report["sent"], self.acks("run").stat().st_size, "each is acknowledged once")

    def test_a_constant_rate_is_the_same_for_any_number_of_threads(self):
        for flags in (("--workers=1",), ("--workers=3", "--connections=4")):
            with self.subTest(flags[0]):
                server = self.fake("--delay=2ms")
                report, _, _ = self.run_load(server, "--rate=601", "--arrival=constant", "--duration=2s", *flags)
                log = server.log()
                self.assertEqual(1202, report["scheduled"])
                self.assertEqual(report["sent"], log["operations"])
                self.assertEqual(report["ok"], log["ok"])
                with open(self.folder / "report" / "timeline.csv", encoding="utf-8") as file:
                    rows = file.read().splitlines()[1:]
                self.assertEqual(["601", "601"], [row.split(",")[1] for row in rows[:2]])

    def test_an_exact_number_is_divided_and_can_be_followed(self):
        server = self.fake("--refuse=10%")
        report, out, err = self.run_load(server, "--rate=2000", "--stop-after=3001", "--workers=4", "--stream=ndjson:-",
                                         "--metrics=127.0.0.1:0")
        log = server.log()
        self.assertEqual(3001, report["sent"])
        self.assertEqual((log["operations"], log["ok"], log["refused"]),
                         (report["sent"], report["ok"], report["refused"]))
        lines = [json.loads(line) for line in out.splitlines()]
        self.assertEqual(["second"] * (len(lines) - 1) + ["end"], [line["event"] for line in lines])
        self.assertEqual(report["ok"], sum(line["ok"] for line in lines[:-1]))
        self.assertIn("4 threads made the load", err.replace("\n  ", " "))

    def test_a_run_is_given_up_by_what_all_do_together(self):
        server = self.fake("--silent=50%")
        report, _, _ = self.run_load(server, "--rate=500", "--duration=60s", "--workers=2", "--timeout=200ms",
                                     "--abort-when=errors>20%", codes=(4,))
        self.assertIn("by --abort-when: errors was above 20.000%", report["aborted"])
        self.assertGreater(report["timeouts"], 0)

    def test_a_server_that_goes_away_from_one_is_gone_for_all(self):
        server = self.fake("--delay=5ms", "--drop=1@300ms")
        report, _, _ = self.run_load(server, "--rate=500", "--duration=60s", "--workers=2", codes=(3,))
        self.assertGreater(report["errors"], 0)
        self.assertEqual(report["sent"], report["ok"] + report["errors"])

    def test_what_cannot_be_divided_is_refused(self):
        for flags, part in ((("--target=native:127.0.0.1:1", "--workers=5"), "--connections=5"),
                            (("--target=native:127.0.0.1:1", "--workers=2", "--scenario=trace:x"), "trace"),
                            (("--target=mpesa:127.0.0.1:1", "--client-file=x", "--workers=2"), "native:"),
                            (("--target=native:127.0.0.1:1", "--workers=65"), "64")):
            with self.subTest(flags):
                code, _, err = self.run_program(self.tuma_load, "run", *flags)
                self.assertEqual(2, code, err)
                self.assertIn("--workers", err)
                self.assertIn(part, err)


if __name__ == "__main__":
    program.main()
