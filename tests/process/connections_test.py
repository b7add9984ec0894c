"""Ten thousand idle connections, one more than there may be, and clients that never read."""
import http.client
import re
import resource
import socket
import time
import unittest
import urllib.request

import native
import program

WANTED = 10_000
# The program's own files and those of this test.
OTHERS = 200


class Connections(program.ProcessTest):
    def test_ten_thousand_idle_connections_cost_little_and_others_are_served(self):
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        count = min(WANTED, hard - OTHERS)
        if count < WANTED:
            print(f"only {count} connections, because a process may have {hard} files", flush=True)
        server = self.start()
        with server.client() as bystander:
            wallets = native.open_wallets(bystander, 2, 10**9)
            before = program.process_memory(server.pid)
            idle = [server.client() for _ in range(count)]
            for client in idle:
                self.addCleanup(client.close)
            for number in range(100):
                outcome, = bystander.call(native.TRANSFER, [native.move(native.reference(5000 + number), *wallets, 1)])
                self.assertEqual(0, outcome.code)
            growth = program.process_memory(server.pid) - before
            print(f"{count} idle connections: {growth >> 20} MiB", flush=True)
            self.assertLess(growth, 200 << 20)
            admin = http.client.HTTPConnection("127.0.0.1", server.admin_port)
            admin.request("GET", "/readyz")
            self.assertEqual(200, admin.getresponse().status)
            admin.close()
            for client in self.chance.sample(idle, 50):
                self.assertEqual(10**9 - 100, client.balance(wallets[0]))
            # A load runs beside them.
            load = self.start_load(server, "beside", duration="1s", flags=("--batch=10",))
            self.finished_load(load, "beside")
        self.assertEqual(0, server.stop())
        for client in idle[:10]:
            with self.assertRaises(native.ErrorFrame) as told:
                client.receive()
            self.assertEqual(native.SHUTTING_DOWN, told.exception.code)

    def held(self, server):
        """What the server says that connections hold, in bytes."""
        with urllib.request.urlopen(f"http://127.0.0.1:{server.admin_port}/metrics") as reply:
            lines = reply.read().decode().splitlines()
        return int(next(line.split()[1] for line in lines if line.startswith("tuma_connection_memory_bytes ")))

    def send_all(self, server, sockets, frame):
        """Each socket sends the same frame again and again until the server takes no more from any, because it
        holds as much as it may. On a busy machine it may also be slow for a while."""
        rest = {sock: memoryview(frame) for sock in sockets}
        idle_rounds = 0
        while idle_rounds < 2000 and not (idle_rounds >= 100 and self.held(server) > 340 << 20):
            moved = 0
            for sock in list(rest):
                try:
                    count = sock.send(rest[sock])
                    rest[sock] = rest[sock][count:] or memoryview(frame)
                    moved += count
                except BlockingIOError:
                    pass
                except OSError:
                    del rest[sock]  # it was cut off, because it took nothing for too long
            idle_rounds = 0 if moved else idle_rounds + 1
            if not moved:
                time.sleep(0.01)

    def test_clients_that_never_read_hold_bounded_memory_and_it_comes_back(self):
        server = self.start()
        with server.client() as client:
            wallet, _ = native.open_wallets(client, 2, 1000)
        before = program.process_memory(server.pid)
        sockets = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(300)]
        for sock in sockets:
            self.addCleanup(sock.close)
            sock.setblocking(False)
        self.send_all(server, sockets, native.frame(native.QUERY_ACCOUNT, [native.query_account(wallet)] * 2000))
        growth, held = program.process_memory(server.pid) - before, self.held(server)
        print(f"300 clients that never read: {growth >> 20} MiB, {held >> 20} MiB counted", flush=True)
        self.assertLess(held, 400 << 20)
        with server.client() as client:
            self.assertEqual(1000, client.balance(wallet))
        for sock in sockets:
            sock.close()
        program.wait_until(lambda: self.held(server) < 1 << 20, "the connections' end")
        # AddressSanitizer keeps what is freed for a while.
        if b"__asan_init" not in self.tuma.read_bytes():
            self.assertLess(growth, 512 << 20)
            program.wait_until(lambda: program.process_memory(server.pid) - before < 100 << 20, "the memory")
        self.assertEqual(0, server.stop())

    def test_idle_clients_cannot_take_the_files_that_the_journal_needs(self):
        def few_files():
            resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))

        server = self.start("--segment-bytes=1048576", preexec_fn=few_files)
        lowered, = server.log("settings_changed")
        self.assertRegex(lowered["why"], r"--connections is \d+ instead of 12000.* 64 open files .*ulimit")
        with server.client() as client:
            wallets = native.open_wallets(client, 2, 10**9)
            for _ in range(100):
                for port in (server.port, server.admin_port):
                    idle = socket.create_connection(("127.0.0.1", port), 120)
                    self.addCleanup(idle.close)
            for number in range(30):
                first = 10_000_000 + number * 1000
                client.call(native.TRANSFER, [native.move(native.reference(first + i), *wallets, 1)
                                              for i in range(1000)])
        self.assertGreater(len(list(self.data.glob("journal-*.sqlite"))), 2)
        self.assertEqual(0, server.stop())
        self.assertEqual([], self.audit()["findings"])

    def test_more_connections_than_a_process_may_have_files_are_refused(self):
        def few_files():
            resource.setrlimit(resource.RLIMIT_NOFILE, (300, 300))

        code, err = self.refused_start("--connections=1000", preexec_fn=few_files)
        self.assertEqual(2, code)
        fitting = int(re.search(r"1000 need \d+ open files, and a process may have 300 .*--connections=(\d+)",
                                err).group(1))
        self.assertFalse(self.data.exists())
        server = self.start(f"--connections={fitting}", with_admin=False, preexec_fn=few_files)
        self.assertEqual(0, server.stop())
        code, err = self.refused_start(f"--connections={fitting + 1}", preexec_fn=few_files)
        self.assertEqual(2, code)
        code, err = self.refused_start("--http=127.0.0.1:0", preexec_fn=lambda: resource.setrlimit(
            resource.RLIMIT_NOFILE, (40, 40)))
        self.assertEqual(2, code)
        self.assertIn("4 connections need", err)

    def test_one_connection_too_many_is_told_so(self):
        server = self.start("--connections=50")
        clients = [server.client() for _ in range(50)]
        for client in clients:
            self.addCleanup(client.close)
        wallets = native.open_wallets(clients[0], 2, 1000)
        for _ in range(3):
            with server.client() as one_more, self.assertRaises(native.ErrorFrame) as told:
                one_more.receive()
            self.assertEqual(native.TOO_MANY_CONNECTIONS, told.exception.code)
        for client in clients:
            self.assertEqual(1000, client.balance(wallets[0]))
        clients[7].close()

        def has_room():
            with server.client() as client:
                try:
                    return client.balance(wallets[0]) == 1000
                except (native.ErrorFrame, native.ConnectionGone):
                    return False

        program.wait_until(has_room, "room for a connection")
        self.assertEqual(0, server.stop())


if __name__ == "__main__":
    program.main()
