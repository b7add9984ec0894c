"""What goes wrong is logged, but never whose number, password, key or token it was."""
import base64
import json
import unittest

import daraja
import program

CUSTOMER = "254708374149"
STRANGER = "254799123456"
NOBODY = "http://127.0.0.1:9/nobody"


class Log(program.ProcessTest):
    def setUp(self):
        super().setUp()
        self.errors = []

    def serve(self):
        server = self.start("--http=127.0.0.1:0", "--log-level=debug", "--clock=virtual")
        self.errors.append(server.err)
        return server, daraja.Merchant(server.http_port, self.data / "clients")

    def initiated(self, merchant, **more):
        """A payment to a customer whose SecurityCredential is the password in clear, as beginners send it."""
        return {"InitiatorName": merchant.facts["initiator"],
                "SecurityCredential": merchant.facts["initiator_password"], "CommandID": "BusinessPayment",
                "Amount": 100, "PartyA": "600000", "PartyB": STRANGER, "Remarks": "good",
                "QueueTimeOutURL": NOBODY, "ResultURL": NOBODY, **more}

    def misuse(self, server, merchant):
        """Everything that could be worth a line in the log; the passwords and tokens that were sent."""
        merchant.authorize()
        good = merchant.prompt(CUSTOMER, 10, NOBODY)
        push = "/mpesa/stkpush/v1/processrequest"
        for body in (good, {**good, "PhoneNumber": STRANGER, "PartyA": STRANGER}, {**good, "Password": "wrong"},
                     {**good, "Amount": -1}, {**good, "CallBackURL": f"http://{STRANGER}.invalid/"},
                     json.dumps(good)[:-5], b"\xff\x00" + json.dumps(good).encode()):
            merchant.post(push, body)
        for fault in ("drop", "commit-then-timeout", "html-503", "status:500"):
            try:
                merchant.post(push, {**good, "PhoneNumber": STRANGER}, **{"Tuma-Fault": fault})
            except OSError:
                self.assertEqual("drop", fault)
        for path in ("/mpesa/b2c/v1/paymentrequest", f"/mpesa/{CUSTOMER}", f"/nowhere?msisdn={STRANGER}"):
            merchant.post(path, self.initiated(merchant))
        merchant.call("POST", "/mpesa/b2c/v1/paymentrequest", json.dumps(self.initiated(merchant)),
                      {"Authorization": f"Bearer {merchant.token}x", "X-Long": STRANGER * 10_000})
        key = f"{merchant.facts['consumer_key']}:{merchant.facts['consumer_secret']}x".encode()
        merchant.call("GET", "/oauth/v1/generate?grant_type=client_credentials",
                      headers={"Authorization": "Basic " + base64.b64encode(key).decode()})
        server.admin("POST", f"/admin/handsets/{STRANGER}/approve")
        server.admin("POST", "/admin/clock/advance?by=1h")
        return good["Password"], merchant.token

    def test_nobody_learns_numbers_and_secrets_from_the_log(self):
        server, merchant = self.serve()
        secrets = [*self.misuse(server, merchant), CUSTOMER, STRANGER, CUSTOMER[3:], STRANGER[3:]]
        secrets += [merchant.facts[name] for name in ("consumer_secret", "passkey", "initiator_password")]
        server.kill()
        # What is replayed holds the same.
        server, merchant = self.serve()
        secrets += self.misuse(server, merchant)
        self.assertEqual(0, server.stop())
        for log in (error() for error in self.errors):
            self.assertIn('"event":"recovered"', log)
            for secret in secrets:
                self.assertNotIn(secret, log)
            for line in log.splitlines():
                self.assertIn("event", json.loads(line))

    def test_a_provisioning_file_is_refused_without_its_secrets(self):
        file = self.folder / "wrong.toml"
        secret = "a-secret-of-the-shop"
        for number, text in enumerate((
                f"[[mpesa.app]]\nconsumer_key = '{secret}'\nconsumer_secret = ['{secret}']\n",
                f"[[mpesa.shortcode]]\nnumber = '{CUSTOMER}'\npasskey = '{secret}'\n",
                f"[[mpesa.shortcode]]\nnumber = '174379'\npasskey = {{a = '{secret}'}}\n",
                f"[[mpesa.shortcode]]\nnumber = '174379'\ninitiators = [{{name = 'a', password = ['{secret}']}}]\n",
                f"[[mpesa.customer]]\nmsisdn = '{CUSTOMER}1'\npin = '{secret}'\n")):
            file.write_text(text)
            code, err = self.refused_start("--http=127.0.0.1:0", f"--provision={file}", data=self.folder / str(number))
            self.assertEqual(1, code, err)
            self.assertRegex(err, r"wrong\.toml:[123]: mpesa\.")
            self.assertNotIn(secret, err)
            self.assertNotIn(CUSTOMER, err)


if __name__ == "__main__":
    program.main()
