# Writes OUTPUT, a source file that defines FUNCTION: the name and text of each file in TEXTS (a list) as a
# constant row of type ROW. HEADER declares both, inside NAMESPACE; NOTE is the first line's comment.
set(rows "")
foreach(file IN LISTS TEXTS)
    get_filename_component(name "${file}" NAME_WE)
    file(READ "${file}" text)
    string(APPEND rows "    {\"${name}\", R\"~text~(${text})~text~\"},\n")
endforeach()
file(WRITE "${OUTPUT}"
"// ${NOTE}
#include \"${HEADER}\"

namespace ${NAMESPACE} {

std::span<const ${ROW}> ${FUNCTION}() {
    static constexpr ${ROW} rows[] = {
${rows}    };
    return rows;
}

}  // namespace ${NAMESPACE}
")
