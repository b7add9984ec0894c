// A program's commands and options as data, and what is made of them: manual page, completion.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tuma {

/// An option, or an argument that has no name on the command line.
struct OptionPage {
    std::vector<std::string> names{};  ///< "-h", "--help"; of an argument what --help calls it
    std::string value{};               ///< "DIR", "wall|virtual"; empty for a flag
    std::string default_value{};       ///< where the sentence does not say it
    std::string sentence{};
    bool is_argument = false;
    bool is_required = false;
    bool is_repeated = false;  ///< may be given several times
};

/// A program or one of its commands.
struct CommandPage {
    std::string name{};
    std::string version{};  ///< "tuma 1.0"; of a command nothing
    std::string sentence{};
    std::string footer{};
    std::vector<OptionPage> options{};
    std::vector<CommandPage> commands{};
};

/// The page of an App of CLI11 and of the commands below it: what its --help shows.
template <typename App>
CommandPage command_page(const App& app) {
    CommandPage page{app.get_name(), app.version(), app.get_description(), app.get_footer()};
    for (const auto* option : app.get_options()) {
        OptionPage row;
        row.is_argument = option->get_positional();
        if (row.is_argument) row.names.push_back(option->get_name(true));
        for (const std::string& name : option->get_snames()) row.names.push_back("-" + name);
        for (const std::string& name : option->get_lnames()) row.names.push_back("--" + name);
        if (option->get_items_expected_max() > 0) row.value = option->get_type_name();
        row.default_value = option->get_default_str();
        row.sentence = option->get_description();
        row.is_required = option->get_required();
        row.is_repeated = option->get_expected_max() > 1;
        page.options.push_back(std::move(row));
    }
    for (const auto* below : app.get_subcommands([](const App*) { return true; }))
        page.commands.push_back(command_page(*below));
    return page;
}

/// The name of an option's value without what CLI11 adds on its bounds, which the sentence says:
/// "UINT" of "UINT:INT in [1 - 9]", but all of "HOST:PORT".
std::string value_name(const OptionPage& option);

/// A manual page of section 1 in troff's man macros.
std::string manual_page(const CommandPage& program);

/// A script that bash reads to complete the program's commands, options and values.
std::string bash_completion(const CommandPage& program);

/// The same for zsh, to be found in its $fpath as _NAME.
std::string zsh_completion(const CommandPage& program);

/// What is printed for --print=man, --print=bash or --print=zsh as the only argument. Packages are
/// built with it; no --help names it.
std::optional<std::string> printed_page(const CommandPage& program,
                                        std::span<const std::string> arguments);

}  // namespace tuma
