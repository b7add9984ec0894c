#include "ledger/words/command_words.h"

#include "ledger/words/words.h"

#include <algorithm>

namespace tuma {

std::optional<std::string> misspelt_argument(const CommandWords& program,
                                             std::span<const std::string> arguments) {
    const CommandWords* at = &program;
    for (const std::string& argument : arguments) {
        // What follows are arguments, whatever they look like.
        if (argument == "--") break;
        if (argument.starts_with("--")) {
            // Only the name: a value may be anything, and the parser judges it.
            const std::string name = argument.substr(0, argument.find('='));
            if (std::find(at->options.begin(), at->options.end(), name) == at->options.end())
                // The first mistake is told alone: those behind it may follow from it.
                return none_of(name, at->options);
        } else if (!argument.starts_with('-') && !at->commands.empty()) {
            const auto command =
                std::find_if(at->commands.begin(), at->commands.end(),
                             [&](const CommandWords& one) { return one.name == argument; });
            if (command == at->commands.end()) {
                std::vector<std::string> names;
                for (const CommandWords& one : at->commands) names.push_back(one.name);
                return none_of(argument, names);
            }
            // From here on the words are those of this command.
            at = &*command;
        }
    }
    return std::nullopt;
}

}  // namespace tuma
