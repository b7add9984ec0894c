"""The local doors: who comes in, what TLS is spoken, whom callbacks reach, what is said at the start."""
import http.client
import json
import re
import ssl
import stat
import subprocess
import sys
import unittest

import daraja
import program

RULE = '{"fault":"drop"}'


class Doors(program.ProcessTest):
    def call(self, port, method, path, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            reply = connection.getresponse()
            return reply.status, reply.read().decode()
        finally:
            connection.close()

    def test_a_page_of_somebody_else_changes_nothing(self):
        server = self.start("--http=127.0.0.1:0", "--admin-on-http=yes")
        token = (self.data / "admin-token").read_text().strip()
        self.assertRegex(token, "^[0-9a-f]{64}$")
        self.assertEqual(0o600, stat.S_IMODE((self.data / "admin-token").stat().st_mode))
        for port in (server.admin_port, server.http_port):
            json_type = {"Content_Type": "application/json"}
            good = {"Tuma_Token": token, **json_type}
            for status, headers in (
                    (421, {"Host": "evil.test", "Origin": "http://evil.test", "Content_Type": "text/plain"}),
                    (421, {"Host": f"evil.test:{port}", **good}),
                    (403, {"Origin": "http://evil.test", **good}),
                    (403, {"Origin": "null", **good}),
                    (415, {"Tuma_Token": token, "Content_Type": "text/plain"}),
                    (401, json_type),
                    (401, {"Tuma_Token": token[:-1], **json_type}),
                    (201, good),
                    (201, {"Authorization": f"Bearer {token}", **json_type}),
                    (201, {"Cookie": f"tuma_token={token}", **json_type}),
                    (201, {"Host": f"localhost:{port}", "Origin": f"http://localhost:{port}", **good})):
                with self.subTest(f"{port} {headers}"):
                    found, body = self.call(port, "POST", "/admin/faults", RULE, **headers)
                    self.assertEqual(status, found, body)
                    if status == 401:
                        self.assertIn(str(self.data / "admin-token"), body)
            profile = '{"consumer_key":"k","consumer_secret":"s"}'
            self.assertEqual(401, self.call(port, "PUT", "/admin/profiles?name=mpesa/app/k", profile, **json_type)[0])
            self.assertEqual(401, self.call(port, "GET", "/admin/profiles")[0])
            self.assertEqual(401, self.call(port, "GET", "/admin/%70rofiles")[0])
            self.assertEqual(200, self.call(port, "GET", "/admin/profiles", Tuma_Token=token)[0])
            self.assertEqual(401, self.call(port, "DELETE", "/admin/faults")[0])
            self.assertEqual(200, self.call(port, "DELETE", "/admin/faults", Tuma_Token=token)[0])
        self.assertEqual(0, server.stop())
        server = self.start("--http=127.0.0.1:0")
        self.assertEqual(token, (self.data / "admin-token").read_text().strip())
        status, body = self.call(server.http_port, "GET", "/admin/help", Tuma_Token=token)
        self.assertEqual(404, status)
        self.assertIn("--admin-on-http", body)
        self.assertEqual(200, self.call(server.admin_port, "GET", "/admin/help")[0])
        self.assertEqual(0, server.stop())

    def test_the_switch_never_calls_itself(self):
        server = self.start("--http=127.0.0.1:0", "--clock=virtual", "--callback-deny=127.0.0.9")
        merchant = daraja.Merchant(server.http_port, self.data / "clients")
        receiver = daraja.Receiver()
        self.addCleanup(receiver.close)
        own = [f"http://{host}:{server.http_port}/mpesa/stkpush/v1/processrequest"
               for host in ("127.0.0.1", "localhost", "0.0.0.0", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]")]
        own += [f"http://127.0.0.1:{port}/admin/faults" for port in (server.admin_port, server.port)]
        denied = ["http://127.0.0.9:9/callback"]
        for number, url in enumerate([*own, *denied, receiver.url]):
            status, body = merchant.push(f"2547{number:08}", 1, url)
            self.assertEqual(200, status, body)
        self.assertEqual(200, server.admin("POST", "/admin/clock/advance?by=1m")[0])
        attempts = json.loads(server.admin("GET", "/admin/notices")[1])
        failures = {one["url"]: one["failure"] for one in attempts}
        for url in own:
            self.assertEqual("the address is the switch's own", failures[url])
        self.assertIn("--callback-deny", failures[denied[0]])
        self.assertEqual(1, len(receiver.bodies))
        lines = server.log("callback_refused")
        self.assertEqual({url.rsplit("/", url.count("/") - 2)[0] for url in (*own, *denied)},
                         {line["server"] for line in lines})
        self.assertEqual(0, server.stop())

    def shake_hands(self, port, *flags):
        """The cipher that `openssl s_client` gets, or None."""
        done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-CAfile",
                               str(self.data / "tls" / "ca.pem"), "-verify_return_error", *flags],
                              input=b"", capture_output=True, timeout=program.PATIENCE_S, check=False)
        found = re.search(rb"Cipher is (\S+)", done.stdout)
        return None if found is None or found.group(1) == b"(NONE)" else found.group(1).decode()

    def test_only_forward_secrecy_and_aead(self):
        server = self.start("--https=127.0.0.1:0")
        port = server.https_port
        self.assertRegex(self.shake_hands(port) or "", "^TLS_")
        self.assertRegex(self.shake_hands(port, "-tls1_2") or "", "^ECDHE-RSA-(AES|CHACHA20)")
        for cipher in ("AES128-SHA", "AES256-GCM-SHA384", "AES128-GCM-SHA256", "AES256-SHA256",
                       "ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES256-SHA384", "DHE-RSA-AES128-GCM-SHA256"):
            self.assertIsNone(self.shake_hands(port, "-tls1_2", "-cipher", f"{cipher}:@SECLEVEL=0"), cipher)
        self.assertIsNone(self.shake_hands(port, "-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0"))
        text = subprocess.run(["openssl", "x509", "-in", str(self.data / "tls" / "ca.pem"), "-noout", "-text"],
                              capture_output=True, check=True).stdout.decode()
        self.assertRegex(text, r"Basic Constraints: critical\s+CA:TRUE, pathlen:0")
        constraints = re.search(r"Name Constraints: critical\s+Permitted:((?:\s+(?:DNS|IP):\S+)+)", text)
        self.assertIsNotNone(constraints, text)
        for name in ("DNS:localhost", "DNS:api.safaricom.co.ke", "DNS:api.mch.weixin.qq.com", "IP:127.0.0.1/"):
            self.assertIn(name, constraints.group(1))
        trusted = ssl.create_default_context(cafile=str(self.data / "tls" / "ca.pem"))
        connection = http.client.HTTPSConnection("localhost", port, context=trusted, timeout=60)
        connection.request("GET", "/nothing")
        self.assertEqual(404, connection.getresponse().status)
        connection.close()
        self.assertEqual(0, server.stop())

    def test_a_client_that_knows_only_the_real_address_is_led_here_by_its_proxy(self):
        server = self.start("--http=127.0.0.1:0", "--https=127.0.0.1:0")
        environment = {"HTTPS_PROXY": f"http://127.0.0.1:{server.http_port}",
                       "SSL_CERT_FILE": str(self.data / "tls" / "ca.pem")}
        ask = "import sys, urllib.request as web; print(web.urlopen(sys.argv[1]).read().decode())"
        for name in ("api.safaricom.co.ke", "sandbox.safaricom.co.ke", "api.mch.weixin.qq.com",
                     "sandbox.momodeveloper.mtn.com"):
            code, out, err = self.run_program(sys.executable, "-c", ask, f"https://{name}/", env=environment)
            self.assertEqual(0, code, err)
            self.assertIn("/admin/requests", out, name)
        # Nobody else's name is in the certificate.
        code, _, err = self.run_program(sys.executable, "-c", ask, "https://shop.example/", env=environment)
        self.assertEqual(1, code)
        self.assertIn("CERTIFICATE_VERIFY_FAILED", err)
        self.assertEqual(0, server.stop())

    def test_an_authority_without_constraints_is_replaced(self):
        self.start("--https=127.0.0.1:0").stop()
        tls = self.data / "tls"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", str(tls / "ca.key"),
                        "-out", str(tls / "ca.pem"), "-days", "300", "-subj", "/CN=old", "-addext",
                        "basicConstraints=critical,CA:TRUE"], capture_output=True, check=True)
        server = self.start("--https=127.0.0.1:0")
        self.assertEqual(1, len(server.log("authority_replaced")))
        self.assertIsNotNone(self.shake_hands(server.https_port))
        new = (tls / "ca.pem").read_bytes()
        self.assertEqual(0, server.stop())
        server = self.start("--https=127.0.0.1:0")
        self.assertEqual([], server.log("authority_replaced"))
        self.assertEqual(new, (tls / "ca.pem").read_bytes())
        self.assertEqual(0, server.stop())

    def test_listening_beyond_loopback_is_said_loudly(self):
        quiet = self.start("--http=127.0.0.1:0", "--https=127.0.0.1:0")
        line, = quiet.log("ready")
        ports = quiet.port, quiet.admin_port, quiet.http_port, quiet.https_port
        self.assertEqual([f"127.0.0.1:{port}" for port in ports],
                         [line[door] for door in ("native", "admin", "http", "https")])
        self.assertEqual([], quiet.log("listens_beyond_loopback"))
        self.assertIn("published test values", quiet.out())
        self.assertEqual(0, quiet.stop())
        command = [self.tuma, "serve", f"--data={self.data}", "--native=127.0.0.1:0", "--http=0.0.0.0:0"]
        loud = program.Program(self.folder / "out", command)
        self.addCleanup(loud.kill)
        program.wait_until(lambda: re.search("^ready .*\n", loud.out(), re.M), "the ready line")
        lines = [json.loads(line) for line in loud.err().splitlines() if '"listens_beyond_loopback"' in line]
        self.assertEqual(["--http"], [line["setting"] for line in lines])
        self.assertIn("public", lines[0]["why"])
        self.assertIn("WARNING", loud.out())
        loud.signal(program.signal.SIGTERM)
        self.assertEqual(0, loud.wait())

    def test_of_several_apps_each_says_whose_its_numbers_are(self):
        file = self.folder / "apps.toml"
        app = "[[mpesa.app]]\nconsumer_key = '{0}'\nconsumer_secret = 's'\n"
        number = "[[mpesa.shortcode]]\nnumber = '{0}'\npasskey = 'p'\n"
        numbers = number.format("700001") + number.format("700002")
        for text, pattern in (
                (app.format("a") + app.format("b") + numbers, r"mpesa\.shortcode 700001: there are several apps"),
                (app.format("a") + "shortcodes = ['700001', '70002']\n" + numbers,
                 r'"70002" is none of 700001, 700002; did you mean 70000\d\?'),
                (number.format("700001") + "initiators = [{name = 'a', password = 'b', roles = ['b2x']}]\n",
                 r'initiators\.roles: "b2x" is none of b2c, b2b'),
                ("[mpesa.options]\ncustomer_dely_ms = 1\n", r"did you mean customer_delay_ms\?"),
                ("[mpesa.options]\nbusy = 'synch'\n", r'busy: "synch" is none of sync, accepted; did you mean sync'),
                ("[mpesa.options]\nscheme = 'mpesa-kenia'\n", r"did you mean mpesa-kenya\?"),
                ("[mpesa.option]\nbusy = 'sync'\n", r"did you mean mpesa\.options\?"),
                ("[[faults.rule]]\nfault = 'nonsense'\n", r'fault: .*"nonsense" is none of'),
                ("[[faults.rule]]\nfualt = 'drop'\n", r"faults\.rule")):
            file.write_text(text)
            code, err = self.refused_start("--http=127.0.0.1:0", f"--provision={file}", data=self.folder / "other")
            self.assertEqual(1, code, err)
            self.assertRegex(err, pattern)
        file.write_text(app.format("a") + "shortcodes = ['700001']\n" + app.format("b") + "shortcodes = ['700002']\n" +
                        numbers)
        server = self.start("--http=127.0.0.1:0", f"--provision={file}")
        merchant = daraja.Merchant(server.http_port, self.data / "clients")
        for key, own, other in (("a", "700001", "700002"), ("b", "700002", "700001")):
            merchant.facts.update(consumer_key=key, consumer_secret="s")
            merchant.authorize()
            urls = {"ResponseType": "Completed", "ConfirmationURL": "http://127.0.0.1:9/c",
                    "ValidationURL": "http://127.0.0.1:9/v"}
            path = "/mpesa/c2b/v2/registerurl"
            self.assertEqual(200, merchant.post(path, {"ShortCode": own, **urls})[0])
            status, body = merchant.post(path, {"ShortCode": other, **urls})
            self.assertEqual((400, "Bad Request - Invalid ShortCode"), (status, json.loads(body)["errorMessage"]))
        self.assertEqual(0, server.stop())

    def test_what_is_there_twice_in_a_provisioning_file_is_refused_with_both_places(self):
        file = self.folder / "twice.toml"
        app = "[[mpesa.app]]\nconsumer_key = 'a'\nconsumer_secret = '{}'\n"
        number = "[[mpesa.shortcode]]\nname = '{}'\nnumber = '700001'\n"
        for text, places in (
                (app.format("s") + app.format("t"), ("5: mpesa.app: consumer_key", "2: mpesa.app")),
                (number.format("a") + number.format("b"), ("6: mpesa.shortcode: number", "3: mpesa.shortcode")),
                (number.format("a") + "initiators = [{name = 'a', password = 'b'},\n {name = 'a', password = 'c'}]\n",
                 ("5: mpesa.shortcode: initiators.name", "4: mpesa.shortcode")),
                ("[[mpesa.customer]]\nmsisdn = '254700000001'\n" * 2,
                 ("4: mpesa.customer: msisdn", "2: mpesa.customer")),
                ("[[wechat.merchant]]\nmchid = '1900000109'\n" * 2,
                 ("4: wechat.merchant: mchid", "2: wechat.merchant")),
                ("[[mpesa.options]]\n" * 2, ("2: mpesa.options", "1: mpesa.options")),
                ("[[wechat.options]]\n" * 2, ("2: wechat.options", "1: wechat.options"))):
            with self.subTest(text):
                file.write_text(text)
                code, err = self.refused_start("--http=127.0.0.1:0", f"--provision={file}", data=self.folder / "other")
                self.assertEqual(1, code, err)
                self.assertRegex(err, ".*".join(re.escape(f"{file}:{place}") for place in places))

    def test_a_profile_is_stored_by_its_own_name_only(self):
        server = self.start("--http=127.0.0.1:0")
        merchant = {"mchid": "1900000108", "apiv3_key": "0123456789abcdef0123456789abcdef"}
        receiver = "wechat/receiver/1900000109"
        for name, body, pattern in (
                ("mpesa/app/a", {"consumer_key": "b", "consumer_secret": "s"}, '"a", but the content is that of "b"'),
                ("mpesa/shortcode/700001", {"number": "700002"}, "that of \"700002\""),
                ("customer/254700000001", {"msisdn": "254700000002"}, "that of \"254700000002\""),
                ("wechat/merchant/1900000109", merchant, "that of \"1900000108\""),
                ("mpesa/urls/7", {"confirmation": "http://127.0.0.1:9/"}, "5 to 7 digits"),
                ("mpesa/shortcode/700001", {"number": "700001", "initiators": [{"name": "a", "password": "b"}] * 2},
                 "is there twice"),
                ("wechat/sharing/x", {}, "8 to 10 digits"),
                ("wechat/sharing/1900000109", {"a": 1}, "must be {}"),
                ("wechat/receiver/x", {"relation_type": "STORE"}, "MCHID/TYPE/ACCOUNT"),
                (f"{receiver}/MERCHANT/1900000108", {"relation_type": "STORE"}, "MERCHANT_ID, PERSONAL_OPENID"),
                (f"{receiver}/MERCHANT_ID/1900000108", {"relation_type": "STOER"}, "did you mean STORE"),
                (f"{receiver}/MERCHANT_ID/1900000108", {"relation": "STORE"}, "relation_type")):
            with self.subTest(f"{name} {body}"):
                status, reply = server.admin("PUT", f"/admin/profiles?name={name}", body)
                self.assertEqual(400, status, reply)
                self.assertIn(pattern, json.loads(reply)["error"])
        for name, body in (("wechat/merchant/1900000108", merchant), ("wechat/sharing/1900000108", {}),
                           (f"{receiver}/MERCHANT_ID/1900000108", {"relation_type": "STORE"}),
                           # What is not good may be removed.
                           ("wechat/sharing/x", "")):
            status, reply = server.admin("PUT", f"/admin/profiles?name={name}", body)
            self.assertEqual(200, status, reply)
        self.assertEqual(0, server.stop())

    def register(self, merchant, key, number):
        """The status when an app registers C2B addresses for a number."""
        merchant.facts.update(consumer_key=key, consumer_secret="s" if key == "other" else self.secret)
        merchant.authorize()
        return merchant.post("/mpesa/c2b/v2/registerurl", {
            "ShortCode": number, "ResponseType": "Completed", "ConfirmationURL": "http://127.0.0.1:9/c",
            "ValidationURL": "http://127.0.0.1:9/v"})[0]

    def test_the_default_app_of_older_books_keeps_its_numbers_to_itself(self):
        server = self.start("--http=127.0.0.1:0")
        merchant = daraja.Merchant(server.http_port, self.data / "clients")
        default, self.secret = merchant.facts["consumer_key"], merchant.facts["consumer_secret"]
        # As they stored it: nobody's numbers were anybody's.
        old = {"consumer_key": default, "consumer_secret": self.secret, "name": "sandbox"}
        self.assertEqual(200, server.admin("PUT", f"/admin/profiles?name=mpesa/app/{default}", old)[0])
        self.assertEqual(0, server.stop())
        server = self.start("--http=127.0.0.1:0")
        other = {"consumer_key": "other", "consumer_secret": "s"}
        self.assertEqual(200, server.admin("PUT", "/admin/profiles?name=mpesa/app/other", other)[0])
        merchant.port = server.http_port
        self.assertEqual(400, self.register(merchant, "other", "600984"))
        self.assertEqual(200, self.register(merchant, default, "600984"))
        self.assertEqual(0, server.stop())

    def test_misspelt_words_are_refused_by_the_administrators_calls(self):
        server = self.start("--http=127.0.0.1:0")
        for method, path, body, pattern in (
                ("PUT", "/admin/profiles?name=mpesa/optoins", {}, "did you mean mpesa/options"),
                ("PUT", "/admin/profiles?name=mpesa/options", {"busy": "synch"}, "did you mean sync"),
                ("PUT", "/admin/profiles?name=mpesa/options", {"buzy": "sync"}, "did you mean busy"),
                ("PUT", "/admin/profiles?name=mpesa/options", '{"busy":"sync","busy":"accepted"}', "JSON object"),
                ("PUT", "/admin/profiles?name=mpesa/shortcode/1", {"number": "174379", "type": "tile"}, "mean till"),
                ("PUT", "/admin/profiles?name=mpesa/shortcode/1",
                 {"number": "174379", "initiators": [{"name": "a", "password": "b", "roles": ["b2x"]}]}, "b2c"),
                ("PUT", "/admin/profiles?name=wechat/options", {"error_words": "knew"}, "did you mean new"),
                ("POST", "/admin/orders/1/decline", {"code": 1033}, "did you mean 103"),
                ("POST", "/admin/handsets/254700001037/aprove", None, "did you mean approve"),
                ("POST", "/admin/faults", {"fault": "drop", "path": "/v3/pay", "cuont": 3}, "did you mean count"),
                ("POST", "/admin/faults", {"fault": "spike-arrest", "path": "/v3/pay/"}, "wrong-signature"),
                ("POST", "/admin/faults", {"fault": "stale-timestamp", "path": "/pay/"}, "wrong-signature")):
            with self.subTest(f"{path} {body}"):
                status, reply = server.admin(method, path, body)
                self.assertEqual(400, status, reply)
                self.assertRegex(json.loads(reply)["error"], pattern)
        self.assertEqual([], json.loads(server.admin("GET", "/admin/faults")[1]))
        self.assertEqual(0, server.stop())

    def test_misspelt_words_in_headers_are_refused_with_the_list(self):
        server = self.start("--http=127.0.0.1:0")
        merchant = daraja.Merchant(server.http_port, self.data / "clients")
        for header, words, pattern in (
                ("Tuma-Scenario", "cancle", "did you mean cancel"), ("Tuma-Scenario", "result:77", "1032"),
                ("Tuma-Scenario", "delay=soon", "milliseconds"), ("Tuma-Fault", "nonsense", "callback-twice"),
                ("Tuma-Fault", "error:500.003.99", "500.003.02"), ("Tuma-Fault", "wrong-signature", "spike-arrest"),
                ("Tuma-Fault", "callback-late:x", "milliseconds"), ("Tuma-Fualt", "drop", "did you mean Tuma-Fault"),
                ("Tuma-Scenario", "", "cancel"), ("Tuma-Scenario", "approve,", "cancel"),
                ("Tuma-Scenario", "cancel,insufficient", "contradicts"), ("Tuma_Scenario", "cancel", "Tuma-Scenario"),
                ("Tuma-Fault", " ", "callback-twice")):
            with self.subTest(words):
                status, body = merchant.push("254708374149", 1, "http://127.0.0.1:9/", **{header: words})
                self.assertEqual(400, status)
                self.assertRegex(json.loads(body)["error"], pattern)
        self.assertEqual([], json.loads(server.admin("GET", "/admin/notices")[1]))
        self.assertEqual(0, server.stop())


if __name__ == "__main__":
    program.main()
