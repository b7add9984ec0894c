#!/usr/bin/env python3
"""Real client packages from npm, pinned and unmodified, against the built switch: clients_test.py BUILD_DIR."""
import os
import shutil
import subprocess
import sys

SKIPPED = 77  # ctest's SKIP_RETURN_CODE
HERE = os.path.dirname(os.path.abspath(__file__))
TABLES = os.path.join(HERE, "../../scripts/client_table.py")


def skip(why):
    print("SKIPPED: the client libraries were not tried: " + why)
    sys.exit(SKIPPED)


def install(folder):
    """Packages and tests in the build's folder, so that the source tree stays as it is."""
    os.makedirs(folder, exist_ok=True)
    for name in os.listdir(HERE):
        if name.endswith((".mjs", ".json")):
            shutil.copy(os.path.join(HERE, name), folder)
    lock = open(os.path.join(HERE, "package-lock.json"), "rb").read()
    stamp = os.path.join(folder, "installed-lock.json")
    if os.path.exists(stamp) and open(stamp, "rb").read() == lock:
        return
    done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=240)
    if done.returncode != 0:
        skip("npm cannot install them:\n" + done.stdout[-2000:])
    with open(stamp, "wb") as file:
        file.write(lock)


def main():
    build = os.path.abspath(sys.argv[1])
    if not shutil.which("npm") or not shutil.which("node"):
        skip("there is no npm; apt-get install npm")
    folder = os.path.join(build, "clients")
    install(folder)
    tests = sorted(name for name in os.listdir(folder) if name.endswith(".test.mjs"))
    calls = os.path.join(folder, "calls")
    shutil.rmtree(calls, ignore_errors=True)
    os.mkdir(calls)
    environment = dict(os.environ, TUMA=os.path.join(build, "tuma"), TUMA_CALLS=calls)
    done = subprocess.run(["node", "--test", "--test-concurrency=1", *tests], cwd=folder, env=environment)
    if done.returncode != 0:
        sys.exit(done.returncode)
    sys.exit(subprocess.run([sys.executable, "-B", TABLES, "--check", calls]).returncode)


if __name__ == "__main__":
    main()
