# Writes OUTPUT, a source file with the text of each scenario in SCENARIOS (a list of files).
set(rows "")
foreach(file IN LISTS SCENARIOS)
    get_filename_component(name "${file}" NAME_WE)
    file(READ "${file}" text)
    string(APPEND rows "    {\"${name}\", R\"~toml~(${text})~toml~\"},\n")
endforeach()
file(WRITE "${OUTPUT}"
"// The scenarios that are part of the program; made from loadgen/scenarios/*.toml.
#include \"loadgen/scenario.h\"

namespace tuma::loadgen {

std::span<const BuiltInScenario> built_in_scenarios() {
    static constexpr BuiltInScenario rows[] = {
${rows}    };
    return rows;
}

}  // namespace tuma::loadgen
")
