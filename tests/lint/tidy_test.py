"""Each rule of scripts/tidy.py finds what it is for, and spares what is fine."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts"))
sys.dont_write_bytecode = True
import tidy  # noqa: E402

LONG_FUNCTION = "int sum(int a,\n        int b = 3) {\n" + "    a += b;\n" * 70 + "    return a;\n}\n"
LONG_CONSTRUCTOR = "X::X(int a) : a_{a}, b_(a) {\n" + "    a_ += 1;\n" * 70 + "}\n"
LONG_TABLE = "constexpr Row rows[] = {\n" + "    {1, f(2)},\n" * 80 + "};\n"
LONG_BRACED_TABLE = "constexpr std::array<Row, 80> rows{{\n" + "    {1, f(2)},\n" * 80 + "}};\n"
LONG_CLASS = "class X {\npublic:\n" + "    void f() { a(); }\n" * 80 + "};\n"
LONG_NAMESPACE = "namespace x {\n" + "void f() { a(); }\n" * 80 + "}\n"
LONG_TEXT = 'void f() {\n    run(R"(\n' + "        line {\n" * 10 + '    )");\n}\n' + "int x;\n" * 80

# Rule, path, code that breaks it.
BROKEN = [
    ("include-direction", "ledger/state/a.cpp", '#include "switch/core/switch.h"\n'),
    ("include-direction", "ledger/words/a.h", '#include "ledger/records/event.h"\n'),
    ("include-direction", "ledger/state/a.h", '#include "ledger/store/sql.h"\n'),
    ("include-direction", "switch/core/switch.h", '#include "protocols/native/frame.h"\n'),
    ("include-direction", "switch/core/rules/a.h", '#include "switch/core/command.h"\n'),
    ("include-direction", "protocols/native/frame.h", '#include "switch/core/switch.h"\n'),
    ("include-direction", "protocols/native/frame.h", '#include "switch/engine/clock.h"\n'),
    ("include-direction", "protocols/http/a.h", '#include "protocols/kit/adapter.h"\n'),
    ("include-direction", "protocols/http/a.h", '#include "protocols/crypto/rsa.h"\n'),
    ("include-direction", "protocols/wechat/v3/a.h", '#include "protocols/mpesa/wire/body.h"\n'),
    ("include-direction", "switch/http/a.h", '#include "switch/gateway/gateway.h"\n'),
    ("include-direction", "switch/native/a.h", '#include "switch/gateway/gateway.h"\n'),
    ("include-direction", "switch/serve/a.h", '#include "switch/commands/score_command.h"\n'),
    ("include-direction", "switch/serve/a.h", '#include "switch/main.h"\n'),
    ("include-direction", "switch/replay/run/a.h", '#include "switch/engine/engine.h"\n'),
    ("include-direction", "switch/replay/run/a.h", '#include "switch/replay/report/axis.h"\n'),
    ("include-direction", "loadgen/drive/a.cpp", '#include "switch/engine/clock.h"\n'),
    ("include-direction", "loadgen/measure/a.cpp", '#include "loadgen/drive/driver.h"\n'),
    ("include-direction", "switch/engine/clock.h", '#include "loadgen/drive/driver.h"\n'),
    ("include-direction", "switch/main.cpp", '#include "tests/support/world.h"\n'),
    ("line-length", "ledger/a.cpp", "// " + "x" * 98 + "\n"),
    ("function-length", "ledger/a.cpp", LONG_FUNCTION),
    ("function-length", "ledger/a.cpp", LONG_CONSTRUCTOR),
    ("function-length", "tests/a.cpp", "namespace {\n" + LONG_FUNCTION + "}\n"),
    ("file-length", "ledger/a.cpp", "int x;\n" * 501),
    ("leftover", "ledger/a.cpp", "// TO" "DO: later\n"),
    ("clock", "ledger/a.cpp", "auto t = std::chrono::system_clock::now();\n"),
    ("clock", "switch/engine/engine.cpp", "auto t = std::chrono::steady_clock::now();\n"),
    ("chance", "switch/core/a.cpp", "std::random_device device;\n"),
    ("chance", "switch/http/a.cpp", "int x = rand();\n"),
    ("float", "ledger/a.cpp", "double fee = 0;\n"),
    ("float", "switch/core/a.cpp", "float fee = 0;\n"),
    ("asio", "protocols/native/a.cpp", "#include <boost/asio.hpp>\n"),
    ("asio", "switch/core/a.cpp", "boost::asio::io_context c;\n"),
    ("asio", "switch/engine/a.cpp", "boost::asio::io_context c;\n"),
    ("beast", "switch/http/http_session.cpp", "#include <boost/beast/http.hpp>\n"),
    ("openssl", "switch/core/a.cpp", "#include <openssl/evp.h>\n"),
    ("openssl", "ledger/state/books.cpp", "#include <openssl/evp.h>\n"),
    ("openssl", "protocols/mpesa/wire/a.cpp", "#include <openssl/evp.h>\n"),
    ("sqlite", "ledger/state/a.cpp", "#include <sqlite3.h>\n"),
    ("sqlite", "switch/http/a.cpp", "#include <sqlite3.h>\n"),
    ("libpq", "switch/http/a.cpp", "#include <libpq-fe.h>\n"),
    ("libpq", "loadgen/peers/a.cpp", "#include <libpq-fe.h>\n"),
    ("using-namespace", "tests/a.cpp", "using namespace std;\n"),
    ("test-seam", "switch/http/a.cpp", "#ifdef TUMA_TESTING\n#endif\n"),
    ("sleep", "tests/switch/a.cpp", "std::this_thread::sleep_for(1ms);\n"),
    ("await-lambda", "switch/http/a.cpp", "co_await co_spawn(ex, [s]() -> X { co_return; }, use);\n"),
    ("await-braces", "switch/http/a.cpp", "co_await f(\n    Request{1, text});\n"),
]

# Path, code that is fine.
FINE = [
    ("ledger/a.cpp", LONG_TABLE + LONG_BRACED_TABLE + LONG_CLASS + LONG_NAMESPACE + LONG_TEXT),
    ("ledger/a.cpp", "// a double entry, never a float\n#define x(a) \\\n    {\n"),
    ("ledger/a.cpp", 'auto s = "double system_clock";  // steady_clock\n'),
    ("ledger/a.cpp", "char c = '\"'; char d = '{'; int million = 1'000'000;\n"),
    ("ledger/records/sha256.cpp", "#include <openssl/evp.h>\n"),
    ("ledger/store/a.cpp", "#include <sqlite3.h>\n"),
    ("loadgen/peers/pg_session.cpp", "#include <libpq-fe.h>\n"),
    ("switch/engine/clock.h", "using Steady = std::chrono::steady_clock;\n"),
    ("loadgen/drive/a.cpp", "std::chrono::steady_clock::now();\n"),
    ("tests/a.cpp", '#include "switch/engine/clock.h"\n#include "ledger/words/time.h"\n'),
    ("protocols/native/a.h", '#include "switch/core/command.h"\n#include "ledger/words/money.h"\n'),
    ("protocols/wechat/v2/a.h", '#include "protocols/wechat/v2/b.h"\n#include "protocols/wechat/v3/c.h"\n'),
    ("loadgen/client/a.h", '#include "switch/core/outcome.h"\n#include "protocols/native/messages.h"\n'),
    ("switch/main.cpp", '#include "switch/engine/clock.h"\n#include "switch/serve/serve.h"\n'),
    ("switch/http/a.cpp", "co_await f(std::string(x));\nco_await write(socket, reply);\n"),
]

TREE = {
    "CMakeLists.txt": "add_library(a STATIC ledger/words/built.cpp)\n",
    "ledger/CMakeLists.txt": "add_library(b STATIC\n    words/listed.cpp\n)\n",
    "ledger/words/built.cpp": '#include "ledger/words/used.h"\n',
    "ledger/words/listed.cpp": "",
    "ledger/words/used.h": "void reserve();\nclass Books;\n",
    "ledger/words/README.md": "May include: itself.\n",
}


class TidyTest(unittest.TestCase):
    def rules_of_file(self, path, code):
        return {rule for _, rule, _ in tidy.check_file(path, code)}

    def rules_of_tree(self, more):
        return [(path, rule) for path, _, rule, _ in tidy.check_tree({**TREE, **more})]

    def test_every_broken_sample_is_found_and_nothing_else(self):
        for rule, path, code in BROKEN:
            with self.subTest(rule=rule, path=path, code=code[:60]):
                self.assertEqual(self.rules_of_file(path, code), {rule})

    def test_fine_samples_are_left_alone(self):
        for path, code in FINE:
            with self.subTest(path=path, code=code[:60]):
                self.assertEqual(self.rules_of_file(path, code), set())

    def test_every_rule_has_a_broken_sample(self):
        tried = {rule for rule, _, _ in BROKEN}
        self.assertEqual({row[0] for row in tidy.WORDS} - tried, set())

    def test_line_numbers_are_those_of_the_finding(self):
        code = "int a;\n/* two\nlines */\ndouble b;\n"
        self.assertEqual([line for line, _, _ in tidy.check_file("ledger/a.cpp", code)], [4])

    def test_a_sound_tree_has_no_findings(self):
        readme = "`ledger/words/used.h`, `used.h`, `reserve()`, `tuma serve --data=DIR`, `ledger::Books`\n"
        tree = {"ledger/README.md": readme, "ledger/words/more.cpp": "namespace ledger {}\n",
                "CMakeLists.txt": "add_library(a ledger/words/built.cpp ledger/words/more.cpp)"}
        self.assertEqual(self.rules_of_tree(tree), [])

    def test_orphans_and_wrong_paths_are_found(self):
        self.assertEqual(self.rules_of_tree({"ledger/words/lone.h": ""}), [("ledger/words/lone.h", "orphan-header")])
        self.assertEqual(self.rules_of_tree({"ledger/words/lone.cpp": ""}),
                         [("ledger/words/lone.cpp", "orphan-source")])
        self.assertEqual(self.rules_of_tree({"ledger/words/listed.cpp": '#include "used.h"\n'}),
                         [("ledger/words/listed.cpp", "include-path")])

    def test_a_folder_that_holds_too_much_is_found(self):
        full = {f"scripts/file{n}": "" for n in range(tidy.FOLDER_MAX)}
        self.assertEqual(self.rules_of_tree(full), [])
        self.assertEqual(self.rules_of_tree({**full, "scripts/more": ""}), [("scripts", "folder-size")])

    def test_a_source_in_no_room_is_found(self):
        lists = {"CMakeLists.txt": "add_library(a ledger/words/built.cpp ledger/a.cpp switch/attic/a.cpp tests/a.cpp)"}
        self.assertEqual(self.rules_of_tree({**lists, "tests/a.cpp": "", "ledger/a.cpp": "", "switch/attic/a.cpp": ""}),
                         [("ledger/a.cpp", "room"), ("switch/attic/a.cpp", "room")])

    def test_names_in_pages_that_are_gone_are_found(self):
        for span in ("`ledger/gone.h`", "`gone.cpp`", "`gone()`", "`ledger::Gone`", "`Books::gone()`", "`ledger/gone/`"):
            for page in ("ledger/README.md", "switch/PROTECTION.md"):
                with self.subTest(span=span, page=page):
                    self.assertEqual(self.rules_of_tree({page: f"text\nsee {span}.\n"}), [(page, "readme-name")])

    def test_items_of_a_checklist_name_a_place(self):
        fine = "## A record\n1. `ledger/words/used.h`: here\n- `ledger/words/`\n- `README.md` and `gone`\n"
        self.assertEqual(self.rules_of_tree({"README.md": "", "CONTRIBUTING.md": fine}), [])
        for item in ("1. somewhere", "- `gone`", "- ledger/words/used.h"):
            with self.subTest(item=item):
                self.assertEqual(self.rules_of_tree({"CONTRIBUTING.md": f"## A record\n{item}\n"}),
                                 [("CONTRIBUTING.md", "checklist")])

    def test_a_room_without_a_page_is_found(self):
        without = {path: text for path, text in TREE.items() if path != "ledger/words/README.md"}
        self.assertEqual([(path, rule) for path, _, rule, _ in tidy.check_tree(without)],
                         [("ledger/words/README.md", "room-readme")])
        self.assertEqual(self.rules_of_tree({"ledger/words/README.md": "# words\n"}),
                         [("ledger/words/README.md", "room-readme")])

    def test_what_a_room_includes_without_saying_so_is_found(self):
        lists = {"CMakeLists.txt": "add_library(a ledger/words/built.cpp ledger/store/a.cpp)",
                 "ledger/store/a.cpp": '#include "ledger/words/used.h"\n'}
        for said in ("`ledger/`", "`ledger/words/`; fmt", "itself and\n`ledger/words/used.h`"):
            with self.subTest(said=said):
                page = {"ledger/store/README.md": f"May include: {said}.\n"}
                self.assertEqual(self.rules_of_tree({**lists, **page}), [])
        for said in ("itself", "`ledger/words/more.h`", "itself.\n\n`ledger/words/`"):
            with self.subTest(said=said):
                page = {"ledger/store/README.md": f"May include: {said}.\n", "ledger/words/more.h": "",
                        "ledger/words/built.cpp": '#include "ledger/words/used.h"\n#include "ledger/words/more.h"\n'}
                self.assertEqual(self.rules_of_tree({**lists, **page}), [("ledger/store/README.md", "room-readme")])

    def test_sources_that_stand_nowhere_are_found(self):
        tree = {"protocols/kit/REFERENCE.md": "# Sources\n\n## A reference, section 1.2: keys\n\n- text\n\n"
                                              "## A reference, \"how to sign\"\n\n## A reference, refunds\n\n## RFC 1\n"}
        fine = ["A reference, section 1.2.", "A reference, sections 1.2 (observed). More.", 'A reference, "how to sign".',
                "A reference, refunds; what a client saw.", "A\n// reference, refunds: so many.", "RFC 1.",
                "A reference.", "RFC 1; A reference, refunds."]
        gone = ["A reference, section 1.3.", "A reference, section 1.", 'A reference, "how to".', "A reference, bills.",
                "B reference.", "RFC 12.", "A reference, sections 1.2 and 1.4.", "RFC 1; A reference, bills."]
        for cited in fine + gone:
            with self.subTest(cited=cited):
                found = self.rules_of_tree({**tree, "ledger/words/used.h": f"/// It is so. Source: {cited}\nint a;\n"})
                self.assertEqual(found, [("ledger/words/used.h", "source")] if cited in gone else [])


if __name__ == "__main__":
    unittest.main()
