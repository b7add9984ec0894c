"""What is installed: programs that run from there, pages, completion, service, dashboard, Debian package."""
import gzip
import json
import os
import pty
import re
import select
import shutil
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import program
from admin_test import read_metrics

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "packaging/prometheus/tuma.rules.yml"
DASHBOARD = ROOT / "packaging/grafana/tuma.json"
UNIT = ROOT / "packaging/systemd/tuma.service"
# What stands in PromQL beside metrics, label names in by (…) taken out; `up` is Prometheus's own.
WORDS_OF_PROMQL = {"and", "or", "unless", "on", "by", "group_left", "sum", "rate", "increase", "changes", "histogram_quantile", "up"}
DOCS = Path("usr/share/doc/tuma")


def text_of(*command, **options):
    """Standard output; raises with what was said on standard error."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, **options)
    if done.returncode:
        raise program.Failed(f"{command} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


class PackagingTest(program.ProcessTest):
    def need(self, *tools):
        for tool in tools:
            if not shutil.which(tool):
                program.loud_skip(self, f"there is no {tool}; scripts/install-dependencies package")

    def options_in_help(self, tool, *command):
        return set(re.findall(r"^ +(?:-\w,)?(--[\w-]+)", text_of(tool, *command, "--help"), re.M))

    def commands(self, tool, *above):
        """Every command of a program with the options that its --help shows: {("scheme", "list"): {"--help"}}."""
        found = {above: self.options_in_help(tool, *above)}
        listed = text_of(tool, *above, "--help").partition("\nSubcommands:\n")[2]
        for name in re.findall(r"^  ([a-z][\w-]*)", listed, re.M):
            found |= self.commands(tool, *above, name)
        return found


class InstalledTree(PackagingTest):
    @classmethod
    def setUpClass(cls):
        folder = Path(tempfile.mkdtemp(prefix="tuma-installed-"))
        cls.addClassCleanup(shutil.rmtree, folder, True)
        text_of("cmake", "--install", cls.binaries, "--prefix", "/usr", "--strip",
                env={**os.environ, "DESTDIR": str(folder / "first")})
        # Moved on, so that nothing is found where it was installed.
        cls.stage = (folder / "first").rename(folder / "stage")

    def test_the_programs_run_from_where_they_are_installed(self):
        folder = self.stage / "usr/bin"
        for name in ("tuma", "tuma-load"):
            self.assertRegex(text_of(folder / name, "--version"), rf"^{name} \d+\.\d+\.\d+\n$")
            self.assertLess((folder / name).stat().st_size, (self.binaries / name).stat().st_size / 2, "not stripped")
        self.tuma = folder / "tuma"
        server = self.start("--http=127.0.0.1:0", "--schemes=pix-brazil")
        self.assertIn("tuma_accounts", server.admin("GET", "/metrics")[1])
        self.assertEqual(0, server.stop())
        self.assertIn("pix-brazil", text_of(self.tuma, "scheme", "list"))
        self.audit()

    def test_pages_that_help_names_are_installed(self):
        help_texts = [text_of(self.binaries / name, *command, "--help")
                      for name in ("tuma", "tuma-load") for command in self.commands(self.binaries / name)]
        named = set(re.findall(r"[\w/-]+/[\w.-]+\.(?:md|toml)\b", "\n".join(help_texts)))
        self.assertIn("switch/README.md", named)
        for page in sorted(named) + ["README.md", "copyright"]:
            self.assertTrue((self.stage / DOCS / page).is_file(), page)

    def test_everything_lies_where_its_reader_looks(self):
        for path in ("share/man/man1/tuma.1.gz", "share/man/man1/tuma-load.1.gz",
                     "share/bash-completion/completions/tuma", "share/bash-completion/completions/tuma-load",
                     "share/zsh/vendor-completions/_tuma", "share/zsh/vendor-completions/_tuma-load",
                     "lib/systemd/system/tuma.service", "share/tuma/grafana/tuma.json",
                     "share/tuma/prometheus/tuma.rules.yml"):
            self.assertTrue((self.stage / "usr" / path).is_file(), path)

    def test_the_manual_pages_render_without_a_warning(self):
        self.need("man", "groff")
        for name in ("tuma", "tuma-load"):
            page = self.stage / f"usr/share/man/man1/{name}.1.gz"
            done = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", page], capture_output=True, text=True,
                                  check=True, env={**os.environ, "MANWIDTH": "80", "LC_ALL": "C.UTF-8"})
            self.assertEqual("", done.stderr)
            self.assertIn("NAME\n", done.stdout)
            self.assertEqual("", subprocess.run(["groff", "-man", "-ww", "-z", "-Kutf8"], input=gzip.open(page).read(),
                                                capture_output=True, check=True).stderr.decode())


class Pages(PackagingTest):
    def test_the_manual_has_every_command_and_option_of_help(self):
        for name in ("tuma", "tuma-load"):
            page = text_of(self.binaries / name, "--print=man").replace("\\-", "-").replace("\\fB", "")
            sections = re.split(r"^\.S[SH] ", page, flags=re.M)
            for command, options in self.commands(self.binaries / name).items():
                with self.subTest(name, command=command):
                    title = " ".join((name, *command)) + "\\fR" if command else "OPTIONS"
                    section, = [text for text in sections if text.startswith(title + "\n")]
                    shown = set(re.findall(r"(--[\w-]+)\\fR", section))
                    self.assertEqual(options - ({"--help"} if command else set()), shown)

    def complete(self, name, *words):
        """What bash offers for the last word; words are split as bash does it."""
        script = self.folder / "completion"
        script.write_text(text_of(self.binaries / name, "--print=bash"))
        text_of("bash", "-n", script)
        listed = " ".join(f"'{word}'" for word in (name, *words))
        function = "_" + name.replace("-", "_")
        # compopt works only while a key is being answered.
        return text_of("bash", "-c", f"compopt() {{ :; }}; . '{script}'; COMP_WORDS=({listed}); COMP_CWORD={len(words)}; "
                       f"{function} && printf '%s\\n' \"${{COMPREPLY[@]-}}\"", cwd=self.folder).split()

    def test_bash_completes_commands_options_and_values(self):
        (self.folder / "books").mkdir()
        (self.folder / "books.toml").touch()
        for words, offered in ((["ser"], ["serve"]),
                               (["scheme", "ex"], ["explain"]),
                               (["serve", "--clo"], ["--clock="]),
                               (["serve", "--print-s"], ["--print-settings"]),
                               (["serve", "--clock", "=", "v"], ["virtual"]),
                               (["serve", "--clock", "="], ["wall", "virtual"]),
                               (["serve", "--clock", "w"], ["wall"]),
                               (["serve", "--data", "=", "b"], ["books"]),
                               (["serve", "--config", "=", "books."], ["books.toml"]),
                               (["serve", "--queue", "=", "b"], []),
                               (["scheme", "check", "books."], ["books.toml"]),
                               (["audit", "--clo"], [])):
            with self.subTest(words):
                self.assertEqual(offered, self.complete("tuma", *words))
        self.assertEqual(["find-max"], self.complete("tuma-load", "fi"))
        self.assertEqual(["constant"], self.complete("tuma-load", "run", "--arrival", "=", "c"))

    def test_bash_offers_every_command_and_option_of_help(self):
        for name in ("tuma", "tuma-load"):
            for command, options in self.commands(self.binaries / name).items():
                with self.subTest(name, command=command):
                    self.assertEqual(options, {word.rstrip("=") for word in self.complete(name, *command, "--")})

    def test_zsh_completes_commands_and_options(self):
        self.need("zsh")
        for name in ("tuma", "tuma-load"):
            script = self.folder / f"_{name}"
            script.write_text(text_of(self.binaries / name, "--print=zsh"))
            text_of("zsh", "-n", script)
        for typed, completed in (("tuma ser", "serve "), ("tuma serve --clo", "--clock="),
                                 ("tuma serve --clock=v", "--clock=virtual "), ("tuma scheme ex", "explain "),
                                 ("tuma-load fi", "find-max ")):
            with self.subTest(typed):
                self.assertEqual(typed.rpartition(" ")[0] + " " + completed, self.typed_in_zsh(typed + "\t"))

    def typed_in_zsh(self, keys):
        """The command line of an interactive zsh after these keys."""
        (self.folder / ".zshrc").write_text(
            f"fpath=({self.folder} $fpath)\nautoload -U compinit && compinit -u -D\nPS1='ready> '\n"
            # Ctrl-X prints the line instead of running it.
            "show() { print -r -- \"<<$BUFFER>>\" > $ZDOTDIR/shown; exit }\nzle -N show\nbindkey '^X' show\n")
        (self.folder / "shown").unlink(missing_ok=True)
        process, terminal = pty.fork()
        if process == 0:
            os.execvpe("zsh", ["zsh", "-d", "-i"], {"ZDOTDIR": str(self.folder), "PATH": os.environ["PATH"], "TERM": "dumb"})
        said, sent, end = b"", False, time.monotonic() + program.PATIENCE_S
        while time.monotonic() < end:
            if not select.select([terminal], [], [], 1)[0]:
                continue
            try:
                said += os.read(terminal, 65536)
            except OSError:
                break
            if b"ready> " in said and not sent:
                os.write(terminal, keys.encode() + b"\x18")
                sent = True
        os.close(terminal)
        os.waitpid(process, 0)
        shown = self.folder / "shown"
        self.assertTrue(shown.exists(), said[-2000:])
        return re.fullmatch(r"<<(.*)>>\n", shown.read_text(), re.S).group(1)


class Service(PackagingTest):
    def test_the_unit_is_hardened(self):
        self.need("systemd-analyze")
        # 3.0 of 10; a unit without any of it has 9.
        print(text_of("systemd-analyze", "security", "--offline=true", "--threshold=30", "--no-pager", UNIT).splitlines()[-1])

    def test_the_unit_has_no_word_that_systemd_does_not_know(self):
        self.need("systemd-analyze")
        # It looks for the program too, which need not be installed here.
        unit = self.folder / "tuma.service"
        unit.write_text(UNIT.read_text().replace("ExecStart=tuma ", f"ExecStart={self.tuma} "))
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, check=False)
        about = [line for line in done.stderr.splitlines() if "tuma" in line]
        self.assertEqual([], about)

    def test_the_command_of_the_unit_is_one_that_serve_takes(self):
        unit = UNIT.read_text()
        flags = re.search(r'^Environment="TUMA_FLAGS=(.*)"$', unit, re.M).group(1)
        command = re.search(r"^ExecStart=tuma (.*)$", unit, re.M).group(1)
        command = command.replace("$TUMA_FLAGS", flags).replace("%S", str(self.folder))
        settings = text_of(self.tuma, *command.split(), "--print-settings")
        self.assertIn(f'data = "{self.folder}/tuma"', settings)
        self.assertIn('admin = "127.0.0.1:9411"', settings)


class Monitoring(PackagingTest):
    def expressions(self):
        """(where, PromQL) of every alert, panel and note."""
        rules = RULES.read_text()
        names, found = re.findall(r"^ +- alert: (\w+)$", rules, re.M), re.findall(r"^ +expr: (.+)$", rules, re.M)
        self.assertEqual(len(names), len(found), "an expression that is not one line")
        self.assertGreaterEqual(len(found), 10)
        yield from zip(names, found)
        dashboard = json.loads(DASHBOARD.read_text())
        panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
        self.assertGreaterEqual(len(panels), 16)
        for panel in panels:
            self.assertTrue(panel["targets"], panel["title"])
            yield from ((panel["title"], target["expr"]) for target in panel["targets"])
        yield from ((note["name"], note["expr"]) for note in dashboard["annotations"]["list"])
        for variable in dashboard["templating"]["list"]:
            if variable["type"] == "query":
                yield variable["name"], re.search(r"label_values\((\w+),", variable["query"]["query"]).group(1)

    def test_every_metric_and_label_is_one_that_the_switch_has(self):
        server = self.start("--http=127.0.0.1:0")
        _, samples = read_metrics(server.admin("GET", "/metrics")[1])
        self.assertEqual(0, server.stop())
        exposed = {name for name, _ in samples}
        labels = {(name, label) for name, text in samples for label in re.findall(r'\w+="[^"]*"', text)}
        for where, promql in self.expressions():
            with self.subTest(where, promql=promql):
                for name, selector in re.findall(r"(\w+)\{([^}]*)\}", promql):
                    for label in re.findall(r'(?<!\w)\w+="[^"]*"', selector):
                        if not label.startswith("job="):
                            self.assertIn((name, label), labels)
                bare = re.sub(r"\{[^}]*\}|\[[^]]*\]|\b(?:by|on|ignoring) ?\([^)]*\)", " ", promql)
                names = set(re.findall(r"[a-zA-Z_]\w*", bare)) - WORDS_OF_PROMQL
                self.assertTrue(names or "up{" in promql)
                self.assertEqual(set(), names - exposed)

    def test_promtool_takes_the_rules_and_the_metrics(self):
        if not shutil.which("promtool"):
            program.loud_skip(self, "there is no promtool; it is in Debian's package prometheus")
        self.assertIn("SUCCESS", text_of("promtool", "check", "rules", RULES))
        server = self.start()
        text_of("promtool", "check", "metrics", input=server.admin("GET", "/metrics")[1])


class Package(PackagingTest):
    def test_a_debian_package_has_stripped_programs_and_one_beside_it_their_symbols(self):
        self.need("cpack", "dpkg-deb", "dpkg-shlibdeps", "file", "objcopy")
        text_of("cpack", "--config", self.binaries / "CPackConfig.cmake", "-B", self.folder, cwd=self.folder)
        package, = self.folder.glob("tuma_*.deb")
        symbols, = self.folder.glob("tuma-dbgsym_*.ddeb")

        listed = text_of("dpkg-deb", "--contents", package)
        for path in ("usr/bin/tuma", "usr/bin/tuma-load", "usr/lib/systemd/system/tuma.service",
                     "usr/share/man/man1/tuma.1.gz", f"{DOCS}/copyright", f"{DOCS}/README.md"):
            self.assertRegex(listed, rf"(?m)^-rw\S+ root/root .* \./{re.escape(path)}$")
        self.assertNotIn(str(ROOT), listed)
        self.assertNotIn("usr/local", listed)
        tree = self.folder / "tree"
        text_of("dpkg-deb", "--extract", package, tree)
        text_of("dpkg-deb", "--extract", symbols, tree)
        for name in ("tuma", "tuma-load"):
            installed = tree / "usr/bin" / name
            told = text_of("file", installed)
            self.assertRegex(told, r"BuildID\[sha1\]=[0-9a-f]{40}.*, stripped")
            build_id = re.search(r"BuildID\[sha1\]=([0-9a-f]+)", told).group(1)
            debug = tree / "usr/lib/debug/.build-id" / build_id[:2] / f"{build_id[2:]}.debug"
            self.assertIn("with debug_info", text_of("file", debug))
            text_of(installed, "--version")

        fields = dict(line.split(": ", 1) for line in text_of("dpkg-deb", "--field", package).splitlines()
                      if line and not line.startswith(" "))
        self.assertEqual("tuma", fields["Package"])
        for library in ("libc6", "libsqlite3-0", "libssl3"):
            self.assertRegex(fields["Depends"], rf"\b{library}\b")
        control = self.folder / "control"
        text_of("dpkg-deb", "--control", package, control)
        for script in ("postinst", "prerm", "postrm"):
            self.assertTrue(os.access(control / script, os.X_OK), script)
            text_of("sh", "-n", control / script)
        print(f"{package.name}: {package.stat().st_size} bytes, {symbols.name}: {symbols.stat().st_size}; "
              f"depends on {fields['Depends']}", flush=True)


if __name__ == "__main__":
    program.main()
