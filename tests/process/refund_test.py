"""Refunds over HTTP: of a fee comes back what was charged, not a fen more, over kill -9 and restarts; and what is left
of a payment that was to be shared."""
import native
import program
import wechat

SCHEME = """
name = "market"
version = "{version}"
currency = "KES"
zone = "+03:00"
[operator]
own_funds_may_be_short = {may_be_short}
"""
# A scheme's first accounts.
TRUST, FEES = 1, 2


class Refund(program.ProcessTest):
    def merchant(self, server):
        return wechat.Merchant(server.http_port, self.data / "clients")

    def paid(self, merchant, number, total):
        status, reply = merchant.order(number, total)
        self.assertEqual(200, status, reply)
        program.wait_until(lambda: merchant.is_paid(number), "the customer's payment")

    def own(self):
        """The operator's own funds in fen, from clean books."""
        report = self.audit()
        self.assertEqual([], report["findings"])
        return int(report["currencies"]["CNY"]["own"])

    def test_fifty_parts_get_back_the_fee_of_the_whole(self):
        server = self.start("--http=127.0.0.1:0")
        merchant = self.merchant(server)
        self.paid(merchant, "SALE-4200", 4200)
        self.paid(merchant, "SALE-100", 100)
        self.assertEqual(25 + 1, self.own())
        for i in range(50):
            if i == 20:
                server.kill()
                server = self.start("--http=127.0.0.1:0")
                merchant = self.merchant(server)
            status, reply = merchant.refund("SALE-4200", f"PART-{i}", 84, 4200)
            self.assertEqual(200, status, reply)
            if i % 10 == 0:
                self.assertGreaterEqual(self.own(), 1)
        self.assertEqual(1, self.own())
        for i in range(2):
            status, reply = merchant.refund("SALE-100", f"HALF-{i}", 50, 100)
            self.assertEqual(200, status, reply)
        self.assertEqual(0, self.own())
        self.assertEqual(400, merchant.refund("SALE-100", "HALF-2", 50, 100)[0])
        self.assertEqual(0, server.stop())
        self.assertEqual(0, self.own())

    def test_what_was_not_shared_is_the_merchants_after_thirty_days_over_kill_9_too(self):
        flags = ("--http=127.0.0.1:0", "--clock=virtual", "--start=2026-10-02T10:00:00+08:00")
        server = self.start(*flags)
        merchant = self.merchant(server)
        self.assertEqual(200, merchant.order("SHARED-1", 1000, settle_info={"profit_sharing": True})[0])
        self.assertEqual(200, server.admin("POST", "/admin/clock/advance?by=5s")[0])
        path = f"/v3/profitsharing/transactions/{merchant.query('SHARED-1')['transaction_id']}/amounts"

        def unsplit():
            status, reply = merchant.call("GET", path)
            self.assertEqual(200, status, reply)
            return reply["unsplit_amount"]

        self.assertEqual(200, server.admin("POST", "/admin/clock/advance?by=29d")[0])
        self.assertEqual(994, unsplit())
        server.kill()
        server = self.start(*flags[:2])
        merchant = self.merchant(server)
        self.assertEqual(994, unsplit())
        self.assertEqual(200, server.admin("POST", "/admin/clock/advance?by=24h")[0])
        self.assertEqual(0, unsplit())
        self.assertEqual(0, server.stop())
        self.assertEqual([], self.audit()["findings"])

    def test_books_that_are_short_open_with_a_warning_and_are_a_finding(self):
        def start(version, may_be_short):
            path = self.folder / "market.toml"
            path.write_text(SCHEME.format(version=version, may_be_short=may_be_short))
            return self.start(f"--schemes={path}")

        def take_out(server, number):
            with server.client() as client:
                return client.call(native.REDEEM, [native.move(native.reference(number), FEES, TRUST, 25)])[0].code

        server = start("1", "true")
        self.assertEqual(0, take_out(server, 1))
        self.assertEqual(0, server.stop())
        self.assertEqual([], self.audit()["findings"])
        server = start("2", "false")
        self.assertEqual(53, take_out(server, 2))
        self.assertEqual(0, server.stop())
        finding, = self.audit(expect=1)["findings"]
        self.assertIn("the operator's own funds are -0.25", finding["sentence"])
        server = start("2", "false")
        warning, = server.log("own_funds_short")
        self.assertEqual(("warning", "KES", "-0.25"), (warning["level"], warning["currency"], warning["own"]))
        self.assertEqual(0, server.stop())


if __name__ == "__main__":
    program.main()
