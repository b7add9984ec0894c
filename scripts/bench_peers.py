"""Redis and PostgreSQL as yardsticks: started by hand in own directories, stopped by process id. Their own clients
measure them, and tuma-load does, by the same transfers as a switch's."""
import glob
import os
import re
import shutil
import socket
import subprocess
import time

from bench_server import Failed


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(is_ready, what, process, limit_s=30):
    for _ in range(limit_s * 20):
        if process.poll() is not None:
            raise Failed(f"{what} ended with {process.returncode}")
        if is_ready():
            return
        time.sleep(0.05)
    raise Failed(f"{what} was not ready within {limit_s} s")


def accepts(port):
    try:
        socket.create_connection(("127.0.0.1", port), 0.2).close()
        return True
    except OSError:
        return False


def stop(process):
    process.terminate()
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Redis:
    """A redis-server; by default one that syncs its file before it answers."""

    def __init__(self, directory, *flags):
        if not shutil.which("redis-server") or not shutil.which("redis-benchmark"):
            raise Failed("Redis is not installed")
        os.makedirs(directory, exist_ok=True)
        self.port = free_port()
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", directory, "--save", "",
             *(flags or ("--appendonly", "yes", "--appendfsync", "always"))], stdout=subprocess.DEVNULL)
        wait_for(lambda: accepts(self.port), "redis-server", self.process)

    @property
    def target(self):
        return f"redis:127.0.0.1:{self.port}"

    def stop(self):
        stop(self.process)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def own_rate(self, pipeline):
        """INCRBY a second by redis-benchmark, so many at a time on each of 50 connections."""
        count = 100_000 if pipeline == 1 else 1_000_000
        done = subprocess.run(
            ["redis-benchmark", "-p", str(self.port), "-c", "50", "-n", str(count), "-P", str(pipeline), "-r",
             "100000", "-q", "INCRBY", "account:__rand_int__", "1"], capture_output=True, text=True, check=True)
        rates = re.findall(r"([\d.]+) requests per second", done.stdout)
        if not rates:
            raise Failed("redis-benchmark printed no rate")
        return float(rates[-1])


class Postgres:
    """A cluster of its own with its one server, which may be given settings as "name=value"; the superuser is postgres,
    and nobody needs a password."""

    def __init__(self, directory, *settings):
        folders = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
        if not folders or not os.path.exists(f"{folders[-1]}/pgbench"):
            raise Failed("PostgreSQL is not installed")
        self.bin, self.directory, self.data = folders[-1], directory, f"{directory}/data"
        os.makedirs(directory, exist_ok=True)
        # The server refuses to run as root.
        self.as_user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        if self.as_user:
            shutil.chown(directory, "postgres", "postgres")
            for parent in parents(directory):
                if not os.stat(parent).st_mode & 0o001:
                    raise Failed(f"user postgres may not enter {parent}; choose another place")
        self.port, self.settings = free_port(), ["listen_addresses=127.0.0.1", *settings]
        self.run("initdb", "-D", self.data, "-A", "trust", "-U", "postgres", "--no-sync")
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [*self.as_user, f"{self.bin}/postgres", "-D", self.data, "-p", str(self.port), "-k", self.directory,
             *(word for setting in self.settings for word in ("-c", setting))],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")
        try:
            wait_for(lambda: accepts(self.port), "postgres", self.process)
            wait_for(lambda: subprocess.run([f"{self.bin}/pg_isready", *self.where[:4]], check=False,
                                            capture_output=True).returncode == 0, "postgres", self.process)
        except Failed:
            self.stop()
            raise

    @property
    def where(self):
        return ["-h", self.directory, "-p", str(self.port), "-U", "postgres"]

    @property
    def target(self):
        return f"pg:127.0.0.1:{self.port}"

    # For tuma-load, beside the target.
    parameters = "--pg=user=postgres dbname=postgres"

    def run(self, program, *arguments):
        done = subprocess.run([*self.as_user, f"{self.bin}/{program}", *arguments], capture_output=True, text=True,
                              check=False, cwd="/")
        if done.returncode != 0:
            raise Failed(f"{program}: {done.stderr[-300:]}")
        return done.stdout

    def ask(self, statement):
        """What psql prints for it, bare."""
        return self.run("psql", *self.where, "-X", "-At", "-v", "ON_ERROR_STOP=1", "-c", statement, "postgres").strip()

    def stop(self):
        """Asks the server itself: with runuser the started process is only its parent."""
        try:
            with open(f"{self.data}/postmaster.pid", encoding="ascii") as file:
                os.kill(int(file.readline()), 2)
            self.process.wait(timeout=30)
        except (OSError, ValueError, subprocess.TimeoutExpired):
            stop(self.process)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def own_rate(self, seconds, scale=10):
        """Transactions a second of pgbench's TPC-B-like work over a local socket."""
        self.run("pgbench", *self.where, "-i", "-q", "-s", str(scale), "postgres")
        text = self.run("pgbench", *self.where, "-c", "16", "-j", "2", "-T", str(seconds), "postgres")
        return float(re.search(r"tps = ([\d.]+)", text).group(1))


def parents(path):
    while path != "/":
        path = os.path.dirname(path)
        yield path
