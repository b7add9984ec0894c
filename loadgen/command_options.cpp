#include "loadgen/command_options.h"

namespace tuma::loadgen {

CLI::Option* add_text(CLI::App& app, const std::string& name, std::string fallback,
                      std::string sentence,
                      const std::function<std::string(const std::string&)>& read) {
    // The fallback is for --help alone. The value keeps the default that it has in its struct.
    return app
        .add_option_function<std::string>(
            name,
            [name, read](const std::string& text) {
                // Some readers name the value themselves; then it is not named twice.
                const std::string wrong = read(text);
                if (!wrong.empty())
                    throw CLI::ValidationError(
                        name, wrong.front() == '"' ? wrong : fmt::format("\"{}\" {}", text, wrong));
            },
            std::move(sentence))
        ->default_str(std::move(fallback));
}

CLI::Option* add_duration(CLI::App& app, const std::string& name, Duration& value, Duration low,
                          Duration high, const std::string& sentence) {
    // The same words in --help and in the message, so that they cannot differ.
    const std::string bounds = fmt::format("{} to {}", text(low), text(high));
    return add_text(app, name, text(value), fmt::format("{} ({})", sentence, bounds),
                    [&value, low, high, bounds](const std::string& given) -> std::string {
                        const auto parsed = parse_duration(given);
                        if (!parsed || *parsed < low || *parsed > high)
                            return fmt::format("must be a duration of {}, as 500ms or 10s", bounds);
                        value = *parsed;
                        return {};
                    });
}

void add_seed(CLI::App& app, std::uint64_t& seed, std::string fallback,
              const std::string& sentence) {
    add_text(app, "--seed", std::move(fallback), sentence + " (0 to 2^64-1)",
             [&seed](const std::string& given) -> std::string {
                 // A negative number must not be wrapped round into a seed.
                 if (given.starts_with('-') || !CLI::detail::lexical_cast(given, seed))
                     return "must be a whole number of 0 to 2^64-1";
                 return {};
             });
}

}  // namespace tuma::loadgen
