"""Starts the switch, loads it and stops it, for scripts/bench."""
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request


class Failed(Exception):
    """A measurement could not be made; the text says why."""


class Server:
    """A `tuma serve` process on a data directory; stopped by its own process id."""

    def __init__(self, build, data, arguments=()):
        self.log_path = data + ".log"
        os.makedirs(data, exist_ok=True)
        self.log = open(self.log_path, "ab")
        started = time.monotonic()
        self.process = subprocess.Popen(
            [f"{build}/tuma", "serve", f"--data={data}", "--native=127.0.0.1:0", "--admin=127.0.0.1:0",
             *arguments], stdout=subprocess.PIPE, stderr=self.log, stdin=subprocess.DEVNULL)
        line = self.process.stdout.readline().decode()
        # What the dialects have to tell people comes first.
        while line and not line.startswith("ready "):
            line = self.process.stdout.readline().decode()
        if not line.startswith("ready "):
            self.kill()
            with open(self.log_path, encoding="utf-8", errors="replace") as log:
                raise Failed("the switch did not start: " + log.read()[-400:])
        self.ready_s = time.monotonic() - started
        where = dict(word.split("=", 1) for word in line.split()[1:])
        self.native, self.admin, self.http = where["native"], where["admin"], where.get("http")
        self.clients = os.path.join(data, "clients")

    def metric(self, name):
        """The sum over all labels of a metric."""
        with urllib.request.urlopen(f"http://{self.admin}/metrics", timeout=10) as reply:
            rows = [row.rsplit(" ", 1) for row in reply.read().decode().splitlines() if row.startswith(name)]
        return sum(float(value) for key, value in rows if key.split("{")[0] == name)

    def resident_bytes(self):
        with open(f"/proc/{self.process.pid}/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def kill(self):
        self._end(signal.SIGKILL)

    def stop(self):
        code = self._end(signal.SIGTERM)
        if code != 0:
            raise Failed(f"the switch ended with {code}, see {self.log_path}")

    def _end(self, number):
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            code = self.process.wait(timeout=120)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.log.close()
        self.process.stdout.close()
        return code

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.kill()


class Bench:
    """Where things are and how a number is got."""

    def __init__(self, build, scratch, arguments):
        self.build, self.arguments = build, arguments
        self.scratch = tempfile.mkdtemp(prefix="bench-", dir=scratch)
        os.chmod(self.scratch, 0o755)  # PostgreSQL runs as another user

    def directory(self, name):
        path = os.path.join(self.scratch, name)
        shutil.rmtree(path, ignore_errors=True)
        return path

    def server(self, data, *arguments):
        return Server(self.build, data, [*self.arguments, *arguments])

    def probe(self, *arguments):
        """What tuma-bench prints, as a dictionary."""
        done = subprocess.run([f"{self.build}/tuma-bench", *map(str, arguments)], capture_output=True,
                              text=True, check=False)
        if done.returncode != 0:
            raise Failed(f"tuma-bench {arguments[0]}: {done.stderr.strip()[-300:]}")
        return json.loads(done.stdout)

    def load(self, server, *arguments, command="run", file="report.json", target=None):
        """Loads a switch and gives the report."""
        return self.load_target(target or f"native:{server.native}", f"--admin={server.admin}", *arguments,
                                command=command, file=file)

    def load_target(self, target, *arguments, command="run", file="report.json"):
        """Runs tuma-load against whatever it is and gives its report."""
        report = self.directory("report")
        done = subprocess.run(
            [f"{self.build}/tuma-load", command, f"--target={target}", f"--report={report}", *arguments],
            capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        path = os.path.join(report, file)
        # A load that was not held, or a search without a rate, still has a report; the table shows its reasons.
        if done.returncode not in (0, NOT_HELD, NOT_KEPT, UNKNOWN) or not os.path.exists(path):
            raise Failed(f"tuma-load {command} ended with {done.returncode}: "
                         f"{(done.stderr or done.stdout)[-400:]}")
        with open(path, encoding="utf-8") as text:
            return json.load(text)

    def load_http(self, server, protocol, *arguments):
        """The report of a run as a merchant of "mpesa" or "wechat-v3"."""
        client = {"mpesa": "mpesa.json", "wechat-v3": "wechat.json"}[protocol]
        return self.load(server, f"--client-file={server.clients}/{client}", *arguments,
                         target=f"{protocol}:http://{server.http}")

    def fill(self, server, transfers, *arguments):
        """Sends batches until `transfers` more were accepted; gives how many it were."""
        done = 0
        for seed in range(1000, 2000):
            if done >= transfers:
                break
            done += self.load(server, *arguments, *BATCHES, "--rate=max", "--duration=5s",
                              "--warmup=0s", f"--seed={seed}")["ok"]
        return done

    def clean_up(self):
        shutil.rmtree(self.scratch, ignore_errors=True)


# What tuma-load ends with when a load was not held, when no rate keeps an objective, and when one is not confirmed.
NOT_HELD, NOT_KEPT, UNKNOWN = 1, 4, 5
BATCHES = ("--batch=8190", "--connections=2", "--in-flight=4")
SINGLES = ("--batch=1", "--connections=16", "--in-flight=128")
