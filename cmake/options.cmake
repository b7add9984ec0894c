# What every target of this project is compiled with; linked as tuma_options.
add_library(tuma_options INTERFACE)
target_include_directories(tuma_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(tuma_options INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wold-style-cast
    -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough -Wformat=2)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC 12 reports false positives of these two from inside Boost and the standard library.
    target_compile_options(tuma_options INTERFACE
        -Wduplicated-cond -Wduplicated-branches -Wlogical-op -Wno-maybe-uninitialized -Wno-restrict)
endif()
if(NOT CMAKE_UNITY_BUILD)
    target_compile_options(tuma_options INTERFACE -Wshadow)
elseif(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # A name of one source may hide what stands in the one before it. And a source that is included into
    # another one looks like a header.
    target_compile_options(tuma_options INTERFACE -Wshadow=local -Wno-subobject-linkage)
endif()
if(TUMA_WERROR)
    target_compile_options(tuma_options INTERFACE -Werror)
endif()
if(TUMA_SANITIZE)
    target_compile_options(tuma_options INTERFACE -fsanitize=${TUMA_SANITIZE} -fno-omit-frame-pointer
        -fno-sanitize-recover=all)
    target_link_options(tuma_options INTERFACE -fsanitize=${TUMA_SANITIZE})
    if(TUMA_SANITIZE MATCHES undefined)
        # It looks at memory through a pipe, and so reports nonsense when no file descriptor is free.
        target_compile_options(tuma_options INTERFACE -fno-sanitize=vptr)
    endif()
    if(TUMA_SANITIZE MATCHES thread AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        # Asio's fences, which the sanitizer ignores: it can only report too much for that.
        target_compile_options(tuma_options INTERFACE -Wno-tsan)
    endif()
endif()
if(TUMA_FUZZ)
    target_compile_options(tuma_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
