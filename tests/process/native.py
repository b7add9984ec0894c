"""The native protocol from its description alone (protocols/native/README.md): frames, commands, a client."""
import collections
import select
import socket
import struct
import zlib

HEADER = struct.Struct("<IBBHQIB3sII")
HEADER_BYTES = 32
FRAME_BYTES_MAX = 1_048_576
VERSION = 1
ERROR = 255
OPEN_ACCOUNT, ISSUE, REDEEM, DEPOSIT, WITHDRAW, TRANSFER, PAY_MERCHANT, LINKED, RESERVE = range(1, 10)
SETTLE, RELEASE, REVERSE, CHANGE_ACCOUNT, QUERY_ACCOUNT, QUERY_REQUEST, QUERY_TRANSFER, STATEMENT = range(10, 18)
REFUND, DISBURSE, BANK_TRANSFER = range(18, 21)

COMMAND_BYTES = {OPEN_ACCOUNT: 80, LINKED: 136, SETTLE: 48, RELEASE: 48, REVERSE: 48, CHANGE_ACCOUNT: 32,
                 QUERY_ACCOUNT: 40, QUERY_REQUEST: 16, QUERY_TRANSFER: 8, STATEMENT: 16,
                 **dict.fromkeys((ISSUE, REDEEM, DEPOSIT, WITHDRAW, TRANSFER, PAY_MERCHANT, RESERVE, REFUND, DISBURSE,
                                  BANK_TRANSFER), 64)}
RESULT_BYTES = {QUERY_ACCOUNT: 104, QUERY_TRANSFER: 160}
OUTCOME = struct.Struct("<HHIQqq")
ACCOUNT = struct.Struct("<IIqqqqqqQHBBI")

BAD_LENGTH, BAD_VERSION, BAD_TYPE, BAD_COUNT, BAD_CHECKSUM, BAD_COMMAND, TOO_SLOW, TOO_MANY_CONNECTIONS, \
    SHUTTING_DOWN = range(1, 10)
OVERLOADED, MODIFIED_REQUEST, INSUFFICIENT_FUNDS = 1, 3, 31

TRUST, WALLET, TILL, AGENT_FLOAT, SETTLEMENT_PAYABLE = 1, 2, 3, 4, 5
KES = 404
NO_FLOOR, NO_CEILING = -2**63, 2**63 - 1

Outcome = collections.namedtuple("Outcome", "code replayed id time balance")
Account = collections.namedtuple(
    "Account", "id owner debits_pending debits_posted credits_pending credits_posted floor ceiling last_transfer "
    "currency kind state reserved")
Reply = collections.namedtuple("Reply", "type count request_id participant durability body")


class ConnectionGone(Exception):
    """The server closed or reset the connection."""


class ErrorFrame(Exception):
    """The server's last word: code and sentence."""

    def __init__(self, code, sentence, request_id):
        super().__init__(f"error frame {code}: {sentence}")
        self.code, self.sentence, self.request_id = code, sentence, request_id


def reference(number, salt=0):
    """A 16-byte reference, never zero."""
    return struct.pack("<QQ", number, 0x9E3779B97F4A7C15 ^ salt)


def open_account(ref, identity, kind, floor=0, ceiling=NO_CEILING, currency=KES, valid_until=0, scheme=0,
                 account_class=0):
    return struct.pack("<16s32sqqqHBBHH", ref, identity.encode(), floor, ceiling, valid_until, currency, kind,
                       account_class, scheme, 0)


def move(ref, debit, credit, amount, memo=0, timeout=0, currency=KES, valid_until=0):
    return struct.pack("<16sIIqqQHHIq", ref, debit, credit, amount, valid_until, memo, currency, 0, 0, timeout)


def query_account(number=0, identity=""):
    return struct.pack("<32sII", identity.encode(), number, 0)


def statement(number, limit=100, before=0):
    return struct.pack("<IIQ", number, limit, before)


def frame(kind, commands, request_id=1, participant=7, *, version=VERSION, count=None, length=None, crc=None):
    """A request frame; the keyword arguments make it wrong on purpose."""
    body = b"".join(commands)
    fields = (HEADER_BYTES + len(body) if length is None else length, version, kind,
              len(commands) if count is None else count, request_id, participant, 0, b"\0\0\0", 0)
    right = zlib.crc32(HEADER.pack(*fields, 0) + body)
    return HEADER.pack(*fields, right if crc is None else crc) + body


def digest(kind, command):
    """The server's hash of a request; see "Digest" in the protocol's description."""
    k0, k1, k2, k3 = 0x243F6A8885A308D3, 0x13198A2E03707344, 0xA4093822299F31D0, 0xB7E151628AED2A6A

    def fold(x, y):
        product = x * y
        return (product >> 64) ^ (product & 0xFFFF_FFFF_FFFF_FFFF)

    content = command[16:]
    a, b = k0 ^ kind, k1 ^ len(content)
    padded = content + bytes(-len(content) % 16)
    for first, second in struct.iter_unpack("<QQ", padded):
        a, b = fold(first ^ k2, second ^ a), fold(second ^ k3, first ^ b)
    return struct.pack("<QQ", fold(a ^ k1, b ^ k2), fold(b ^ k0, a ^ k3))


def ack_record(kind, command, participant, outcome):
    """One record of a file of acknowledgements (ledger/store/acks.h)."""
    return struct.pack("<16s16sIHHQqq", command[:16], digest(kind, command), participant, outcome.code, 0, outcome.id,
                       outcome.time, outcome.balance)


ACKS_HEADER = struct.pack("<8sII", b"TUMAACKS", 1, 64)


class Client:
    """One connection. Calls wait for their replies; `send` and `receive` pipeline."""

    def __init__(self, port, host="127.0.0.1", participant=7, timeout=120):
        self.socket = socket.create_connection((host, port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.participant = participant
        self.next_id = 1
        self.input = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send_bytes(self, data):
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise ConnectionGone(str(error)) from error

    def send(self, kind, commands):
        """Sends one frame and returns its request id."""
        request_id, self.next_id = self.next_id, self.next_id + 1
        self.send_bytes(frame(kind, commands, request_id, self.participant))
        return request_id

    def _take(self, count):
        while len(self.input) < count:
            try:
                more = self.socket.recv(1 << 20)
            except ConnectionResetError as error:
                raise ConnectionGone(str(error)) from error
            if not more:
                raise ConnectionGone("end of stream")
            self.input += more
        taken, self.input = self.input[:count], self.input[count:]
        return taken

    def receive(self):
        """The next reply. Raises ErrorFrame, ConnectionGone."""
        head = self._take(HEADER_BYTES)
        length, version, kind, count, request_id, participant, durability, pad, reserved, crc = HEADER.unpack(head)
        if not HEADER_BYTES <= length <= FRAME_BYTES_MAX or version != VERSION or pad != b"\0\0\0" or reserved:
            raise AssertionError(f"the server sent a bad header: {head.hex()}")
        body = self._take(length - HEADER_BYTES)
        if zlib.crc32(head[:28] + b"\0\0\0\0" + body) != crc:
            raise AssertionError("the server sent a frame with a wrong checksum")
        if kind == ERROR:
            raise ErrorFrame(count, body.decode(), request_id)
        return Reply(kind & 0x7F, count, request_id, participant, durability, body)

    def at_end(self):
        """True when the server closes without another byte."""
        try:
            return not self.input and self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def call(self, kind, commands):
        """Sends one frame, waits for its reply, returns its outcomes (with accounts for query_account)."""
        request_id = self.send(kind, commands)
        reply = self.receive()
        if reply.request_id != request_id or reply.type != kind or reply.count != len(commands):
            raise AssertionError(f"not the reply to request {request_id}: {reply[:4]}")
        return outcomes(reply)

    def send_until_held_back(self, request):
        """Sends the same frame again and again, reads nothing, until for a second nothing more was taken.
        Returns the bytes sent."""
        self.socket.setblocking(False)
        rest, sent = b"", 0
        while True:
            rest = rest or request
            try:
                count = self.socket.send(rest)
                rest, sent = rest[count:], sent + count
            except BlockingIOError:
                if not select.select([], [self.socket], [], 1.0)[1]:
                    return sent

    def balance(self, account):
        """Posted balance on the credit side, minor units."""
        (outcome, found), = self.call(QUERY_ACCOUNT, [query_account(account)])
        if outcome.code:
            raise AssertionError(f"account {account}: code {outcome.code}")
        return found.credits_posted - found.debits_posted


def outcomes(reply):
    size = RESULT_BYTES.get(reply.type, 32)
    if len(reply.body) != size * reply.count:
        raise AssertionError(f"{len(reply.body)} bytes for {reply.count} results of {size}")
    results = []
    for at in range(0, len(reply.body), size):
        code, flags, _, number, time, balance = OUTCOME.unpack_from(reply.body, at)
        outcome = Outcome(code, bool(flags & 1), number, time, balance)
        results.append((outcome, Account(*ACCOUNT.unpack_from(reply.body, at + 32)))
                       if reply.type == QUERY_ACCOUNT else outcome)
    return results


def open_wallets(client, count, funds, salt=0):
    """One trust account and `count` funded wallets; returns the wallets' numbers. Repeatable."""
    trust, = client.call(OPEN_ACCOUNT, [open_account(reference(1, salt), f"trust.{salt}", TRUST, floor=NO_FLOOR)])
    opened = client.call(OPEN_ACCOUNT, [open_account(reference(2 + i, salt), f"wallet.{salt}.{i}", WALLET)
                                        for i in range(count)])
    wallets = [outcome.id for outcome in opened]
    funded = client.call(ISSUE, [move(reference(1_000_000 + i, salt), trust.id, wallet, funds)
                                 for i, wallet in enumerate(wallets)])
    bad = [outcome for outcome in (trust, *opened, *funded) if outcome.code]
    if bad:
        raise AssertionError(f"setting up failed: {bad[0]}")
    return wallets
