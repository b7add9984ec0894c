// Source: groff_man(7); `man --warnings -l` has nothing to say about it.
#include "ledger/words/command_page.h"
#include "ledger/words/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <iterator>

namespace tuma {
namespace {

// Text as troff prints it unchanged, hyphens and quotes as they are typed.
std::string plain(std::string_view text) {
    std::string out;
    for (const char c : text) {
        // Typed as they stand, troff would print typographic ones, which cannot be copied into a
        // shell.
        switch (c) {
            case '\\':
                out += "\\e";
                break;
            case '-':
                out += "\\-";
                break;
            case '\'':
                out += "\\(aq";
                break;
            case '`':
                out += "\\(ga";
                break;
            case '^':
                out += "\\(ha";
                break;
            case '~':
                out += "\\(ti";
                break;
            default:
                out += c;
        }
    }
    // A line that begins with a full stop is a macro.
    if (out.starts_with('.')) out.insert(0, "\\&");
    return out;
}

std::string bold(std::string_view text) {
    return fmt::format("\\fB{}\\fR", plain(text));
}

std::string italic(std::string_view text) {
    return fmt::format("\\fI{}\\fR", plain(text));
}

// "--data=DIR", "--parallel[=N]", "-h, --help".
std::string shown(const OptionPage& option) {
    if (option.is_argument) return italic(option.names.front());
    std::string out;
    for (const std::string& name : option.names) out += (out.empty() ? "" : ", ") + bold(name);
    const std::string value = value_name(option);
    if (value.empty()) return out;
    // The brackets go around the equals sign as well: name and value are left out together or not
    // at all.
    if (value.front() == '[') return out + "[=" + italic(value.substr(1, value.size() - 2)) + "]";
    return out + "=" + italic(value);
}

bool has_option(const CommandPage& command, const OptionPage& wanted) {
    return std::any_of(command.options.begin(), command.options.end(),
                       [&](const OptionPage& option) { return option.names == wanted.names; });
}

// But --help, which every command has, once for the program.
void append_options(std::string& out, const CommandPage& command, const CommandPage& above) {
    for (const OptionPage& option : command.options) {
        if (has_option(above, option)) continue;
        out += fmt::format(".TP\n{}\n{}", shown(option), plain(option.sentence));
        if (!option.default_value.empty()) out += fmt::format(" [{}]", plain(option.default_value));
        if (option.is_required) out += " (required)";
        out += '\n';
    }
}

// Where it has several lines, they and their columns stay as they are in --help.
void append_footer(std::string& out, std::string_view footer) {
    if (footer.empty()) return;
    // A single line is filled like any other text.
    if (footer.find('\n') == std::string_view::npos) {
        out += ".PP\n" + plain(footer) + "\n";
        return;
    }
    out += ".PP\n.nf\n";
    for (const std::string_view line : split_words(footer, '\n')) out += plain(line) + "\n";
    out += ".fi\n";
}

std::string synopsis(const CommandPage& command, const std::string& name) {
    std::string out = bold(name);
    for (const OptionPage& option : command.options)
        if (option.is_required) out += " " + shown(option);
    return out + " [" + italic("options") + "]";
}

void append_synopses(std::string& out, const CommandPage& command, const std::string& name) {
    // A command that has others below it does nothing by itself.
    if (command.commands.empty()) out += synopsis(command, name) + "\n.br\n";
    for (const CommandPage& below : command.commands)
        append_synopses(out, below, name + " " + below.name);
}

// CLI11 hands a program's footer down to commands that have none of their own.
void append_commands(std::string& out, const CommandPage& command, const std::string& name) {
    for (const CommandPage& below : command.commands) {
        const std::string below_name = name + " " + below.name;
        out += fmt::format(".SS {}\n{}\n", bold(below_name), plain(below.sentence));
        append_options(out, below, command);
        if (below.footer != command.footer) append_footer(out, below.footer);
        append_commands(out, below, below_name);
    }
}

// "tuma, a switch", "tuma-load drives a switch.": what a list of pages says behind the name.
std::string_view summary(const CommandPage& program) {
    // The list has the name in front already, and no full stop at the end.
    std::string_view text = program.sentence;
    if (text.starts_with(program.name)) text.remove_prefix(program.name.size());
    while (text.starts_with(',') || text.starts_with(' ')) text.remove_prefix(1);
    if (text.ends_with('.')) text.remove_suffix(1);
    return text;
}

}  // namespace

std::string manual_page(const CommandPage& program) {
    std::string title;
    // By custom a page's title is in capitals.
    std::transform(program.name.begin(), program.name.end(), std::back_inserter(title),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    std::string out = fmt::format(
        ".\\\" Made by `{} --print=man`.\n"
        ".TH {} 1 \"\" \"{}\" \"User commands\"\n"
        ".\\\" Long options are not torn apart, and nothing is stretched to make up for it.\n"
        ".ad l\n.nh\n"
        ".SH NAME\n{} \\- {}\n.SH SYNOPSIS\n",
        program.name, plain(title), plain(program.version), plain(program.name),
        plain(summary(program)));
    append_synopses(out, program, program.name);
    out += ".SH OPTIONS\n";
    // Before the commands, which leave out what the program has as well.
    append_options(out, program, {});
    append_footer(out, program.footer);
    out += ".SH COMMANDS\n";
    append_commands(out, program, program.name);
    out +=
        ".SH SEE ALSO\n"
        ".BR tuma (1),\n.BR tuma\\-load (1)\n"
        ".PP\n"
        "Pages that are named here as switch/README.md lie in the package\\(aqs documentation,\n"
        "/usr/share/doc/tuma.\n";
    return out;
}

}  // namespace tuma
