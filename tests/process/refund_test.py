"""Refunds over HTTP: of a fee comes back what was charged, not a fen more, over kill -9 and restarts."""
import program
import wechat


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


if __name__ == "__main__":
    program.main()
