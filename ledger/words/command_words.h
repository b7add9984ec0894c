// What a command line may say, and what is said of a word in it that is misspelt.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tuma {

/// A command with its options ("--data") and the commands below it.
struct CommandWords {
    std::string name;
    std::vector<std::string> options{};
    std::vector<CommandWords> commands{};
};

/// The words of an App of CLI11, and of the commands below it.
template <typename App>
CommandWords command_words(const App& app) {
    CommandWords words{app.get_name()};
    for (const auto* option : app.get_options())
        for (const std::string& name : option->get_lnames()) words.options.push_back("--" + name);
    for (const auto* below : app.get_subcommands([](const App*) { return true; }))
        words.commands.push_back(command_words(*below));
    return words;
}

/// The first argument that is no command where there are commands, or an option that its command
/// does not have, with the list of those and the nearest one. Values are not looked at.
std::optional<std::string> misspelt_argument(const CommandWords& program,
                                             std::span<const std::string> arguments);

}  // namespace tuma
