"""kill -9 under full load at random moments: nothing that was acknowledged is lost or done twice."""
import signal
import time
import unittest

import program

SCENARIOS = ("p2p", "kenya-day", "hot-merchant", "two-phase")
# Operations in a frame, frames in flight, connections.
SHAPES = ((1, 64, 8), (10, 16, 4), (100, 8, 4), (1000, 4, 2), (8190, 3, 1))


class Kill(program.ProcessTest):
    def test_acknowledged_transfers_survive_kill_9_under_full_load(self):
        acks = []
        for number in range(1, program.ROUNDS + 1):
            # Small segments and frequent snapshots, so that some moments fall into these.
            server = self.start("--segment-bytes=8388608", "--snapshot-every=20000")
            batch, in_flight, connections = self.chance.choice(SHAPES)
            scenario = self.chance.choice(SCENARIOS)
            delay = self.chance.uniform(0.05, 1.0)
            name = f"round-{number}"
            load = self.start_load(server, name, scenario=scenario, duration="300s", seed=number, flags=(
                f"--batch={batch}", f"--in-flight={in_flight}", f"--connections={connections}"))
            self.wait_for_acks(name, load)
            time.sleep(delay)
            server.signal(signal.SIGKILL)
            self.assertEqual(-signal.SIGKILL, server.wait())
            self.assertEqual(3, load.wait(), load.err()[-2000:])
            acks.append(self.acks(name))
            told = sum((path.stat().st_size - 16) // 64 for path in acks)
            recovered, = server.log("recovered")
            print(f"round {number}: {scenario}, {connections} connections x {in_flight} x {batch}, killed after "
                  f"{delay:.3f} s; acknowledged so far {told}; started with {recovered}", flush=True)
            if number % 7 == 0:
                self.check(acks, told)
        with self.start().client():
            self.check(acks, told)

    def check(self, acks, told):
        report = self.audit(*acks)
        self.assertEqual([], report["findings"])
        self.assertGreater(told, 0)


if __name__ == "__main__":
    program.main()
