"""Servers of known behaviour for tests of the load generator, and what holds of every run against one."""
import json
import re
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import program

READY = re.compile(r"ready native=127\.0\.0\.1:(\d+)\n")
# A histogram's cell is a thousandth wide, and both sides round down.
CELL = 1.002


class Fake(program.Program):
    """`tuma-load fake`; made once it is ready."""

    def __init__(self, folder, tuma_load, *flags):
        super().__init__(folder, [tuma_load, "fake", "--json", *flags])
        program.wait_until(lambda: READY.match(self.out()) or not self.is_running(), "the ready line")
        match = READY.match(self.out())
        if not match:
            raise program.Failed(f"tuma-load fake ended with {self.kill()}: {self.err()[-2000:]}")
        self.port = int(match.group(1))

    def log(self):
        """Ends it; what it says it did."""
        if self.is_running():
            self.signal(signal.SIGTERM)
        code = self.wait()
        if code != 0:
            raise program.Failed(f"tuma-load fake ended with {code}: {self.err()[-2000:]}")
        return json.loads(self.out().split("\n", 1)[1])


class KnownServerTest(program.ProcessTest):
    """Tests with servers of known behaviour."""

    def fake(self, *flags):
        server = Fake(self.folder / "out", self.tuma_load, *flags)
        self.addCleanup(server.kill)
        return server

    def load(self, server, *flags, warmup="0s", codes=(0, 1)):
        """A run of few customers, mostly without a warm-up, so that both sides speak of the same requests; its
        report."""
        target = Path(program.tempfile.mkdtemp(dir=self.folder))
        code, out, err = self.run_program(
            self.tuma_load, "run", f"--target=native:127.0.0.1:{server.port}", "--customers=20",
            f"--warmup={warmup}", "--seed=1", "--quiet", f"--report={target}", f"--probe-dir={self.folder}", *flags)
        self.assertIn(code, codes, out + err)
        report = json.loads((target / "report.json").read_text())
        report["directory"] = target
        return report

    def check_counts(self, report, log):
        """No operation is lost between the two."""
        self.assertEqual(report["scheduled"], report["sent"] + report["skipped"])
        self.assertEqual(report["sent"], report["ok"] + report["refused"] + report["errors"] + report["timeouts"])
        self.assertEqual(report["sent"], log["operations"])
        self.assertEqual(report["ok"], log["ok"])
        self.assertEqual(report["refused"], log["refused"] + log["overloaded"])
        self.assertEqual(report["timeouts"], log["unanswered"])

    def check_lower(self, report, log, service=True):
        """Nobody saw an answer before it had left."""
        for name in ("response_us", "service_us") if service else ("response_us",):
            for percentile in ("p50", "p90", "p99", "p99_9", "max"):
                self.assertGreaterEqual(report[name][percentile] * CELL + 1, log["answered_us"][percentile],
                                        f"{name} {percentile}: {report[name]} {log['answered_us']}")

    def together(self, *calls):
        """What the calls give that are made at the same time, in their order."""
        with ThreadPoolExecutor(len(calls)) as pool:
            futures = [pool.submit(call) for call in calls]
        return [future.result() for future in futures]
