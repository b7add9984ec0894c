"""Callbacks wait for their turn, are told to whoever asks, and are not sent twice over a clean stop."""
import json
import threading
import unittest
import urllib.request

import daraja
import program

NOBODY = "http://127.0.0.1:9/nobody?token=secret"


class Callback(program.ProcessTest):
    def serve(self, *flags):
        server = self.start("--http=127.0.0.1:0", "--clock=virtual", *flags)
        return server, daraja.Merchant(server.http_port, self.data / "clients")

    def receiver(self, **options):
        receiver = daraja.Receiver(**options)
        self.addCleanup(receiver.close)
        return receiver

    def push(self, merchant, count, url):
        """The numbers of so many prompts, beside the test ones."""
        numbers = []
        for i in range(count):
            status, body = merchant.push(f"2547{i + 10_000:08}", 1, url)
            self.assertEqual(200, status, body)
            numbers.append(json.loads(body)["CheckoutRequestID"])
        return numbers

    def begin(self, server):
        """Lets the customers pay; does not wait for their callbacks."""
        def advance():
            try:
                server.admin("POST", "/admin/clock/advance?by=3s")
            except OSError:
                pass  # the switch was stopped meanwhile

        thread = threading.Thread(target=advance, daemon=True)
        thread.start()
        return thread

    def told(self, receiver):
        return [body["Body"]["stkCallback"]["CheckoutRequestID"] for body in receiver.bodies]

    def metric(self, server, name):
        with urllib.request.urlopen(f"http://127.0.0.1:{server.admin_port}/metrics") as page:
            lines = dict(line.rsplit(" ", 1) for line in page.read().decode().splitlines() if line[0] != "#")
        return int(lines[name])

    def notices(self, server, state):
        return json.loads(server.admin("GET", f"/admin/notices?state={state}")[1])

    def test_500_at_once_get_through_to_a_receiver_that_takes_one_connection_at_a_time(self):
        receiver = self.receiver(one_at_a_time=True)
        server, merchant = self.serve()
        numbers = self.push(merchant, 500, receiver.url)
        self.begin(server).join()
        self.assertEqual(sorted(numbers), sorted(self.told(receiver)))
        self.assertEqual([], self.notices(server, "given_up"))
        self.assertEqual([], self.notices(server, "open"))
        self.assertEqual(500, self.metric(server, "tuma_notice_attempts_total"))
        self.assertEqual(500, self.metric(server, 'tuma_notice_results_total{result="delivered"}'))
        self.assertEqual(0, server.stop())

    def test_a_stop_waits_for_what_was_sent_and_nothing_is_sent_twice(self):
        receiver = self.receiver(held=True)
        server, merchant = self.serve()
        numbers = self.push(merchant, 40, receiver.url)
        self.begin(server)
        program.wait_until(lambda: len(receiver.bodies) >= 2, "the first callbacks")
        server.signal(program.signal.SIGTERM)
        program.wait_until(lambda: server.log("stopping"), "the log line stopping")
        receiver.release.set()
        self.assertEqual(0, server.wait())
        self.assertEqual([], server.log("callbacks_cut_off"))
        before = len(receiver.bodies)
        self.assertLess(before, 40)
        again, _ = self.serve()
        program.wait_until(lambda: len(receiver.bodies) >= 40 and self.notices(again, "open") == [], "the others")
        self.assertEqual(sorted(numbers), sorted(self.told(receiver)))
        self.assertEqual(40 - before, self.metric(again, "tuma_notice_attempts_total"))
        self.assertEqual(0, again.stop())
        self.assertEqual([], self.audit()["findings"])

    def test_what_a_stop_cuts_off_has_failed_and_the_rest_is_sent_afterwards(self):
        receiver = self.receiver(held=True)
        server, merchant = self.serve("--drain-timeout=100ms")
        numbers = self.push(merchant, 40, receiver.url)
        self.begin(server)
        program.wait_until(lambda: len(receiver.bodies) >= 2, "the first callbacks")
        self.assertEqual(0, server.stop())
        self.assertEqual(1, len(server.log("callbacks_cut_off")))
        cut_off = self.told(receiver)
        given_up = server.log("notice_given_up")
        self.assertEqual(len(cut_off), len(given_up))
        self.assertEqual({"the switch stopped before the answer came"}, {line["why"] for line in given_up})
        receiver.release.set()
        again, _ = self.serve()
        program.wait_until(lambda: len(receiver.bodies) >= 40 and self.notices(again, "open") == [], "the others")
        self.assertEqual(sorted(numbers), sorted(self.told(receiver)))
        self.assertEqual(0, again.stop())

    def test_after_a_crash_one_may_come_twice_with_the_same_numbers(self):
        receiver = self.receiver(held=True)
        server, merchant = self.serve()
        self.push(merchant, 1, receiver.url)
        self.begin(server)
        program.wait_until(lambda: receiver.bodies, "the callback")
        server.kill()
        receiver.release.set()
        again, _ = self.serve()
        program.wait_until(lambda: len(receiver.bodies) == 2, "its repetition")
        self.assertEqual(receiver.bodies[0], receiver.bodies[1])
        self.assertEqual(0, again.stop())

    def test_one_that_is_given_up_is_logged_counted_and_listed(self):
        server, merchant = self.serve()
        self.push(merchant, 1, NOBODY)
        self.begin(server).join()
        program.wait_until(lambda: server.log("notice_given_up"), "the line in the log")
        line, = server.log("notice_given_up")
        for name, value in (("level", "warning"), ("dialect", "mpesa"), ("host", "127.0.0.1:9"), ("attempts", 1),
                            ("status", 0), ("why", "there is no connection: Connection refused")):
            self.assertEqual(value, line[name], line)
        self.assertNotIn("secret", server.err())
        listed, = self.notices(server, "given_up")
        for name in ("notice", "order", "host", "why", "attempts", "dialect"):
            self.assertEqual(line[name], listed[name], listed)
        self.assertEqual(1, self.metric(server, 'tuma_notice_results_total{result="given_up"}'))
        self.assertEqual(0, server.stop())


if __name__ == "__main__":
    program.main()
