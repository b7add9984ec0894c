# Writes OUTPUT, a source file that holds the texts of the files in TEXTS (a list); NOTE is its first line's
# comment. HEADER declares what it defines, inside NAMESPACE: FUNCTION, which gives the name and text of each
# file as a constant row of type ROW; or, without FUNCTION, one std::string_view a file, of the file's name.
set(rows "")
foreach(file IN LISTS TEXTS)
    get_filename_component(name "${file}" NAME_WE)
    file(READ "${file}" text)
    if(FUNCTION)
        string(APPEND rows "    {\"${name}\", R\"~text~(${text})~text~\"},\n")
    else()
        string(APPEND rows "const std::string_view ${name} = R\"~text~(\n${text})~text~\";\n\n")
    endif()
endforeach()
if(FUNCTION)
    set(rows "std::span<const ${ROW}> ${FUNCTION}() {
    static constexpr ${ROW} rows[] = {
${rows}    };
    return rows;
}

")
endif()
file(WRITE "${OUTPUT}"
"// ${NOTE}
#include \"${HEADER}\"

namespace ${NAMESPACE} {

${rows}}  // namespace ${NAMESPACE}
")
