"""`tuma replay`: files in, files out, and every way it can end."""
import json
import signal
import unittest

import program

HEADER = "txn_id,ts,amount_minor,method,customer\n"
PLAN = """[merchant]
currency = "GBP"
from = 2024-02-26
to = 2024-04-30
[advance]
day = 5
[[rail]]
name = "card"
fee_bp = 175
lag_days = 2
lag_unit = "business"
[[rail]]
name = "till"
fee_bp = 55
"""


def rows(count):
    return "".join(f"t{i},2024-03-{1 + i * 28 // count:02}T12:{i % 60:02}:00,{100 + i % 977},,\n" for i in range(count))


class Replay(program.ProcessTest):
    def setUp(self):
        super().setUp()
        # What the programs print lies beside it.
        self.site = self.folder / "site"
        self.site.mkdir()
        self.sales = self.site / "sales.csv"
        self.plan = self.site / "plan.toml"
        self.out = self.site / "out"
        self.sales.write_text(HEADER + "".join(sorted(rows(500).splitlines(True), key=lambda row: row.split(",")[1])))
        self.plan.write_text(PLAN)

    def replay(self, *more, code=0):
        found, out, err = self.run_program(self.tuma, "replay", f"--sales={self.sales}", f"--plan={self.plan}",
                                           f"--out={self.out}", *more)
        self.assertEqual(code, found, out + err)
        self.assertNotIn("terminate called", err)
        return out, err

    def files(self):
        """Name and content; wall times are in summary.json and the page's numbers only under "run"."""
        found = {path.name: path.read_bytes() for path in self.out.iterdir() if path.is_file()}
        summary = json.loads(found["summary.json"])
        del summary["run"]
        found["summary.json"] = summary
        return found

    def assert_nothing_left(self, *kept):
        self.assertEqual(sorted(["plan.toml", "sales.csv", *kept]),
                         sorted(path.name for path in self.site.iterdir()))

    def test_a_replay_writes_its_files_and_prints_the_comparison(self):
        out, err = self.replay()
        self.assertEqual("", err)
        self.assertRegex(out, r"500 payments, GBP [0-9,.]+ in 65 days, 2024-02-26 to 2024-04-30")
        self.assertRegex(out, r"\n  card +[0-9.,]+ +1\.75 %")
        self.assertRegex(out, r"1,000 payments on 2 rails in [0-9.]+ s on 1 thread: [0-9,]+ payments/s")
        self.assertIn(f"report: {self.out}/report.html", out)
        self.assertEqual(["card.csv", "card.loan.csv", "report.html", "summary.csv", "summary.json", "till.csv",
                          "till.loan.csv"], sorted(self.files()))
        self.assert_nothing_left("out")

    def test_threads_order_of_rows_and_kept_books_change_nothing(self):
        self.replay()
        first = self.files()
        self.replay("--parallel=2", "--keep-books", "--progress")
        self.assertEqual(first, self.files())
        for rail in ("card", "till"):
            code, out, err = self.run_program(self.tuma, "audit", f"--data={self.out / 'books' / rail}")
            self.assertEqual(0, code, out + err)
            self.assertIn(first["summary.json"]["rails"][rail]["journal_head"], out)
            # Books are their owner's alone; the reports beside them are no secret.
            folder = self.out / "books" / rail
            self.assertEqual(0o700, folder.stat().st_mode & 0o7777)
            self.assertEqual({0o600}, {path.stat().st_mode & 0o7777 for path in folder.iterdir()})
        lines = self.sales.read_text().splitlines(True)
        self.sales.write_text(lines[0] + "".join(sorted(lines[1:])))
        self.replay("--parallel")
        for name, content in self.files().items():
            if name.endswith(".csv"):
                self.assertEqual(first[name], content, name)
        self.assertFalse((self.out / "books").exists())

    def test_json_is_the_summary(self):
        out, _ = self.replay("--json")
        self.assertEqual(json.loads((self.out / "summary.json").read_text()), json.loads(out))

    def test_bad_rows_stop_the_run_and_are_left_out_on_request(self):
        self.sales.write_text(self.sales.read_text() + "x,tomorrow,5,,\ny,2024-03-01,5.5,,\n")
        _, err = self.replay(code=2)
        self.assertIn(f"{self.sales}:502: ts: found \"tomorrow\"", err)
        self.assertIn(f"{self.sales}:503: amount_minor: found \"5.5\"", err)
        self.assertIn("2 bad rows; mend them, or leave them out with --skip-bad", err)
        self.assert_nothing_left()
        out, err = self.replay("--skip-bad")
        self.assertIn("2 bad rows were skipped", out)
        self.assertIn("2 bad rows; skipped", err)

    def test_what_a_rail_cannot_carry_is_listed_and_left_out_on_request(self):
        self.plan.write_text('[merchant]\ncurrency = "KES"\nfrom = 2024-02-26\nto = 2024-03-03\n'
                             '[[rail]]\nname = "till"\nscheme = "mpesa-kenya"\ntype = "pay-merchant"\n'
                             '[[rail]]\nname = "cash"\n')
        self.sales.write_text(HEADER + "a,2024-02-26,100000,,\nbig,2024-02-27T10:00:00,25000001,,\n"
                              "b,2024-02-28,25000000,,\n\x1b[2Jbad,2024-02-29,40000000,,\n")
        out, err = self.replay(code=2)
        self.assertEqual("", out)
        self.assertIn(f"{self.sales}:3: rail till: big of KES 250000.01: transaction_limit_exceeded: ", err)
        self.assertIn(f"{self.sales}:5: rail till: ?[2Jbad of KES 400000.00: transaction_limit_exceeded: ", err)
        self.assertIn("rail till cannot carry 2 payments, KES 650000.01 in all; take them out, or leave them out "
                      "with --skip-bad", err)
        self.assertNotIn("rail cash", err)
        self.assert_nothing_left()
        out, err = self.replay("--skip-bad")
        self.assertIn("till cannot carry 2 payments, KES 650,000.01: in none of its figures", out)
        summary = self.files()["summary.json"]["rails"]
        self.assertEqual((2, 65_000_001, 2), tuple(summary["till"][key] for key in ("refused", "refused_sum", "payments")))
        self.assertEqual([3, 5], [sale["line"] for sale in summary["till"]["refusals"]])
        self.assertEqual((0, 4), (summary["cash"]["refused"], summary["cash"]["payments"]))
        table = (self.out / "summary.csv").read_text().splitlines()
        self.assertTrue(table[0].endswith(",refused,refused_sum"))
        self.assertTrue(table[1].endswith(",2,65000001"))
        page = (self.out / "report.html").read_text()
        self.assertIn("refused 2 payments (on till)", page.replace("\u00a0", " "))

    def test_a_rail_for_one_method_says_what_to_do_where_the_sales_name_none(self):
        self.plan.write_text(PLAN.replace("fee_bp = 55\n", 'fee_bp = 55\napplies_to = "card"\n'))
        self.sales.write_text("txn_id,ts,amount_minor\na,2024-03-01T10:00:00,100\n")
        _, err = self.replay(code=2)
        self.assertIn('applies_to: found "card"', err)
        self.assertIn("add a column method", err)

    def test_times_with_a_zone_are_converted_and_said_to_be(self):
        self.plan.write_text('[merchant]\ncurrency = "CNY"\nfrom = 2026-11-30\nto = 2026-12-02\n'
                             '[[rail]]\nname = "wechat"\nscheme = "wechat-china"\ntype = "pay-merchant"\n')
        self.sales.write_text(HEADER + "a,2026-11-30T16:30:00Z,10000,,\n")
        out, _ = self.replay()
        self.assertIn("times that named a zone: 1, converted to +08:00", out)
        days = [line.split(",") for line in (self.out / "wechat.csv").read_text().splitlines()]
        self.assertEqual(["2026-12-01", "10000", "0"], days[2][:3])
        self.assertEqual(["2026-12-02", "0", "10000"], days[3][:3])

    def test_input_that_cannot_be_used_leaves_nothing_behind(self):
        outgoings = self.site / "outgoings.csv"
        foreign = self.site / "foreign"
        for arguments, pattern in (
                ([f"--holidays={self.site}/none.csv"], "--holidays=.*none.csv: cannot be opened"),
                ([f"--holidays={self.site}"], "--holidays=.*is a directory"),
                (["--outgoings=none.csv"], "none.csv: cannot be opened"),
                ([f"--outgoings={self.site}"], "is a directory"),
                (["--parallel=1000"], "parallel"),
                (["--fast"], "--fast"),
        ):
            _, err = self.replay(*arguments, code=2)
            self.assertRegex(err, pattern)
        outgoings.write_text("date,amount_minor,label\n2024-05-01,5,late\n")
        _, err = self.replay(f"--outgoings={outgoings}", code=2)
        self.assertIn("outgoings.csv:2: date: found 2024-05-01, must be a day of the plan", err)
        outgoings.unlink()
        self.plan.write_text(PLAN.replace("fee_bp = 55", "fee_bp = 55000"))
        _, err = self.replay(code=2)
        self.assertIn("plan.toml:14: rail[1].fee_bp: found 55000", err)
        self.plan.write_text(PLAN)
        foreign.mkdir()
        (foreign / "thesis.txt").write_text("years of work")
        self.out = program.Path("/proc/x")
        _, err = self.replay(code=1)
        self.assertRegex(err, "^tuma: /proc/\\S*x\\S*: cannot be written: .*; .*--out=DIR\n$")
        self.out = foreign
        _, err = self.replay(code=2)
        self.assertIn("holds thesis.txt, and no earlier replay that could be replaced", err)
        self.assertEqual("years of work", (foreign / "thesis.txt").read_text())
        self.assert_nothing_left("foreign")

    def test_a_signal_stops_it_and_leaves_nothing_behind(self):
        self.sales.write_text(HEADER + rows(600_000))
        running = program.Program(self.folder / "out", [self.tuma, "replay", f"--sales={self.sales}",
                                                           f"--plan={self.plan}", f"--out={self.out}", "--progress"])
        program.wait_until(lambda: "reading sales" in running.err() or not running.is_running(), "the first megabyte")
        running.signal(signal.SIGINT)
        self.assertEqual(130, running.wait(), running.err())
        self.assertIn("stopped; nothing was written", running.err())
        self.assert_nothing_left()


if __name__ == "__main__":
    program.main()
