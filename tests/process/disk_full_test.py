"""A disk that fills up under load: a clear end, nothing acknowledged lost, and on it goes with space."""
import os
import resource
import subprocess
import unittest

import native
import program


class DiskFull(program.ProcessTest):
    def mount_small(self, size):
        if os.geteuid() != 0:
            program.loud_skip(self, "mounting needs root")
        self.disk = self.folder / "disk"
        self.disk.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tuma-test", self.disk],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            program.loud_skip(self, f"mount is not permitted here: {done.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", "--lazy", self.disk], check=False)
        self.data = self.disk / "data"

    def fill(self, server, name, seed):
        """Load until the server ends by itself."""
        load = self.start_load(server, name, seed=seed, duration="120s",
                               flags=("--batch=1000", "--in-flight=4", "--connections=2"))
        self.assertEqual(1, server.wait(), server.err()[-2000:])
        self.assertEqual(3, load.wait(), load.err()[-2000:])
        last = server.err().splitlines()[-1]
        self.assertIn(str(self.data), last)
        self.assertRegex(last, "free space")
        print(f"{name}: {last}", flush=True)

    def check_goes_on(self, *names):
        """With space again: starts, takes load, stops, and everything acknowledged is there."""
        acks = [self.acks(name) for name in names]
        server = self.start()
        load = self.start_load(server, "after", seed=99, rate="2000", duration="1s", flags=("--batch=10",))
        self.finished_load(load, "after")
        self.assertEqual(0, server.stop(), server.err()[-2000:])
        self.assertEqual([], self.audit(*acks, self.acks("after"))["findings"])

    def test_a_full_file_system_ends_the_server_with_a_reason_and_loses_nothing(self):
        self.mount_small("24m")
        # To read a database whose write-ahead log was left behind SQLite needs a page of shared memory beside it.
        ballast = self.disk / "ballast"
        ballast.write_bytes(bytes(256 * 1024))
        self.fill(self.start("--segment-bytes=4194304"), "full", 1)
        ballast.unlink()
        self.assertEqual([], self.audit(self.acks("full"))["findings"])
        self.fill_rest()
        try:
            server = self.start("--project=off")
        except program.Failed as refused:
            print(f"full at the start: {refused}", flush=True)
            self.assertRegex(str(refused), "free space|No space left")
            self.assertIn(str(self.data), str(refused))
        else:
            self.fill(server, "again", 2)
        (self.disk / "filler").unlink()
        subprocess.run(["mount", "-o", "remount,size=400m", self.disk], check=True)
        self.check_goes_on("full", *(["again"] if self.acks("again").exists() else []))

    def fill_rest(self):
        """Not a byte is left, except inside of files that are there."""
        with open(self.disk / "filler", "wb", buffering=0) as filler:
            try:
                while filler.write(bytes(4096)):
                    pass
            except OSError:
                pass

    def test_a_limit_on_the_size_of_files_ends_it_the_same_way(self):
        limit = 6 << 20

        def limit_files():
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))

        server = self.start("--project=off", preexec_fn=limit_files)
        self.fill(server, "limited", 2)
        self.check_goes_on("limited")

    def test_a_snapshot_that_does_not_fit_harms_nothing(self):
        self.mount_small("24m")
        server = self.start("--project=off")
        with server.client() as client:
            wallets = native.open_wallets(client, 100, 1000)
            told, = client.call(native.TRANSFER, [native.move(native.reference(777_000), *wallets[:2], 5)])
            self.assertEqual(0, told.code)
        self.fill_rest()
        server.signal(program.signal.SIGTERM)
        self.assertEqual(1, server.wait())
        self.assertRegex(server.err().splitlines()[-1], "snapshot-.*No space left|free space")
        (self.disk / "filler").unlink()
        again = self.start()
        with again.client() as client:
            outcome, = client.call(native.TRANSFER, [native.move(native.reference(777_000), *wallets[:2], 5)])
            self.assertEqual(told._replace(replayed=True), outcome)
        self.assertEqual(0, again.stop())


if __name__ == "__main__":
    program.main()
