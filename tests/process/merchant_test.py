"""`tuma reconcile`, `tuma score` and `tuma-load sample-merchant` as a person uses them."""
import csv
import hashlib
import json

import native
import program

SCHEME = """
name = "market"
version = "1"
currency = "KES"
zone = "+03:00"
[[type]]
name = "pay-merchant"
purpose = "pay_merchant"
[[class]]
name = "shop"
kind = "settlement_payable"
receives = "pay-merchant"
[class.settlement]
lag_days = 0
lag_unit = "calendar"
"""
PLAN = """
[merchant]
currency = "KES"
from = 2024-01-01
to = 2024-12-30
[[rail]]
name = "card"
fee_bp = 200
lag_days = 2
lag_unit = "business"
[[rail]]
name = "till"
"""


class Reconcile(program.ProcessTest):
    def books_with_payouts(self, amounts):
        """A data directory in which shop.0 was paid out each amount and shop.1 its double."""
        path = self.folder / "market.toml"
        path.write_text(SCHEME)
        server = self.start(f"--schemes={path}")
        with server.client() as client:
            wallet, = native.open_wallets(client, 1, 10**12)
            shops = [client.call(native.OPEN_ACCOUNT, [native.open_account(
                native.reference(5000 + i), f"shop.{i}", native.SETTLEMENT_PAYABLE, scheme=1)])[0].id for i in (0, 1)]
            for number, amount in enumerate(amounts):
                for factor, shop in enumerate(shops, 1):
                    sale = native.move(native.reference(10 * number + factor, 1), wallet, shop, amount * factor)
                    self.assertEqual(0, client.call(native.PAY_MERCHANT, [sale])[0].code)
                    program.wait_until(lambda shop=shop: client.balance(shop) == 0, "the settlement")
        self.assertEqual(0, server.stop())

    def reconcile(self, *flags):
        return self.run_program(self.tuma, "reconcile", f"--data={self.data}", *flags)

    def read(self, name):
        with open(self.folder / name, encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def write(self, name, rows):
        with open(self.folder / name, "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys() if rows else ["date", "account", "amount_minor", "reference"])
            writer.writeheader()
            writer.writerows(rows)
        return f"--bank={self.folder / name}"

    def test_the_expected_file_is_clean_and_each_alteration_is_one_break(self):
        amounts = [1_000, 2_000, 2_000, 30_000, 7]
        self.books_with_payouts(amounts)
        code, _, err = self.reconcile(f"--expected={self.folder / 'expected.csv'}")
        self.assertEqual(0, code, err)
        rows = self.read("expected.csv")
        paid = {f"shop.{i}.bank": sorted(int(row["amount_minor"]) for row in rows if row["account"] == f"shop.{i}.bank")
                for i in (0, 1)}
        self.assertEqual({"shop.0.bank": sorted(amounts), "shop.1.bank": sorted(2 * a for a in amounts)}, paid)

        code, out, err = self.reconcile(f"--bank={self.folder / 'expected.csv'}")
        self.assertEqual((0, ""), (code, err))
        self.assertTrue(out.endswith("clean\n"), out)

        missing = next(row for row in rows if row["amount_minor"] == "30000")
        wrong = next(row for row in rows if row["amount_minor"] == "14")
        bank = [dict(row) for row in rows if row is not missing]
        next(row for row in bank if row["amount_minor"] == "14")["amount_minor"] = "15"
        bank.append(dict(bank[0]))
        bank.append({"date": rows[0]["date"], "account": "Stranger", "amount_minor": "5", "reference": ""})
        flag = self.write("bank.csv", bank)
        code, out, err = self.reconcile(flag, "--json")
        self.assertEqual((1, ""), (code, err))
        found = json.loads(out)
        self.assertFalse(found["clean"])
        self.assertEqual(["amount", "duplicate", "missing", "unexpected"], sorted(b["kind"] for b in found["breaks"]))
        by_kind = {b["kind"]: b for b in found["breaks"]}
        self.assertEqual(missing["reference"], by_kind["missing"]["book"]["reference"])
        self.assertEqual(-30_000, by_kind["missing"]["difference"])
        self.assertEqual((14, 15), (by_kind["amount"]["book"]["amount"], by_kind["amount"]["bank"]["amount"]))
        self.assertEqual(wrong["reference"], by_kind["amount"]["book"]["reference"])
        self.assertEqual(len(bank), by_kind["duplicate"]["bank"]["line"])
        code, out, _ = self.reconcile(flag)
        self.assertEqual(1, code)
        self.assertNotIn("clean", out)
        self.assertIn("missing: 1, bank less books KES −300.00\n", out)

        # Days without anything in them are clean, whatever the file holds beside them.
        self.assertEqual(0, self.reconcile(flag, "--to=2001-01-01")[0])

    def test_what_cannot_be_used_ends_with_2_and_a_reason(self):
        self.books_with_payouts([100])
        bad = self.folder / "bad.csv"
        bad.write_text("date,account,amount_minor\n2024-03-01,shop.0.bank,1.5\n")
        for flags, words in (((), "--bank=FILE.csv"), ((f"--bank={bad}",), "bad.csv:2: amount_minor"),
                             ((f"--bank={self.folder / 'none.csv'}",), "none.csv"),
                             ((f"--bank={bad}", "--from=1.3.2024"), "--from"),
                             ((f"--bank={bad}", "--from=2024-03-02", "--to=2024-03-01"), "--to")):
            code, out, err = self.reconcile(*flags)
            self.assertEqual((2, ""), (code, out), flags)
            self.assertIn(words, err)
        code, _, err = self.run_program(self.tuma, "reconcile", f"--data={self.folder}", f"--bank={bad}")
        self.assertEqual(2, code)
        self.assertIn("no journal", err)


class Score(program.ProcessTest):
    def test_a_sample_merchant_is_the_same_every_time_and_has_a_score(self):
        sales = self.folder / "sales.csv"
        for _ in range(2):
            code, out, err = self.run_program(self.tuma_load, "sample-merchant", "--kind=kiosk", "--seed=1", "--days=90",
                                              f"--out={sales}")
            self.assertEqual((0, ""), (code, err))
            self.assertTrue(out.startswith("synthetic, no real merchant: kiosk, seed 1"), out)
            self.assertEqual("be54398f0fea769ad4d6eaf4b9f52bc2663c1dec23b9e5f5f2d3b02be0a78b67",
                             hashlib.sha256(sales.read_bytes()).hexdigest())
        self.run_program(self.tuma_load, "sample-merchant", "--kind=kiosk", "--days=365", f"--out={sales}")
        plan = self.folder / "plan.toml"
        plan.write_text(PLAN)
        flags = [f"--sales={sales}", f"--plan={plan}"]
        code, out, err = self.run_program(self.tuma, "score", *flags, "--json")
        self.assertEqual((0, ""), (code, err))
        score = json.loads(out, parse_float=lambda text: self.fail(f"{text} is no integer"))
        self.assertEqual("card", score["rail"]["name"])
        self.assertEqual(36, len(score["advance"]["offers"]))
        self.assertEqual(180, score["features"]["days"])
        code, out, err = self.run_program(self.tuma, "score", *flags, "--rail=till", "--yield-bp=5")
        self.assertEqual((0, ""), (code, err))
        self.assertIn("on the rail till: ", out)
        self.assertIn("earns 0.05 % of the principal a day", out)
        code, out, err = self.run_program(self.tuma, "score", *flags, "--rail=tail")
        self.assertEqual((2, ""), (code, out))
        self.assertEqual("tuma: --rail: the plan has no rail \"tail\"; it has: card, till\n", err)


if __name__ == "__main__":
    program.main()
