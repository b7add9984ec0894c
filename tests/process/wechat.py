"""A merchant of WeChat Pay's API v3 in a few lines: requests that are signed by the openssl program."""
import base64
import http.client
import json
import subprocess
import time
import uuid


class Merchant:
    def __init__(self, port, clients):
        self.port = port
        self.facts = json.loads((clients / "wechat.json").read_text())

    def signature(self, text):
        made = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.facts["private_key_file"]],
                              input=text.encode(), capture_output=True, check=True)
        return base64.b64encode(made.stdout).decode()

    def send(self, method, path, body=None):
        """(status, bytes of the reply)."""
        text = "" if body is None else json.dumps(body)
        stamp, nonce = str(int(time.time())), uuid.uuid4().hex
        signature = self.signature(f"{method}\n{path}\n{stamp}\n{nonce}\n{text}\n")
        token = ",".join(f'{name}="{value}"' for name, value in (
            ("mchid", self.facts["mchid"]), ("nonce_str", nonce), ("signature", signature), ("timestamp", stamp),
            ("serial_no", self.facts["serial_no"])))
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, text or None, {
                "Authorization": f"WECHATPAY2-SHA256-RSA2048 {token}", "Accept": "application/json",
                "Content-Type": "application/json", "User-Agent": "tests"})
            reply = connection.getresponse()
            return reply.status, reply.read()
        finally:
            connection.close()

    def call(self, method, path, body=None):
        """(status, JSON of the reply)."""
        status, text = self.send(method, path, body)
        return status, json.loads(text or b"{}")

    def order(self, number, total, **more):
        """A native order, which the simulated customer pays after a moment."""
        return self.call("POST", "/v3/pay/transactions/native", {
            "appid": self.facts["appid"], "mchid": self.facts["mchid"], "description": "test",
            "out_trade_no": number, "notify_url": "http://127.0.0.1:9/notify",
            "amount": {"total": total, "currency": "CNY"}, **more})

    def query(self, number):
        path = f"/v3/pay/transactions/out-trade-no/{number}?mchid={self.facts['mchid']}"
        return self.call("GET", path)[1]

    def is_paid(self, number):
        return self.query(number).get("trade_state") in ("SUCCESS", "REFUND")

    def refund(self, number, refund, amount, total):
        return self.call("POST", "/v3/refund/domestic/refunds", {
            "out_trade_no": number, "out_refund_no": refund,
            "amount": {"refund": amount, "total": total, "currency": "CNY"}})
