// Manual pages and completion of a program that does not exist.
#include "ledger/words/command_page.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

using namespace tuma;

namespace {

CommandPage send_program() {
    CommandPage program{"send", "send 1.0", "send, a way to 'send' money.", "Exit: 0 done."};
    program.options = {{{"-h", "--help"}, "", "", "Print this"}};
    CommandPage pay{"pay", "", "Pay somebody", ".like this:  send pay --at=now\n more"};
    pay.options = {
        {{"--to"}, "FILE.csv", "", "Who", false, true},
        {{"--at"}, "now|later", "now", "When; ~/.send says it too"},
        {{"--parts"}, "UINT:INT in [1 - 9]", "1", "In so many parts"},
        {{"--wait"}, "[N]", "", "Wait"},
        {{"amount"}, "AMOUNT", "", "How much", true, true},
    };
    CommandPage list{"list", "", "Names of all", "Exit: 0 done."};
    program.commands = {pay, list};
    return program;
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("command page: the name of a value is there without its bounds") {
    const auto name = [](const std::string& value) { return value_name({{"--x"}, value}); };
    CHECK(name("DIR") == "DIR");
    CHECK(name("HOST:PORT") == "HOST:PORT");
    CHECK(name("UINT:INT in [1 - 9]") == "UINT");
    CHECK(name("HOST:PORT:TEXT in [a]") == "HOST:PORT");
    CHECK(name("").empty());
}

TEST_CASE("command page: the manual says what a command takes, and troff changes none of it") {
    const std::string page = manual_page(send_program());
    CHECK(contains(page, ".TH SEND 1 \"\" \"send 1.0\" \"User commands\"\n"));
    CHECK(contains(page, "\nsend \\- a way to \\(aqsend\\(aq money\n"));
    CHECK(contains(page, "\n\\fBsend pay\\fR \\fB\\-\\-to\\fR=\\fIFILE.csv\\fR \\fIamount\\fR ["));
    CHECK(contains(page, ".TP\n\\fB\\-\\-to\\fR=\\fIFILE.csv\\fR\nWho (required)\n"));
    CHECK(contains(page, "\\fInow|later\\fR\nWhen; \\(ti/.send says it too [now]\n"));
    CHECK(contains(page, "\\fB\\-\\-parts\\fR=\\fIUINT\\fR\n"));
    CHECK(contains(page, "\\fB\\-\\-wait\\fR[=\\fIN\\fR]\n"));
    CHECK(contains(page, ".nf\n\\&.like this:  send pay \\-\\-at=now\n more\n.fi\n"));
    CHECK(contains(page, "\n.PP\nExit: 0 done.\n.SH COMMANDS\n"));
    CHECK(contains(page, ".SS \\fBsend list\\fR\nNames of all\n.SH SEE ALSO"));
}

TEST_CASE("command page: completion knows words, files and what nobody can guess") {
    const std::string bash = bash_completion(send_program());
    CHECK(contains(bash, "' pay --at') mapfile -t COMPREPLY < <(compgen -W 'now later'"));
    CHECK(contains(bash, "' pay --to') compopt -o filenames;"));
    CHECK(contains(bash, "' pay --parts') return ;;"));
    CHECK(contains(bash, "'') words='pay list --help' ;;"));
    CHECK(contains(bash, "' pay') words='--to= --at= --parts= --wait' files=yes ;;"));
    const std::string zsh = zsh_completion(send_program());
    CHECK(zsh.starts_with("#compdef send\n"));
    CHECK(contains(zsh, "'--at=[When; ~/.send says it too]:now|later:(now later)'"));
    CHECK(contains(zsh, "'--wait=-[Wait]::\\[N\\]: '"));
    CHECK(contains(zsh, "('pay:Pay somebody' 'list:Names of all')"));
}

TEST_CASE("command page: it is printed for one argument that asks for it, and for nothing else") {
    const CommandPage program = send_program();
    const auto printed = [&](std::vector<std::string> arguments) {
        return printed_page(program, arguments);
    };
    CHECK(printed({"--print=man"}) == manual_page(program));
    CHECK(printed({"--print=bash"}) == bash_completion(program));
    CHECK(printed({"--print=zsh"}) == zsh_completion(program));
    CHECK(printed({"--print=fish"}) == std::nullopt);
    CHECK(printed({"--print=man", "pay"}) == std::nullopt);
    CHECK(printed({}) == std::nullopt);
}
