"""`tuma scheme`: what it prints where, and its exit codes; what it says of a payment is tested in tests/switch/files."""
import datetime
import json
import unittest

import program


class Scheme(program.ProcessTest):
    def scheme(self, code, *arguments):
        found, out, err = self.run_program(self.tuma, "scheme", *arguments)
        self.assertEqual(code, found, out + err)
        self.assertEqual("" if code == 2 else out, out, "a usage error prints nothing on standard output")
        return err if code == 2 else out

    def test_the_schemes_that_come_with_it_are_listed_and_each_is_in_order(self):
        names = [line.split()[0] for line in self.scheme(0, "list").splitlines()]
        self.assertEqual(["mpesa-kenya", "wechat-china", "alipay-china", "swish-sweden", "pix-brazil",
                          "mtn-uganda", "card-generic", "cash"], names)
        for name in names:
            self.assertIn(name + " ", self.scheme(0, "check", name))

    def test_a_wrong_file_is_told_with_its_line(self):
        file = self.folder / "my.toml"
        file.write_text('name = "my"\nversion = "1"\ncurrency = "KES"\nzone = "+03:00"\n\n'
                        '[[type]]\nname = "pay"\npurpose = "pay_merchant"\n[[type.fee]]\nbearer = "payee"\nflat = 0.5\n')
        err = self.scheme(2, "check", file)
        self.assertRegex(err, r"^tuma: \S*my\.toml:11: type\[0\]\.fee\[0\]\.flat: found 0\.5; .*quotation marks")
        self.assertEqual(1, len(err.splitlines()))
        file.write_text(file.read_text().replace("0.5", '"0.50"'))
        self.assertIn("payee 0.50", self.scheme(0, "check", file))

    def test_holidays_come_from_the_file_that_is_named(self):
        file = self.folder / "days.csv"
        file.write_text("calendar,date\nKE,2024-03-04\n")
        self.assertIn("without a file of holidays", self.scheme(0, "check", "mpesa-kenya"))
        self.assertIn("with 1 holidays", self.scheme(0, "check", "mpesa-kenya", f"--holidays={file}"))
        err = self.scheme(2, "check", "wechat-china", f"--holidays={file}")
        self.assertIn("no calendar called \"CN\"", err)
        self.assertIn(f"--holidays={file}: ", err)
        self.assertNotIn("wechat-china.toml", err)
        sale = ("explain", "mpesa-kenya", "--type=pay-merchant", "--amount=50000", "--on=2024-03-01",
                "--class=till-to-bank")
        self.assertIn("Monday 2024-03-04", self.scheme(0, *sale))
        self.assertIn("Tuesday 2024-03-05", self.scheme(0, *sale, f"--holidays={file}"))

    def test_holidays_that_a_later_start_leaves_out_are_missed_aloud(self):
        file = self.folder / "days.csv"
        file.write_text("calendar,date\nKE,2024-03-04\n")
        for flags, lost in (([f"--holidays={file}"], 0), ([f"--holidays={file}"], 0), ([], 1), ([], 0)):
            server = self.start("--schemes=mpesa-kenya", *flags)
            lines = server.log("holidays_lost")
            self.assertEqual(lost, len(lines), lines)
            for line in lines:
                self.assertEqual(("warning", "mpesa-kenya", "KE", 1),
                                 tuple(line[key] for key in ("level", "scheme", "calendar", "holidays")))
            self.assertEqual(0, server.stop())

    def test_a_payment_is_explained_for_people_and_for_programs(self):
        sale = ("explain", "mpesa-kenya", "--type=pay-merchant", "--amount=1234.50")
        self.assertIn("payee gets                     1227.71", self.scheme(0, *sale, "--on=2024-03-01"))
        told = json.loads(self.scheme(0, *sale, "--on=2024-03-01", "--at=23:59", "--json"))
        self.assertEqual(("1227.71", "6.79", "23:59"), (told["payee_gets"], told["borne_by_payee"], told["at"]))
        day = datetime.date.fromisoformat(json.loads(self.scheme(0, *sale, "--json"))["on"])
        today = datetime.datetime.now(datetime.timezone.utc).date()
        self.assertLessEqual(abs(day - today), datetime.timedelta(days=1), "without --on it is today")

    def test_a_payment_that_would_be_refused_is_exit_code_1(self):
        out = self.scheme(1, "explain", "mpesa-kenya", "--type=send", "--amount=250000.01", "--on=2024-03-01")
        self.assertIn("not_offered", out)
        self.assertIn("250000.00", out)

    def test_an_instant_is_one_whatever_zone_it_is_written_in(self):
        sale = ("explain", "wechat-china", "--type=pay-merchant", "--amount=100")
        for on in ("2026-11-30T16:30:00Z", "2026-12-01T00:30:00+08:00", "2026-11-30 09:30:00 -0700",
                   "2026-12-01T00:30"):
            out = self.scheme(0, *sale, f"--on={on}")
            self.assertIn("CNY 100.00 on Tuesday 2026-12-01 00:30 +08:00\n", out)
            self.assertIn("has the money on Wednesday 2026-12-02 00:00 +08:00", out)
        self.assertIn("the time already", self.scheme(2, *sale, "--on=2026-11-30T16:30:00Z", "--at=16:30"))

    def test_what_is_not_paid_out_alone_is_said_to_wait(self):
        out = self.scheme(0, "explain", "mpesa-kenya", "--class=till-to-bank", "--type=pay-merchant", "--amount=1000",
                          "--on=2026-11-27")
        self.assertIn("does not have it before 35000.00 have gathered, fees off; alone it is 994.50.\n", out)
        self.assertNotIn("has the money", out)

    def test_a_path_that_is_not_there_is_told_although_nothing_would_be_read_from_it(self):
        for path, reason in ((self.folder / "none.csv", "cannot be opened"), (self.folder, "is a directory")):
            for arguments in (("check", "cash"), ("explain", "cash", "--type=pay-merchant", "--amount=1")):
                self.assertIn(reason, self.scheme(2, *arguments, f"--holidays={path}"))

    def test_amounts_have_the_decimals_of_their_currency(self):
        file = self.folder / "own.toml"
        for currency, amount, fee in (("XAF", "1000", "13"), ("THB", "1000.00", "12.50"), ("JOD", "1000.000", "12.500"),
                                      ("CLF", "1000.0000", "12.5000")):
            file.write_text(f'name = "own"\nversion = "1"\ncurrency = "{currency}"\nzone = "+00:00"\n\n'
                            '[[type]]\nname = "pay"\npurpose = "pay_merchant"\n[[type.fee]]\nbearer = "payee"\n'
                            'rate_bp = 125\n[[class]]\nname = "shop"\nkind = "till"\nreceives = "pay"\n')
            out = self.scheme(0, "explain", file, "--type=pay", f"--amount={amount}")
            self.assertIn(f"pay of {currency} {amount} on", out)
            self.assertRegex(out, rf"operator earns +{fee} ")
        file.write_text(file.read_text().replace("CLF", "XAU"))
        self.assertIn("'XAU' has no minor unit in ISO 4217", self.scheme(2, "check", file))

    def test_wrong_usage_is_told_with_the_name_of_the_flag_and_what_there_is(self):
        send = ("explain", "mpesa-kenya", "--type=send", "--amount=1")
        for arguments, *patterns in (
                ((), "subcommand"),
                (("check",), "FILE|NAME|required"),
                (("check", "mpesa"), "mpesa-kenya, wechat-china"),
                (("check", "./nothing.toml"), "cannot be opened"),
                (send[:3], "--amount"),
                ((*send[:2], "--type=sned", "--amount=1"), "--type", "send, withdraw, deposit"),
                ((*send, "--on=2018-06-30"), "--on", "since 2023-07-01, 2018-07-01 to 2023-06-30"),
                ((*send, "--on=2023-02-29"), "--on", "2023-02-29"),
                ((*send, "--on=1/7/2023"), "--on"),
                ((*send, "--at=24:00"), "--at", "23:59"),
                ((*send, "--at=9"), "--at"),
                ((*send, "--class=till"), "--class", "customer"),
                ((*send[:3], "--amount=1.234"), "--amount", "more than 2 decimals"),
                ((*send[:3], "--amount=0"), "--amount", "above 0"),
                ((*send[:3], "--amount=-5"), "--amount"),
                ((*send, "--withdrawn=much"), "--withdrawn")):
            with self.subTest(" ".join(arguments)):
                err = self.scheme(2, *arguments)
                for pattern in patterns:
                    self.assertRegex(err, pattern)


if __name__ == "__main__":
    program.main()
