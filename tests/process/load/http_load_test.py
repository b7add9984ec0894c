"""The load generator against the HTTP dialects: every request answered, every payment called back, the books clean."""
import json
import signal
import threading
import unittest

import program


class HttpLoad(program.ProcessTest):
    def load(self, server, target, client, name, *flags, scheme=""):
        """Runs tuma-load to its end; its report. Whether the load was held is not asked (exit code 1)."""
        code, _, err = self.run_program(
            self.tuma_load, "run", f"--target={target}:{scheme}127.0.0.1:{server.http_port}",
            f"--client-file={self.data / 'clients' / client}", f"--report={self.folder / name}", "--quiet",
            "--warmup=0s", "--timeout=60s", "--grace=60s", *flags, cwd=self.folder)
        self.assertIn(code, (0, 1), err[-2000:])
        return json.loads((self.folder / name / "report.json").read_text())

    def assert_complete(self, report):
        self.assertEqual((0, 0, 0), (report["refused"], report["errors"], report["timeouts"]), report)
        self.assertGreater(report["ok"], 0)
        self.assertEqual(report["scheduled"], report["ok"] + report["skipped"])
        callbacks = report["callbacks"]
        self.assertEqual(report["ok"], callbacks["arrived"], callbacks)
        for name in ("lost", "declined", "duplicates", "unexpected", "unreadable"):
            self.assertEqual(0, callbacks[name], callbacks)
        for name in ("from_intended_us", "from_reply_us"):
            self.assertEqual(callbacks["arrived"], callbacks[name]["count"])

    def assert_clean(self, server):
        self.assertEqual(0, server.stop())
        self.assertEqual([], self.audit()["findings"])

    def test_prompts_are_answered_and_called_back(self):
        server = self.start("--http=127.0.0.1:0")
        report = self.load(server, "mpesa", "mpesa.json", "open", "--rate=100", "--duration=2s", "--customers=50",
                           "--connections=8", scheme="http://")
        self.assert_complete(report)
        self.assertEqual("stk-push", report["scenario"])
        self.assertEqual("wait", report["callback_mode"])
        self.assertIn("callback after the reply", (self.folder / "open" / "report.html").read_text())
        # The customers were met before, and nobody waited for those callbacks.
        self.assertEqual([], json.loads(server.admin("GET", "/admin/notices?state=given_up")[1]))
        self.assert_clean(server)

    def test_prompts_can_be_waited_for_until_the_callback(self):
        server = self.start("--http=127.0.0.1:0")
        report = self.load(server, "mpesa", "mpesa.json", "until", "--rate=max", "--stop-after=200", "--customers=50",
                           "--until=callback", "--connections=4", "--act-after=5ms")
        self.assert_complete(report)
        self.assertEqual(200, report["ok"])
        # The customer takes five milliseconds, and no operation is over before.
        self.assertGreaterEqual(report["response_us"]["min"], 5000)
        self.assert_clean(server)

    def test_rates_change_and_users_think(self):
        server = self.start("--http=127.0.0.1:0")
        report = self.load(server, "mpesa", "mpesa.json", "phases", "--rate=step:10,30:1s", "--arrival=constant",
                           "--customers=40")
        self.assert_complete(report)
        self.assertEqual([10, 30], [phase["counts"]["ok"] for phase in report["phases"]])
        self.assertEqual(20, report["asked_per_s"])
        # Ten who begin within the first 200 ms, and think as long each time.
        report = self.load(server, "mpesa", "mpesa.json", "users", "--users=10", "--think=200ms", "--duration=1s",
                           "--customers=40", "--until=callback")
        self.assert_complete(report)
        self.assertEqual(("closed", 10), (report["mode"], report["users"]))
        self.assertGreaterEqual(report["scheduled"], 10)
        self.assertLessEqual(report["scheduled"], 50)
        self.assert_clean(server)

    def test_callbacks_can_be_ignored(self):
        server = self.start("--http=127.0.0.1:0")
        for target, client in (("mpesa", "mpesa.json"), ("wechat-v3", "wechat.json")):
            report = self.load(server, target, client, target, "--rate=50", "--duration=1s", "--customers=50",
                               "--connections=8", "--act-after=20ms", "--callbacks=ignore")
            self.assertEqual((0, 0, 0), (report["refused"], report["errors"], report["timeouts"]), report)
            self.assertEqual(report["scheduled"], report["ok"] + report["skipped"])
            self.assertEqual("ignore", report["callback_mode"])
            self.assertNotIn("callbacks", report)
        self.assert_clean(server)

    def test_a_customer_who_is_asked_twice_at_a_time_is_busy(self):
        server = self.start("--http=127.0.0.1:0")
        report = self.load(server, "mpesa", "mpesa.json", "busy", "--rate=max", "--stop-after=20", "--customers=2",
                           "--connections=4", "--act-after=2s")
        self.assertEqual({"500.001.1001": report["refused"]}, report["refusals"])
        self.assertGreater(report["refused"], 0)
        self.assertEqual(report["ok"], report["callbacks"]["arrived"])
        self.assert_clean(server)

    def test_signed_orders_are_paid_and_called_back(self):
        server = self.start("--http=127.0.0.1:0")
        report = self.load(server, "wechat-v3", "wechat.json", "orders", "--rate=50", "--duration=2s",
                           "--verify-each=1", "--connections=8")
        self.assert_complete(report)
        self.assertEqual("native-order", report["scenario"])
        self.assertGreater(int(report["signing_us"]), 0)
        signing = [remark for remark in report["remarks"] if remark.startswith("The generator signed")]
        self.assertEqual(1, len(signing), report["remarks"])
        verified = f"the signatures of {report['ok']} replies and {report['ok']} callbacks were verified"
        self.assertIn(verified, signing[0])
        self.assertFalse([reason for reason in report["invalid_because"] if "signed" in reason])
        self.assert_clean(server)

    def test_requests_to_pay_are_approved_and_called_back(self):
        server = self.start("--http=127.0.0.1:0")
        report = self.load(server, "mtn-momo", "mtn-momo.json", "momo", "--rate=100", "--duration=2s", "--customers=50",
                           "--connections=8")
        self.assert_complete(report)
        self.assertEqual("request-to-pay", report["scenario"])
        # The same seed gives the same references, which the switch knows.
        again = self.load(server, "mtn-momo", "mtn-momo.json", "again", "--rate=max", "--stop-after=5",
                          f"--seed={report['seed']}")
        self.assertEqual({"RESOURCE_ALREADY_EXIST": 5}, again["refusals"])
        self.assert_clean(server)

    def test_a_port_that_speaks_another_protocol_is_recognised(self):
        server = self.start("--http=127.0.0.1:0")
        client = f"--client-file={self.data / 'clients' / 'mpesa.json'}"
        for flags, words in (([f"--target=native:127.0.0.1:{server.http_port}"], "this speaks HTTP"),
                             ([f"--target=mpesa:127.0.0.1:{server.port}", client], "another protocol than HTTP")):
            code, _, err = self.run_program(self.tuma_load, "run", "--quiet", *flags, cwd=self.folder)
            self.assertEqual(3, code, err)
            self.assertIn(words, err)
        self.assertEqual(0, server.stop())

    def test_a_run_keeps_an_objective_or_says_that_it_does_not(self):
        server = self.start()
        for slo, expected, kept in (("p50<60s,errors<1%", 0, "kept"), ("p50<1us", 4, "broken"),
                                    ("p99.9<60s", 5, "unknown")):
            code, out, err = self.run_program(
                self.tuma_load, "run", f"--target=native:127.0.0.1:{server.port}", "--rate=200", "--duration=2s",
                "--warmup=0s", "--customers=50", f"--slo={slo}", f"--report={self.folder / 'slo'}", "--quiet")
            self.assertEqual(expected, code, out + err)
            report = json.loads((self.folder / "slo" / "report.json").read_text())
            self.assertEqual((slo, kept), (report["slo"]["text"], report["slo"]["kept"]))
            self.assertIn(f"'--slo={slo}'", report["command"])
            self.assertIn("load held", out)
        self.assertEqual(0, server.stop())

    def test_a_switch_that_stands_still_is_not_the_generators_fault(self):
        server = self.start("--http=127.0.0.1:0")
        over = threading.Event()

        def stand_still():
            while not over.wait(0.7):
                server.signal(signal.SIGSTOP)
                over.wait(0.3)
                server.signal(signal.SIGCONT)
        still = threading.Thread(target=stand_still)
        still.start()
        try:
            report = self.load(server, "mpesa", "mpesa.json", "still", "--rate=300", "--duration=3s",
                               "--customers=100", "--connections=16", "--callbacks=ignore")
        finally:
            over.set()
            still.join()
        # Ninety came while it stood, for sixteen places; the first of them waited for most of it.
        self.assertGreaterEqual(report["response_us"]["p99"], 200_000)
        self.assertGreaterEqual(report["blocked_us"]["p99"], 150_000)
        self.assertLess(report["send_lag_us"]["p90"], report["blocked_us"]["p90"])
        self.assertNotEqual("generator", report["load"], report["load_because"])
        self.assert_clean(server)

    def test_wrong_credentials_and_no_server_are_told(self):
        server = self.start("--http=127.0.0.1:0")
        wrong = self.folder / "wrong.json"
        facts = json.loads((self.data / "clients" / "mpesa.json").read_text())
        wrong.write_text(json.dumps({**facts, "consumer_secret": "guessed"}))
        command = [self.tuma_load, "run", f"--target=mpesa:http://127.0.0.1:{server.http_port}", "--quiet"]
        code, _, err = self.run_program(*command, f"--client-file={wrong}")
        self.assertEqual(3, code)
        self.assertIn("gives no access token", err)
        self.assertEqual(0, server.stop())
        code, _, err = self.run_program(*command, f"--client-file={self.data / 'clients' / 'mpesa.json'}")
        self.assertEqual(3, code)
        self.assertIn("is the server running there?", err)


if __name__ == "__main__":
    program.main()
