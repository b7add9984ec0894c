# tuma_command_pages(program ...): each program's manual page and completion scripts, made by the program
# itself from the tables of its --help. Target command_pages; the files lie in build/PRESET/pages.
find_program(TUMA_GZIP gzip REQUIRED)
set(TUMA_PAGES ${CMAKE_BINARY_DIR}/pages)

function(tuma_command_pages)
    file(MAKE_DIRECTORY ${TUMA_PAGES})
    foreach(program IN LISTS ARGN)
        set(made ${TUMA_PAGES}/${program}.1.gz ${TUMA_PAGES}/${program} ${TUMA_PAGES}/_${program})
        add_custom_command(OUTPUT ${made}
            COMMAND ${program} --print=man > ${program}.1
            COMMAND ${TUMA_GZIP} -9nf ${program}.1
            COMMAND ${program} --print=bash > ${program}
            COMMAND ${program} --print=zsh > _${program}
            DEPENDS ${program}
            WORKING_DIRECTORY ${TUMA_PAGES}
            COMMENT "Manual page and completion of ${program}"
            VERBATIM)
        list(APPEND pages ${made})
    endforeach()
    add_custom_target(command_pages ALL DEPENDS ${pages})
endfunction()
