"""Starts the programs under test, stops them by process id and keeps what they print."""
import http.client
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import native

SEED = int(os.environ.get("TUMA_PROCESS_SEED", "1"))
# Fewer under sanitizers, which are ten times slower.
ROUNDS = int(os.environ.get("TUMA_PROCESS_ROUNDS", "20"))
# Only so that a hanging program fails a test instead of stopping it; nothing is measured.
PATIENCE_S = 300
READY = re.compile(r"ready native=127\.0\.0\.1:(\d+) admin=(?:127\.0\.0\.1:(\d+)|off)"
                   r"(?: http=127\.0\.0\.1:(\d+))?(?: https=127\.0\.0\.1:(\d+))?\n")


class Failed(AssertionError):
    """A program did not do what it must."""


def wait_until(condition, what):
    """Polls, because the other side is a process that cannot be asked to tell."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            raise Failed(f"still waiting for {what}")
        time.sleep(0.005)


def process_memory(pid):
    """Resident bytes."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmRSS:\s+(\d+) kB", status.read()).group(1)) * 1024


class Program:
    """A running program; its output goes to files, so that nobody has to read along."""

    def __init__(self, folder, command, **options):
        folder.mkdir(parents=True, exist_ok=True)
        self.out_path = Path(tempfile.mkstemp(".out", dir=folder)[1])
        self.err_path = self.out_path.with_suffix(".err")
        self.command = [str(part) for part in command]
        with open(self.out_path, "wb") as out, open(self.err_path, "wb") as err:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, **options)

    @property
    def pid(self):
        return self.process.pid

    def out(self):
        return self.out_path.read_text(encoding="utf-8", errors="replace")

    def err(self):
        return self.err_path.read_text(encoding="utf-8", errors="replace")

    def is_running(self):
        return self.process.poll() is None

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self):
        """The exit code; negative after a signal."""
        try:
            return self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            raise Failed(f"did not end: {' '.join(self.command)}\n{self.err()[-2000:]}") from None

    def kill(self):
        """kill -9, and waits until it is gone."""
        if self.is_running():
            self.process.kill()
        return self.process.wait()


class Server(Program):
    """`tuma serve` on free ports, or on the native port of one that has ended; made once it is ready. Raises Failed
    when it ends before."""

    def __init__(self, folder, tuma, data, *flags, with_admin=True, native_port=0, **options):
        self.data = Path(data)
        admin = ["--admin=127.0.0.1:0"] if with_admin else []
        super().__init__(folder, [tuma, "serve", f"--data={data}", f"--native=127.0.0.1:{native_port}", *admin,
                                  *flags], **options)
        # What a dialect has to tell people comes before it.
        wait_until(lambda: re.search("^ready.*\n", self.out(), re.M) or not self.is_running(), "the ready line")
        match = READY.fullmatch(self.out()[max(self.out().find("ready native="), 0):])
        if not match:
            code = self.kill()
            raise Failed(f"tuma serve ended with {code}, printed {self.out()!r} and\n{self.err()[-2000:]}")
        self.port, self.admin_port, self.http_port, self.https_port = (int(port or 0) for port in match.groups())

    def admin(self, method, path, body=None, **headers):
        """An administrator's call, with the token; (status, body)."""
        headers = {"Tuma-Token": (self.data / "admin-token").read_text().strip(), **headers}
        if body is not None:
            headers = {"Content-Type": "application/json", **headers}
            body = body if isinstance(body, str) else json.dumps(body)
        connection = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=PATIENCE_S)
        try:
            connection.request(method, path, body, headers)
            reply = connection.getresponse()
            return reply.status, reply.read().decode()
        finally:
            connection.close()

    def client(self, **options):
        return native.Client(self.port, **options)

    def stop(self):
        """SIGTERM; the exit code."""
        self.signal(signal.SIGTERM)
        return self.wait()

    def log(self, event):
        """The lines of one kind from its structured log."""
        lines = (json.loads(line) for line in self.err().splitlines() if line.startswith("{"))
        return [line for line in lines if line["event"] == event]


class ProcessTest(unittest.TestCase):
    """A temporary folder, programs that end with the test, and the audit."""

    binaries = None

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="tuma-process-"))
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.data = self.folder / "data"
        self.tuma, self.tuma_load = self.binaries / "tuma", self.binaries / "tuma-load"
        self.chance = random.Random(f"{SEED} {self.id()}")

    def start(self, *flags, data=None, **options):
        server = Server(self.folder / "out", self.tuma, data or self.data, *flags, **options)
        self.addCleanup(server.kill)
        return server

    def run_program(self, *command, **options):
        """Runs to the end; (exit code, standard output, standard error)."""
        program = Program(self.folder / "out", command, **options)
        self.addCleanup(program.kill)
        return program.wait(), program.out(), program.err()

    def refused_start(self, *flags, data=None, **options):
        """A server that must not get ready; (exit code, standard error)."""
        program = Program(self.folder / "out", [self.tuma, "serve", f"--data={data or self.data}",
                                                "--native=127.0.0.1:0", *flags], **options)
        self.addCleanup(program.kill)
        wait_until(lambda: program.out() or not program.is_running(), "the refusal")
        self.assertEqual("", program.out(), "it got ready")
        return program.wait(), program.err()

    def start_load(self, server, name, *, scenario="p2p", rate="max", duration="60s", seed=1, flags=()):
        """tuma-load with a file of acknowledgements `name.acks` and a report `name/`."""
        load = Program(self.folder / "out", [
            self.tuma_load, "run", f"--target=native:127.0.0.1:{server.port}", f"--scenario={scenario}",
            f"--rate={rate}", f"--duration={duration}", f"--seed={seed}", f"--report={self.folder / name}",
            f"--acks={self.acks(name)}", "--quiet", *flags], cwd=self.folder)
        self.addCleanup(load.kill)
        return load

    def finished_load(self, load, name):
        """The report of a load that ran to its end; whether the load was held is not asked here (exit code 1)."""
        self.assertIn(load.wait(), (0, 1), load.err()[-2000:])
        report = json.loads((self.folder / name / "report.json").read_text())
        self.assertEqual((0, 0), (report["errors"], report["timeouts"]), report)
        self.assertEqual(report["scheduled"], report["sent"] + report["skipped"])
        self.assertEqual(report["sent"], report["ok"] + report["refused"])
        return report

    def acks(self, name):
        return self.folder / f"{name}.acks"

    def wait_for_acks(self, name, load, count=1):
        """Until the load generator has written so many acknowledgements."""
        def has_some():
            return not load.is_running() or \
                self.acks(name).exists() and self.acks(name).stat().st_size >= 16 + 64 * count
        wait_until(has_some, f"acknowledgements in {name}.acks")
        self.assertTrue(load.is_running(), f"tuma-load ended early: {load.err()[-2000:]}")

    def audit(self, *acks, data=None, expect=0):
        """`tuma audit --json`, whose exit code must be as expected."""
        flags = [f"--acks={path}" for path in acks]
        code, out, err = self.run_program(self.tuma, "audit", f"--data={data or self.data}", "--json", *flags)
        self.assertEqual(expect, code, f"{out[-4000:]}\n{err[-2000:]}")
        return json.loads(out) if code != 2 else err


def loud_skip(test, reason):
    print(f"SKIPPED, AND NOT TESTED: {test.id()}: {reason}", flush=True)
    test.skipTest(reason)


def main():
    """usage: test.py FOLDER_OF_THE_BINARIES [unittest arguments]"""
    ProcessTest.binaries = Path(sys.argv.pop(1)).resolve()
    print(f"seed {SEED} (TUMA_PROCESS_SEED), rounds {ROUNDS} (TUMA_PROCESS_ROUNDS)", flush=True)
    unittest.main(verbosity=2)
