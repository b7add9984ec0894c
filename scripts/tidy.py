#!/usr/bin/env python3
"""Reads the tree and names what breaks its rules: include directions, sizes, words, README names."""
import os
import re
import sys

# Folder: what it may include of this project. A folder that is not named may include everything.
MAY_INCLUDE = {
    "ledger/": ["ledger/"],
    "switch/core/": ["ledger/", "switch/core/"],
    "protocols/": ["ledger/", "protocols/", "switch/core/command.h", "switch/core/effect.h",
                   "switch/core/outcome.h"],
    "switch/net/": ["ledger/", "switch/core/", "protocols/", "switch/net/"],
    "switch/replay/": ["ledger/", "switch/core/", "switch/files/", "switch/replay/"],
    "switch/reconcile/": ["ledger/", "switch/core/", "switch/files/", "switch/reconcile/"],
    "loadgen/": ["ledger/", "switch/core/", "protocols/", "loadgen/"],
}
LINE_MAX, FUNCTION_MAX, FILE_MAX = 100, 70, 500
PRODUCT = r"(ledger|switch|protocols|loadgen)/"
# Rule, files it binds, files it spares, what is not to be there, what to do instead.
WORDS = [
    ("clock", PRODUCT, r"switch/net/clock\.|loadgen/", r"\b(system_clock|steady_clock|clock_gettime)\b",
     "take the time as an argument; only switch/net/clock.h reads it (net::Steady, net::Clock)"),
    ("chance", PRODUCT, r"loadgen/|switch/[^/]+\.cpp", r"\b(random_device|mt19937\w*|getrandom)\b|\bs?rand\(",
     "take chance as an argument (a seed, bytes); only the program itself draws it"),
    ("float", r"(ledger|switch/core)/", r"$^", r"\b(double|float)\b",
     "money is std::int64_t minor units; rates are pairs of integers"),
    ("asio", PRODUCT, r"switch/(net/|replay/|[^/]+\.cpp)|loadgen/", r"<boost/(asio|beast)|\bboost::(asio|beast)\b",
     "sockets and timers belong to switch/net and loadgen"),
    ("beast", PRODUCT, r"switch/net/http_readers\.cpp|loadgen/", r"<boost/beast",
     "Beast takes a minute to compile; read HTTP with switch/net/http_readers.h"),
    ("openssl", PRODUCT, r"protocols/|switch/net/|ledger/(sha256|batch|snapshot|state)\w*\.", r"<openssl/",
     "hash with ledger::sha256; signatures belong to protocols/crypto"),
    ("sqlite", PRODUCT, r"ledger/", r"<sqlite3\.h>", "SQLite stays inside ledger/"),
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
    folder = next((f for f in MAY_INCLUDE if path.startswith(f)), None)
    for match in re.finditer(r'^\s*#\s*include\s+"([^"]+)"', code, re.M):
        name, number = match.group(1), code.count("\n", 0, match.start(1)) + 1
        if folder and not any(name == a or a.endswith("/") and name.startswith(a) for a in MAY_INCLUDE[folder]):
            yield number, "include-direction", f'{folder} may not include "{name}"'
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
    words = set(re.findall(r"\w+", " ".join(files[p] for p in files if not p.endswith(".md"))))
    base_names = {os.path.basename(p) for p in files}
    for path, text in files.items():
        if os.path.basename(path) == "README.md":
            yield from ((path, n, r, m) for n, r, m in check_readme(path, text, files, words, base_names))


def check_readme(path, text, files, words, base_names):
    """Names in code font that are not in the tree."""
    for match in re.finditer(r"(?<!`)`([^`\n]+)`(?!`)", text):
        span, number = match.group(1), text.count("\n", 0, match.start()) + 1
        if re.fullmatch(r"[\w.-]+(/[\w.-]+)*\.(h|cpp|py|toml|txt|md|sh)", span):
            places = [span, os.path.normpath(os.path.join(os.path.dirname(path), span))]
            if not any(p in files for p in places) and not ("/" not in span and span in base_names):
                yield number, "readme-name", f"{span} is not in the tree"
        elif re.fullmatch(r"[A-Za-z_~][\w:]*\(\)|\w+(::\w+)+", span):
            gone = [part for part in re.findall(r"\w+", span) if part not in words]
            if gone:
                yield number, "readme-name", f"{span}: nothing is called {gone[0]}"


def read_tree(root):
    files = {}
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f not in ("build", "run"))
        for name in sorted(names):
            if name.endswith((".h", ".cpp", ".md", ".txt", ".py", ".toml", ".cmake", ".sh")):
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    files[os.path.relpath(os.path.join(folder, name), root)] = file.read()
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
