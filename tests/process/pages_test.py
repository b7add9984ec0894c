"""What the pages give to be pasted into a shell runs as it stands there."""
import json
import re
import shutil
from pathlib import Path

import program

PAGES = Path(__file__).resolve().parent.parent.parent / "protocols"


class Pages(program.ProcessTest):
    def pasted(self, page, server):
        """What each line of the page's shell blocks prints, the blocks pasted one after the other."""
        if shutil.which("curl") is None:
            program.loud_skip(self, "there is no curl")
        blocks = re.findall(r"```sh\n(.*?)```", (PAGES / page).read_text(encoding="utf-8"), re.S)
        lines = "".join(blocks)
        self.assertIn("127.0.0.1:8080", lines)
        code, out, err = self.run_program(
            "bash", "-euc", lines.replace("127.0.0.1:8080", f"127.0.0.1:{server.http_port}"))
        self.assertEqual(0, code, err)
        return [json.loads(line) for line in out.splitlines() if line]

    def test_requests_of_mpesa(self):
        server = self.start("--http=127.0.0.1:0")
        standing, invoice = self.pasted("mpesa/README.md", server)
        self.assertEqual("200", standing["ResponseHeader"]["responseCode"], standing)
        self.assertEqual("Invoice sent successfully", invoice["Status_Message"], invoice)
        for key in ("m/standing/174379/254708374149/Rent", "m/standing/174379/254708374149/Rent/payments",
                    "m/bm/174379/e/INV-1", "m/bm/174379/r/INV-1/7"):
            status, order = server.admin("GET", f"/admin/orders?key={key}")
            self.assertEqual(200, status, f"{key}: {order}")


if __name__ == "__main__":
    program.main()
