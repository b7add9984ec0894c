"""The virtual clock: goes on where it was, begins where it is told to, and repeats what it did with a seed."""
import base64
import http.client
import json
import re
import shutil
import threading
import time
import unittest

import daraja
import program

START = "2026-01-31T23:59:00+08:00"


class VirtualClock(program.ProcessTest):
    def start_virtual(self, *flags, **options):
        return self.start("--http=127.0.0.1:0", "--clock=virtual", *flags, **options)

    def merchant(self, server, data=None):
        return daraja.Merchant(server.http_port, (data or self.data) / "clients")

    def admin(self, server, method, path):
        status, body = server.admin(method, f"/admin/{path}")
        self.assertEqual(200, status, body)
        return json.loads(body)

    def now(self, server):
        return self.admin(server, "GET", "clock")["now"]

    def advance(self, server, by):
        return self.admin(server, "POST", f"clock/advance?by={by}")["now"]

    def test_a_restart_goes_on_where_time_was(self):
        server = self.start_virtual(f"--start={START}")
        self.assertEqual("2026-01-31T15:59:00.000000Z", self.now(server))
        # Nothing falls due on the way, so that the books do not know of it.
        reached = self.advance(server, "3d")
        self.assertEqual("2026-02-03T15:59:00.000000Z", reached)
        server.kill()
        server = self.start_virtual()
        self.assertEqual(reached, self.now(server))
        reached = self.advance(server, "1h")
        self.assertEqual(0, server.stop())
        server = self.start_virtual()
        self.assertEqual("2026-02-03T16:59:00.000000Z", self.now(server))
        self.assertEqual(0, server.stop())
        # The books' own time counts where what is kept beside them is gone.
        (self.data / "clock.json").unlink()
        server = self.start_virtual()
        self.assertLessEqual("2026-01-31T15:59:00.000000Z", self.now(server))
        self.assertGreaterEqual(reached, self.now(server))
        self.assertEqual(0, server.stop())

    def test_a_standing_order_is_charged_once_a_day_whatever_becomes_of_the_process(self):
        receiver = daraja.Receiver()
        self.addCleanup(receiver.close)
        server = self.start_virtual("--start=2026-11-30T10:00:00+03:00")
        # 50,000 shillings are there, so that the third payment lacks funds.
        status, body = self.merchant(server).post("/standingorder/v1/createStandingOrderExternal", {
            "StandingOrderName": "Phone", "StartDate": "20261201", "EndDate": "20261205",
            "BusinessShortCode": self.merchant(server).facts["shortcode"], "ReceiverPartyIdentifierType": "4",
            "TransactionType": "Standing Order Customer Pay Bill", "Amount": "20000", "PartyA": "254711111111",
            "CallBackURL": receiver.url, "AccountReference": "T", "TransactionDesc": "T", "Frequency": "2"})
        self.assertEqual(200, status, body)
        codes = []
        for by in ("23h", "24h", "48h", "24h", "30d"):
            self.advance(server, by)
            server.kill()
            server = self.start_virtual()
            self.advance(server, "0s")
            codes.append([list(told.values())[0]["responseCode"] for told in receiver.bodies])
        # The customer's word, then one payment a day; the last day is the fifth.
        self.assertEqual([["0", "0"], ["0", "0", "0"], ["0", "0", "0", "1", "1"], ["0", "0", "0", "1", "1", "1"],
                          ["0", "0", "0", "1", "1", "1"]], codes)
        self.assertEqual(0, server.stop())
        self.assertEqual([], self.audit()["findings"])

    def test_a_start_before_the_last_time_of_the_books_is_refused(self):
        server = self.start_virtual(f"--start={START}")
        self.advance(server, "3d")
        self.assertEqual(0, server.stop())
        code, err = self.refused_start("--clock=virtual", f"--start={START}")
        self.assertEqual(1, code)
        self.assertRegex(err, re.escape(f"--start: {START} is before 2026-02-03T15:59:00.000000Z"))
        server = self.start_virtual("--start=2026-02-03T15:59:00Z")
        self.assertEqual("2026-02-03T15:59:00.000000Z", self.now(server))
        self.assertEqual(0, server.stop())
        server = self.start_virtual("--start=2026-03-01T00:00:00Z")
        self.assertEqual("2026-03-01T00:00:00.000000Z", self.now(server))
        self.assertEqual(0, server.stop())
        self.assertEqual([], self.audit()["findings"])

    def test_virtual_books_under_the_wall_clock_are_told_of_their_own_clock(self):
        server = self.start_virtual(f"--start={START}")
        self.advance(server, "366d")
        self.assertEqual(0, server.stop())
        server = self.start("--http=127.0.0.1:0")
        line, = server.log("clock_jumped")
        self.assertIn("--clock=virtual", line["do"])
        self.assertNotIn("--accept-date", line["do"])
        self.assertEqual(0, server.stop())

    def test_books_without_a_start_begin_at_the_wall_clock(self):
        server = self.start_virtual()
        self.assertEqual(time.strftime("%Y-%m", time.gmtime()), self.now(server)[:7])
        self.assertEqual(0, server.stop())

    def test_a_stop_ends_an_advance_that_waits_for_a_receiver(self):
        receiver = daraja.Receiver(held=True)
        self.addCleanup(receiver.close)
        server = self.start_virtual(f"--start={START}")
        status, body = self.merchant(server).push("254711000001", 1, receiver.url)
        self.assertEqual(200, status, body)
        answers = []
        thread = threading.Thread(target=lambda: answers.append(server.admin("POST", "/admin/clock/advance?by=1d")),
                                  daemon=True)
        thread.start()
        program.wait_until(lambda: receiver.bodies, "the callback")
        server.signal(program.signal.SIGTERM)
        # The receiver still holds its answer back: only the stop can have ended the advance.
        thread.join(program.PATIENCE_S)
        (status, body), = answers
        self.assertEqual(503, status, body)
        self.assertRegex(json.loads(body)["error"], "^stands at 2026-01-31T15:59:.*; the switch is stopping$")
        receiver.release.set()
        self.assertEqual(0, server.wait())
        self.assertEqual([], server.log("replies_cut_off") + server.log("callbacks_cut_off"))
        self.assertEqual([], self.audit()["findings"])

    def seen(self, server, data, receiver):
        """All that a client and a receiver of callbacks see of some requests."""
        merchant = self.merchant(server, data)
        merchant.authorize()
        seen, told = [merchant.token], len(receiver.bodies)
        for number in range(4):
            body = merchant.prompt(f"25471100{number:04}", 1 + number, receiver.url)
            body["Timestamp"] = "20260131235900"
            body["Password"] = base64.b64encode(
                f"{body['BusinessShortCode']}{merchant.facts['passkey']}{body['Timestamp']}".encode()).decode()
            status, reply = merchant.post("/mpesa/stkpush/v1/processrequest", body)
            self.assertEqual(200, status, reply)
            self.advance(server, "1m")
            key = json.loads(reply)["CheckoutRequestID"]
            seen += [reply, server.admin("GET", f"/admin/orders?key=m/stk/{key}")[1]]
        self.assertEqual(told + 4, len(receiver.bodies))
        return seen + receiver.bodies[told:]

    def test_the_same_seed_and_requests_give_the_same_replies(self):
        receiver = daraja.Receiver()
        self.addCleanup(receiver.close)
        runs = []
        for name, seed in (("one", "lesson 4"), ("two", "lesson 4"), ("three", "lesson 5")):
            data = self.folder / name
            server = self.start_virtual(f"--start={START}", f"--entropy={seed}", data=data)
            runs.append(self.seen(server, data, receiver))
            self.assertEqual(0, server.stop())
        self.assertEqual(runs[0], runs[1])
        # A token and the reply to a prompt.
        for first, other in zip(runs[0][:2], runs[2]):
            self.assertNotEqual(first, other)

    def unsigned(self, server):
        """The reply to a request that nobody has signed, with its headers: it is signed itself."""
        connection = http.client.HTTPConnection("127.0.0.1", server.http_port, timeout=60)
        self.addCleanup(connection.close)
        connection.request("GET", "/v3/certificates")
        reply = connection.getresponse()
        return sorted(reply.getheaders()), reply.read()

    def test_with_the_same_keys_signatures_are_the_same_too(self):
        server = self.start_virtual(f"--start={START}")
        self.assertEqual(0, server.stop())
        runs = []
        for name in "one", "two":
            data = shutil.copytree(self.data, self.folder / name)
            server = self.start_virtual("--entropy=1", data=data)
            runs.append([self.unsigned(server) for _ in range(3)])
            self.advance(server, "1h")
            runs[-1].append(self.unsigned(server))
            self.assertEqual(0, server.stop())
        self.assertEqual(runs[0], runs[1])

    def test_a_restart_repeats_no_identifier(self):
        given = []
        for _ in range(3):
            server = self.start_virtual("--entropy=1")
            _, reply = self.merchant(server).call("POST", "/mpesa/stkpush/v1/processrequest", "{}")
            given.append(json.loads(reply)["requestId"])
            given += [value for name, value in self.unsigned(server)[0] if name.lower() == "request-id"]
            server.kill()
        self.assertEqual(6, len(set(given)), given)


if __name__ == "__main__":
    program.main()
