"""`tuma scheme`: what it prints where, and its exit codes; what it says of a payment is tested in tests/files."""
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
                          "card-generic", "cash"], names)
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
        self.assertIn("no calendar called \"CN\"", self.scheme(2, "check", "wechat-china", f"--holidays={file}"))
        sale = ("explain", "mpesa-kenya", "--type=pay-merchant", "--amount=50000", "--on=2024-03-01",
                "--class=till-to-bank")
        self.assertIn("Monday 2024-03-04", self.scheme(0, *sale))
        self.assertIn("Tuesday 2024-03-05", self.scheme(0, *sale, f"--holidays={file}"))

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
