#include "ledger/words/command_page.h"
#include "ledger/words/words.h"

#include <fmt/format.h>

#include <algorithm>

namespace tuma {
namespace {

// What can stand for an option's value.
enum class Values { none, words, files, directories, anything };

Values values_of(const OptionPage& option) {
    // CLI11 keeps no kind of a value. Its name in --help tells it.
    const std::string name = value_name(option);
    if (name.empty()) return Values::none;
    if (name.find("FILE") != std::string::npos) return Values::files;
    if (name == "DIR") return Values::directories;
    // Words of a list are in small letters. Capitals name a value, and brackets one that may be
    // left out: neither can be typed as it stands.
    const bool is_list =
        name.find('|') != std::string::npos && std::none_of(name.begin(), name.end(), [](char c) {
            return (c >= 'A' && c <= 'Z') || c == ' ' || c == '[';
        });
    return is_list ? Values::words : Values::anything;
}

// The words of "wall|virtual", with blanks between them.
std::string words_of(const OptionPage& option) {
    return fmt::format("{}", fmt::join(split_words(value_name(option), '|'), " "));
}

// tuma-load is _tuma_load: a shell's function that begins with an underscore.
std::string function_name(std::string name) {
    std::replace_if(
        name.begin(), name.end(), [](char c) { return c == '-' || c == ' '; }, '_');
    return "_" + name;
}

// Between single quotes of a shell.
std::string shell_quoted(std::string_view text) {
    // Within single quotes a shell takes everything as it is but the quote, which has to leave
    // them, be escaped, and enter them again.
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}

bool has_arguments(const CommandPage& command) {
    return std::any_of(command.options.begin(), command.options.end(),
                       [](const OptionPage& option) { return option.is_argument; });
}

// For each command below `command`: calls `visit(it, " scheme explain")`.
template <typename Visit>
void each_command(const CommandPage& command, const std::string& path, const Visit& visit) {
    visit(command, path);
    for (const CommandPage& below : command.commands)
        each_command(below, path + " " + below.name, visit);
}

std::string bash_words(const CommandPage& command) {
    std::string words;
    const auto add = [&](const std::string& word) { words += (words.empty() ? "" : " ") + word; };
    for (const CommandPage& below : command.commands) add(below.name);
    for (const OptionPage& option : command.options) {
        if (option.is_argument) continue;
        // With "=", so that the value follows without a blank. A value that may be left out gets
        // none: the flag alone is complete.
        const bool wants_value = !option.value.empty() && option.value.front() != '[';
        for (const std::string& name : option.names)
            if (name.starts_with("--")) add(name + (wants_value ? "=" : ""));
    }
    return words;
}

const char* bash_value_action(Values values) {
    switch (values) {
        case Values::words:
            return "mapfile -t COMPREPLY < <(compgen -W {} -- \"$current\")";
        case Values::files:
            return "compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$current\")";
        case Values::directories:
            return "compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- \"$current\")";
        case Values::none:
        case Values::anything:
            break;
    }
    return "";
}

std::string bash_values(const CommandPage& command, const std::string& path) {
    std::string out;
    for (const OptionPage& option : command.options) {
        const Values values = values_of(option);
        // An argument has no name that a value could follow, and a flag has no value.
        if (option.is_argument || values == Values::none) continue;
        const std::string action =
            fmt::format(fmt::runtime(bash_value_action(values)), shell_quoted(words_of(option)));
        // The same name may take another value in another command, so that the path is part of it.
        for (const std::string& name : option.names)
            out += fmt::format("        {}) {}{}return ;;\n",
                               shell_quoted(fmt::format("{} {}", path, name)), action,
                               action.empty() ? "" : "; ");
    }
    return out;
}

// Inside the brackets of a specification of _arguments.
std::string zsh_text(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
        out += c == '\n' ? ' ' : c;
    }
    return out;
}

std::string zsh_action(const OptionPage& option) {
    switch (values_of(option)) {
        case Values::none:
            return "";
        case Values::words:
            return fmt::format("({})", words_of(option));
        case Values::files:
            return "_files";
        case Values::directories:
            return "_files -/";
        case Values::anything:
            break;
    }
    return " ";
}

std::string zsh_options(const CommandPage& command) {
    std::string out;
    for (const OptionPage& option : command.options) {
        const std::string value = value_name(option);
        if (option.is_argument) {
            out += fmt::format(" \\\n        {}", shell_quoted("*:" + zsh_text(value) + ":_files"));
            continue;
        }
        // In a specification, two colons mean that the value may be left out, one that it may not.
        const bool is_optional = value.starts_with('[');
        std::string message;
        if (!value.empty())
            message = (is_optional ? "::" : ":") + zsh_text(value) + ":" + zsh_action(option);
        for (const std::string& name : option.names)
            out += fmt::format(
                " \\\n        {}",
                shell_quoted(fmt::format("{}{}{}[{}]{}", option.is_repeated ? "*" : "", name,
                                         value.empty() || !name.starts_with("--") ? ""
                                         : is_optional                            ? "=-"
                                                                                  : "=",
                                         zsh_text(option.sentence), message)));
    }
    return out;
}

std::string zsh_function(const CommandPage& command, const std::string& name) {
    std::string out = fmt::format("{}() {{\n", function_name(name));
    if (command.commands.empty())
        return out + fmt::format("    _arguments{}\n}}\n", zsh_options(command));
    // A command with others below it reads the first word and hands the rest to their functions.
    std::string described, cases;
    for (const CommandPage& below : command.commands) {
        described += " " + shell_quoted(below.name + ":" + below.sentence);
        cases += fmt::format("                {}) {} ;;\n", below.name,
                             function_name(name + " " + below.name));
    }
    return out + fmt::format(R"(    local curcontext=$curcontext state
    local -a commands=({})
    _arguments -C{} \
        '1: :->command' '*:: :->rest'
    case $state in
        command) _describe command commands ;;
        rest)
            case $words[1] in
{}            esac
            ;;
    esac
}}
)",
                             described.substr(1), zsh_options(command), cases);
}

}  // namespace

std::string bash_completion(const CommandPage& program) {
    // One function for all commands: bash knows nothing of the words before, so that it finds the
    // command by walking over them.
    std::string paths, values, words;
    each_command(program, "", [&](const CommandPage& command, const std::string& path) {
        if (!path.empty()) paths += (paths.empty() ? "" : " | ") + shell_quoted(path);
        values += bash_values(command, path);
        words += fmt::format("        {}) words={}{} ;;\n", shell_quoted(path),
                             shell_quoted(bash_words(command)),
                             has_arguments(command) ? " files=yes" : "");
    });
    return fmt::format(
        R"(# Completion of {0} in bash; made by `{0} --print=bash`.
{1}() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD - 1]}}
    local path='' word words='' files=''
    # "--name=value" is three words here.
    if [[ $current == = ]]; then
        current=''
    elif [[ $previous == = ]]; then
        previous=${{COMP_WORDS[COMP_CWORD - 2]}}
    fi
    for word in "${{COMP_WORDS[@]:1:COMP_CWORD - 1}}"; do
        case "$path $word" in
        {2}) path+=" $word" ;;
        esac
    done
    COMPREPLY=()
    case "$path $previous" in
{3}    esac
    case "$path" in
{4}    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
    if [[ ${{COMPREPLY[*]-}} == *= ]]; then
        compopt -o nospace
    elif [[ $files && ${{#COMPREPLY[@]}} == 0 ]]; then
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
    fi
}}
complete -F {1} {0}
)",
        program.name, function_name(program.name), paths, values, words);
}

std::string zsh_completion(const CommandPage& program) {
    std::string out = fmt::format(
        "#compdef {0}\n# Completion of {0} in zsh; made by `{0} --print=zsh`.\n", program.name);
    // One function for each command: zsh's own `_arguments` follows the words.
    each_command(program, program.name, [&](const CommandPage& command, const std::string& name) {
        out += zsh_function(command, name);
    });
    return out + fmt::format("{} \"$@\"\n", function_name(program.name));
}

}  // namespace tuma
