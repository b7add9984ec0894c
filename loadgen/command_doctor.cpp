#include "loadgen/command_doctor.h"

#include "loadgen/command_options.h"

namespace tuma::loadgen {

CLI::App* add_doctor(CLI::App& app, DoctorCommand& command) {
    CLI::App* doctor = app.add_subcommand(
        "doctor", "Say in five seconds which latencies this machine can measure, and what helps");
    doctor
        ->add_option("--probe-dir", command.settings.probe_directory,
                     "Where fsync is measured; choose the disk of the switch's data")
        ->type_name("DIR")
        ->capture_default_str();
    doctor->add_flag("--json", command.as_json, "Print JSON");
    doctor->footer(
        "Run it where tuma-load will run, with the server started but without load.\n"
        "It needs no server: it plays one without delay (tuma-load fake) in a thread of its own.");
    return doctor;
}

int play_doctor(const DoctorCommand& command) {
    const Checkup checkup = check_machine(command.settings);
    fmt::print("{}", command.as_json ? checkup_json(checkup) : checkup_text(checkup));
    return 0;
}

}  // namespace tuma::loadgen
