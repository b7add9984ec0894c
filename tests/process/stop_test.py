"""SIGTERM under load, the snapshot that it leaves, and the second signal."""
import re
import signal
import unittest

import native
import program


class Stop(program.ProcessTest):
    def test_sigterm_under_load_finishes_what_was_begun_and_the_next_start_replays_nothing(self):
        server = self.start("--snapshot-every=0")
        load = self.start_load(server, "load", scenario="kenya-day",
                               flags=("--batch=100", "--in-flight=8", "--connections=4"))
        self.wait_for_acks("load", load, 20_000)
        self.assertEqual(0, server.stop(), server.err()[-2000:])
        self.assertEqual(3, load.wait(), load.err()[-2000:])
        self.assertRegex(load.out() + load.err(), r"in flight")
        self.assertTrue((self.folder / "load" / "report.json").exists())
        self.assertEqual([], self.audit(self.acks("load"))["findings"])

        again = self.start()
        recovered, = again.log("recovered")
        self.assertEqual(0, recovered["events_replayed"])
        self.assertEqual(recovered["sequence"], recovered["snapshot"])
        self.assertEqual(server.log("stopped")[0]["sequence"], recovered["sequence"])
        self.assertEqual(0, again.stop())
        self.assertEqual([], self.audit(self.acks("load"))["findings"])

    def test_a_signal_during_recovery_ends_it_and_the_next_start_recovers_all(self):
        server = self.start("--snapshot-every=0")
        with server.client() as client:
            wallets = native.open_wallets(client, 2, 1000)
            told, = client.call(native.TRANSFER, [native.move(native.reference(77), *wallets, 10)])
        server.kill()

        def with_pending_sigterm():
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
            signal.raise_signal(signal.SIGTERM)

        code, out, err = self.run_program(self.tuma, "serve", f"--data={self.data}", "--native=127.0.0.1:0",
                                          preexec_fn=with_pending_sigterm)
        self.assertEqual((0, ""), (code, out), err)
        again = self.start()
        with again.client() as client:
            self.assertEqual((told.id, 1), self.repeated(client, wallets, told))

    def test_sigint_does_the_same_and_a_client_that_waits_is_told(self):
        server = self.start()
        with server.client() as client:
            wallets = native.open_wallets(client, 2, 1000)
            client.call(native.TRANSFER, [native.move(native.reference(77), *wallets, 10)])
            server.signal(signal.SIGINT)
            with self.assertRaises(native.ErrorFrame) as told:
                client.receive()
            self.assertEqual(native.SHUTTING_DOWN, told.exception.code)
        self.assertEqual(0, server.wait())

    def test_a_second_signal_ends_it_at_once_and_what_was_told_stays(self):
        server = self.start("--drain-timeout=120s")
        client = server.client()
        self.addCleanup(client.close)
        wallets = native.open_wallets(client, 2, 10**9)
        told, = client.call(native.TRANSFER, [native.move(native.reference(77), *wallets, 10)])
        # Replies that nobody reads keep the shutdown waiting.
        client.send_until_held_back(native.frame(native.QUERY_ACCOUNT, [native.query_account(wallets[0])] * 8190))
        server.signal(signal.SIGTERM)
        program.wait_until(lambda: server.log("stopping"), "the log line stopping")
        self.assertTrue(server.is_running())
        server.signal(signal.SIGTERM)
        self.assertEqual(130, server.wait())
        again = self.start()
        with again.client() as client:
            self.assertEqual((told.id, 1), self.repeated(client, wallets, told))

    def repeated(self, client, wallets, told):
        outcome, = client.call(native.TRANSFER, [native.move(native.reference(77), *wallets, 10)])
        self.assertEqual(told._replace(replayed=True), outcome)
        return outcome.id, int(outcome.replayed)

    def test_clients_that_do_not_read_are_cut_off_after_the_drain_timeout(self):
        server = self.start("--drain-timeout=200ms")
        with server.client() as client:
            wallets = native.open_wallets(client, 2, 1000)
            client.send_until_held_back(native.frame(native.QUERY_ACCOUNT, [native.query_account(wallets[0])] * 8190))
            self.assertEqual(0, server.stop())
        self.assertEqual(1, len(server.log("replies_cut_off")))

    def test_log_lines_are_json_with_time_level_and_event(self):
        server = self.start()
        self.assertEqual(0, server.stop())
        for line in server.err().splitlines():
            record = program.json.loads(line)
            self.assertRegex(record["ts"], re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$"))
            self.assertIn("level", record)
        self.assertEqual(["recovered", "request_keys", "ready", "stopping", "stopped"],
                         [event for event in map(self.event, server.err().splitlines()) if event != "replaying"])

    @staticmethod
    def event(line):
        return program.json.loads(line)["event"]


if __name__ == "__main__":
    program.main()
