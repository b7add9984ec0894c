"""tuma listen prints callbacks, checks and opens them, and answers as a merchant would."""
import http.client
import json
import re
import signal
import unittest

import daraja
import program
import wechat


class Listen(program.ProcessTest):
    def listen(self, *flags):
        """A running receiver and its address."""
        listener = program.Program(self.folder / "out", [self.tuma, "listen", "--port=0", *flags])
        self.addCleanup(listener.kill)
        pattern = r"listening http://127\.0\.0\.1:(\d+)/\n"
        program.wait_until(lambda: re.search(pattern, listener.out()) or not listener.is_running(), "the address")
        listener.port = int(re.search(pattern, listener.out()).group(1))
        listener.url = f"http://127.0.0.1:{listener.port}/callback"
        return listener

    def printed(self, listener, text):
        program.wait_until(lambda: text in listener.out() or not listener.is_running(), text)
        self.assertIn(text, listener.out())

    def send(self, listener, body, **headers):
        """A message of somebody's own to the receiver; (status, body)."""
        connection = http.client.HTTPConnection("127.0.0.1", listener.port, timeout=60)
        try:
            connection.request("POST", "/callback", body, {name.replace("_", "-"): text for name, text in headers.items()})
            reply = connection.getresponse()
            return reply.status, reply.read().decode()
        finally:
            connection.close()

    def serve(self):
        return self.start("--http=127.0.0.1:0", "--clock=virtual")

    def advance(self, server):
        self.assertEqual(200, server.admin("POST", "/admin/clock/advance?by=10s")[0])

    def ordered(self, server, listener):
        merchant = wechat.Merchant(server.http_port, self.data / "clients")
        status, body = merchant.call("POST", "/v3/pay/transactions/native", {
            "appid": merchant.facts["appid"], "mchid": merchant.facts["mchid"], "description": "test",
            "out_trade_no": "ORDER-1", "notify_url": listener.url, "amount": {"total": 100, "currency": "CNY"}})
        self.assertEqual(200, status, body)
        self.advance(server)

    def test_a_prompt_is_printed_and_taken(self):
        listener, server = self.listen(), self.serve()
        merchant = daraja.Merchant(server.http_port, self.data / "clients")
        self.assertEqual(200, merchant.push("254708374149", 10, listener.url)[0])
        self.advance(server)
        self.printed(listener, '      "ResultCode": 0,\n')
        self.printed(listener, '"Value": 10.00\n')
        self.printed(listener, 'answered 200 {"ResultCode":0,"ResultDesc":"Accepted"}\n')
        attempts = json.loads(server.admin("GET", "/admin/notices")[1])
        self.assertEqual([True], [one["delivered"] for one in attempts])
        self.assertEqual(1, len(server.log("notice_delivered")))
        listener.signal(signal.SIGINT)
        self.assertEqual(0, listener.wait(), listener.err())

    def test_a_notice_of_wechat_pay_is_checked_and_opened(self):
        server = self.serve()
        listener = self.listen(f"--data={self.data}")
        self.ordered(server, listener)
        self.printed(listener, "signature: good\n")
        self.printed(listener, "resource, decrypted:\n{\n")
        self.printed(listener, '"trade_state": "SUCCESS"')
        self.printed(listener, 'answered 200 {"code":"SUCCESS","message":"成功"}\n')
        attempt = json.loads(server.admin("GET", "/admin/notices")[1])[0]
        self.assertTrue(attempt["delivered"])
        # The same message with one byte more.
        headers = {name.replace("-", "_"): text for name, text in attempt["headers"].items()}
        status, body = self.send(listener, (attempt["body"] + " ").encode(), **headers)
        self.assertEqual((401, "FAIL"), (status, json.loads(body)["code"]))
        self.printed(listener, "signature: WRONG: Wechatpay-Signature differs from")
        listener.signal(signal.SIGTERM)
        self.assertEqual(0, listener.wait())

    def test_without_keys_it_says_that_nothing_was_checked(self):
        server, listener = self.serve(), self.listen()
        self.ordered(server, listener)
        self.printed(listener, "signature: not checked: there are no keys; give --data=DIR")

    def test_a_message_of_v2_is_checked_by_its_sign(self):
        self.serve()
        listener = self.listen(f"--data={self.data}")
        status, body = self.send(listener, b"<xml><return_code>SUCCESS</return_code><sign>AB</sign></xml>")
        self.assertEqual(200, status)
        self.assertIn("FAIL", body)
        self.printed(listener, "<xml>\n  <return_code>SUCCESS</return_code>\n  <sign>AB</sign>\n</xml>\nsign: WRONG")

    def test_other_messages_are_printed_without_harm_to_the_terminal(self):
        listener = self.listen()
        self.assertEqual((200, ""), self.send(listener, b'{"externalId":"a","status":"SUCCESSFUL"}'))
        self.assertEqual(200, self.send(listener, b"\x1b[31m not JSON")[0])
        self.printed(listener, "?[31m not JSON\n")
        self.assertNotIn("\x1b", listener.out())

    def test_what_cannot_be_listened_to_is_told(self):
        listener = self.listen()
        code, _, err = self.run_program(self.tuma, "listen", f"--port={listener.port}")
        self.assertEqual(1, code)
        self.assertIn(f"--port={listener.port}: cannot listen: ", err)
        code, _, err = self.run_program(self.tuma, "listen", "--port=0", f"--data={self.folder / 'none'}")
        self.assertEqual(2, code)
        self.assertIn("is no directory", err)
        # Of the switch's own listeners, too, it is named which one it was.
        code, err = self.refused_start(f"--http=127.0.0.1:{listener.port}")
        self.assertEqual(1, code)
        self.assertIn(f"--http: cannot listen on 127.0.0.1:{listener.port}: ", err)


if __name__ == "__main__":
    program.main()
