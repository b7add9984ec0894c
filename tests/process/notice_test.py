"""Merchants are told what was acknowledged, also over kill -9; receivers that hang harm nobody."""
import json
import unittest
from concurrent.futures import ThreadPoolExecutor

import daraja
import program


class Notice(program.ProcessTest):
    def merchant(self, server):
        return daraja.Merchant(server.http_port, self.data / "clients")

    def receiver(self, **options):
        receiver = daraja.Receiver(**options)
        self.addCleanup(receiver.close)
        return receiver

    def quick(self):
        """A provisioning file with the default numbers, whose customers act at once."""
        file = self.folder / "quick.toml"
        file.write_text("""
[mpesa.options]
customer_delay_ms = 50
[[mpesa.app]]
consumer_key = "key"
consumer_secret = "secret"
name = "shop"
[[mpesa.shortcode]]
number = "174379"
passkey = "passkey"
name = "Shop"
""")
        return f"--provision={file}"

    def told(self, receiver):
        return {body["Body"]["stkCallback"]["CheckoutRequestID"] for body in receiver.bodies}

    def test_what_was_acknowledged_is_told_over_kill_9(self):
        receiver = self.receiver()
        acknowledged = set()
        server = self.start("--http=127.0.0.1:0", self.quick())
        for round_number in range(max(3, program.ROUNDS // 4)):
            merchant = self.merchant(server)
            merchant.authorize()

            # Beside the test numbers, whose callbacks may be lost on purpose.
            def push(i, merchant=merchant, base=(round_number + 1) * 10_000):
                try:
                    return merchant.push(f"2547{base + i:08}", 10, receiver.url)
                except OSError:
                    return None  # killed in the middle: nothing was promised

            with ThreadPoolExecutor(8) as pool:
                pushes = [pool.submit(push, i) for i in range(120)]
                for _ in range(2):
                    pushes[self.chance.randrange(20, 100)].result()
                server.kill()
                replies = [push.result() for push in pushes]
            for reply in filter(None, replies):
                self.assertEqual(200, reply[0], reply)
                acknowledged.add(json.loads(reply[1])["CheckoutRequestID"])
            server = self.start("--http=127.0.0.1:0", self.quick())
        self.assertGreater(len(acknowledged), 50)
        program.wait_until(lambda: acknowledged <= self.told(receiver), "all callbacks")
        codes = {body["Body"]["stkCallback"]["ResultCode"] for body in receiver.bodies}
        self.assertEqual({0}, codes)
        merchant = self.merchant(server)
        _, account = server.admin("GET", "/admin/accounts/174379")
        self.assertEqual(1000 * len(self.told(receiver)), json.loads(account)["balance"] - 0)
        self.assertEqual(0, server.stop())
        self.assertEqual([], self.audit()["findings"])

    def test_a_receiver_that_is_gone_never_slows_payments(self):
        server = self.start("--http=127.0.0.1:0", self.quick())
        merchant = self.merchant(server)
        merchant.authorize()
        for i in range(200):
            status, body = merchant.push(f"2547{i:08}", 1, "http://127.0.0.1:9/nobody")
            self.assertEqual(200, status, body)
        program.wait_until(lambda: len(json.loads(server.admin("GET", "/admin/notices")[1])) == 200, "the attempts")
        self.assertEqual(0, server.stop())
        self.assertEqual([], self.audit()["findings"])

    def test_virtual_time_runs_a_day_at_once(self):
        receiver = self.receiver()
        server = self.start("--http=127.0.0.1:0", "--clock=virtual")
        merchant = self.merchant(server)
        status, _ = merchant.push("254708374149", 1, receiver.url)
        self.assertEqual(200, status)
        self.assertEqual([], receiver.bodies)
        status, body = server.admin("POST", "/admin/clock/advance?by=1d")
        self.assertEqual(200, status, body)
        self.assertEqual(1, len(receiver.bodies))
        self.assertEqual(0, server.stop())

    def test_a_wrong_provisioning_file_is_told_with_its_place(self):
        file = self.folder / "wrong.toml"
        # What cannot be read at all is wrong usage; the rest needs the books to be judged.
        for code_wanted, text, pattern in (
                (2, "x", r"wrong\.toml:1"),
                (2, "[mpesa]\napp = 1\n", r"wrong\.toml:2: mpesa\.app: must be a table"),
                (1, "[[mpesa.app]]\nconsumer_key = 'k'\n", r"wrong\.toml:1: mpesa\.app: consumer_secret: "),
                (1, "[[mpesa.shortcode]]\nnumber = 'abc'\n", r"wrong\.toml:2: mpesa\.shortcode: number: "),
                (1, "[[mpesa.shop]]\nnumber = '1'\n", r"wrong\.toml:1: mpesa\.shop: is not known"),
                (1, "[mpesa.options]\ncustomer_delay_ms = -1\n", r"wrong\.toml:2: mpesa\.options: customer_delay_ms: "),
                (1, "[[mpesa.app]]\nconsumer_ky = 'k'\nconsumer_secret = 's'\n",
                 r'wrong\.toml:2: mpesa\.app: consumer_ky: .*did you mean consumer_key\?'),
                (1, "[[wechat.merchant]]\n\nmchid = '1900000109'\napiv3_key = 'short'\n",
                 r"wrong\.toml:4: wechat\.merchant: apiv3_key: "),
                (1, "[[mpesa.shortcode]]\nnumber = '174379'\n[[mpesa.shortcode.initiators]]\nname = 'a'\n"
                 "password = 1\n",
                 r"wrong\.toml:5: mpesa\.shortcode: initiators\.password: "),
                (1, "[mpesa.options]\nbusy = 'sync'\nscheme = 'mpesa-kenia'\n",
                 r"wrong\.toml:3: mpesa\.options: scheme: "),
                (1, "[[faults.rule]]\npath = '/'\nfault = 'nonsense'\n", r"wrong\.toml:3: faults\.rule: fault: "),
                (1, "[[faults.rule]]\nfualt = 'drop'\n",
                 r"wrong\.toml:2: faults\.rule: fualt: .*did you mean fault\?")):
            file.write_text(text)
            code, err = self.refused_start("--http=127.0.0.1:0", f"--provision={file}",
                                           data=self.folder / f"data{len(text)}")
            self.assertEqual(code_wanted, code, err)
            self.assertRegex(err, pattern)
        code, err = self.refused_start("--http=127.0.0.1:0", "--provision=/nowhere.toml", data=self.folder / "other")
        self.assertRegex(err, "/nowhere.toml")


if __name__ == "__main__":
    program.main()
