"""What the README says of a suite under the virtual clock: its lines run as they stand there."""
import re
import sys
import unittest
from pathlib import Path

import daraja
import program

README = Path(__file__).resolve().parent.parent.parent / "README.md"


class Suite(program.ProcessTest):
    def test_five_hundred_prompts_are_called_back_once_each(self):
        shop = self.folder / "suite"
        server = self.start("--http=127.0.0.1:0", "--clock=virtual", data=shop)
        section = README.read_text(encoding="utf-8").split("## A test suite that does not wait\n")[1]
        lines = re.search(r"```python\n(.*?)```", section, re.S).group(1)
        for written, real in (("127.0.0.1:8080", server.http_port), ("127.0.0.1:9411", server.admin_port)):
            self.assertIn(written, lines)
            lines = lines.replace(written, f"127.0.0.1:{real}")
        before = self.money(server)
        code, out, err = self.run_program(sys.executable, "-c", lines, cwd=self.folder)
        self.assertEqual((0, "500 paid and called back\n"), (code, out), err[-2000:])
        # The lines themselves compare what was asked with what was told; here the switch says the same.
        self.assertEqual(500 * 1000, self.money(server) - before)
        self.assertIn('tuma_notice_results_total{result="delivered"} 500\n', server.admin("GET", "/metrics")[1])
        self.assertEqual(0, server.stop())
        self.assertTrue(self.audit(data=shop))

    def money(self, server):
        shortcode = daraja.Merchant(server.http_port, server.data / "clients").facts["shortcode"]
        status, body = server.admin("GET", f"/admin/accounts/{shortcode}")
        self.assertEqual(200, status, body)
        return int(re.search(r'"balance":(\d+)', body).group(1))


if __name__ == "__main__":
    program.main()
