"""Rules about what is written for people: pages, checklists, cited sources. scripts/tidy.py calls `findings`."""
import os
import re

PATH = re.compile(r"[\w.-]+(/[\w.-]+)*\.(h|cpp|py|toml|txt|md|sh)")
ROOM = re.compile(r"(ledger|switch|protocols|loadgen|tests|scripts|cmake)(/[\w.-]+)*/")
SOURCE = re.compile(r"//.*\bSource: *(.*)")
DATE = re.compile(r"\d{4}-\d\d-\d\d")


def findings(files, rooms):
    """Findings (path, line, rule, message); `files` maps path to text, `rooms` are the product's folders."""
    words = set(re.findall(r"\w+", " ".join(t for p, t in files.items() if not p.endswith(".md"))))
    names = {os.path.basename(p) for p in files}
    folders = {p[:n + 1] for p in files for n, character in enumerate(p) if character == "/"}
    for path, text in files.items():
        if path.endswith(".md"):
            yield from ((path, *f) for f in check_page(path, text, files, words, names, folders))
        if os.path.basename(path) == "CONTRIBUTING.md":
            yield from ((path, *f) for f in check_list(text, files, folders))
    yield from check_rooms(files, rooms)
    known = references(files)
    for path, text in files.items():
        if path.endswith((".h", ".cpp")):
            yield from ((path, *f) for f in check_sources(text, known))


def spans(text):
    """What stands in code font within a line, with its line."""
    for match in re.finditer(r"(?<!`)`([^`\n]+)`(?!`)", text):
        yield text.count("\n", 0, match.start()) + 1, match.group(1)


def is_there(span, path, files, folders):
    """Whether a path or a folder stands in the tree, from the root or from the page's own folder."""
    beside = os.path.normpath(os.path.join(os.path.dirname(path), span))
    return span in files or beside in files or span.rstrip("/") + "/" in folders


def check_page(path, text, files, words, names, folders):
    """Names in code font that are not in the tree."""
    for number, span in spans(text):
        if PATH.fullmatch(span) or ROOM.fullmatch(span):
            if not is_there(span, path, files, folders) and not ("/" not in span and span in names):
                yield number, "readme-name", f"{span} is not in the tree"
        elif re.fullmatch(r"[A-Za-z_~][\w:]*\(\)|\w+(::\w+)+", span):
            gone = [part for part in re.findall(r"\w+", span) if part not in words]
            if gone:
                yield number, "readme-name", f"{span}: nothing is called {gone[0]}"


def check_list(text, files, folders):
    """Items of a checklist that name no place to go to."""
    for number, line in enumerate(text.split("\n"), 1):
        if re.match(r"\s*(-|\d+\.) ", line):
            places = [span for _, span in spans(line) if is_there(span, "CONTRIBUTING.md", files, folders)]
            if not places:
                yield number, "checklist", "an item begins with a path that is in the tree, in code font"


def check_rooms(files, rooms):
    """Rooms without a page, and what a room includes though its page does not say that it may."""
    inhabited = {os.path.dirname(p) for p in files if p.endswith((".h", ".cpp"))}
    for room in sorted(set(rooms) & inhabited):
        page, path = files.get(f"{room}/README.md"), f"{room}/README.md"
        if page is None:
            yield path, 1, "room-readme", f"{room} has none: what lives here, how data enters and leaves, what it may include"
            continue
        said = re.search(r"\bMay (?:be )?includ(?:(?!\n\n).)*", page, re.S)
        if said is None:
            yield path, 1, "room-readme", 'it does not say what the room may include ("May include: ...")'
            continue
        opens = [span for _, span in spans(said.group())] + [room + "/"]
        missing = {n for n in included(files, room) if n in files
                   and not any(n == s or s.endswith("/") and n.startswith(s) for s in opens)}
        for place in sorted({os.path.dirname(name) + "/" for name in missing}):
            yield path, page.count("\n", 0, said.start()) + 1, "room-readme", \
                f"the room includes {place}, which is not named here"


def included(files, room):
    """What the sources of a room include of this project."""
    for path, text in files.items():
        if os.path.dirname(path) == room and path.endswith((".h", ".cpp")):
            yield from re.findall(r'(?m)^\s*#\s*include\s+"([^"]+)"', text)


def references(files):
    """The headings of all REFERENCE.md: what a `Source:` may cite."""
    return [heading.strip() for path, text in files.items() if os.path.basename(path) == "REFERENCE.md"
            for heading in re.findall(r"(?m)^## (.+)$", text)]


def citations(text):
    """(line, what is cited) of every `Source:` in a comment, over the lines that it goes on."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        match = SOURCE.search(line)
        if match is None:
            continue
        cited, following = match.group(1), number + 1
        while following < len(lines) and re.match(r"\s*//", lines[following]):
            cited += " " + re.sub(r"^\s*//[/<]*\s*", "", lines[following])
            following += 1
        yield number + 1, re.split(r"\.(?=\s+[A-Z]|\s*$)", cited.strip(), maxsplit=1)[0]


def keys(place):
    """What must stand in the headings of the cited document: texts in quotes, else numbers, else the words."""
    quoted = re.findall(r'"[^"]+"', place)
    if quoted:
        return quoted
    place = re.sub(r"\([^)]*\)", "", DATE.sub("", place))
    numbers = re.findall(r"\b[A-Z]?\.?\d+(?:\.\d+)*", place)
    if numbers:
        return numbers
    return [word.strip() for word in re.split(r",? and |, ", place.split(":")[0]) if word.strip()]


def check_sources(text, known):
    """Citations whose facts stand in no REFERENCE.md."""
    cited_parts = [(number, part) for number, cited in citations(text)
                   for part in re.split(r"; (?=[A-Z])", cited)]
    for number, cited in cited_parts:
        document, _, place = cited.split("; ")[0].partition(", ")
        headings = [h for h in known if re.match(re.escape(document) + r"(?![\w.])", h)]
        if not headings:
            yield number, "source", f'no REFERENCE.md has a heading "## {document}"; write down what it says'
            continue
        for key in keys(place):
            if not any(re.search(rf"(?<![\w.]){re.escape(key.lower())}(?![\w])(?!\.\d)", h.lower())
                       for h in headings):
                yield number, "source", f'no REFERENCE.md has a heading "## {document}, {key}"; write down what it says'
