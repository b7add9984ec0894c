"""Damaged files: what can be mended is mended with a note, all else stops the start and says where."""
import re
import shutil
import sqlite3
import unittest
from pathlib import Path

import native
import program

WALLETS = 5
FUNDS = 10_000


class Damage(program.ProcessTest):
    """Works on copies of two directories: `stopped` (two snapshots, all in the file) and `killed` (batches
    behind the newest snapshot)."""

    def setUp(self):
        super().setUp()
        self.stopped, self.killed = self.folder / "stopped", self.folder / "killed"
        self.reference = 500
        self.wallets = None
        self.records = []
        self.early_head = b""
        for _ in range(2):
            server = self.start(data=self.stopped)
            with server.client() as client:
                if not self.wallets:
                    self.wallets = native.open_wallets(client, WALLETS, FUNDS)
                self.transfer(client, 10)
            self.assertEqual(0, server.stop())
            # As a power failure may leave it: further back than the journal.
            self.early_head = self.early_head or (self.stopped / "head").read_bytes()
        self.assertEqual(2, len(self.snapshots(self.stopped)))
        self.acks("stopped").write_bytes(native.ACKS_HEADER + b"".join(self.records))
        self.told_when_stopped = len(self.records)
        shutil.copytree(self.stopped, self.killed)
        server = self.start(data=self.killed)
        with server.client() as client:
            self.transfer(client, 10)
            self.balances = [client.balance(wallet) for wallet in self.wallets]
        server.kill()
        self.acks("killed").write_bytes(native.ACKS_HEADER + b"".join(self.records))

    def transfer(self, client, count):
        """Each its own batch, since each waits for its answer."""
        for _ in range(count):
            self.reference += 1
            debit, credit = self.chance.sample(self.wallets, 2)
            command = native.move(native.reference(self.reference), debit, credit, self.chance.randint(1, 50))
            outcome, = client.call(native.TRANSFER, [command])
            self.assertEqual(0, outcome.code)
            self.records.append(native.ack_record(native.TRANSFER, command, 7, outcome))

    @staticmethod
    def snapshots(folder):
        return sorted(folder.glob("snapshot-*.tuma"))

    @staticmethod
    def segment(folder, number=1):
        return folder / f"journal-{number:06}.sqlite"

    def change(self, folder, sql, *values, number=1):
        """Edits a journal as another program would."""
        database = sqlite3.connect(self.segment(folder, number))
        with database:
            changed = database.execute(sql, values).rowcount
        database.close()
        self.assertEqual(1, changed)

    def batch(self, folder, sequence):
        database = sqlite3.connect(self.segment(folder))
        (data,), = database.execute("SELECT data FROM batch WHERE sequence = ?", (sequence,))
        database.close()
        return bytearray(data)

    def last(self, folder):
        database = sqlite3.connect(self.segment(folder))
        (sequence,), = database.execute("SELECT max(sequence) FROM batch")
        database.close()
        return sequence

    def put(self, folder, sequence, data):
        self.change(folder, "UPDATE batch SET data = ? WHERE sequence = ?", bytes(data), sequence)

    def flip(self, path, at):
        data = bytearray(path.read_bytes())
        data[at] ^= 0x10
        path.write_bytes(data)

    def check_refused(self, folder, *expected):
        code, err = self.refused_start(data=folder)
        self.assertEqual(1, code, err)
        message = err.splitlines()[-1]
        print(f"  {message}", flush=True)
        for pattern in expected:
            self.assertRegex(message, pattern)
        self.assertRegex(message, "restore|--data=DIR|use the newer program|writable")

    def check_starts_complete(self, folder, *notes):
        """With all that was acknowledged and the notes that were expected."""
        server = self.start(data=folder)
        with server.client() as client:
            self.assertEqual(self.balances, [client.balance(wallet) for wallet in self.wallets])
        told = [line["note"] for line in server.log("recovery_note")]
        self.assertEqual(len(notes), len(told), told)
        for pattern, note in zip(notes, told):
            print(f"  {note}", flush=True)
            self.assertRegex(note, pattern)
        self.assertEqual(0, server.stop())
        return server

    def test_an_untouched_directory_is_clean(self):
        self.assertEqual([], self.audit(self.acks("killed"), data=self.killed)["findings"])
        self.check_starts_complete(self.killed)
        self.assertEqual([], self.audit(self.acks("killed"), data=self.killed)["findings"])

    def test_an_altered_batch_in_the_middle_stops_a_start_that_reads_it_and_is_found_by_the_audit(self):
        middle = self.last(self.stopped) // 2
        data = self.batch(self.stopped, middle)
        data[len(data) // 2] ^= 1
        self.put(self.stopped, middle, data)
        findings = self.audit(data=self.stopped, expect=1)["findings"]
        self.assertIn(f"batch {middle}", str(findings))
        for snapshot in self.snapshots(self.stopped):
            snapshot.unlink()
        self.check_refused(self.stopped, f"batch {middle} ", "stored hash")

    def test_an_altered_byte_in_the_file_itself_is_the_same(self):
        middle = self.last(self.stopped) // 2
        found = self.segment(self.stopped).read_bytes().find(self.batch(self.stopped, middle))
        self.assertGreater(found, 0)
        self.flip(self.segment(self.stopped), found + 100)
        self.assertIn(f"batch {middle}", str(self.audit(data=self.stopped, expect=1)["findings"]))
        for snapshot in self.snapshots(self.stopped):
            snapshot.unlink()
        self.check_refused(self.stopped, f"batch {middle} ")

    def test_an_altered_last_batch_is_refused_and_not_taken_for_a_torn_one(self):
        last = self.last(self.killed)
        for at in (5, 20, 60, 100, -40, -1):
            with self.subTest(at=at):
                copy = self.folder / f"copy{at}"
                shutil.copytree(self.killed, copy)
                data = self.batch(copy, last)
                data[at] ^= 0x80
                self.put(copy, last, data)
                self.check_refused(copy, f"batch {last} ")
                self.assertIn(f"batch {last}", str(self.audit(data=copy, expect=1)["findings"]))

    def test_a_torn_last_batch_that_the_head_mark_has_is_refused(self):
        last = self.last(self.killed)
        self.put(self.killed, last, self.batch(self.killed, last)[:100])
        self.check_refused(self.killed, f"batch {last} ", "head mark", "restore")
        self.assertIn("head mark", str(self.audit(data=self.killed, expect=1)["findings"]))

    def test_a_torn_last_batch_that_nobody_was_told_of_is_dropped_with_a_note(self):
        last = self.last(self.killed)
        for kept in (0, 50, 100, 200):
            with self.subTest(kept=kept):
                copy = self.folder / f"copy{kept}"
                shutil.copytree(self.killed, copy)
                self.put(copy, last, self.batch(copy, last)[:kept])
                (copy / "head").write_bytes(self.early_head)
                server = self.start(data=copy)
                note, = (line["note"] for line in server.log("recovery_note"))
                self.assertIn(f"batch {last} is torn", note)
                self.assertEqual(last - 1, server.log("recovered")[0]["sequence"])
                with server.client() as client:
                    self.transfer(client, 1)
                self.assertEqual(0, server.stop())
                self.assertEqual([], self.audit(data=copy)["findings"])
                # That it had been acknowledged, which a torn batch never is, only its client knows.
                self.assertEqual(1, len(self.audit(self.acks("killed"), data=copy, expect=1)["findings"]))

    def test_a_batch_that_is_gone_is_named(self):
        gone = self.last(self.killed) - 3
        self.change(self.killed, "DELETE FROM batch WHERE sequence = ?", gone)
        self.check_refused(self.killed, f"batch {gone} ", "missing")
        self.assertIn(f"batch {gone}", str(self.audit(data=self.killed, expect=1)["findings"]))

    def test_exchanged_batches_are_refused(self):
        first = self.last(self.killed) - 2
        one, two = self.batch(self.killed, first), self.batch(self.killed, first + 1)
        self.put(self.killed, first, two)
        self.put(self.killed, first + 1, one)
        self.check_refused(self.killed, f"batch {first} ")

    def test_a_damaged_newest_snapshot_falls_back_to_the_older_one(self):
        older, newest = self.snapshots(self.killed)
        self.flip(newest, newest.stat().st_size // 2)
        server = self.check_starts_complete(self.killed, f"{newest.name}.*SHA-256")
        recovered, = server.log("recovered")
        self.assertIn(f"{recovered['snapshot']:020}", older.name)
        self.assertGreater(recovered["events_replayed"], 0)

    def test_two_damaged_snapshots_leave_the_replay_of_everything(self):
        older, newest = self.snapshots(self.killed)
        self.flip(older, 3)
        newest.write_bytes(newest.read_bytes()[:100])
        server = self.check_starts_complete(self.killed, newest.name, older.name)
        self.assertEqual(0, server.log("recovered")[0]["snapshot"])

    def test_a_half_written_snapshot_is_removed(self):
        _, newest = self.snapshots(self.killed)
        partial = Path(f"{newest}.partial")
        partial.write_bytes(newest.read_bytes()[:100])
        self.check_starts_complete(self.killed)
        self.assertFalse(partial.exists())

    def test_a_snapshot_newer_than_the_journal_stops_the_start(self):
        last = self.last(self.stopped)
        self.change(self.stopped, "DELETE FROM batch WHERE sequence = ?", last)
        (self.stopped / "head").write_bytes(self.early_head)
        self.check_refused(self.stopped, f"batch {last} of", "missing", "snapshot")

    def test_a_snapshot_of_another_journal_stops_the_start(self):
        other = self.folder / "other"
        server = self.start(data=other)
        with server.client() as client:
            native.open_wallets(client, WALLETS, FUNDS, salt=9)
            self.transfer(client, 20)
        self.assertEqual(0, server.stop())
        # Longer than the other, so that only the chain can tell.
        foreign = self.snapshots(self.stopped)[0]
        for snapshot in self.snapshots(other):
            snapshot.unlink()
        shutil.copy(foreign, other)
        self.check_refused(other, r"batch \d+ ", "different runs")

    def test_a_lost_log_of_sqlite_is_found_by_the_audit_of_acknowledgements(self):
        log = Path(f"{self.segment(self.killed)}-wal")
        self.assertGreater(log.stat().st_size, 0)
        log.unlink()
        findings = self.audit(self.acks("killed"), data=self.killed, expect=1)["findings"]
        lost = [finding for finding in findings if finding["kind"] == "acks"]
        self.assertEqual(len(self.records) - self.told_when_stopped, len(lost))

    def lose_end(self, folder, way):
        log = Path(f"{self.segment(folder)}-wal")
        if way == "log removed":
            log.unlink()
        elif way == "bit flipped in the log":
            self.flip(log, log.stat().st_size - 5000)
        elif way == "main file emptied":
            self.segment(folder).write_bytes(b"")
        elif way == "main file and log emptied":
            self.segment(folder).write_bytes(b"")
            log.write_bytes(b"")
        elif way == "journal removed":
            for path in folder.glob("journal-*"):
                path.unlink()
        elif way == "head mark removed":
            (folder / "head").unlink()

    def test_an_end_that_is_lost_is_refused_and_found(self):
        # Looking into a journal empties its log.
        shutil.copytree(self.killed, self.folder / "looked-into")
        last = self.last(self.folder / "looked-into")
        for way in ("log removed", "bit flipped in the log", "main file emptied", "main file and log emptied",
                    "journal removed", "head mark removed"):
            for with_snapshots in (True, False):
                with self.subTest(way, with_snapshots=with_snapshots):
                    copy = self.folder / f"copy-{way}-{with_snapshots}".replace(" ", "-")
                    shutil.copytree(self.killed, copy)
                    if not with_snapshots:
                        for snapshot in self.snapshots(copy):
                            snapshot.unlink()
                    self.lose_end(copy, way)
                    self.check_refused(copy, f"batch(es \\d+ to)? {last} of the journal|but its log is there|"
                                             "head mark is missing", "restore")
                    self.assertIn("journal", [finding["kind"] for finding in self.audit(data=copy, expect=1)["findings"]])

    def test_a_journal_of_which_only_what_was_made_of_it_is_left_is_a_finding(self):
        code, _, err = self.run_program(self.tuma, "project", f"--data={self.stopped}")
        self.assertEqual(0, code, err)
        for left in ("snapshot-*", "projection.sqlite*", "head"):
            with self.subTest(left):
                copy = self.folder / f"copy-{left[:4]}"
                shutil.copytree(self.stopped, copy)
                kept = set(copy.glob(left))
                self.assertTrue(kept)
                for path in set(copy.iterdir()) - kept:
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
                self.audit(data=copy, expect=1)

    def test_an_end_that_is_lost_for_good_is_accepted_on_purpose_and_remembered(self):
        self.lose_end(self.killed, "log removed")
        _, err = self.refused_start(data=self.killed)
        left = int(re.search(r"--accept-end=(\d+)", err).group(1))
        self.refused_start(f"--accept-end={left + 1}", data=self.killed)
        server = self.start(f"--accept-end={left}", data=self.killed)
        self.assertIn(f"batch {left} is the journal's end", server.log("journal_end_accepted")[0]["note"])
        self.assertEqual(0, server.stop())
        self.assertEqual(0, self.start(data=self.killed).stop())
        report = self.audit(data=self.killed)
        self.assertIn(f"accepted 1 times although it did not fit its head mark, the last time at batch {left}",
                      str(report["notes"]))

    def test_books_without_a_head_mark_of_an_earlier_program_are_opened_and_get_one(self):
        (self.killed / "head").unlink()
        database = sqlite3.connect(self.segment(self.killed))
        database.execute("PRAGMA user_version=1")
        database.close()
        self.check_starts_complete(self.killed)
        self.assertTrue((self.killed / "head").exists())
        self.assertEqual([], self.audit(self.acks("killed"), data=self.killed)["findings"])

    def test_an_altered_column_is_refused_and_found(self):
        last = self.last(self.killed)
        for column in ("first_transfer", "next_transfer", "time_us", "events"):
            with self.subTest(column):
                copy = self.folder / f"copy-{column}"
                shutil.copytree(self.killed, copy)
                self.change(copy, f"UPDATE batch SET {column} = {column} + 1 WHERE sequence = ?", last - 1)
                self.check_refused(copy, f"batch {last - 1} ", column)
                self.assertIn(column, str(self.audit(data=copy, expect=1)["findings"]))

    def test_a_foreign_schema_is_refused_and_found(self):
        for name, sql in (("trigger", "CREATE TRIGGER x AFTER INSERT ON batch BEGIN DELETE FROM batch; END"),
                          ("view", "CREATE VIEW x AS SELECT * FROM batch"),
                          ("table", "CREATE TABLE x(y)"), ("index", "CREATE INDEX x ON batch(time_us)")):
            with self.subTest(name):
                copy = self.folder / f"copy-{name}"
                shutil.copytree(self.killed, copy)
                database = sqlite3.connect(self.segment(copy))
                with database:
                    database.execute(sql)
                database.close()
                self.check_refused(copy, f'the {name} "x"', str(self.segment(copy)))
                self.assertIn(name, str(self.audit(data=copy, expect=1)["findings"]))

    def test_a_projection_that_somebody_added_to_is_begun_anew(self):
        database = sqlite3.connect(self.stopped / "projection.sqlite")
        with database:
            database.execute("CREATE TRIGGER x AFTER INSERT ON transfer BEGIN DELETE FROM account; END")
        database.close()
        self.assertIn("trigger x", str(self.audit(data=self.stopped, expect=1)["findings"]))
        code, _, err = self.run_program(self.tuma, "project", f"--data={self.stopped}")
        self.assertEqual(0, code, err)
        self.assertIn("begun anew", err)
        self.assertEqual([], self.audit(data=self.stopped)["findings"])

    def test_a_journal_that_is_no_database_is_refused(self):
        for name, damage in (("header", lambda data: b"\xff" * 100 + data[100:]),
                             ("short", lambda data: data[:5000]),
                             ("text", lambda data: b"hello, this is a text file\n" * 1000)):
            with self.subTest(name):
                copy = self.folder / f"copy-{name}"
                shutil.copytree(self.stopped, copy)
                path = self.segment(copy)
                path.write_bytes(damage(path.read_bytes()))
                self.check_refused(copy, str(path))
                self.audit(data=copy, expect=1)

    def test_one_spoilt_slot_of_the_head_mark_is_told_by_start_and_audit(self):
        for name, at in (("first", 20), ("second", 4096 + 20)):
            with self.subTest(name):
                copy = self.folder / f"copy-{name}"
                shutil.copytree(self.stopped, copy)
                self.flip(copy / "head", at)
                report = self.audit(data=copy)
                self.assertIn(f"the {name} of its two slots is not whole", str(report["notes"]))
                server = self.start(data=copy)
                line, = server.log("head_mark_flawed")
                self.assertIn(f"the {name} of its two slots", line["what"])
                self.assertEqual(0, server.stop())
        for copy in (self.stopped, self.killed):
            self.assertNotIn("slots", str(self.audit(data=copy)["notes"]))

    def test_a_head_mark_that_is_cut_short_is_found_by_the_audit(self):
        path = self.stopped / "head"
        path.write_bytes(path.read_bytes()[:5000])
        self.assertIn("5000 of 8192 bytes", str(self.audit(data=self.stopped, expect=1)["findings"]))
        self.check_refused(self.stopped, "cut short")

    def test_a_stray_file_is_found_by_the_audit(self):
        for number, pattern in ((0, "no file of a journal"), (3, "journal-000002.sqlite: is missing")):
            with self.subTest(number):
                copy = self.folder / f"copy-{number}"
                shutil.copytree(self.stopped, copy)
                self.segment(copy, number).write_bytes(b"")
                self.assertIn(pattern, str(self.audit(data=copy, expect=1)["findings"]))
                code, err = self.refused_start(data=copy)
                self.assertEqual(1, code, err)
                self.assertIn(pattern, err)

    def test_a_stray_row_is_found_by_the_audit(self):
        last = self.last(self.stopped)
        for number, pattern in ((-5, "a row of the number -5"), (0, "a row of the number 0"),
                                (last + 1, "its column first_transfer is 1, the batch before it ends at")):
            with self.subTest(number):
                copy = self.folder / f"copy{number}"
                shutil.copytree(self.stopped, copy)
                self.change(copy, "INSERT INTO batch VALUES (?, 1, 1, 0, 0, x'00')", number)
                self.assertIn(pattern, str(self.audit(data=copy, expect=1)["findings"]))

    def test_an_empty_journal_file_beside_a_snapshot_is_refused(self):
        self.segment(self.stopped).write_bytes(b"")
        last = int(self.snapshots(self.stopped)[-1].name.split("-")[1].split(".")[0])
        self.check_refused(self.stopped, f"batches 1 to {last}", "missing")

    def test_a_missing_projection_is_made_again(self):
        for name, damage in (("gone", lambda path: path.unlink()),
                             ("garbage", lambda path: path.write_bytes(b"garbage" * 1000)),
                             ("empty", lambda path: path.write_bytes(b"")),
                             ("cut", lambda path: path.write_bytes(path.read_bytes()[:6000]))):
            for way in ("project", "serve"):
                with self.subTest(name, way=way):
                    copy = self.folder / f"copy-{name}-{way}"
                    shutil.copytree(self.stopped, copy)
                    damage(copy / "projection.sqlite")
                    for extra in copy.glob("projection.sqlite-*"):
                        extra.unlink()
                    if way == "project":
                        code, _, err = self.run_program(self.tuma, "project", f"--data={copy}")
                        self.assertEqual(0, code, err)
                    else:
                        server = self.start(data=copy)
                        program.wait_until(lambda: self.projected(copy) == self.told_when_stopped + WALLETS,
                                           "the projection")
                        self.assertEqual(0, server.stop())
                    self.assertEqual(self.told_when_stopped + WALLETS, self.projected(copy))
                    self.assertEqual([], self.audit(data=copy)["findings"])

    def projected(self, folder):
        """Transfers in the projection; 0 while there is none."""
        try:
            database = sqlite3.connect(f"file:{folder / 'projection.sqlite'}?mode=ro", uri=True)
            try:
                return database.execute("SELECT count(*) FROM transfer").fetchone()[0]
            finally:
                database.close()
        except sqlite3.Error:
            return 0

    def test_a_changed_projection_is_found_by_the_audit(self):
        # It follows at idle priority: on a busy machine it may have nothing yet.
        code, _, err = self.run_program(self.tuma, "project", f"--data={self.stopped}")
        self.assertEqual(0, code, err)
        database = sqlite3.connect(self.stopped / "projection.sqlite")
        with database:
            changed = database.execute("UPDATE transfer SET amount = amount + 1 WHERE id = 9").rowcount
        database.close()
        self.assertEqual(1, changed)
        self.assertIn("projection", str(self.audit(data=self.stopped, expect=1)["findings"]))


class Segments(program.ProcessTest):
    """A journal of several files."""

    def setUp(self):
        super().setUp()
        server = self.start("--segment-bytes=1048576", "--project=off")
        with server.client() as client:
            wallets = native.open_wallets(client, 2, 10**9)
            for number in range(30):
                first = 10_000_000 + number * 1000
                client.call(native.TRANSFER, [native.move(native.reference(first + i), *wallets, 1)
                                              for i in range(1000)])
        self.assertEqual(0, server.stop())
        self.segments = sorted(self.data.glob("journal-*.sqlite"))
        self.assertGreater(len(self.segments), 2)

    def check_missing(self, missing):
        missing.unlink()
        code, err = self.refused_start()
        self.assertEqual(1, code, err)
        message = err.splitlines()[-1]
        print(f"  {message}", flush=True)
        self.assertRegex(message, rf"{missing.name}|batch(es)? \d+")
        self.assertIn("restore", message)
        self.assertNotEqual([], self.audit(expect=1)["findings"])

    def test_a_missing_first_file_stops_the_start(self):
        self.check_missing(self.segments[0])

    def test_a_missing_file_in_the_middle_stops_the_start(self):
        self.check_missing(self.segments[1])

    def test_a_missing_last_file_stops_the_start(self):
        self.check_missing(self.segments[-1])

    def test_without_snapshots_too(self):
        for snapshot in self.data.glob("snapshot-*"):
            snapshot.unlink()
        self.check_missing(self.segments[1])

    def test_a_missing_last_file_stops_the_start_without_snapshots_too(self):
        for snapshot in self.data.glob("snapshot-*"):
            snapshot.unlink()
        self.check_missing(self.segments[-1])

    def test_a_cut_file_in_the_middle_stops_the_start(self):
        middle = self.segments[1]
        for left in (0, middle.stat().st_size // 2):
            with open(middle, "r+b") as file:
                file.truncate(left)
            code, err = self.refused_start()
            self.assertEqual(1, code, err)
            self.assertIn(middle.name, err.splitlines()[-1])
            self.assertIn("restore", err.splitlines()[-1])
            self.assertNotEqual([], self.audit(expect=1)["findings"])

    def test_batches_that_are_there_twice_are_found_by_the_audit(self):
        first, second = (sqlite3.connect(path) for path in self.segments[:2])
        row = second.execute("SELECT * FROM batch ORDER BY sequence LIMIT 1").fetchone()
        with first:
            first.execute("INSERT INTO batch VALUES (?, ?, ?, ?, ?, ?)", row)
        for database in (first, second):
            database.close()
        self.assertIn(f"begins with batch {row[0]}", str(self.audit(expect=1)["findings"]))

    def test_a_lost_end_is_told_with_the_directory_and_in_words_for_one(self):
        database = sqlite3.connect(self.segments[-1])
        (last,), = database.execute("SELECT max(sequence) FROM batch")
        with database:
            database.execute("DELETE FROM batch WHERE sequence = ?", (last,))
        database.close()
        code, err = self.refused_start()
        self.assertEqual(1, code, err)
        message = err.splitlines()[-1]
        self.assertRegex(message, rf"batch {last} of the journal: is missing.*the head mark has it")
        self.assertIn(f"tuma audit --data={self.data} ", message)
        self.assertIn(f"tuma serve --data={self.data} --accept-end={last - 1} ", message)

    def test_the_whole_is_clean(self):
        self.assertEqual([], self.audit()["findings"])
        self.assertEqual(0, self.start().stop())


if __name__ == "__main__":
    program.main()
