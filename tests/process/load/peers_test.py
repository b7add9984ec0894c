"""tuma-load against other systems: a real Redis, a real PostgreSQL, plain HTTP. No money is made or lost, nothing of
others is touched, and whoever speaks something else is recognised."""
import http.server
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path

import known_server
import program

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "scripts"))
import bench_peers  # noqa: E402

# Two wallets, and each transfer is more than half of what either is given: many cannot be paid.
OVERDRAFT = """name = "poor"
description = "two who have too little"
currency = "KES"
[accounts]
customers = 2
[mix]
transfer = 1
[amounts]
payment_mean = 1000000000
shape = "fixed"
[amounts.ratio]
transfer = 600
"""
OPENING = 1_000_000_000_000


class PeerTest(program.ProcessTest):
    """Runs of tuma-load against anything."""

    def load(self, target, *flags, codes=(0, 1)):
        """The report of a short run; whether the load was held is not asked."""
        report = Path(tempfile.mkdtemp(dir=self.folder))
        code, out, err = self.run_program(
            self.tuma_load, "run", f"--target={target}", "--quiet", "--warmup=0s", "--timeout=60s", f"--report={report}",
            f"--probe-dir={self.folder}", *flags)
        self.assertIn(code, codes, out + err)
        return json.loads((report / "report.json").read_text())

    def refused(self, target, code, sentence, *flags):
        found, _, err = self.run_program(self.tuma_load, "run", f"--target={target}", "--duration=100ms", "--quiet", *flags)
        self.assertEqual(code, found, err)
        self.assertIn(sentence, err)

    def check_counts(self, report):
        self.assertEqual((0, 0), (report["errors"], report["timeouts"]), report)
        self.assertEqual(report["scheduled"], report["sent"] + report["skipped"])
        self.assertEqual(report["sent"], report["ok"] + report["refused"])
        self.assertEqual(report["ok"], report["response_us"]["count"] - report["refused"])
        self.assertEqual([], [reason for reason in report["invalid_because"] if "in time" not in reason])

    def poor(self):
        """A scenario in which overdrafts are tried all the time."""
        path = self.folder / "poor.toml"
        path.write_text(OVERDRAFT)
        return f"--scenario={path}"


class RedisPeer(PeerTest):
    def setUp(self):
        super().setUp()
        if not shutil.which("redis-server"):
            program.loud_skip(self, "redis-server is not installed (scripts/install-dependencies peers)")
        self.redis = bench_peers.Redis(str(self.folder / "redis"), "--appendonly", "no")
        self.addCleanup(self.redis.stop)

    def ask(self, *words):
        return subprocess.run(["redis-cli", "-p", str(self.redis.port), "--raw", *words], capture_output=True, text=True,
                              check=True).stdout.strip()

    def balances(self):
        names = self.ask("KEYS", "tuma_load:a:*").split()
        return [int(value) for value in self.ask("MGET", *names).split()]

    def test_money_only_moves(self):
        self.ask("SET", "tuma_loader", "of somebody else")
        for _ in range(2):
            # The same seed twice: what the first run left is removed before the second.
            report = self.load(self.redis.target, "--scenario=kenya-day", "--customers=50", "--rate=500", "--duration=1s",
                               "--seed=1")
            self.check_counts(report)
            self.assertEqual(0, report["refused"])
            self.assertGreater(report["ok"], 300)
            self.assertRegex(report["server_version"], r"^Redis [\d.]+$")
            self.assertEqual("appendonly=no appendfsync=everysec", report["durability"])
            self.assertIn("transfer executed", (f"{fate['kind']} {fate['fate']}" for fate in report["fates"]))
            # Who paid whom does not matter, only that nothing is made or lost: wallets and agents were given some.
            funded = sum(report[role] for role in ("customers", "agents"))
            self.assertEqual(funded * OPENING, sum(self.balances()))
            self.assertEqual(report["ok"], len(self.ask("KEYS", "tuma_load:r:*").split()))
        self.assertEqual("of somebody else", self.ask("GET", "tuma_loader"))

    def test_who_has_too_little_is_refused(self):
        report = self.load(self.redis.target, self.poor(), "--rate=max", "--in-flight=64", "--duration=500ms")
        self.check_counts(report)
        self.assertEqual({"insufficient_funds": report["refused"]}, report["refusals"])
        self.assertGreater(min(report["ok"], report["refused"]), 10)
        self.assertEqual(2 * OPENING, sum(self.balances()))
        self.assertGreaterEqual(min(self.balances()), 0)

    def test_the_script_moves_once(self):
        script = ROOT / "loadgen" / "peers" / "redis_transfer.lua"

        def transfer(debit, credit, reference, amount):
            return int(self.ask("--eval", str(script), debit, credit, reference, ",", str(amount),
                                f"{debit}>{credit} {amount}"))
        self.ask("MSET", "a", "10", "b", "0")
        self.assertEqual(1, transfer("a", "b", "r1", 6))
        self.assertEqual(2, transfer("a", "b", "r1", 6))
        self.assertEqual(-3, transfer("a", "b", "r1", 4))
        self.assertEqual(-1, transfer("a", "b", "r2", 5))
        self.assertEqual(-2, transfer("a", "nobody", "r3", 1))
        self.assertEqual(-2, transfer("nobody", "a", "r3", 1))
        self.assertEqual("4 6", self.ask("MGET", "a", "b").replace("\n", " "))
        # What was refused leaves nothing, and may come again.
        self.assertEqual("0", self.ask("EXISTS", "r2", "r3", "nobody"))
        self.assertEqual(1, transfer("a", "b", "r2", 4))

    def test_a_server_that_goes_away_is_told(self):
        report = self.folder / "gone"
        load = program.Program(self.folder / "out", [
            self.tuma_load, "run", f"--target={self.redis.target}", "--rate=200", "--duration=60s", "--quiet",
            f"--report={report}", f"--stream=ndjson:{self.folder / 'seconds'}"])
        self.addCleanup(load.kill)
        seconds = self.folder / "seconds"
        program.wait_until(lambda: not load.is_running() or seconds.exists() and seconds.stat().st_size > 0, "a second")
        self.redis.process.kill()
        self.redis.process.wait()
        self.assertEqual(3, load.wait(), load.err())
        found = json.loads((report / "report.json").read_text())
        self.assertFalse(found["valid"])
        self.assertEqual(found["sent"], found["ok"] + found["refused"] + found["errors"] + found["timeouts"])
        self.assertIn("transfers were in flight on that connection", load.out())

    def test_other_servers_are_recognised(self):
        fake = known_server.Fake(self.folder / "out", self.tuma_load)
        self.addCleanup(fake.kill)
        self.refused(f"redis:127.0.0.1:{fake.port}", 3, "this speaks tuma's native protocol, not the Redis protocol")
        self.refused(f"pg:127.0.0.1:{self.redis.port}", 3, "this speaks the Redis protocol, not PostgreSQL's protocol")
        self.refused(f"http:127.0.0.1:{self.redis.port}", 3, "is it HTTP that is spoken there?")
        self.refused(self.redis.target, 2, "two-phase has reserve", "--scenario=two-phase")
        self.ask("CONFIG", "SET", "requirepass", "secret")
        self.refused(self.redis.target, 3, "refuses: NOAUTH")


class PostgresPeer(PeerTest):
    @classmethod
    def setUpClass(cls):
        cls.folder_of_all = tempfile.mkdtemp(prefix="tuma-process-pg-")
        cls.addClassCleanup(shutil.rmtree, cls.folder_of_all, True)
        # The server is another user's.
        Path(cls.folder_of_all).chmod(0o755)
        try:
            cls.postgres = bench_peers.Postgres(f"{cls.folder_of_all}/postgres", "fsync=off")
        except bench_peers.Failed as failure:
            cls.postgres, cls.why_not = None, str(failure)
        else:
            cls.addClassCleanup(cls.postgres.stop)

    def setUp(self):
        super().setUp()
        if self.postgres is None:
            program.loud_skip(self, f"{self.why_not} (scripts/install-dependencies peers)")

    def load(self, target, *flags, more="", **options):
        return super().load(target, f"{self.postgres.parameters} {more}", "--connections=4", *flags, **options)

    def ask(self, statement):
        return self.postgres.ask(statement)

    def test_money_only_moves(self):
        self.ask("create schema if not exists tuma_loader; create table if not exists tuma_loader.kept (a int)")
        for _ in range(2):
            report = self.load(self.postgres.target, "--scenario=kenya-day", "--customers=50", "--rate=100",
                               "--duration=1s", "--seed=1")
            self.check_counts(report)
            self.assertEqual(0, report["refused"])
            self.assertGreater(report["ok"], 50)
            self.assertRegex(report["server_version"], r"^PostgreSQL \d+")
            self.assertEqual("synchronous_commit=on fsync=off", report["durability"])
            funded = sum(report[role] for role in ("customers", "agents"))
            self.assertEqual(str(funded * OPENING), self.ask("select sum(balance) from tuma_load.accounts"))
            self.assertEqual(str(report["ok"]), self.ask("select count(*) from tuma_load.transfers"))
        self.assertEqual("0", self.ask("select count(*) from tuma_loader.kept"))

    def test_who_has_too_little_is_refused(self):
        # To and fro between two rows on many connections: without an order of locks there would be deadlocks.
        report = self.load(self.postgres.target, self.poor(), "--rate=max", "--in-flight=8", "--duration=1s")
        self.check_counts(report)
        self.assertEqual({"insufficient_funds": report["refused"]}, report["refusals"])
        self.assertGreater(min(report["ok"], report["refused"]), 3)
        self.assertEqual(f"{2 * OPENING}|t", self.ask("select sum(balance), min(balance) >= 0 from tuma_load.accounts"))
        self.assertEqual(str(report["ok"]), self.ask("select count(*) from tuma_load.transfers"))

    def test_the_function_moves_once(self):
        self.load(self.postgres.target, "--customers=2", "--rate=10", "--duration=100ms", codes=(0, 1, 5))
        self.ask("update tuma_load.accounts set balance = 10")

        def transfer(number, debit, credit, amount):
            try:
                return self.ask("select tuma_load.transfer("
                                f"'00000000-0000-0000-0000-{number:012}', {debit}, {credit}, {amount})")
            except bench_peers.Failed as failure:
                return str(failure)
        self.assertEqual("t", transfer(1, 2, 3, 6))
        self.assertEqual("f", transfer(1, 2, 3, 6))
        self.assertIn("another request", transfer(1, 2, 3, 4))
        self.assertIn("has less than", transfer(2, 2, 3, 5))
        for debit, credit in ((2, 99), (99, 2), (3, 0), (0, 3)):
            self.assertIn("is unknown", transfer(3, debit, credit, 1))
        self.assertEqual("10,4,16", self.ask("select string_agg(balance::text, ',' order by id) from tuma_load.accounts"))
        self.assertEqual("t", transfer(2, 3, 2, 16))

    def test_what_postgresql_itself_refuses_is_named(self):
        # Serializable transactions on the same two rows cannot all be let through.
        report = self.load(self.postgres.target, "--customers=2", "--rate=max", "--in-flight=8", "--duration=500ms",
                           more="options='-c default_transaction_isolation=serializable'")
        self.check_counts(report)
        self.assertIn("pg_40001", report["refusals"])
        self.assertEqual(str(2 * OPENING), self.ask("select sum(balance) from tuma_load.accounts"))
        self.assertEqual(str(report["ok"]), self.ask("select count(*) from tuma_load.transfers"))

    def test_what_others_have_made_stays(self):
        self.load(self.postgres.target, "--customers=2", "--rate=10", "--duration=100ms", codes=(0, 1, 5))
        self.addCleanup(self.ask, "drop view if exists public.theirs; drop schema if exists tuma_load cascade")
        self.ask("create view public.theirs as select * from tuma_load.accounts")
        self.refused(self.postgres.target, 9, 'refuses "drop schema tuma_load": ERROR:  cannot drop desired object(s) because other', self.postgres.parameters)
        self.assertEqual("3", self.ask("select count(*) from public.theirs"))
        # Refused as a whole.
        self.assertEqual("1", self.ask("select count(*) from pg_proc where proname = 'transfer'"))
        self.ask("drop view public.theirs; comment on schema tuma_load is 'mine'")
        self.refused(self.postgres.target, 9, "a schema tuma_load that this program has not made", self.postgres.parameters)

    def test_other_servers_are_recognised(self):
        target = f"127.0.0.1:{self.postgres.port}"
        self.refused(f"redis:{target}", 3, "the Redis protocol is not spoken there")
        self.refused(f"http:{target}", 3, "is it HTTP that is spoken there?")
        self.refused(f"pg:{target}", 3, 'role "nobody" does not exist', "--pg=user=nobody")


class Shop(http.server.BaseHTTPRequestHandler):
    """Keeps connections; knows /found, and takes orders."""

    protocol_version = "HTTP/1.1"
    # One packet an answer, or each waits for the other side's delayed acknowledgement.
    wbufsize = -1

    def answer(self, status):
        self.server.seen.append((self.command, self.path, self.headers.get("Content-Type")))
        self.send_response(status)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
        self.wfile.flush()

    def do_GET(self):
        self.answer(200 if self.path == "/found" else 404)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(201 if body == b"an order" else 400)

    def log_message(self, *_):
        pass


class PlainHttp(PeerTest):
    def setUp(self):
        super().setUp()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Shop)
        self.server.seen = []
        thread = threading.Thread(target=self.server.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.target = f"http://127.0.0.1:{self.server.server_address[1]}"

    def ask(self, *flags):
        return self.load(self.target, "--connections=2", "--rate=100", "--stop-after=50", *flags, codes=(0, 1))

    def test_a_page_is_asked_for(self):
        report = self.ask("--path=/found")
        self.assertEqual(50, report["ok"])
        # Once before the run, to see whether it is HTTP.
        self.assertEqual([("GET", "/found", None)] * 51, self.server.seen)
        self.assertEqual("GET /found", report["request"])
        self.assertNotIn("callbacks", report)

    def test_statuses_are_refusals(self):
        report = self.ask()
        self.assertEqual({"http_404": 50}, report["refusals"])
        self.assertFalse(report["valid"])

    def test_a_body_is_posted(self):
        (self.folder / "order").write_text("an order")
        report = self.ask(f"--body={self.folder / 'order'}", "--content-type=text/plain")
        self.assertEqual(50, report["ok"])
        self.assertEqual([("POST", "/", "text/plain")] * 51, self.server.seen)
        self.refused(self.target, 2, "--path", "--path=found")
        self.refused(self.target, 2, "--body", "--body=/nothing/there")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    program.main()
