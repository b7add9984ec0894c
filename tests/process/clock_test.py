"""A wall clock that was set back: switch time goes on where the journal ended."""
import hashlib
import sqlite3
import struct
import time
import unittest

import native
import program

DAY_US = 86_400_000_000


class Clock(program.ProcessTest):
    def shift_last_batch(self, days):
        """Makes the journal's last batch one of the future, as if the clock had been set back since."""
        database = sqlite3.connect(self.data / "journal-000001.sqlite")
        (sequence, data), = database.execute("SELECT sequence, data FROM batch ORDER BY sequence DESC LIMIT 1")
        begun, = struct.unpack_from("<q", data, 16)
        later = begun + days * DAY_US
        data = data[:16] + struct.pack("<q", later) + data[24:-32]
        data += hashlib.sha256(data).digest()
        with database:
            database.execute("UPDATE batch SET data = ?, time_us = ? WHERE sequence = ?", (data, later, sequence))
        # As in books of before there were head marks: the mark would have the batch that was written.
        database.execute("PRAGMA user_version=1")
        database.close()
        (self.data / "head").unlink()
        return later

    def test_time_stands_still_until_the_wall_clock_has_caught_up(self):
        server = self.start()
        with server.client() as client:
            wallets = native.open_wallets(client, 2, 1000)
            before, = client.call(native.TRANSFER, [native.move(native.reference(50), *wallets, 1)])
        self.assertLess(abs(before.time / 1e6 - time.time()), 3600)
        server.kill()
        later = self.shift_last_batch(days=10)
        for start in range(2):
            server = self.start()
            warning, = server.log("clock_behind_journal")
            self.assertGreater(warning["by_ms"], 9 * DAY_US / 1000)
            with server.client() as client:
                times = []
                for number in range(20):
                    outcome, = client.call(native.TRANSFER, [
                        native.move(native.reference(100 + start * 100 + number), *wallets, 1)])
                    self.assertEqual(0, outcome.code)
                    times.append(outcome.time)
                self.assertEqual([later] * 20, times)
                # The remembered outcome, though it has another time than it was told with.
                again, = client.call(native.TRANSFER, [native.move(native.reference(50), *wallets, 1)])
                self.assertEqual((0, True, before.id, later), again[:4])
            # By a snapshot first, then by the journal alone.
            if start == 0:
                self.assertEqual(0, server.stop())
            else:
                server.kill()
        self.assertEqual([], self.audit()["findings"])

    def test_time_does_not_go_back_over_a_restart(self):
        last = 0
        for start in range(4):
            server = self.start()
            with server.client() as client:
                wallets = native.open_wallets(client, 2, 1000)
                for number in range(20):
                    outcome, = client.call(native.TRANSFER, [
                        native.move(native.reference(100 + start * 100 + number), *wallets, 1)])
                    self.assertGreaterEqual(outcome.time, last)
                    last = outcome.time
            server.kill()
        self.assertEqual([], self.audit()["findings"])


if __name__ == "__main__":
    program.main()
