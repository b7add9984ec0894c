"""Data directories that cannot be used: each ends in a message that names the path and what to do."""
import os
import subprocess
import unittest

import native
import program

NOBODY = 65534


def become_nobody():
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


class Directory(program.ProcessTest):
    def check_refused(self, err, path):
        self.assertIn(str(path), err)
        self.assertRegex(err, r"--data=DIR|writable")

    def test_a_path_below_a_file_or_a_file_is_refused(self):
        file = self.folder / "file"
        file.write_text("no directory")
        for path in (file / "below", file):
            with self.subTest(path=path):
                code, err = self.refused_start(data=path)
                self.assertEqual(1, code)
                self.check_refused(err, path)
                self.assertIn("Not a directory", err)
                self.assertEqual("no directory", file.read_text())

    def mount_read_only(self, path):
        if os.geteuid() != 0:
            program.loud_skip(self, "mounting needs root")
        done = subprocess.run(["mount", "--bind", path, path], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            program.loud_skip(self, f"mount is not permitted here: {done.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", path], check=False)
        subprocess.run(["mount", "-o", "remount,ro,bind", path, path], check=True)

    def test_a_read_only_file_system_is_refused(self):
        server = self.start()
        with server.client() as client:
            native.open_wallets(client, 2, 1000)
        self.assertEqual(0, server.stop())
        self.mount_read_only(self.data)
        code, err = self.refused_start()
        self.assertEqual(1, code)
        self.check_refused(err, self.data)
        self.assertIn("Read-only file system", err)
        # SQLite needs a file beside the journal even to read it; the audit says so.
        self.check_refused(self.audit(expect=2), self.data)

    def test_a_directory_of_another_user_is_refused(self):
        if os.geteuid() != 0:
            program.loud_skip(self, "becoming another user needs root")
        os.chmod(self.folder, 0o755)
        self.data.mkdir(mode=0o755)
        tuma = self.folder / "tuma"
        tuma.write_bytes(self.tuma.read_bytes())
        tuma.chmod(0o755)
        code, _, err = self.run_program(tuma, "serve", f"--data={self.data}", "--native=127.0.0.1:0",
                                        preexec_fn=become_nobody)
        self.assertEqual(1, code)
        self.check_refused(err, self.data)
        self.assertIn("Permission denied", err)

    def test_a_second_server_on_one_directory_is_refused_and_the_first_goes_on(self):
        server = self.start()
        with server.client() as client:
            wallets = native.open_wallets(client, 2, 1000)
            code, err = self.refused_start()
            self.assertEqual(1, code)
            self.assertIn(str(self.data), err)
            self.assertIn(f"process {server.pid} ", err)
            # However the path is written.
            code, err = self.refused_start(data=self.data / ".." / "data")
            self.assertEqual(1, code)
            self.assertIn(f"process {server.pid} ", err)
            outcome, = client.call(native.TRANSFER, [native.move(native.reference(5), *wallets, 1)])
            self.assertEqual(0, outcome.code)
        self.assertEqual(0, server.stop())
        self.assertEqual(0, self.start().stop())

    def test_all_that_is_in_it_is_for_its_owner_alone(self):
        """Whatever the umask, and also where an earlier program was less careful."""
        def check():
            paths = [self.data, *self.data.rglob("*")]
            self.assertTrue(any(path.name == "server.key" for path in paths), paths)
            self.assertTrue(any(path.name == "head" for path in paths), paths)
            for path in paths:
                self.assertEqual(0o700 if path.is_dir() else 0o600, path.stat().st_mode & 0o7777, path)

        flags = ("--http=127.0.0.1:0", "--https=127.0.0.1:0")
        server = self.start(*flags, preexec_fn=lambda: os.umask(0))
        check()
        self.assertEqual(0, server.stop())
        check()
        for path in (self.data, *self.data.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        server = self.start(*flags)
        self.assertEqual([], server.log("open_to_others"))
        check()
        self.assertEqual(0, server.stop())

    def test_a_directory_of_somebody_elses_files_is_refused_and_left_as_it_is(self):
        self.data.mkdir()
        (self.data / "keys").mkdir()  # what it is called does not make it one of the books'
        (self.data / "letter.txt").write_text("dear")
        code, err = self.refused_start()
        self.assertEqual(1, code)
        self.check_refused(err, self.data)
        self.assertIn("letter.txt", err)
        self.assertEqual({"keys", "letter.txt"}, {path.name for path in self.data.iterdir()})
        # Books that somebody put something beside are books.
        for path in self.data.iterdir():
            path.rename(self.folder / path.name)
        (self.data / "lost+found").mkdir()
        self.assertEqual(0, self.start().stop())
        (self.data / "letter.txt").write_text("dear")
        self.assertEqual(0, self.start().stop())

    def test_a_shared_directory_is_not_closed_and_that_is_told(self):
        self.data.mkdir()
        self.data.chmod(0o1777)
        server = self.start()
        told, = server.log("open_to_others")
        self.assertIn(f"chmod 700 {self.data}", told["what"])
        self.assertEqual(0o1777, self.data.stat().st_mode & 0o7777)
        self.assertEqual(0, server.stop())

    def test_after_kill_9_the_lock_is_free_again(self):
        self.start().kill()
        self.assertEqual(0, self.start().stop())


if __name__ == "__main__":
    program.main()
