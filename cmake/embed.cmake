# tuma_embed(OUTPUT name.cpp NOTE words HEADER h NAMESPACE n [ROW type FUNCTION f] TEXTS files...): a source in the
# build's folder that holds the texts of files; see embed_texts.cmake. Made by the build, so that clang-tidy, which
# builds nothing, has none.
function(tuma_embed)
    cmake_parse_arguments(E "" "OUTPUT;NOTE;HEADER;NAMESPACE;ROW;FUNCTION" "TEXTS" ${ARGN})
    list(TRANSFORM E_TEXTS PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
    set(output ${CMAKE_CURRENT_BINARY_DIR}/${E_OUTPUT})
    set(script ${PROJECT_SOURCE_DIR}/cmake/embed_texts.cmake)
    add_custom_command(
        OUTPUT ${output}
        COMMAND ${CMAKE_COMMAND} "-DTEXTS=${E_TEXTS}" -DOUTPUT=${output} "-DNOTE=${E_NOTE}"
            -DHEADER=${E_HEADER} -DNAMESPACE=${E_NAMESPACE} -DROW=${E_ROW} -DFUNCTION=${E_FUNCTION}
            -P ${script}
        DEPENDS ${E_TEXTS} ${script}
        VERBATIM)
    set_source_files_properties(${output} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()
