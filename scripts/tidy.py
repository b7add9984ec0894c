#!/usr/bin/env python3
"""Reads the tree and names what breaks its rules: include directions, sizes, words, pages, sources."""
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tidy_texts  # noqa: E402

# The rooms of the product by floor, bottom up. A room may include itself and every floor below its own,
# never a neighbour on the same floor.
FLOORS = [
    "ledger/words",
    "ledger/records",
    "ledger/state",
    "ledger/store",
    "ledger/archive",
    "ledger/projection",
    "ledger/audit",
    "switch/core/rules",
    "switch/core switch/ops",
    "protocols/http protocols/crypto protocols/native",
    "protocols/kit",
    "protocols/mpesa/profiles protocols/wechat/profiles",
    "protocols/mpesa/wire protocols/wechat/wire",
    "protocols/mpesa/orders protocols/wechat/orders",
    "protocols/mpesa/apis protocols/wechat/bills",
    "protocols/wechat/v3",
    "protocols/wechat/v2",
    "protocols/mpesa protocols/mtn protocols/wechat",
    "switch/engine switch/files",
    "switch/http switch/reconcile switch/replay/words",
    "switch/replay/sales",
    "switch/replay/run",
    "switch/replay/figures",
    "switch/replay/report",
    "switch/gateway switch/native",
    "switch/setup",
    "switch/serve",
    "switch/commands",
    "switch",
    "loadgen/arrivals",
    "loadgen/measure",
    "loadgen/report loadgen/sample loadgen/client",
    "loadgen/workload loadgen/fake",
    "loadgen/merchants loadgen/peers",
    "loadgen/drive/native",
    "loadgen/drive",
    "loadgen/drive/trials",
    "loadgen/doctor",
    "loadgen",
]
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms.split()}
# Who may not include what, although it lies below; what of it is open all the same.
CORE_WORDS = r"switch/core/(command|effect|outcome)\.h$"
BARRED = [
    (r"protocols/", r"switch/", CORE_WORDS),
    (r"protocols/mpesa/", r"protocols/(mtn|wechat)/", r"$^"),
    (r"protocols/mtn/", r"protocols/(mpesa|wechat)/", r"$^"),
    (r"protocols/wechat/", r"protocols/(mpesa|mtn)/", r"$^"),
    (r"switch/(files|reconcile|replay)/", r"protocols/|switch/(ops|engine)/", r"$^"),
    (r"loadgen/", r"switch/", CORE_WORDS),
]
LINE_MAX, FUNCTION_MAX, FILE_MAX, FOLDER_MAX = 100, 70, 500, 40
PRODUCT = r"(ledger|switch|protocols|loadgen)/"
# Rule, files it binds, files it spares, what is not to be there, what to do instead.
WORDS = [
    ("clock", PRODUCT, r"switch/engine/clock\.|loadgen/", r"\b(system_clock|steady_clock|clock_gettime)\b",
     "take the time as an argument; only switch/engine/clock.h reads it (net::Steady, net::Clock)"),
    ("chance", PRODUCT, r"loadgen/|switch/setup/entropy\.cpp|switch/serve/open_books\.cpp",
     r"\b(random_device|mt19937\w*|getrandom)\b|\bs?rand\(",
     "take chance as an argument (a seed, bytes); only the program itself draws it"),
    ("float", r"(ledger|switch/core)/", r"$^", r"\b(double|float)\b",
     "money is std::int64_t minor units; rates are pairs of integers"),
    ("asio", PRODUCT, r"switch/(http|native|gateway)/|protocols/http/http_readers\.cpp",
     r"<boost/(asio|beast)|\bboost::(asio|beast)\b", "sockets and timers belong to switch/http, native and gateway"),
    ("beast", PRODUCT, r"protocols/http/http_readers\.cpp", r"<boost/beast",
     "Beast takes a minute to compile; read HTTP with protocols/http/http_readers.h"),
    ("openssl", PRODUCT, r"protocols/crypto/|switch/http/(byte_stream|tls_context)\.|ledger/records/sha256\.",
     r"<openssl/", "hash with ledger::sha256; signatures belong to protocols/crypto"),
    ("sqlite", PRODUCT, r"ledger/(store|archive)/", r"<sqlite3\.h>",
     "SQLite stays inside ledger/store and ledger/archive; ledger/store/sql.h speaks to it"),
    ("libpq", PRODUCT, r"loadgen/peers/pg_(connection|session)\.", r"<libpq",
     "PostgreSQL is a peer of the generator; loadgen/peers/pg_connection.h speaks to it"),
    ("using-namespace", r"", r"$^", r"using namespace std\s*;", "name what is used, or write std::"),
    ("test-seam", PRODUCT, r"$^", r"#\s*(el)?if.*(TEST|DOCTEST)", "a seam is an argument, not an #ifdef"),
    ("sleep", r"tests/", r"tests/bench/", r"\b(sleep_for|sleep_until|u?sleep|nanosleep)\s*\(",
     "wait for the event itself, or pass virtual time"),
    ("await-lambda", r"", r"$^", r"co_await[^;]*\[[^\]]+\]\s*(\(|\{|mutable)",
     "GCC 12 miscompiles a capturing lambda inside co_await; name it first"),
    ("await-braces", r"", r"$^", r"co_await[^;]*[(,]\s*[A-Za-z_][\w:<>]*\s*\{",
     "GCC 12 miscompiles a braced temporary inside co_await; name it first"),
]
LEFTOVER = re.compile(r"(//|/\*).*\b(TODO|FIXME|XXX|HACK)\b")
COMMENT_OR_TEXT = re.compile(
    r'R"(\w*)\(.*?\)\1"|//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Fa-f])\'(?:\\.|[^\'\\\n])+\'', re.S)
NOT_FUNCTION = re.compile(r"\s*(if|for|while|switch|catch|do|else|namespace|class|struct|enum|union|extern)\b")


def blank(text, keep_includes=False):
    """The code without comments and texts, every line where it was."""
    def replace(match):
        line_start = text.rfind("\n", 0, match.start()) + 1
        if keep_includes and text[line_start:match.start()].lstrip().startswith("#"):
            return match.group()
        return re.sub(r"[^\n]", " ", match.group())
    return COMMENT_OR_TEXT.sub(replace, text)


def functions(text):
    """(first line, number of lines) of every function body that lies in no other function."""
    code = re.sub(r"(?m)^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: "\n" * m.group().count("\n"), blank(text))
    stack, head_start, line = [], 0, 1
    for position, character in enumerate(code):
        if character == "\n":
            line += 1
        elif character in ";}":
            if character == "}" and stack:
                is_function, first = stack.pop()
                if is_function and not any(outer for outer, _ in stack):
                    yield first, line - first + 1
            head_start = position + 1
        elif character == "{":
            head = code[head_start:position]
            flat = re.sub(r"\([^()]*\)", "\0", head)
            while re.search(r"\([^()]*\)", flat):
                flat = re.sub(r"\([^()]*\)", "\0", flat)
            data = "=" in flat.replace("operator=", "").replace("==", "") or "return" in flat
            after_initialiser = code[head_start - 1:head_start] == "}"
            is_function = not NOT_FUNCTION.match(head) and not data and (
                "\0" in flat or (after_initialiser and flat.strip() == ""))
            stack.append((is_function, line - head.lstrip().count("\n")))
            head_start = position + 1


def misdirected(path, name):
    """Why `path` may not include `name`, or nothing."""
    here, there = os.path.dirname(path), os.path.dirname(name)
    if here not in FLOOR_OF or here == there:
        return None
    if FLOOR_OF.get(there, len(FLOORS)) >= FLOOR_OF[here]:
        return f"{here} may include itself and floors below; see FLOORS in scripts/tidy.py"
    for binds, bars, opens in BARRED:
        if re.match(binds, path) and re.match(bars, name) and not re.match(opens, name):
            return f"{here} is barred from it; see BARRED in scripts/tidy.py"
    return None


def check_file(path, text):
    """Findings (line, rule, message) in one C++ file."""
    lines = text.split("\n")
    if len(lines) - 1 > FILE_MAX:
        yield FILE_MAX, "file-length", f"{len(lines) - 1} lines; cut the file where it does two things"
    for number, line in enumerate(lines, 1):
        if len(line) > LINE_MAX:
            yield number, "line-length", f"{len(line)} columns, at most {LINE_MAX}"
        if LEFTOVER.search(line):
            yield number, "leftover", "do it now or open an issue"
    for first, count in functions(text):
        if count > FUNCTION_MAX:
            yield first, "function-length", f"{count} lines, at most {FUNCTION_MAX}; name its parts"
    code = blank(text, keep_includes=True)
    for match in re.finditer(r'^\s*#\s*include\s+"([^"]+)"', code, re.M):
        name, number = match.group(1), code.count("\n", 0, match.start(1)) + 1
        against = misdirected(path, name)
        if against:
            yield number, "include-direction", f'"{name}": {against}'
    for rule, binds, spares, pattern, instead in WORDS:
        if re.match(binds, path) and not re.match(spares, path):
            for match in re.finditer(pattern, code):
                yield code.count("\n", 0, match.start()) + 1, rule, instead


def check_tree(files):
    """Findings (path, line, rule, message) that need all files at once; `files` maps path to text."""
    included, sources = set(), {p: t for p, t in files.items() if p.endswith((".h", ".cpp"))}
    for path, text in sources.items():
        for match in re.finditer(r'^\s*#\s*include\s+"([^"]+)"', text, re.M):
            included.add(match.group(1))
            if match.group(1) not in files:
                yield path, text.count("\n", 0, match.start()) + 1, "include-path", \
                    f'"{match.group(1)}" is no path from the root'
    cmake = {os.path.dirname(p): t for p, t in files.items() if os.path.basename(p) == "CMakeLists.txt"}
    for path in sources:
        if path.endswith(".h") and path not in included:
            yield path, 1, "orphan-header", "nobody includes it"
        names = [(text, os.path.relpath(path, folder or ".")) for folder, text in cmake.items()]
        if path.endswith(".cpp") and not any(
                re.search(rf"(?<![\w./-]){re.escape(name)}(?![\w.])", text) for text, name in names) \
                and not any(path in text for text in cmake.values()):
            yield path, 1, "orphan-source", "no CMakeLists.txt builds it"
    yield from check_folders(files)
    yield from tidy_texts.findings(files, FLOOR_OF)


def check_folders(files):
    """Folders that hold too much, and sources of the product that are in none of its rooms."""
    counts = {}
    for path in files:
        folder = os.path.dirname(path)
        counts[folder] = counts.get(folder, 0) + 1
        if re.match(PRODUCT, path) and path.endswith((".h", ".cpp")) and folder not in FLOOR_OF:
            yield path, 1, "room", f"{folder} is on no floor; see FLOORS in scripts/tidy.py"
    for folder, count in counts.items():
        if count > FOLDER_MAX:
            yield folder, 1, "folder-size", f"{count} files, at most {FOLDER_MAX}; make rooms of it"


def read_tree(root):
    """Path to text; what is no text of ours is there by its name only."""
    files = {}
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f != "__pycache__"
                            and (folder != root or f not in ("build", "run")))
        for name in sorted(n for n in names if not n.startswith(".")):
            path = os.path.relpath(os.path.join(folder, name), root)
            files[path] = ""
            if name.endswith((".h", ".cpp", ".md", ".txt", ".py", ".toml", ".cmake", ".sh")):
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    files[path] = file.read()
    return files


def findings(files):
    for path, text in files.items():
        if path.endswith((".h", ".cpp")):
            yield from ((path, *finding) for finding in check_file(path, text))
    yield from check_tree(files)


def main():
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
    found = sorted(findings(read_tree(root)))
    for path, line, rule, message in found:
        print(f"{os.path.normpath(path)}:{line}: {rule}: {message}")
    print(f"tidy: {len(found)} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
