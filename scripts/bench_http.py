"""nginx, wrk and `openssl speed` as yardsticks of the HTTP dialects, and merchants that load them."""
import base64
import http.client
import json
import os
import re
import shutil
import subprocess
import time

from bench_peers import accepts, free_port, stop, wait_for
from bench_server import Failed

STK_PATH = "/mpesa/stkpush/v1/processrequest"
CONNECTIONS, THREADS = 64, 2

# One process a core, nothing read from disk, no log; as few limits as wrk can meet.
NGINX = """worker_processes auto; pid {directory}/pid; daemon off;
events {{ worker_connections 4096; }}
http {{
    access_log off; keepalive_requests 100000000; keepalive_timeout 75s; tcp_nodelay on;
    client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi; uwsgi_temp_path {directory}/uwsgi; scgi_temp_path {directory}/scgi;
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        default_type application/json;
        location /callback {{ return 200; }}
        location / {{ return 200 '{body}'; }}
    }}
}}
"""

# Every request asks another phone, in turn; each thread has its own.
PROMPTS = """local threads, asked = 0, 0
function setup(thread) thread:set("own", threads); threads = threads + 1 end
function init()
    headers = {{["Authorization"] = "Bearer {token}", ["Content-Type"] = "application/json",
               ["Tuma-Scenario"] = "delay=0"}}
end
function request()
    asked = asked + 1
    local phone = string.format("2541%08d", 20000000 + own * 1000000 + asked % 2000)
    return wrk.format("POST", "{path}", headers, '{{"BusinessShortCode":"{shortcode}","Password":"{password}",' ..
        '"Timestamp":"{timestamp}","TransactionType":"CustomerPayBillOnline","Amount":1,"PartyA":"' .. phone ..
        '","PartyB":"{shortcode}","PhoneNumber":"' .. phone .. '","CallBackURL":"{callback}",' ..
        '"AccountReference":"bench","TransactionDesc":"bench"}}')
end
"""


class Nginx:
    """Answers every path with the same bytes, and /callback with nothing; stopped by its own process id."""

    def __init__(self, directory, body):
        if not shutil.which("nginx"):
            raise Failed("nginx is not installed")
        os.makedirs(directory)
        os.chmod(directory, 0o777)  # its workers run as another user
        self.port = free_port()
        with open(f"{directory}/nginx.conf", "w", encoding="utf-8") as file:
            file.write(NGINX.format(directory=directory, port=self.port, body=body))
        self.process = subprocess.Popen(
            ["nginx", "-p", directory, "-e", f"{directory}/error.log", "-c", f"{directory}/nginx.conf"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: accepts(self.port), "nginx", self.process)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        stop(self.process)


class Daraja:
    """A merchant of M-Pesa, as far as wrk needs one."""

    def __init__(self, server):
        self.address = server.http
        with open(f"{server.clients}/mpesa.json", encoding="utf-8") as file:
            self.facts = json.load(file)
        key = f"{self.facts['consumer_key']}:{self.facts['consumer_secret']}".encode()
        self.basic = "Basic " + base64.b64encode(key).decode()
        self.token_path = "/oauth/v1/generate?grant_type=client_credentials"
        self.token_body = self.call("GET", self.token_path, headers={"Authorization": self.basic})
        self.token = json.loads(self.token_body)["access_token"]

    def call(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection(self.address, timeout=30)
        try:
            connection.request(method, path, body, headers or {})
            reply = connection.getresponse()
            text = reply.read().decode()
        finally:
            connection.close()
        if reply.status != 200:
            raise Failed(f"{path} answers {reply.status}: {text[:200]}")
        return text

    def words(self, callback):
        timestamp = time.strftime("%Y%m%d%H%M%S", time.gmtime(time.time() + 3 * 3600))
        secret = f"{self.facts['shortcode']}{self.facts['passkey']}{timestamp}".encode()
        return {"token": self.token, "path": STK_PATH, "shortcode": self.facts["shortcode"], "timestamp": timestamp,
                "password": base64.b64encode(secret).decode(), "callback": callback}

    def prompt_reply(self):
        """What one prompt is answered; nobody hears its callback."""
        words = self.words("http://127.0.0.1:1/")
        return self.call("POST", STK_PATH, json.dumps({
            "BusinessShortCode": words["shortcode"], "Password": words["password"], "Timestamp": words["timestamp"],
            "TransactionType": "CustomerPayBillOnline", "Amount": 1, "PartyA": "254119999999",
            "PartyB": words["shortcode"], "PhoneNumber": "254119999999", "CallBackURL": words["callback"],
            "AccountReference": "bench", "TransactionDesc": "bench"}),
            {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"})

    def script(self, path, callback):
        """A script of prompts for wrk; gives its path."""
        with open(path, "w", encoding="utf-8") as file:
            file.write(PROMPTS.format(**self.words(callback)))
        return path


def wrk(address, path, seconds, *arguments):
    """{"rate", "p50_us", "p99_us"}; raises Failed when an answer was none or not 2xx."""
    if not shutil.which("wrk"):
        raise Failed("wrk is not installed")
    done = subprocess.run(["wrk", f"-t{THREADS}", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", *arguments,
                           f"http://{address}{path}"], capture_output=True, text=True, check=False)
    text = done.stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    if done.returncode != 0 or not rate:
        raise Failed(f"wrk: {(done.stderr or text)[-300:]}")
    for trouble in (r"Non-2xx or 3xx responses: .*", r"Socket errors: .*"):
        found = re.search(trouble, text)
        if found:
            raise Failed(f"wrk against {address}{path}: {found.group()}")
    return {"rate": float(rate.group(1)), "p50_us": percentile(text, 50), "p99_us": percentile(text, 99)}


def percentile(text, percent):
    value, unit = re.search(rf"{percent}%\s+([\d.]+)(us|ms|s)\b", text).groups()
    return float(value) * {"us": 1, "ms": 1e3, "s": 1e6}[unit]


def openssl_rates(seconds):
    """{"sign", "verify"} a second of processor time, RSA-2048, by OpenSSL's own benchmark."""
    done = subprocess.run(["openssl", "speed", "-seconds", str(seconds), "rsa2048"], capture_output=True, text=True,
                          check=False)
    row = re.search(r"rsa 2048 bits\s+\S+s\s+\S+s\s+([\d.]+)\s+([\d.]+)", done.stdout)
    if not row:
        raise Failed(f"openssl speed: {done.stderr[-300:]}")
    return {"sign": float(row.group(1)), "verify": float(row.group(2))}
