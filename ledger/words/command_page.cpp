#include "ledger/words/command_page.h"

namespace tuma {

std::string value_name(const OptionPage& option) {
    const std::string& all = option.value;
    // CLI11 puts a colon and a sentence with blanks behind the name. A name may have a colon of its
    // own, as HOST:PORT, but never a blank.
    return all.find(' ') == std::string::npos ? all : all.substr(0, all.rfind(':'));
}

std::optional<std::string> printed_page(const CommandPage& program,
                                        std::span<const std::string> arguments) {
    // Alone only, so that nothing that the program requires need be given with it.
    if (arguments.size() != 1) return std::nullopt;
    if (arguments[0] == "--print=man") return manual_page(program);
    if (arguments[0] == "--print=bash") return bash_completion(program);
    if (arguments[0] == "--print=zsh") return zsh_completion(program);
    return std::nullopt;
}

}  // namespace tuma
