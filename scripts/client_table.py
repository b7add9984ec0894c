#!/usr/bin/env python3
"""Which call of which dialect which client library has made in its tests: the tables of tests/clients/README.md.

usage: scripts/client_table.py [--check] [FOLDER]

FOLDER is what a run of tests/clients/clients_test.py has kept, build/release/clients/calls if it is not given.
Without --check the tables are written. With it nothing is, and the exit code is 1 if they are not there as the run
gives them."""
import difflib
import json
import sys
from pathlib import Path

TREE = Path(__file__).resolve().parent.parent
PAGE = TREE / "tests/clients/README.md"
BEGIN, END = "<!-- made by scripts/client_table.py: begin -->\n", "<!-- end -->\n"


def read_runs(folder):
    """What each start of a switch has kept: {client, calls, routes}."""
    runs = [json.loads(file.read_text(encoding="utf-8")) for file in sorted(Path(folder).glob("*/calls.json"))]
    if not runs:
        sys.exit(f"{folder}: no calls were kept here; ctest -R '^clients:' keeps them")
    return runs


def unique(things):
    return list(dict.fromkeys(things))


def calls_of(runs):
    """{(dialect, route, client)} of what was made and not refused, with routes as (method, path)."""
    made = set()
    for run in runs:
        routes = {(one["dialect"], one["method"], one["path"]) for one in run["routes"]}
        for call in run["calls"]:
            # A route without a method takes any.
            fits = [method for method in (call["method"], "") if (call["dialect"], method, call["path"]) in routes]
            if not fits:
                sys.exit(f"{run['client']}: {call['method']} {call['path']} is not in /admin/routes")
            made.add((call["dialect"], (fits[0], call["path"]), run["client"]))
    return made


def table_of(dialect, routes, made, versions):
    clients = [client for client in versions if any(one[0] == dialect and one[2] == client for one in made)]
    lines = [f"### {dialect}", "",
             f"| call | {' | '.join(f'{client} {versions[client]}' for client in clients)} |",
             f"| --- |{' :-: |' * len(clients)}"]
    for method, path in routes:
        marks = ("✓" if (dialect, (method, path), client) in made else "" for client in clients)
        lines.append(f"| `{f'{method} {path}'.strip()}` | {' | '.join(marks)} |")
    count = sum(any((dialect, route, client) in made for client in clients) for route in routes)
    return "\n".join([*lines, "", f"{count} of {len(routes)} calls.", ""])


def tables_of(runs):
    versions = json.loads((PAGE.parent / "package.json").read_text(encoding="utf-8"))["dependencies"]
    routes = unique((one["dialect"], (one["method"], one["path"])) for run in runs for one in run["routes"])
    made = calls_of(runs)
    return "\n".join(table_of(dialect, [route for owner, route in routes if owner == dialect], made, versions)
                     for dialect in unique(owner for owner, _ in routes))


def main(arguments):
    is_check = "--check" in arguments
    folders = [one for one in arguments if one != "--check"]
    if len(folders) > 1 or any(one.startswith("-") for one in folders):
        sys.exit(__doc__)
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    wanted = before + BEGIN + "\n" + tables_of(read_runs(folders[0] if folders else TREE / "build/release/clients/calls")) + \
        "\n" + END + after
    if not is_check:
        PAGE.write_text(wanted, encoding="utf-8")
    elif wanted != page:
        sys.stdout.writelines(difflib.unified_diff(page.splitlines(True), wanted.splitlines(True), str(PAGE), "this run"))
        sys.exit("the tables are not those of this run; scripts/client_table.py writes them")


if __name__ == "__main__":
    main(sys.argv[1:])
