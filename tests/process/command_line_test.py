"""The command line: each wrong usage gets one clear line and exit code 2, each failure 1."""
import unittest

import native
import program


class CommandLine(program.ProcessTest):
    def check(self, arguments, code, *patterns, program_path=None):
        with self.subTest(" ".join(map(str, arguments))):
            found, out, err = self.run_program(program_path or self.tuma, *arguments)
            self.assertEqual(code, found, out + err)
            for pattern in patterns:
                self.assertRegex(err if code else out, pattern)
            if code:
                print(f"  {code}: {err.strip().splitlines()[-1] if err.strip() else '(nothing)'}", flush=True)
                self.assertNotIn("terminate called", err)
            return out, err

    def test_wrong_usage_is_told_with_the_name_of_the_flag(self):
        data = f"--data={self.data}"
        for arguments, *patterns in (
                ([], "subcommand"),
                (["fly"], "fly|subcommand"),
                (["serve"], "--data", "missing"),
                (["serve", data, "--fast"], "--fast"),
                (["serve", data, "--queue=many"], "--queue", "'many'", "whole number from 8190 to 100000000"),
                (["serve", data, "--queue=8189"], "--queue", "8190"),
                (["serve", data, "--io-threads=-1"], "--io-threads"),
                (["serve", data, "--io-threads=99999999999999999999"], "--io-threads"),
                (["serve", data, "--frame-timeout=5"], "--frame-timeout", "duration", "90s"),
                (["serve", data, "--project=maybe"], "--project", r"live\|off"),
                (["serve", data, "--log-level=loud"], "--log-level"),
                (["serve", data, "--native=nowhere"], "--native", "nowhere"),
                (["serve", data, "--native=127.0.0.1:65536"], "--native", "65536"),
                (["serve", data, "--admin=127.0.0.1"], "--admin"),
                (["serve", data, f"--config={self.folder / 'nothing.toml'}"], "nothing.toml"),
                (["audit"], "--data"),
                (["project"], "--data"),
        ):
            self.check(arguments, 2, *patterns)
        self.assertFalse(self.data.exists(), "wrong usage makes no directory")

    def test_a_bad_settings_file_is_told_with_its_line(self):
        for text, line, *patterns in (
                ("queue = 10000\nspeed = 7\n", 2, "speed", "not a setting"),
                ("# comment\n\nqueue = \"many\"\n", 3, "queue", "whole number"),
                ("queue = \n", 1),
                ("[serve]\nqueue = 10000\n", 1, "serve"),
                ("queue = 1.5\n", 1, "queue"),
                ("queue = 9000\nqueue = 9000\n", 2)):
            file = self.folder / "settings.toml"
            file.write_text(text)
            self.check(["serve", f"--data={self.data}", f"--config={file}"], 2, rf"settings\.toml:{line}\b", *patterns)

    def test_a_settings_file_is_read_and_flags_win(self):
        file = self.folder / "settings.toml"
        file.write_text(f'data = "{self.data}"\nqueue = 10000\nframe_timeout = "3s"\n')
        out, _ = self.check(["serve", f"--config={file}", "--queue=20000", "--print-settings"], 0, "queue = 20000",
                            'frame_timeout = "3s"')
        again = self.folder / "again.toml"
        again.write_text(out)
        self.assertEqual(out, self.check(["serve", f"--config={again}", "--print-settings"], 0)[0])

    def test_an_address_that_is_taken_or_foreign_is_a_failure(self):
        server = self.start()
        for address in (f"127.0.0.1:{server.port}", f"127.0.0.1:{server.admin_port}", "203.0.113.1:0"):
            for flag in ("--native", "--admin"):
                other = "--admin=127.0.0.1:0" if flag == "--native" else "--native=127.0.0.1:0"
                self.check(["serve", f"--data={self.folder / 'other'}", f"{flag}={address}", other], 1, address)

    def test_audit_and_project_need_a_journal(self):
        empty = self.folder / "empty"
        empty.mkdir()
        nothing = self.folder / "nothing"
        for path in (empty, nothing):
            self.check(["audit", f"--data={path}"], 2, str(path))
            self.check(["audit", f"--data={path}", "--json"], 2, str(path))
            self.check(["project", f"--data={path}"], 2, str(path))
        self.assertFalse(nothing.exists())
        self.assertEqual([], list(empty.iterdir()))

    def test_audit_refuses_files_of_acknowledgements_that_it_cannot_use(self):
        server = self.start()
        with server.client() as client:
            native.open_wallets(client, 2, 100)
        self.assertEqual(0, server.stop())
        good = native.ACKS_HEADER
        for name, data, pattern in (
                ("none", None, "opened"), ("short", b"TUMA", "header"), ("other", b"X" * 100, "TUMAACKS"),
                ("version", good[:8] + b"\2" + good[9:], "version 2"),
                ("code", good + bytes(36) + b"\xff\xff" + bytes(26), "record 1")):
            path = self.acks(name)
            if data is not None:
                path.write_bytes(data)
            self.check(["audit", f"--data={self.data}", f"--acks={path}"], 2, str(path), pattern)
        self.acks("empty").write_bytes(good)
        self.check(["audit", f"--data={self.data}", f"--acks={self.acks('empty')}"], 0)

    def test_audit_finds_an_acknowledgement_that_is_not_in_the_journal(self):
        server = self.start()
        with server.client() as client:
            wallets = native.open_wallets(client, 2, 100)
            command = native.move(native.reference(50), *wallets, 3)
            outcome, = client.call(native.TRANSFER, [command])
        self.assertEqual(0, server.stop())
        for name, record in (
                ("right", native.ack_record(native.TRANSFER, command, 7, outcome)),
                ("participant", native.ack_record(native.TRANSFER, command, 8, outcome)),
                ("kind", native.ack_record(native.PAY_MERCHANT, command, 7, outcome)),
                ("balance", native.ack_record(native.TRANSFER, command, 7, outcome._replace(balance=1))),
                ("code", native.ack_record(native.TRANSFER, command, 7, outcome._replace(code=31)))):
            with self.subTest(name):
                self.acks(name).write_bytes(native.ACKS_HEADER + record)
                report = self.audit(self.acks(name), expect=0 if name == "right" else 1)
                self.assertEqual(0 if name == "right" else 1, len(report["findings"]), report)
        code, out, _ = self.run_program(self.tuma, "audit", f"--data={self.data}", f"--acks={self.acks('balance')}")
        self.assertEqual(1, code)
        self.assertRegex(out, "balance")

    def test_audit_and_project_work_beside_a_running_server(self):
        server = self.start()
        with server.client() as client:
            native.open_wallets(client, 2, 100)
            self.assertEqual([], self.audit()["findings"])
        self.assertEqual(0, server.stop())
        self.check(["project", f"--data={self.data}"], 0, "projected")
        self.check(["audit", f"--data={self.data}"], 0)

    def test_a_path_that_is_not_there_is_never_ignored(self):
        none = self.folder / "none"
        serve = ["serve", f"--data={self.folder / 'new'}", "--native=127.0.0.1:0"]
        # None of these would be read from: there is no HTTP, and no scheme names a calendar.
        for arguments in ([*serve, f"--holidays={none}"], [*serve, f"--provision={none}"],
                          [*serve, f"--config={none}"], [*serve, f"--schemes=./{none.name}.toml"],
                          [*serve, f"--holidays={self.folder}"], [*serve, f"--provision={self.folder}"],
                          [*serve, f"--config={self.folder}"], ["audit", f"--data={none}"]):
            self.check(arguments, 2, "none|is a directory")
        self.check(["project", f"--data={none}"], 2, "none")
        self.assertFalse((self.folder / "new").exists())
        target = "--target=mpesa:http://127.0.0.1:1"
        for arguments in (["run", target, f"--client-file={none}"], ["run", target, f"--client-file={self.folder}"],
                          ["run", "--target=native:127.0.0.1:1", f"--scenario={none}.toml"]):
            self.check(arguments, 2, "none|is a directory", program_path=self.tuma_load)

    def test_settings_that_would_be_ignored_are_refused(self):
        provision = self.folder / "provision.toml"
        provision.write_text("")
        for flags, *patterns in (
                (["--admin-on-http=yes"], "--admin-on-http: ", "--http=HOST:PORT"),
                ([f"--provision={provision}"], "--provision: ", "--http=HOST:PORT"),
                (["--callback-allow=127.0.0.1"], "--callback-allow: ", "--http=HOST:PORT"),
                (["--callback-deny=127.0.0.1"], "--callback-deny: ", "--http=HOST:PORT"),
                (["--admin-names=tuma.test"], "--admin-names: ", "--admin=HOST:PORT"),
                (["--admin=127.0.0.1:0", "--admin-names=http://tuma.test"], "--admin-names: ", "names only"),
                (["--admin=127.0.0.1:0", "--admin-names=tuma.test:80"], "--admin-names: ", "names only"),
                (["--admin=127.0.0.1:0", "--admin-names=a,,b"], "--admin-names: ", "names only")):
            self.check(["serve", f"--data={self.folder / 'new'}", "--native=127.0.0.1:0", *flags], 2, *patterns)
        config = self.folder / "config.toml"
        config.write_text(f"data = '{self.folder / 'new'}'\nprovision = '{provision}'\n")
        self.check(["serve", f"--config={config}"], 2, r"config\.toml:2: provision: ")
        self.assertFalse((self.folder / "new").exists())

    def test_help_and_version(self):
        self.check(["--help"], 0, "serve", "audit", "project")
        self.check(["serve", "--help"], 0, "--request-keys", "SIGTERM", "ready native=")
        self.check(["audit", "--help"], 0, "--acks", "Exit")
        self.check(["project", "--help"], 0, "sqlite3")
        self.check(["--version"], 0, r"^tuma \d+\.\d+")

    def test_the_load_generator_says_what_is_wrong(self):
        target = "--target=native:127.0.0.1:1"
        for arguments, code, *patterns in (
                (["run"], 2, "--target"),
                (["runn", target], 2, "did you mean run"),
                (["run", "--targte=x"], 2, "did you mean --target"),
                (["run", target, f"--report={__file__}"], 8, "Not a directory"),
                (["run", target, "--slo=p98<1s"], 2, "p99.9"),
                (["run", target, "--abort-when=p99<1s"], 2, "p99>1s"),
                (["run", "--target=pigeon:1"], 2, "target", "native:HOST:PORT"),
                (["run", target, "--scenario=nowhere"], 2, "nowhere"),
                (["run", target, "--rate=fast"], 2, "rate"),
                (["run", target, "--batch=9000"], 2, "batch"),
                (["run", target, "--duration=0s"], 2, "duration"),
                (["run", target, f"--scenario=trace:{self.folder / 'none.csv'}"], 2, "none.csv"),
                (["run", target], 3, "127.0.0.1:1"),
                (["compare", str(self.folder / "a"), str(self.folder / "b")], 2, "report.json|directory|a")):
            self.check(arguments, code, *patterns, program_path=self.tuma_load)


if __name__ == "__main__":
    program.main()
