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
    ("include-direction", "ledger/books.cpp", '#include "switch/core/switch.h"\n'),
    ("include-direction", "switch/core/switch.h", '#include "protocols/native/frame.h"\n'),
    ("include-direction", "protocols/native/frame.h", '#include "switch/core/switch.h"\n'),
    ("include-direction", "protocols/native/frame.h", '#include "switch/net/clock.h"\n'),
    ("include-direction", "loadgen/run.cpp", '#include "switch/net/clock.h"\n'),
    ("include-direction", "switch/net/clock.h", '#include "loadgen/run.h"\n'),
    ("line-length", "ledger/a.cpp", "// " + "x" * 98 + "\n"),
    ("function-length", "ledger/a.cpp", LONG_FUNCTION),
    ("function-length", "ledger/a.cpp", LONG_CONSTRUCTOR),
    ("function-length", "tests/a.cpp", "namespace {\n" + LONG_FUNCTION + "}\n"),
    ("file-length", "ledger/a.cpp", "int x;\n" * 501),
    ("leftover", "ledger/a.cpp", "// TO" "DO: later\n"),
    ("clock", "ledger/a.cpp", "auto t = std::chrono::system_clock::now();\n"),
    ("clock", "switch/net/engine.cpp", "auto t = std::chrono::steady_clock::now();\n"),
    ("chance", "switch/core/a.cpp", "std::random_device device;\n"),
    ("chance", "switch/net/a.cpp", "int x = rand();\n"),
    ("float", "ledger/a.cpp", "double fee = 0;\n"),
    ("float", "switch/core/a.cpp", "float fee = 0;\n"),
    ("asio", "protocols/native/a.cpp", "#include <boost/asio.hpp>\n"),
    ("asio", "switch/core/a.cpp", "boost::asio::io_context c;\n"),
    ("beast", "switch/net/http_session.cpp", "#include <boost/beast/http.hpp>\n"),
    ("openssl", "switch/core/a.cpp", "#include <openssl/evp.h>\n"),
    ("openssl", "ledger/books.cpp", "#include <openssl/evp.h>\n"),
    ("sqlite", "switch/net/a.cpp", "#include <sqlite3.h>\n"),
    ("using-namespace", "tests/a.cpp", "using namespace std;\n"),
    ("test-seam", "switch/net/a.cpp", "#ifdef TUMA_TESTING\n#endif\n"),
    ("sleep", "tests/net/a.cpp", "std::this_thread::sleep_for(1ms);\n"),
    ("await-lambda", "switch/net/a.cpp", "co_await co_spawn(ex, [s]() -> X { co_return; }, use);\n"),
    ("await-braces", "switch/net/a.cpp", "co_await f(\n    Request{1, text});\n"),
]

# Path, code that is fine.
FINE = [
    ("ledger/a.cpp", LONG_TABLE + LONG_BRACED_TABLE + LONG_CLASS + LONG_NAMESPACE + LONG_TEXT),
    ("ledger/a.cpp", "// a double entry, never a float\n#define x(a) \\\n    {\n"),
    ("ledger/a.cpp", 'auto s = "double system_clock";  // steady_clock\n'),
    ("ledger/a.cpp", "char c = '\"'; char d = '{'; int million = 1'000'000;\n"),
    ("ledger/batch.cpp", "#include <openssl/evp.h>\n"),
    ("switch/net/clock.h", "using Steady = std::chrono::steady_clock;\n"),
    ("loadgen/a.cpp", "std::chrono::steady_clock::now();\n"),
    ("tests/a.cpp", '#include "switch/net/clock.h"\n#include "ledger/time.h"\n'),
    ("protocols/native/a.h", '#include "switch/core/command.h"\n#include "ledger/money.h"\n'),
    ("switch/main.cpp", '#include "switch/net/clock.h"\n'),
    ("switch/net/a.cpp", "co_await f(std::string(x));\nco_await write(socket, reply);\n"),
]

TREE = {
    "CMakeLists.txt": "add_library(a STATIC ledger/built.cpp)\n",
    "ledger/CMakeLists.txt": "add_library(b STATIC\n    listed.cpp\n)\n",
    "ledger/built.cpp": '#include "ledger/used.h"\n',
    "ledger/listed.cpp": "",
    "ledger/used.h": "void reserve();\nclass Books;\n",
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
        readme = "`ledger/used.h`, `used.h`, `reserve()`, `tuma serve --data=DIR`, `ledger::Books`\n"
        tree = {"ledger/README.md": readme, "ledger/more.cpp": "namespace ledger {}\n",
                "CMakeLists.txt": "add_library(a ledger/built.cpp ledger/more.cpp)"}
        self.assertEqual(self.rules_of_tree(tree), [])

    def test_orphans_and_wrong_paths_are_found(self):
        self.assertEqual(self.rules_of_tree({"ledger/lone.h": ""}), [("ledger/lone.h", "orphan-header")])
        self.assertEqual(self.rules_of_tree({"ledger/lone.cpp": ""}),
                         [("ledger/lone.cpp", "orphan-source")])
        self.assertEqual(self.rules_of_tree({"ledger/listed.cpp": '#include "used.h"\n'}),
                         [("ledger/listed.cpp", "include-path")])

    def test_names_in_readmes_that_are_gone_are_found(self):
        for span in ("`ledger/gone.h`", "`gone.cpp`", "`gone()`", "`ledger::Gone`", "`Books::gone()`"):
            with self.subTest(span=span):
                self.assertEqual(self.rules_of_tree({"ledger/README.md": f"text\nsee {span}.\n"}),
                                 [("ledger/README.md", "readme-name")])


if __name__ == "__main__":
    unittest.main()
