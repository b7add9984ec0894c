#include "switch/commands/provision_command.h"

#include "switch/commands/command_result.h"
#include "switch/setup/provision_text.h"

#include <fmt/format.h>

namespace tuma {

void add_provision(CLI::App& app, ProvisionFlags& flags) {
    CLI::App* provision = app.add_subcommand(
        "provision", "Print merchants, customers and options as a provisioning file");
    provision->add_flag("--print-default", flags.print_default,
                        "Print the default set, to be edited and given to tuma serve --provision");
    provision->footer("Exit: 0 done, 2 for bad usage.");
}

int run_provision(const ProvisionFlags& flags) {
    // There may be more to do with such files one day; what is meant has to be said.
    if (!flags.print_default)
        return usage_error({"--print-default", "is missing: there is nothing else to do"});
    fmt::print("{}", default_provision_text());
    return exit_ok;
}

}  // namespace tuma
