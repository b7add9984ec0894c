"""Merchants that are settled all the time while the switch is killed: no payout is skipped, none is made twice."""
import signal
import sqlite3
import threading

import native
import program

SHOPS = 12
CLASSES = ("at-once", "with-reserve")
# Settlements fall due with every sale and every refund, so that any kill is in the middle of some.
SCHEME = """
name = "market"
version = "{version}"
currency = "KES"
zone = "+03:00"

[[type]]
name = "pay-merchant"
purpose = "pay_merchant"
[[type.fee]]
bearer = "payee"
rate_bp = {rate_bp}

[[class]]
name = "at-once"
kind = "settlement_payable"
receives = "pay-merchant"
[class.settlement]
lag_days = 0
lag_unit = "calendar"
negative_net = "collect"

[[class]]
name = "with-reserve"
kind = "settlement_payable"
receives = "pay-merchant"
[class.settlement]
lag_days = 0
lag_unit = "calendar"
minimum_payout = "5.00"
payout_fee = "0.10"
reserve_bp = 500
reserve_days = 1
"""


class Settlement(program.ProcessTest):
    def scheme_flag(self, version="1", rate_bp=150):
        path = self.folder / "market.toml"
        path.write_text(SCHEME.format(version=version, rate_bp=rate_bp))
        return f"--schemes={path}"

    def open_market(self, client):
        """A rich wallet, and shops of both classes, whose bank accounts are the numbers behind them."""
        self.wallet, = native.open_wallets(client, 1, 10**12)
        opened = client.call(native.OPEN_ACCOUNT, [
            native.open_account(native.reference(5000 + i), f"shop.{i}", native.SETTLEMENT_PAYABLE, floor=-10**9,
                                scheme=1, account_class=i % len(CLASSES)) for i in range(SHOPS)])
        self.assertEqual([0] * SHOPS, [outcome.code for outcome in opened])
        self.shops = [outcome.id for outcome in opened]

    def sell_until_gone(self, server, salt):
        """Sales and refunds as fast as they are answered, until the server is killed."""
        killer = threading.Timer(0.2 + self.chance.random(), server.signal, [signal.SIGKILL])
        killer.start()
        sold = 0
        try:
            with server.client() as client:
                while True:
                    commands = [native.move(native.reference(10_000_000 + sold + i, salt), self.wallet,
                                            self.chance.choice(self.shops), self.chance.randint(1, 2000))
                                for i in range(20)]
                    outcomes = client.call(native.PAY_MERCHANT, commands)
                    self.assertEqual({0}, {outcome.code for outcome in outcomes})
                    refund = native.move(native.reference(20_000_000 + sold, salt), self.chance.choice(self.shops),
                                         self.wallet, self.chance.randint(1, 500))
                    self.assertEqual(0, client.call(native.REFUND, [refund])[0].code)
                    sold += len(commands)
        except native.ConnectionGone:
            pass
        killer.join()
        server.kill()
        return sold

    def figures(self):
        """From the SQL tables: of each shop what came in, what went out, and what is left."""
        code, _, err = self.run_program(self.tuma, "project", f"--data={self.data}")
        self.assertEqual(0, code, err)
        with sqlite3.connect(self.data / "projection.sqlite") as database:
            settled = dict(database.execute(
                "SELECT account, sum(paid_out + payout_fee) FROM settlement GROUP BY account"))
            banked = dict(database.execute(
                "SELECT payout, (SELECT balance FROM account AS bank WHERE bank.id = shop.payout) FROM account AS shop "
                "WHERE payout IS NOT NULL"))
            balances = dict(database.execute("SELECT id, balance FROM account"))
            received = dict(database.execute(
                "SELECT shop.id, (SELECT coalesce(sum(amount), 0) FROM transfer WHERE credit = shop.id AND "
                "purpose <> 'payout') - (SELECT coalesce(sum(amount), 0) FROM transfer WHERE debit = shop.id AND "
                "purpose <> 'payout') FROM account AS shop WHERE shop.payout IS NOT NULL"))
            paid = dict(database.execute(
                "SELECT account, sum(paid_out) FROM settlement GROUP BY account"))
            count, = database.execute("SELECT count(*) FROM settlement").fetchone()
        return settled, banked, balances, received, paid, count

    def check_settlements(self):
        self.audit()
        settled, banked, balances, received, paid, count = self.figures()
        for shop in self.shops:
            self.assertEqual(received[shop], settled.get(shop, 0) + balances[shop], f"shop {shop}")
            self.assertEqual(paid.get(shop, 0), banked[shop + 1], f"bank account of shop {shop}")
        return count

    def test_kill_9_neither_skips_nor_repeats_a_payout(self):
        flag = self.scheme_flag()
        server = self.start(flag)
        with server.client() as client:
            self.open_market(client)
        sold = settlements = 0
        for salt in range(max(3, program.ROUNDS // 2)):
            sold += self.sell_until_gone(server, salt)
            count = self.check_settlements()
            self.assertGreater(count, settlements)
            settlements = count
            server = self.start(flag)
        # What fell due with the last sale is done once the switch runs again, by itself.
        with server.client() as client:
            client.call(native.ISSUE, [native.move(native.reference(99_999_999), 1, 2, 1)])
            for shop in self.shops[::len(CLASSES)]:
                program.wait_until(lambda shop=shop: client.balance(shop) == 0, f"the settlement of shop {shop}")
        self.assertEqual(0, server.stop())
        self.check_settlements()
        print(f"{sold} sales, {settlements} settlements", flush=True)

    def test_a_newer_version_of_a_scheme_holds_from_its_loading_on(self):
        server = self.start(self.scheme_flag(), "--log-level=info")
        with server.client() as client:
            self.open_market(client)
            client.call(native.PAY_MERCHANT, [native.move(native.reference(70_001), self.wallet, self.shops[0], 10_000)])
        self.assertEqual("now", server.log("scheme")[0]["loaded"])
        self.assertEqual(0, server.stop())
        server = self.start(self.scheme_flag())
        self.assertEqual("before", server.log("scheme")[0]["loaded"])
        self.assertEqual(0, server.stop())
        server = self.start(self.scheme_flag(version="2", rate_bp=200))
        self.assertEqual("now", server.log("scheme")[0]["loaded"])
        with server.client() as client:
            client.call(native.PAY_MERCHANT, [native.move(native.reference(70_002), self.wallet, self.shops[0], 10_000)])
            program.wait_until(lambda: client.balance(self.shops[0]) == 0, "the settlement")
            self.assertEqual(2 * 10_000 - 150 - 200, client.balance(self.shops[0] + 1))
        server.kill()
        self.assertEqual({"1", "2"}, self.versions())
        self.audit()

    def versions(self):
        self.run_program(self.tuma, "project", f"--data={self.data}")
        with sqlite3.connect(self.data / "projection.sqlite") as database:
            return {version for version, in database.execute("SELECT version FROM scheme")}

    def test_a_bad_scheme_file_stops_the_start_with_its_place(self):
        path = self.folder / "bad.toml"
        path.write_text(SCHEME.format(version="1", rate_bp=20_000))
        code, err = self.refused_start(f"--schemes={path}")
        self.assertEqual(2, code)
        self.assertIn("bad.toml:12", err)
        self.assertIn("rate_bp", err)
        self.assertFalse(self.data.exists(), "a slip leaves no directory behind")
        code, err = self.refused_start("--schemes=mpesa-keny")
        self.assertEqual(2, code)
        self.assertIn("mpesa-kenya", err)


if __name__ == "__main__":
    program.main()
