"""Options come over the default set; what is there can be printed, edited, read back, and seen."""
import datetime
import hashlib
import http.client
import json
import unittest
import urllib.parse

import daraja
import program
import wechat

NOBODY = "http://127.0.0.1:9/nobody"


class Provision(program.ProcessTest):
    def serve(self, *flags, **options):
        return self.start("--http=127.0.0.1:0", "--clock=virtual", *flags, **options)

    def merchant(self, server, data=None):
        return daraja.Merchant(server.http_port, (data or self.data) / "clients")

    def is_paid_at_once(self, server, msisdn):
        """Whether a prompt is paid before any time has passed."""
        status, body = self.merchant(server).push(msisdn, 1, NOBODY)
        self.assertEqual(200, status, body)
        self.assertEqual(200, server.admin("POST", "/admin/clock/advance?by=0s")[0])
        key = json.loads(body)["CheckoutRequestID"]
        return json.loads(server.admin("GET", f"/admin/orders?key=m/stk/{key}")[1])["state"] == "succeeded"

    def file(self, text):
        file = self.folder / "provision.toml"
        file.write_text(text)
        return f"--provision={file}"

    def profiles(self, server):
        return sorted(json.loads(server.admin("GET", "/admin/profiles")[1]))

    def test_a_file_with_only_options_keeps_the_default_merchants(self):
        plain = self.profiles(self.serve(data=self.folder / "plain"))
        server = self.serve(self.file("[mpesa.options]\ncustomer_delay_ms = 0\n\n[wechat.options]\nbill_hour = 8\n\n"
                                      "[mtn.options]\ncustomer_delay_ms = 0\n"))
        self.assertEqual(sorted([*plain, "mpesa/options", "mtn/options", "wechat/options"]), self.profiles(server))
        self.assertTrue(self.is_paid_at_once(server, "254700000100"))
        for name in ("mpesa.json", "wechat.json", "mtn-momo.json"):
            self.assertTrue((self.data / "clients" / name).exists(), name)
        self.assertIn("published test values", server.out())
        self.assertEqual([], server.log("options_without_merchants"))

    def test_options_that_hold_for_nobody_are_told(self):
        server = self.serve(self.file("[wechat.options]\nbill_hour = 8\n\n[[mpesa.app]]\nconsumer_key = 'k'\n"
                                      "consumer_secret = 's'\nname = 'shop'\n\n[[mpesa.shortcode]]\n"
                                      "number = '174379'\nname = 'Shop'\npasskey = 'p'\n"))
        self.assertEqual(["wechat"], [line["dialect"] for line in server.log("options_without_merchants")])
        self.assertNotIn("published test values", server.out())
        self.assertFalse(any(name.startswith("wechat/merchant") for name in self.profiles(server)))

    def test_the_printed_default_set_is_read_back_as_it_is(self):
        code, text, err = self.run_program(self.tuma, "provision", "--print-default")
        self.assertEqual((0, ""), (code, err))
        self.assertIn("# until the simulated customer answers the prompt\ncustomer_delay_ms = 2000\n", text)
        plain = self.serve(data=self.folder / "plain")
        server = self.serve(self.file(text))
        self.assertEqual(sorted([*self.profiles(plain), "mpesa/options", "mtn/options", "wechat/options"]),
                         self.profiles(server))
        one, other = self.merchant(plain, self.folder / "plain"), self.merchant(server)
        for name in ("consumer_key", "consumer_secret", "shortcode", "passkey", "initiator", "initiator_password"):
            self.assertEqual(one.facts[name], other.facts[name])
        self.assertFalse(self.is_paid_at_once(server, "254700000100"))
        self.assertEqual(0, server.stop())
        # Edited.
        server = self.serve(self.file(text.replace("customer_delay_ms = 2000", "customer_delay_ms = 0")))
        self.assertTrue(self.is_paid_at_once(server, "254700000200"))

    def test_an_option_of_the_command_line_wins_and_is_kept(self):
        options = self.file("[mpesa.options]\ncustomer_delay_ms = 5000\nbusy = 'accepted'\n")
        server = self.serve(options, "--set", "mpesa.customer_delay_ms=0", "--set=wechat.bill_hour=8",
                            "--set=mpesa.in_flight=500")
        self.assertTrue(self.is_paid_at_once(server, "254700000100"))
        self.assertEqual(0, server.stop())
        self.assertTrue(self.is_paid_at_once(self.serve(), "254700000200"))

    def test_misspelt_options_are_refused_with_the_list_and_leave_nothing_behind(self):
        for option, words in (("mpesa.customer_delay=0", "customer_delay_ms"), ("mpes.busy=sync", "mpesa"),
                              ("mpesa.busy=snyc", "sync"), ("mpesa.customer_delay_ms=soon", "customer_delay_ms"),
                              ("customer_delay_ms=0", "DIALECT.OPTION=VALUE"), ("mpesa.busy", "DIALECT.OPTION=VALUE")):
            code, err = self.refused_start("--http=127.0.0.1:0", f"--set={option}", data=self.folder / "none")
            self.assertEqual(2, code, err)
            self.assertIn("--set", err)
            self.assertIn(words, err)
            self.assertFalse((self.folder / "none").exists())

    def test_wechat_pay_has_a_bill_on_the_day_it_is_installed(self):
        server = self.serve("--set=wechat.bills_of_today=true", "--set=wechat.customer_delay_ms=0")
        shop = wechat.Merchant(server.http_port, self.data / "clients")
        self.assertEqual(200, shop.order("ORDER-1", 1000)[0])
        self.assertEqual(200, server.admin("POST", "/admin/clock/advance?by=1s")[0])
        now = json.loads(server.admin("GET", "/admin/clock")[1])["now"]
        beijing = datetime.datetime.fromisoformat(now[:19]) + datetime.timedelta(hours=8)
        status, bill = shop.call("GET", f"/v3/bill/tradebill?bill_date={beijing:%Y-%m-%d}")
        self.assertEqual(200, status, bill)
        address = urllib.parse.urlsplit(bill["download_url"])
        status, file = shop.send("GET", f"{address.path}?{address.query}")
        self.assertEqual((200, bill["hash_value"]), (status, hashlib.sha1(file).hexdigest()))
        self.assertIn("`ORDER-1,", file.decode())

    def test_wechat_pays_files_have_the_names_and_forms_that_clients_read(self):
        self.serve()
        folder = self.data / "clients"
        facts = json.loads((folder / "wechat.json").read_text())
        code, text, err = self.run_program("openssl", "pkcs12", "-in", str(folder / "apiclient_cert.p12"), "-nodes",
                                           "-passin", f"pass:{facts['mchid']}")
        self.assertEqual(0, code, err)
        self.assertIn((folder / "apiclient_cert.pem").read_text().strip(), text)
        self.assertIn("BEGIN PRIVATE KEY", (folder / "apiclient_key.pem").read_text())
        self.assertEqual(str(folder / "pub_key.pem"), facts["public_key_file"])

    def test_the_lines_to_paste_fit_the_key_that_signs(self):
        self.assertIn("certs: {[f.platform_serial]", self.serve(data=self.folder / "plain").out())
        server = self.serve(self.file("[[wechat.merchant]]\nmchid = '1900000109'\nappids = ['wxd678efh567hg6787']\n"
                                      "keys = 'pubkey'\n"))
        self.assertIn("certs: {[f.public_key_id]", server.out())

    def test_print_default_has_to_be_said(self):
        code, out, err = self.run_program(self.tuma, "provision")
        self.assertEqual((2, ""), (code, out))
        self.assertIn("--print-default", err)

    def page(self, server, path, method="GET"):
        connection = http.client.HTTPConnection("127.0.0.1", server.http_port, timeout=60)
        try:
            connection.request(method, path)
            reply = connection.getresponse()
            return reply.status, reply.read().decode()
        finally:
            connection.close()

    def test_the_address_itself_says_who_is_answered_there(self):
        server = self.serve()
        status, text = self.page(server, "/")
        self.assertEqual(200, status)
        for word in ("tuma", "mpesa", "/mpesa/", "wechat", "/v3/", "mtn", "/collection/", "README.md", "/admin/requests"):
            self.assertIn(word, text)
        self.assertEqual((200, ""), self.page(server, "/", "HEAD"))
        self.assertEqual(404, self.page(server, "/nothing")[0])

    def test_every_call_that_is_listed_is_met_under_that_name(self):
        server = self.serve()
        routes = [(one["dialect"], one["method"], one["path"])
                  for one in json.loads(server.admin("GET", "/admin/routes")[1])["routes"]]
        self.assertEqual({"mpesa", "wechat", "mtn"}, {dialect for dialect, _, _ in routes})
        for dialect, method, path in routes:
            # The key is told in WeChat Pay's sandboxes only, and v2 looks for the merchant before anything else.
            target = path.replace("{}", "X").replace("/pay/getsignkey", "/sandboxnew/pay/getsignkey")
            body = "<xml/>" if dialect == "wechat" else "{}"
            connection = http.client.HTTPConnection("127.0.0.1", server.http_port, timeout=60)
            connection.request(method or "GET", target, None if method == "GET" else body,
                               {"Accept": "application/json", "User-Agent": "test"})
            connection.getresponse().read()
            connection.close()
        listed = json.loads(server.admin("GET", "/admin/requests?count=200")[1])["requests"]
        met = [(one["dialect"], one["method"], one["route"]) for one in reversed(listed)]
        self.assertEqual([(dialect, method or "GET", path) for dialect, method, path in routes], met)
        # What an option takes away is not listed.
        other = self.serve("--set=mpesa.b2pochi_path=false", "--set=mpesa.retired_paths=/mpesa/c2b/v1/simulate",
                           data=self.folder / "other")
        fewer = {one["path"] for one in json.loads(other.admin("GET", "/admin/routes")[1])["routes"]}
        self.assertEqual({"/mpesa/b2pochi/v1/paymentrequest", "/mpesa/c2b/v1/simulate"},
                         {path for _, _, path in routes} - fewer)

    def test_a_refused_request_is_in_the_log_and_at_the_administrators(self):
        server = self.serve()
        merchant = self.merchant(server)
        push = "/mpesa/stkpush/v1/processrequest"
        good = merchant.prompt("254708374149", 10, NOBODY)
        status, body = merchant.post(push, {**good, "Timestamp": "20200101000000"})
        self.assertEqual(500, status)
        self.assertEqual(200, merchant.post(push, good)[0])
        line = server.log("request")[-1]
        self.assertEqual({"level": "info", "method": "POST", "route": push, "dialect": "mpesa", "merchant": "sandbox",
                          "status": 500, "code": "500.001.1001", "trace": json.loads(body)["requestId"],
                          "why": "the timestamp in the body differs from the one in the password"},
                         {name: line[name] for name in ("level", "method", "route", "dialect", "merchant", "status",
                                                        "code", "trace", "why")})
        # Successes are written at the level debug.
        self.assertEqual(1, len(server.log("request")))
        listed = json.loads(server.admin("GET", "/admin/requests")[1])
        self.assertEqual(3, listed["total"])
        self.assertEqual([200, 500, 200], [one["status"] for one in listed["requests"]])
        self.assertNotIn(good["Password"], json.dumps(listed))
        self.assertNotIn(merchant.token, json.dumps(listed))

    def test_attempts_and_orders_are_listed_after_a_restart(self):
        server = self.serve()
        self.assertEqual(200, self.merchant(server).push("254708374149", 10, NOBODY)[0])
        server.admin("POST", "/admin/clock/advance?by=10s")
        before = json.loads(server.admin("GET", "/admin/notices?state=given_up")[1])
        self.assertEqual(1, len(before))
        self.assertEqual(0, server.stop())
        self.run_program(self.tuma, "project", f"--data={self.data}")
        server = self.serve()
        after = json.loads(server.admin("GET", "/admin/notices?state=given_up")[1])
        self.assertEqual([before[0][name] for name in ("notice", "order", "attempts", "status")],
                         [after[0][name] for name in ("notice", "order", "attempts", "status")])
        attempts = json.loads(server.admin("GET", "/admin/notices")[1])
        self.assertEqual([True], [one["from_books"] for one in attempts])
        orders = json.loads(server.admin("GET", "/admin/orders")[1])
        self.assertEqual((2, [2, 1]) if orders["total"] == 2 else (1, [1]),
                         (orders["total"], [one["id"] for one in orders["orders"]]))
        # By hand, once more.
        self.assertEqual(202, server.admin("POST", f"/admin/orders/{after[0]['order']}/notify")[0])
        server.admin("POST", "/admin/clock/advance?by=1s")
        self.assertEqual(2, len(json.loads(server.admin("GET", "/admin/notices?state=given_up")[1])))


if __name__ == "__main__":
    program.main()
