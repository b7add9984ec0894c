"""Retries after kill -9: the same bytes again, and every request has happened exactly once."""
import shutil
import signal
import threading
import unittest

import native
import program

WALLETS = 8
FUNDS = 1_000_000
FRAMES = 400
FRAME_COMMANDS = 25
WINDOW = 24


class Retry(program.ProcessTest):
    def make_requests(self):
        """Frames of transfers; some are far too large and stay refused for ever."""
        frames = []
        for number in range(FRAMES):
            commands = []
            for i in range(FRAME_COMMANDS):
                debit, credit = self.chance.sample(self.wallets, 2)
                amount = self.chance.randint(1, 3000) if self.chance.random() < 0.95 else 10**12
                ref = native.reference(10_000_000 + number * FRAME_COMMANDS + i)
                commands.append(native.move(ref, debit, credit, amount))
            frames.append(commands)
        return frames

    def send_all(self, server, frames, kill_at=None):
        """Sends all frames, at most WINDOW ahead of the replies, and kills the server right behind frame
        `kill_at`. Returns {frame: outcomes} of what was answered."""
        client = server.client()
        places = threading.Semaphore(WINDOW)
        answers = {}

        def send():
            try:
                for number, commands in enumerate(frames):
                    places.acquire()
                    client.send(native.TRANSFER, commands)
                    if number == kill_at:
                        server.signal(signal.SIGKILL)
            except native.ConnectionGone:
                pass

        sender = threading.Thread(target=send)
        sender.start()
        try:
            while len(answers) < len(frames):
                reply = client.receive()
                answers[reply.request_id - 1] = native.outcomes(reply)
                places.release()
        except native.ConnectionGone:
            pass
        finally:
            for _ in frames:
                places.release()
            sender.join()
            client.close()
        return answers

    def test_every_request_happens_once_however_often_it_is_sent(self):
        server = self.start("--segment-bytes=1048576")
        with server.client() as client:
            self.wallets = native.open_wallets(client, WALLETS, FUNDS)
        frames = self.make_requests()
        first_told, acks = {}, []
        for attempt in range(max(3, program.ROUNDS // 2)):
            kill_at = self.chance.randrange(0, FRAMES)
            answers = self.send_all(server, frames, kill_at)
            server.kill()
            for number, outcomes in answers.items():
                acks += [native.ack_record(native.TRANSFER, command, 7, outcome)
                         for command, outcome in zip(frames[number], outcomes)]
                self.compare(first_told, number, outcomes)
            print(f"attempt {attempt + 1}: {len(answers)} of {FRAMES} frames answered", flush=True)
            server = self.start()
        answers = self.send_all(server, frames)
        self.assertEqual(FRAMES, len(answers))
        for number, outcomes in answers.items():
            self.compare(first_told, number, outcomes)
        self.check_balances(server, frames, answers)
        self.acks("client").write_bytes(native.ACKS_HEADER + b"".join(acks))
        self.assertEqual([], self.audit(self.acks("client"))["findings"])
        self.assertEqual(0, server.stop())
        self.assertEqual([], self.audit(self.acks("client"))["findings"])

    def test_a_retry_is_known_long_after_its_key_has_left_memory(self):
        options = "--request-keys=2000", "--key-filter-bytes=65536"
        server = self.start(*options)
        with server.client() as client:
            self.wallets = native.open_wallets(client, WALLETS, FUNDS)
        frames = self.make_requests()
        told = {}
        # Killed twice on the way: what is not answered is sent again.
        for kill_at in (FRAMES // 3, FRAMES // 2, None):
            left = [number for number in range(FRAMES) if number not in told]
            answers = self.send_all(server, [frames[number] for number in left], kill_at)
            for position, outcomes in answers.items():
                told[left[position]] = outcomes
            if kill_at is not None:
                server.kill()
                server = self.start(*options)
        self.retry_what_was_busy(server, frames, told)
        first = {}
        for number, outcomes in told.items():
            self.compare(first, number, outcomes)
        for change in (lambda: None, lambda: shutil.rmtree(self.data / "keys")):
            server.kill()
            change()
            server = self.start(*options)
            again = self.send_all(server, frames)
            self.retry_what_was_busy(server, frames, again)
            for number, outcomes in again.items():
                self.compare(first, number, outcomes)
        self.check_balances(server, frames, told)
        self.assertEqual(0, server.stop())
        self.assertEqual([], self.audit()["findings"])

    def retry_what_was_busy(self, server, frames, told):
        """A full memory that the disk has not caught up with is told as overloaded: nothing was executed."""
        with server.client() as client:
            for number, outcomes in told.items():
                for i, outcome in enumerate(outcomes):
                    while outcome.code == native.OVERLOADED:
                        outcome, = client.call(native.TRANSFER, [frames[number][i]])
                    outcomes[i] = outcome

    def compare(self, first_told, number, outcomes):
        """The same answer as the first time, and marked as a repetition."""
        if number not in first_told:
            first_told[number] = outcomes
            return
        for first, again in zip(first_told[number], outcomes):
            self.assertTrue(again.replayed)
            self.assertEqual(first._replace(replayed=True), again)

    def check_balances(self, server, frames, answers):
        """What the outcomes say, added up here, is what the accounts have."""
        expected = dict.fromkeys(self.wallets, FUNDS)
        done, refused, numbers = 0, 0, set()
        for number, commands in enumerate(frames):
            for command, outcome in zip(commands, answers[number]):
                _, debit, credit, amount, *_ = native.struct.unpack("<16sIIqqQHHIq", command)
                if outcome.code:
                    self.assertEqual(native.INSUFFICIENT_FUNDS, outcome.code)
                    refused += 1
                    continue
                expected[debit] -= amount
                expected[credit] += amount
                done += 1
                numbers.add(outcome.id)
        self.assertGreater(refused, 0)
        self.assertEqual(done, len(numbers))
        with server.client() as client:
            self.assertEqual(expected, {wallet: client.balance(wallet) for wallet in self.wallets})
            first_refused = next(command for number, commands in enumerate(frames)
                                 for command, outcome in zip(commands, answers[number]) if outcome.code)
            again, = client.call(native.TRANSFER, [first_refused])
            self.assertEqual((native.INSUFFICIENT_FUNDS, True), (again.code, again.replayed))
            changed = first_refused[:24] + (1).to_bytes(8, "little") + first_refused[32:]
            again, = client.call(native.TRANSFER, [changed])
            self.assertEqual(native.MODIFIED_REQUEST, again.code)


if __name__ == "__main__":
    program.main()
