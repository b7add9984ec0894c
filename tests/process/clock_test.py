"""A wall clock that is set forwards and back: switch time goes on, nothing is forgotten, and it is said."""
import json
import os
import time
import unittest
import urllib.request
from datetime import datetime, timezone

import daraja
import native
import program

DAY_S = 86_400
TODAY = "--accept-date=" + time.strftime("%Y-%m-%d", time.gmtime())


def seconds(text):
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc).timestamp()


class Clock(program.ProcessTest):
    shift = None

    def start_shifted(self, *flags, days=0):
        """A server whose wall clock is that of the machine plus what `set_wall_clock` said last."""
        self.shift = self.folder / "shift"
        self.set_wall_clock(days)
        library = self.binaries / "tests" / "process" / "libshifted_clock.so"
        # Under AddressSanitizer its own library would have to come first.
        options = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        return self.start(*flags, env={**os.environ, "LD_PRELOAD": str(library), "ASAN_OPTIONS": options,
                                       "TUMA_TEST_CLOCK": str(self.shift)})

    def set_wall_clock(self, days):
        partial = self.shift.with_suffix(".new")
        partial.write_text(str(days * DAY_S))
        partial.replace(self.shift)

    def page(self, server, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{server.admin_port}{path}") as reply:
            return reply.read().decode()

    def offset(self, server):
        return float(self.metric(server, "tuma_switch_clock_offset_seconds"))

    def metric(self, server, name):
        return next(line.split()[1] for line in self.page(server, "/metrics").splitlines()
                    if line.startswith(name + " "))

    def pay(self, client, wallets, number):
        outcome, = client.call(native.TRANSFER, [native.move(native.reference(number), *wallets, 1)])
        self.assertEqual(0, outcome.code)
        return outcome

    def pay_alone(self, server, wallets, number):
        with server.client() as client:
            return self.pay(client, wallets, number)

    def assert_now(self, outcome, days=0):
        self.assertAlmostEqual(time.time() + days * DAY_S, outcome.time / 1e6, delta=3600)

    def test_a_wall_clock_that_is_set_while_it_runs_changes_nothing_and_is_named(self):
        server = self.start_shifted("--http=127.0.0.1:0", "--request-retention=1d")
        receiver = daraja.Receiver()
        self.addCleanup(receiver.close)
        merchant = daraja.Merchant(server.http_port, self.data / "clients")
        with server.client() as client:
            wallets = native.open_wallets(client, 2, 1000)
            first = self.pay(client, wallets, 50)
            for number, days in enumerate((8, -8, 300, 0)):
                with self.subTest(days=days):
                    told = len(server.log("clock_jumped"))
                    self.set_wall_clock(days)
                    program.wait_until(lambda: len(server.log("clock_jumped")) > told, "the jump's line")
                    line = server.log("clock_jumped")[-1]
                    self.assertAlmostEqual(days * DAY_S * 1000, line["by_ms"], delta=3_600_000)
                    self.assertAlmostEqual(days * DAY_S, self.offset(server), delta=3600)
                    self.assertEqual(str(int(days != 0)), self.metric(server, "tuma_switch_clock_apart"))
                    ready = self.page(server, "/readyz")
                    self.assertRegex(ready, r"ok\nclock: .* not followed" if days else r"^ok\n$")
                    self.assertIs(days == 0, json.loads(self.page(server, "/readyz?verbose"))["clock_is_followed"])
                    if days:
                        date = time.strftime("%Y-%m-%d", time.gmtime(time.time() + days * DAY_S))
                        self.assertIn(f"--accept-date={date}", line["do"])
                    # Time goes on, what was asked before is known, and customers answer.
                    self.assert_now(self.pay(client, wallets, 100 + number))
                    again, = client.call(native.TRANSFER, [native.move(native.reference(50), *wallets, 1)])
                    self.assertEqual((0, True, first.id, first.time), again[:4])
                    prompts = len(receiver.bodies)
                    status, body = merchant.push(f"25470000{number + 1:04}", 1, receiver.url)
                    self.assertEqual(200, status, body)
                    program.wait_until(lambda: len(receiver.bodies) > prompts, "the customer's answer")
        self.assertEqual("4", self.metric(server, "tuma_switch_clock_jumps_total"))
        self.assertEqual(0, server.stop())
        self.assertEqual([], self.audit()["findings"])

    def test_a_wall_clock_that_was_set_while_it_was_down_is_not_followed(self):
        server = self.start_shifted()
        with server.client() as client:
            wallets = native.open_wallets(client, 2, 1000)
            first = self.pay(client, wallets, 50)
        server.kill()
        for number, days in enumerate((8, -8)):
            server = self.start_shifted(days=days)
            line, = server.log("clock_jumped")
            self.assertAlmostEqual(days * DAY_S * 1000, line["by_ms"], delta=3_600_000)
            self.assertRegex(self.page(server, "/readyz"), "not followed")
            with server.client() as client:
                self.assert_now(self.pay(client, wallets, 100 + number))
                again, = client.call(native.TRANSFER, [native.move(native.reference(50), *wallets, 1)])
                self.assertEqual((0, True, first.id, first.time), again[:4])
            self.assertEqual(0, server.stop())
        server = self.start()
        self.assertEqual([], server.log("clock_jumped"))
        self.assertEqual(0, server.stop())
        self.assertEqual([], self.audit()["findings"])

    def books_of(self, when):
        """Books whose last time is `when`; the wallets in them."""
        server = self.start("--clock=virtual", f"--start={when}")
        with server.client() as client:
            wallets = native.open_wallets(client, 2, 1000)
            self.pay(client, wallets, 50)
        server.kill()
        return wallets

    def test_another_date_is_accepted_on_purpose_only(self):
        wallets = self.books_of("2020-02-28T23:59:00+08:00")
        server = self.start()
        self.assertEqual(1, len(server.log("clock_jumped")))
        with server.client() as client:
            self.assertAlmostEqual(seconds("2020-02-28T15:59:00.0Z"), self.pay(client, wallets, 60).time / 1e6,
                                   delta=3600)
        self.assertEqual(0, server.stop())
        # A flag that was left over from another day changes nothing.
        server = self.start("--accept-date=2026-01-01")
        self.assertEqual(1, len(server.log("accept_date_ignored")))
        self.assertEqual(1, len(server.log("clock_jumped")))
        self.assertEqual(0, server.stop())
        for flags in ([TODAY], []):
            server = self.start(*flags)
            self.assertEqual([], server.log("clock_jumped"))
            self.assertEqual("ok\n", self.page(server, "/readyz"))
            with server.client() as client:
                self.assert_now(self.pay(client, wallets, 70 + len(flags)))
            server.kill()
        self.assertEqual([], self.audit()["findings"])

    def test_books_of_the_future_go_on_there_and_are_neared_when_that_is_accepted(self):
        future = time.time() + 30 * DAY_S
        wallets = self.books_of(time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(future)))
        server = self.start()
        line, = server.log("clock_jumped")
        self.assertAlmostEqual(-30 * DAY_S * 1000, line["by_ms"], delta=3_600_000)
        with server.client() as client:
            times = [self.pay(client, wallets, 100 + number).time for number in range(3)]
        self.assertEqual(sorted(set(times)), times, "time does not stand still")
        self.assert_now(self.pay_alone(server, wallets, 110), days=30)
        server.kill()
        for flags in ([TODAY], []):
            server = self.start(*flags)
            self.assertIn("nears", server.log("clock_jumped")[0]["what"])
            self.assertEqual("ok\n", self.page(server, "/readyz"))
            self.assert_now(self.pay_alone(server, wallets, 120 + len(flags)), days=30)
            self.assertEqual(0, server.stop())
        self.assertEqual([], self.audit()["findings"])

    def test_time_does_not_go_back_over_a_restart(self):
        last = 0
        for start in range(4):
            server = self.start()
            with server.client() as client:
                wallets = native.open_wallets(client, 2, 1000)
                for number in range(20):
                    outcome = self.pay(client, wallets, 100 + start * 100 + number)
                    self.assertGreaterEqual(outcome.time, last)
                    last = outcome.time
            server.kill()
        self.assertEqual([], self.audit()["findings"])

    def test_a_mark_that_cannot_be_read_is_told_and_harms_nothing(self):
        server = self.start()
        server.kill()
        (self.data / "clock.json").write_text("{")
        server = self.start()
        line, = server.log("clock_mark_ignored")
        self.assertIn("clock.json", line["why"])
        self.assertEqual(0, server.stop())


if __name__ == "__main__":
    program.main()
