"""A merchant of M-Pesa in a few lines: tokens, prompts, and an address that callbacks are told to."""
import base64
import http.client
import http.server
import json
import threading
import time


class Merchant:
    def __init__(self, port, clients):
        self.port = port
        self.facts = json.loads((clients / "mpesa.json").read_text())
        self.token = None

    def call(self, method, path, body=None, headers=None, timeout=60):
        """(status, body as it came)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body, headers or {})
            reply = connection.getresponse()
            return reply.status, reply.read().decode()
        finally:
            connection.close()

    def authorize(self):
        key = f"{self.facts['consumer_key']}:{self.facts['consumer_secret']}".encode()
        status, body = self.call("GET", "/oauth/v1/generate?grant_type=client_credentials",
                                 headers={"Authorization": "Basic " + base64.b64encode(key).decode()})
        assert status == 200, (status, body)
        self.token = json.loads(body)["access_token"]

    def post(self, path, body, **headers):
        if self.token is None:
            self.authorize()
        return self.call("POST", path, body if isinstance(body, (str, bytes)) else json.dumps(body),
                         {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", **headers})

    def prompt(self, msisdn, amount, callback, **changes):
        """The body of an M-Pesa Express request."""
        stamp = time.strftime("%Y%m%d%H%M%S")
        password = base64.b64encode(f"{self.facts['shortcode']}{self.facts['passkey']}{stamp}".encode()).decode()
        return {"BusinessShortCode": self.facts["shortcode"], "Password": password, "Timestamp": stamp,
                "TransactionType": "CustomerPayBillOnline", "Amount": amount, "PartyA": msisdn,
                "PartyB": self.facts["shortcode"], "PhoneNumber": msisdn, "CallBackURL": callback,
                "AccountReference": "test", "TransactionDesc": "test", **changes}

    def push(self, msisdn, amount, callback, **headers):
        return self.post("/mpesa/stkpush/v1/processrequest", self.prompt(msisdn, amount, callback), **headers)


class Receiver:
    """Takes callbacks on a free port and keeps their bodies; answers them once `release` is set."""

    def __init__(self, status=200, held=False, one_at_a_time=False):
        receiver = self
        self.bodies, self.status, self.release = [], status, threading.Event()
        if not held:
            self.release.set()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.bodies.append(json.loads(body))
                receiver.release.wait()
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        server = http.server.HTTPServer if one_at_a_time else http.server.ThreadingHTTPServer
        self.server = server(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *_: None  # a connection that the switch has cut off
        self.url = f"http://127.0.0.1:{self.server.server_port}/callback"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self):
        self.release.set()
        self.server.shutdown()
        self.server.server_close()
