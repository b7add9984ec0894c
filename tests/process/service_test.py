"""What a service manager hears of the switch: ready, alive, stopping, over a socket as systemd's."""
import os
import socket
import unittest

import native
import program


class Service(program.ProcessTest):
    def setUp(self):
        super().setUp()
        self.path = self.folder / "notify"
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.manager.close)
        self.manager.bind(str(self.path))
        self.manager.settimeout(program.PATIENCE_S)

    def hear(self):
        return self.manager.recv(4096).decode().split("\n")

    def hear_after_life(self):
        """The next message that is no sign of life."""
        while (message := self.hear()) == ["WATCHDOG=1"]:
            pass
        return message

    def test_it_says_that_it_is_ready_that_it_lives_and_that_it_stops(self):
        server = self.start(env={**os.environ, "NOTIFY_SOCKET": str(self.path), "WATCHDOG_USEC": "400000"})
        self.assertEqual(["READY=1", f"STATUS=native=127.0.0.1:{server.port} admin=127.0.0.1:{server.admin_port}"],
                         self.hear_after_life())
        with server.client() as client:
            native.open_wallets(client, 2, 100)
            for _ in range(3):
                self.assertEqual(["WATCHDOG=1"], self.hear())
        server.signal(program.signal.SIGTERM)
        self.assertEqual("STOPPING=1", self.hear_after_life()[0])
        self.assertEqual(0, server.wait())

    def test_without_a_watchdog_it_gives_no_sign_of_life(self):
        server = self.start(env={**os.environ, "NOTIFY_SOCKET": str(self.path)})
        self.assertEqual("READY=1", self.hear()[0])
        with server.client() as client:
            native.open_wallets(client, 2, 100)
        self.assertEqual(0, server.stop())
        self.assertEqual("STOPPING=1", self.hear()[0])

    def test_a_manager_that_is_gone_is_told_to_the_log_and_harms_nothing(self):
        server = self.start(env={**os.environ, "NOTIFY_SOCKET": str(self.folder / "nobody")})
        with server.client() as client:
            native.open_wallets(client, 2, 100)
        self.assertEqual(0, server.stop())
        line, = server.log("service_manager_not_told")
        self.assertEqual("No such file or directory", line["why"])


if __name__ == "__main__":
    program.main()
