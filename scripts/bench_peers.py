"""Redis and PostgreSQL as yardsticks: started by hand in own directories, stopped by process id."""
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


def redis(directory):
    """INCRBY a second with an fsync before each answer: (one by one, pipelined by 16)."""
    if not shutil.which("redis-server") or not shutil.which("redis-benchmark"):
        raise Failed("Redis is not installed")
    os.makedirs(directory, exist_ok=True)
    port = free_port()
    server = subprocess.Popen(
        ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", directory, "--save", "",
         "--appendonly", "yes", "--appendfsync", "always"], stdout=subprocess.DEVNULL)
    try:
        wait_for(lambda: accepts(port), "redis-server", server)
        return tuple(redis_rate(port, pipeline) for pipeline in (1, 16))
    finally:
        stop(server)


def redis_rate(port, pipeline):
    count = 100_000 if pipeline == 1 else 1_000_000
    done = subprocess.run(
        ["redis-benchmark", "-p", str(port), "-c", "50", "-n", str(count), "-P", str(pipeline), "-r",
         "100000", "-q", "INCRBY", "account:__rand_int__", "1"], capture_output=True, text=True, check=True)
    rates = re.findall(r"([\d.]+) requests per second", done.stdout)
    if not rates:
        raise Failed("redis-benchmark printed no rate")
    return float(rates[-1])


def postgres(directory, seconds=10, scale=10):
    """Transactions a second of pgbench's TPC-B-like work over a local socket."""
    folders = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
    if not folders or not os.path.exists(f"{folders[-1]}/pgbench"):
        raise Failed("PostgreSQL is not installed")
    bin_folder = folders[-1]
    os.makedirs(directory, exist_ok=True)
    # The server refuses to run as root.
    as_user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    if as_user:
        shutil.chown(directory, "postgres", "postgres")
        for parent in parents(directory):
            if not os.stat(parent).st_mode & 0o001:
                raise Failed(f"user postgres may not enter {parent}; choose another --scratch")
    data, port = f"{directory}/data", free_port()

    def run(*command):
        done = subprocess.run([*as_user, *command], capture_output=True, text=True, check=False, cwd="/")
        if done.returncode != 0:
            raise Failed(f"{os.path.basename(command[0])}: {done.stderr[-300:]}")
        return done.stdout

    run(f"{bin_folder}/initdb", "-D", data, "-A", "trust", "-U", "postgres")
    server = subprocess.Popen(
        [*as_user, f"{bin_folder}/postgres", "-D", data, "-p", str(port), "-k", directory, "-c",
         "listen_addresses=127.0.0.1"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")
    try:
        wait_for(lambda: accepts(port), "postgres", server)
        where = ["-h", directory, "-p", str(port), "-U", "postgres"]
        wait_for(lambda: subprocess.run([f"{bin_folder}/pg_isready", *where[:4]], check=False,
                                        capture_output=True).returncode == 0, "postgres", server)
        run(f"{bin_folder}/pgbench", *where, "-i", "-q", "-s", str(scale), "postgres")
        text = run(f"{bin_folder}/pgbench", *where, "-c", "16", "-j", "2", "-T", str(seconds), "postgres")
        return float(re.search(r"tps = ([\d.]+)", text).group(1))
    finally:
        stop_postgres(data, server)


def stop_postgres(data, server):
    """Asks the server itself: with runuser the started process is only its parent."""
    try:
        with open(f"{data}/postmaster.pid", encoding="ascii") as file:
            os.kill(int(file.readline()), 2)
        server.wait(timeout=30)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        stop(server)


def parents(path):
    while path != "/":
        path = os.path.dirname(path)
        yield path
