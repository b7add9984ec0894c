"""Searches, comparisons in turns and sweeps against servers of known behaviour. Whatever else the machine does makes
a server look slower, never faster: so what must not be said is asserted sharply, what should be found loosely."""
import json
import unittest
from pathlib import Path

import known_server
import program


class Search(known_server.KnownServerTest):
    def load_command(self, command, *flags, codes=(0,)):
        code, out, err = self.run_program(self.tuma_load, command, "--customers=20", "--quiet", "--seed=1",
                                          f"--probe-dir={self.folder}", *flags, cwd=self.folder)
        self.assertIn(code, codes, out + err)
        return code, out, err

    def find_max(self, server, *flags, codes=(0, 5)):
        target = self.folder / "search"
        _, out, _ = self.load_command("find-max", f"--target=native:127.0.0.1:{server.port}", "--duration=800ms", "--warmup=200ms",
                              "--cool-down=0s", f"--report={target}", *flags, codes=codes)
        return json.loads((target / "find-max.json").read_text()), out

    def test_the_capacity_of_a_serial_server_is_found(self):
        server = self.fake("--serial=250us")
        trial = self.folder / "search" / "trial-99"
        trial.mkdir(parents=True)
        for number in range(1, 99):
            (trial.parent / f"trial-{number:02}").mkdir()
        found, out = self.find_max(server, "--slo=p99<50ms", "--start=2000", "--precision=15")
        # A little more than 4000/s keeps 50 ms for a second.
        self.assertLess(found["found_per_s"], 4600, out)
        # Where other programs hide it, that is said; what is called confirmed is never far below.
        if found["confirmed"]:
            self.assertGreater(found["found_per_s"], 2000, out)
        else:
            self.assertRegex(found["conclusion"], "could not be confirmed|quieter machine")
        # No trial decides by a handful of requests.
        for one in found["trials"]:
            if one["outcome"] == "kept":
                self.assertGreaterEqual(one["requests"], 1000, out)
        # No folder of the earlier search is left over.
        names = sorted(path.name for path in trial.parent.glob("trial-*"))
        self.assertEqual([f"trial-{number:02}" for number in range(1, len(found["trials"]) + 1)], names)

    def test_refusals_are_no_success(self):
        server = self.fake("--delay=500us", "--capacity=1000")
        found, out = self.find_max(server, "--slo=p99<500ms,errors<2%", "--start=2000", "--highest=16000")
        self.assertLess(found["found_per_s"], 1150)
        self.assertIn("mostly overloaded", out)
        refused = [trial for trial in found["trials"] if trial["offered_per_s"] >= 2000]
        self.assertTrue(refused)
        self.assertEqual({"broken"}, {trial["outcome"] for trial in refused})

    def ab(self, a, b, *flags, codes):
        code, out, err = self.load_command("ab", f"--a={a}", f"--b={b}", f"--report={self.folder / 'ab'}", "--warmup=100ms",
                                   "--cool-down=0s", f"--work-dir={self.folder}", "--json", *flags, codes=codes)
        self.assertEqual([], list(self.folder.glob("tuma-ab-*")), "a fresh directory stayed")
        return code, json.loads(out), err

    def command(self, delay, mark=""):
        return f"{self.tuma_load} fake --delay={delay} --spin=0us {mark}"

    def left_over(self, delay):
        """Servers of this delay that still run."""
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = path.read_bytes().split(b"\0")
            except OSError:
                continue
            if f"--delay={delay}".encode() in words:
                found.append(path.parent.name)
        return found

    def test_two_servers_in_turns(self):
        flags = ("--pairs=6", "--rate=1000", "--duration=1100ms", "--connections=2")
        _, worse, _ = self.ab(self.command("1013us"), self.command("400013us"), *flags, codes=(6,))
        self.assertEqual("worse", worse["comparison"]["verdict"])
        self.assertEqual(list("ABBAABBAABBA"), [run["side"] for run in worse["runs"]])
        self.assertGreater(worse["comparison"]["response_p99_us"]["ratio_low"], 1)
        self.assertEqual([], self.left_over("1013us") + self.left_over("400013us"))
        self.assertIn("<svg", (self.folder / "ab" / "ab.html").read_text())
        # One pair is shown, and decides nothing.
        code, single, _ = self.ab(self.command("1013us"), self.command("400013us"), *flags[1:], "--pairs=1", codes=(7,))
        self.assertEqual("undecided", single["comparison"]["verdict"])

    def test_what_cannot_be_measured_in_turns_is_named(self):
        flags = ("--pairs=1", "--rate=1000", "--duration=500ms")
        code, _, err = self.ab(self.command("1017us"), "echo never >&2; exit 4", *flags, codes=(3,))
        self.assertIn("b-01", err)
        self.assertIn("it ended before it was ready; never", err)
        code, _, err = self.ab("sleep 60", "sleep 60", *flags, "--start-timeout=100ms", codes=(3,))
        self.assertIn('printed no "ready native=HOST:PORT" within 100ms', err)
        code, _, err = self.ab(self.command("1017us", "--die=100ms"), self.command("1017us"), *flags, codes=(3,))
        self.assertIn("a-01", err)
        self.assertEqual([], self.left_over("1017us"))
        for a, b, more, says in (("--batch=1", "x", (), "--b"), ("x", "y", ("--target=native:127.0.0.1:1",), "--target"),
                                 ("--batch=1", "--batch=2", (), "--target"),
                                 ("--batch=1", "--bacth=2", ("--target=native:127.0.0.1:1",), "bacth")):
            code, _, err = self.load_command("ab", f"--a={a}", f"--b={b}", *more, codes=(2,))
            self.assertIn(says, err)

    def test_a_sweep_of_rates_and_of_requests_in_flight(self):
        server = self.fake("--serial=1ms")
        flags = (f"--target=native:127.0.0.1:{server.port}", "--duration=500ms", "--warmup=100ms", "--cool-down=0s",
                 f"--report={self.folder / 'sweep'}")
        self.load_command("sweep", "--rates=100,200,2k", *flags)
        sweep = json.loads((self.folder / "sweep" / "sweep.json").read_text())
        self.assertEqual([100, 200, 2000, 2000, 200, 100], [run["at"] for run in sweep["runs"]])
        self.assertIsNone(sweep["scalability"])
        for run in sweep["runs"]:
            self.assertLess(run["attained_per_s"], 1150)
            self.assertLessEqual(run["p99_us"]["floor"], run["p99_us"]["response"])
        self.assertIn("<svg", (self.folder / "sweep" / "sweep.html").read_text())
        self.assertEqual(7, len((self.folder / "sweep" / "sweep.csv").read_text().splitlines()))

        self.load_command("sweep", "--vary=in-flight=1,2,4,8", "--connections=1", *flags)
        fit = json.loads((self.folder / "sweep" / "sweep.json").read_text())["scalability"]
        # One server does one request at a time: all is contention.
        self.assertLess(fit["rate_per_s"]["value"], 1100)
        self.assertGreater(fit["contention"]["high"], 0.5)
        for wrong, says in (("--vary=bacth=1,2", "batch, connections"), ("--vary=batch=0,2", "1 to 8190"),
                            ("--rates=1k", "2 to 50"), ("--rates=1k,max", "closed loops")):
            _, _, err = self.load_command("sweep", wrong, *flags[:1], codes=(2,))
            self.assertIn(says, err)

    def test_comparing_loads_that_differ_is_refused(self):
        server = self.fake("--delay=1ms")
        for name, rate in (("a", 500), ("b", 1000)):
            self.load_command("run", f"--target=native:127.0.0.1:{server.port}", f"--rate={rate}", "--duration=300ms", "--warmup=0s",
                      f"--report={self.folder / name}", codes=(0, 1))
        sides = (str(self.folder / "a"), str(self.folder / "b"))
        code, _, err = self.run_program(self.tuma_load, "compare", *sides)
        self.assertEqual(2, code)
        self.assertIn("rate_per_s 1000", err)
        code, out, _ = self.run_program(self.tuma_load, "compare", "--force", *sides)
        self.assertEqual(7, code)
        self.assertIn("undecided", out)


if __name__ == "__main__":
    program.main()
