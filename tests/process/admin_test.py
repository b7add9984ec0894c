"""The admin port: Prometheus text that a scraper understands, health, readiness, version."""
import http.client
import json
import re
import unittest

import native
import program

SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\.)*",?)*)\})? (\S+)')
TYPES = ("counter", "gauge", "histogram")


def read_metrics(text):
    """{family: type} and {(name, labels): value}. Raises ValueError where a scraper would."""
    types, helped, samples = {}, set(), {}
    if not text.endswith("\n"):
        raise ValueError("the last line has no end")
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name = line.split(" ", 3)[2]
            if name in helped:
                raise ValueError(f"second HELP of {name}")
            helped.add(name)
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            if name in types or kind not in TYPES:
                raise ValueError(line)
            types[name] = kind
        else:
            match = SAMPLE.fullmatch(line)
            if not match:
                raise ValueError(f"no sample: {line}")
            key = match.group(1), match.group(2) or ""
            if key in samples:
                raise ValueError(f"twice: {line}")
            samples[key] = float(match.group(3))
            family = re.sub(r"_(bucket|sum|count)$", "", key[0])
            if types.get(family) != "histogram":
                family = key[0]
            if family not in types or family not in helped:
                raise ValueError(f"without TYPE or HELP before it: {line}")
    return types, samples


class Admin(program.ProcessTest):
    def ask(self, method, target, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.admin_port, timeout=60)
        connection.request(method, target, body)
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        return response, text

    def test_metrics_are_valid_and_count_what_happened(self):
        self.server = self.start()
        with self.server.client() as client:
            wallets = native.open_wallets(client, 3, 1000)
            for number in range(20):
                client.call(native.TRANSFER, [native.move(native.reference(100 + number), *wallets[:2], 1)])
            client.call(native.TRANSFER, [native.move(native.reference(999), *wallets[:2], 10**9)])
            client.call(native.TRANSFER, [native.move(native.reference(100), *wallets[:2], 1)])
            response, text = self.ask("GET", "/metrics")
        self.assertEqual(200, response.status)
        self.assertTrue(response.getheader("Content-Type").startswith("text/plain; version=0.0.4"))
        types, samples = read_metrics(text)
        for name, kind in types.items():
            with self.subTest(name):
                self.assertRegex(name, r"^(tuma|process)_")
                if kind == "counter":
                    self.assertTrue(name.endswith("_total"))
                if kind == "histogram":
                    self.check_histogram(name, samples)
        self.assertEqual(4, samples["tuma_accounts", ""])
        self.assertEqual(1, samples["tuma_connections", ""])
        outcomes = {labels: value for (name, labels), value in samples.items() if "insufficient_funds" in labels}
        self.assertEqual([1.0], list(outcomes.values()), "the refusal and nothing else")
        for stage in ("queue_wait", "decide", "append", "fsync", "reply"):
            self.assertTrue(any(stage in name + labels for name, labels in samples), stage)

    def check_histogram(self, name, samples):
        """Buckets are cumulative, end with +Inf, and that is the count."""
        groups = {}
        for (sample, labels), value in samples.items():
            if sample == f"{name}_bucket":
                bound = re.search(r'le="([^"]+)"', labels).group(1)
                rest = re.sub(r'le="[^"]+",?', "", labels).rstrip(",")
                groups.setdefault(rest, []).append((float(bound), value))
        self.assertTrue(groups)
        for rest, buckets in groups.items():
            self.assertEqual(buckets, sorted(buckets))
            counts = [count for _, count in buckets]
            self.assertEqual(counts, sorted(counts))
            self.assertEqual(float("inf"), buckets[-1][0])
            self.assertEqual(buckets[-1][1], samples[f"{name}_count", rest])
            self.assertGreaterEqual(samples[f"{name}_sum", rest], 0)

    def test_pages_and_their_codes(self):
        self.server = self.start()
        for method, target, status in (
                ("GET", "/healthz", 200), ("HEAD", "/healthz", 200), ("GET", "/readyz", 200), ("GET", "/version", 200),
                ("GET", "/metrics?x=1", 200), ("GET", "/", 404), ("GET", "/metrics/", 404), ("GET", "/nothing", 404),
                ("POST", "/metrics", 405), ("DELETE", "/healthz", 405), ("PUT", "/version", 405)):
            with self.subTest(f"{method} {target}"):
                response, _ = self.ask(method, target)
                self.assertEqual(status, response.status)
                if status == 405:
                    self.assertIn("GET", response.getheader("Allow"))
        version = json.loads(self.ask("GET", "/version")[1])
        code, out, _ = self.run_program(self.tuma, "--version")
        self.assertEqual((0, f"tuma {version['version']}\n"), (code, out))
        self.assertEqual(0, self.server.stop())

    def test_bad_requests_do_not_hurt(self):
        self.server = self.start()
        for data in (b"\x16\x03\x01" + bytes(100), b"GET " + b"/" * 20000 + b" HTTP/1.1\r\n\r\n", b"\r\n\r\n\r\n",
                     b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 5000 + b"\r\n",
                     b"POST /metrics HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", bytes(1000)):
            with program.socket.create_connection(("127.0.0.1", self.server.admin_port), 60) as connection:
                try:
                    connection.sendall(data)
                    connection.shutdown(program.socket.SHUT_WR)
                    while connection.recv(65536):
                        pass
                except OSError:
                    pass
            self.assertEqual(200, self.ask("GET", "/healthz")[0].status)
        self.assertEqual(0, self.server.stop())

    def test_without_an_admin_port_there_is_none(self):
        server = self.start(with_admin=False)
        self.assertEqual(0, server.admin_port)
        self.assertEqual(0, server.stop())


if __name__ == "__main__":
    program.main()
