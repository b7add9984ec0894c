"""Bad input on the native port: an error frame that says why, and nobody else is harmed."""
import socket
import struct
import unittest

import native
import program


class Wire(program.ProcessTest):
    def setUp(self):
        super().setUp()
        self.server = self.start("--frame-timeout=1s")
        self.bystander = self.server.client()
        self.addCleanup(self.bystander.close)
        self.wallets = native.open_wallets(self.bystander, 2, 10**9)
        self.memory = program.process_memory(self.server.pid)
        self.number = 10**6

    def tearDown(self):
        """The bystander was served all along, and the process is as large as before."""
        self.assertEqual(10**9, self.bystander.balance(self.wallets[0]))
        self.assertLess(program.process_memory(self.server.pid) - self.memory, 200 << 20)
        self.assertEqual(0, self.server.stop())
        self.assertEqual([], self.audit()["findings"])
        super().tearDown()

    def transfer(self, amount=1):
        self.number += 1
        return native.move(native.reference(self.number), *self.wallets, amount)

    def check_error(self, data, code, request_id=None, pattern=""):
        """Sent behind a good request: that is answered, then comes the error frame and the end."""
        with self.server.client() as client:
            client.send_bytes(native.frame(native.QUERY_ACCOUNT, [native.query_account(self.wallets[0])], 41) + data)
            self.assertEqual(41, client.receive().request_id)
            with self.assertRaises(native.ErrorFrame) as told:
                client.receive()
            self.assertEqual(code, told.exception.code, told.exception)
            self.assertRegex(told.exception.sentence, pattern or ".")
            if request_id is not None:
                self.assertEqual(request_id, told.exception.request_id)
            self.assertTrue(client.at_end())

    def test_wrong_frames_are_told_what_is_wrong(self):
        one = [self.transfer()]
        table = [
            ("length 0", struct.pack("<I", 0) + bytes(28), native.BAD_LENGTH),
            ("length 31", struct.pack("<I", 31) + bytes(28), native.BAD_LENGTH),
            ("length above 1 MiB, four bytes", struct.pack("<I", 1_048_577), native.BAD_LENGTH),
            ("length 4 GiB", b"\xff\xff\xff\xff", native.BAD_LENGTH),
            ("version 0", native.frame(native.TRANSFER, one, 42, version=0), native.BAD_VERSION),
            ("version 2", native.frame(native.TRANSFER, one, 42, version=2), native.BAD_VERSION),
            ("type 0", native.frame(0, one, 42), native.BAD_TYPE),
            ("type 21", native.frame(21, one, 42), native.BAD_TYPE),
            ("a reply", native.frame(native.TRANSFER | 0x80, one, 42), native.BAD_TYPE),
            ("an error frame", native.frame(native.ERROR, one, 42), native.BAD_TYPE),
            ("count 0", native.frame(native.TRANSFER, [], 42), native.BAD_COUNT),
            ("count 0 with a body", native.frame(native.TRANSFER, one, 42, count=0), native.BAD_COUNT),
            ("one too many", native.frame(native.TRANSFER, one, 42, count=2), native.BAD_COUNT),
            ("8191", native.frame(native.CHANGE_ACCOUNT, [bytes(32)] * 8191, 42), native.BAD_COUNT),
            ("checksum", native.frame(native.TRANSFER, one, 42, crc=12345), native.BAD_CHECKSUM),
            ("participant 0", native.frame(native.TRANSFER, one, 42, participant=0), native.BAD_COMMAND),
            ("currency", native.frame(native.TRANSFER, [native.move(native.reference(1), 1, 2, 3, currency=1)], 42),
             native.BAD_COMMAND),
            ("kind of account", native.frame(native.OPEN_ACCOUNT, [native.open_account(native.reference(1), "x", 99)],
                                             42), native.BAD_COMMAND),
            ("second of two", native.frame(native.TRANSFER, [one[0], one[0][:52] + b"\1" + one[0][53:]], 42),
             native.BAD_COMMAND),
        ]
        for name, data, code in table:
            with self.subTest(name):
                self.check_error(data, code, None if code == native.BAD_LENGTH else 42)

    def test_other_protocols_are_turned_away(self):
        client_hello = bytes.fromhex("16030100c8010000c40303") + bytes(range(189))
        # The first bytes of TLS could be a length.
        for name, data, code in (("HTTP", b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", native.BAD_LENGTH),
                                 ("TLS", client_hello, native.BAD_VERSION),
                                 ("SSH", b"SSH-2.0-OpenSSH_9.2p1\r\n", native.BAD_LENGTH),
                                 ("text", b"hello\r\n\r\n", native.BAD_LENGTH)):
            with self.subTest(name):
                self.check_error(data, code)

    def test_every_flipped_bit_is_noticed(self):
        right = native.frame(native.TRANSFER, [self.transfer(5)], 42)
        for bit in range(len(right) * 8):
            if bit < 32:
                # A longer frame merely is not complete yet; see the slow one.
                continue
            wrong = bytearray(right)
            wrong[bit // 8] ^= 1 << (bit % 8)
            with self.server.client() as client:
                client.send_bytes(bytes(wrong))
                with self.assertRaises(native.ErrorFrame, msg=f"bit {bit}"):
                    client.receive()

    def test_garbage_is_answered_or_hung_up_on(self):
        for _ in range(200):
            with self.server.client() as client:
                data = self.chance.randbytes(self.chance.randint(1, 3000))
                try:
                    client.send_bytes(data)
                    client.socket.shutdown(socket.SHUT_WR)
                    client.receive()
                except (native.ErrorFrame, native.ConnectionGone, OSError):
                    pass

    def test_a_truncated_frame_executes_nothing(self):
        right = native.frame(native.TRANSFER, [self.transfer(7), self.transfer(8)], 42)
        for kept in (1, 3, 4, 31, 32, 33, 95, 96, len(right) - 1):
            with self.subTest(kept=kept), self.server.client() as client:
                client.send_bytes(right[:kept])
                client.socket.shutdown(socket.SHUT_WR)
                with self.assertRaises((native.ConnectionGone, native.ErrorFrame)):
                    client.receive()

    def test_a_half_closed_connection_gets_all_its_replies(self):
        with self.server.client() as client:
            for _ in range(500):
                client.send(native.QUERY_ACCOUNT, [native.query_account(self.wallets[0])] * 10)
            client.send(native.STATEMENT, [native.statement(self.wallets[0])])
            client.socket.shutdown(socket.SHUT_WR)
            self.assertEqual(set(range(1, 502)), {client.receive().request_id for _ in range(501)})
            self.assertTrue(client.at_end())

    def test_a_frame_split_into_bytes_is_one_frame(self):
        with self.server.client() as client:
            for byte in native.frame(native.QUERY_ACCOUNT, [native.query_account(self.wallets[1])], 9):
                client.send_bytes(bytes([byte]))
            (outcome, account), = native.outcomes(client.receive())
            self.assertEqual((0, self.wallets[1]), (outcome.code, account.id))

    def test_a_frame_that_never_ends_is_cut_off(self):
        """Slow-loris: a byte now and then does not help."""
        frame = native.frame(native.TRANSFER, [self.transfer()] * 100, 42)
        with self.server.client(timeout=0.2) as client:
            with self.assertRaises(native.ErrorFrame) as told:
                for byte in frame:
                    client.send_bytes(bytes([byte]))
                    try:
                        client.receive()
                    except TimeoutError:
                        pass
            self.assertEqual(native.TOO_SLOW, told.exception.code)
            # The header had not arrived as far as the request's number, or it had.
            self.assertIn(told.exception.request_id, (0, 42))

    def test_connections_reset_in_the_middle_of_everything(self):
        for _ in range(200):
            client = self.server.client()
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            for _ in range(self.chance.randint(0, 5)):
                client.send(native.QUERY_ACCOUNT, [native.query_account(self.wallets[0])] * 100)
            client.close()

    def test_clients_that_never_read_are_held_back_and_others_are_served(self):
        request = native.frame(native.QUERY_ACCOUNT, [native.query_account(self.wallets[0])] * 8190)
        clients, sent = [], 0
        for _ in range(20):
            client = self.server.client()
            self.addCleanup(client.close)
            clients.append(client)
            sent += client.send_until_held_back(request)
            self.assertLess(program.process_memory(self.server.pid) - self.memory, 200 << 20)
        growth = program.process_memory(self.server.pid) - self.memory
        print(f"20 clients sent {sent >> 20} MiB and read nothing; the server grew by {growth >> 20} MiB", flush=True)
        self.assertEqual(10**9, self.bystander.balance(self.wallets[0]))


if __name__ == "__main__":
    program.main()
