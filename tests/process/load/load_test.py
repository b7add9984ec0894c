"""The load generator against the switch: set up once, run often, and a real month of a real service."""
import csv
import os
import shutil
import unittest
from pathlib import Path

import program

TREE = Path(__file__).resolve().parents[3]
SHARED = Path(os.environ.get("TUMA_SHARED") or TREE.parent / "shared")
TRACE = SHARED / "data" / "c_paysim_hourly_d00_19.csv"
# The whole trace is 24 million operations: a minute and 4 GB with an optimised build, without much longer.
WHOLE_TRACE_BYTES = 12 << 30
PART_OPERATIONS = 300_000


class Load(program.ProcessTest):
    is_optimised = False

    def test_a_second_run_reuses_the_accounts_and_makes_new_requests(self):
        accounts = []
        server = self.start()
        for seed in (1, 2):
            load = self.start_load(server, f"seed-{seed}", scenario="kenya-day", duration="500ms", seed=seed,
                                   flags=("--warmup=0s", "--batch=20", "--customers=500"))
            report = self.finished_load(load, f"seed-{seed}")
            self.assertGreater(report["ok"], 0)
            self.assertEqual(seed, report["seed"])
            accounts.append(self.audit(self.acks(f"seed-{seed}"))["journal"]["accounts"])
            # Across a restart.
            self.assertEqual(0, server.stop())
            server = self.start()
        self.assertEqual(accounts[0], accounts[1])
        with server.client() as client:
            self.assertGreater(client.balance(2), 0)
        self.assertEqual(0, server.stop())
        self.assertEqual([], self.audit(self.acks("seed-1"), self.acks("seed-2"))["findings"])

    def test_the_same_seed_again_executes_nothing(self):
        server = self.start()
        flags = ("--warmup=0s", "--batch=10", "--customers=100", "--stop-after=5000")
        reports, records = [], []
        for name in ("first", "again"):
            load = self.start_load(server, name, seed=5, flags=flags)
            reports.append(self.finished_load(load, name))
            records.append(self.audit(self.acks(name))["journal"]["transfers"])
        self.assertEqual(5000, reports[0]["scheduled"])
        self.assertEqual(reports[0]["ok"], reports[1]["ok"])
        self.assertEqual(records[0], records[1], "no transfer was added")
        self.assertEqual(0, server.stop())

    def test_an_open_loop_counts_everything(self):
        server = self.start()
        load = self.start_load(server, "open", rate="2000", duration="1s", flags=("--warmup=0s", "--customers=100"))
        report = self.finished_load(load, "open")
        self.assertGreater(report["scheduled"], 1000)
        for name in ("response_us", "service_us", "send_lag_us"):
            self.assertLessEqual(report[name]["p50"], report[name]["max"])
        self.assertTrue((self.folder / "open" / "report.html").read_text().lower().startswith("<!doctype html>"))
        self.assertEqual(0, server.stop())

    def trace(self):
        """The real file, or its first hours where there is no optimised build, and its number of operations."""
        if not TRACE.exists():
            program.loud_skip(self, f"no shared data: {TRACE} does not exist; name the folder with TUMA_SHARED")
        with open(TRACE, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        reason = None
        if not self.is_optimised:
            reason = "this build is not optimised"
        elif shutil.disk_usage(self.folder).free < WHOLE_TRACE_BYTES:
            reason = f"less than {WHOLE_TRACE_BYTES >> 30} GiB free in {self.folder}"
        if reason is None:
            return TRACE, sum(int(row["count"]) for row in rows)
        part, total = [], 0
        for row in sorted(rows, key=lambda row: int(row["step"])):
            if total + int(row["count"]) <= PART_OPERATIONS:
                part.append(row)
                total += int(row["count"])
        print(f"ONLY A PART, {total} operations of {len(part)} of {len(rows)} rows: {reason}", flush=True)
        path = self.folder / "part.csv"
        with open(path, "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
            writer.writeheader()
            writer.writerows(part)
        return path, total

    def test_a_real_month_runs_through_the_switch_and_the_audit_is_clean(self):
        trace, total = self.trace()
        server = self.start("--project=off")
        load = self.start_load(server, "trace", scenario=f"trace:{trace}",
                               flags=("--speed=max", "--batch=1000", "--connections=2", "--in-flight=4"))
        report = self.finished_load(load, "trace")
        self.assertEqual(total, report["scheduled"])
        self.assertEqual(total, report["sent"])
        print(f"{total} operations: {report['ok']} done, {report['refused']} refused {report.get('refusals')}, "
              f"{report['attained_per_s']:.0f}/s", flush=True)
        self.assertGreater(report["ok"], total // 2)
        self.assertEqual(0, server.stop())
        self.assertEqual([], self.audit(self.acks("trace"))["findings"])


if __name__ == "__main__":
    Load.is_optimised = "--optimised=1" in program.sys.argv
    program.sys.argv = [argument for argument in program.sys.argv if not argument.startswith("--optimised=")]
    program.main()
