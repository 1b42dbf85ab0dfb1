# Runs a port as vcpkg would, with stand-ins for the functions of vcpkg that the port uses:
#
#   cmake -DPORT_DIR=... -DROOT=... -DLINKAGE=static|dynamic [-DOPTIONS=...] -P standin.cmake
#
# ROOT/packages is what the port installs, ROOT/buildtrees what it builds. vcpkg itself cannot be had here, so this shows
# that the portfile does what it says with functions of these names and effects: that a debug and a release build are made,
# that the package of CMake is moved to share/PORT and finds the library from there. It does not show that vcpkg's own
# functions have exactly these effects, nor its checks after a build, triplets, or binary caching.
cmake_minimum_required(VERSION 3.21)
file(READ "${PORT_DIR}/vcpkg.json" manifest)
string(JSON PORT GET "${manifest}" name)
string(JSON VERSION GET "${manifest}" version)
set(TARGET_TRIPLET "standin-${LINKAGE}")
set(VCPKG_LIBRARY_LINKAGE "${LINKAGE}")
set(CURRENT_PORT_DIR "${PORT_DIR}")
set(CURRENT_BUILDTREES_DIR "${ROOT}/buildtrees/${PORT}")
set(CURRENT_PACKAGES_DIR "${ROOT}/packages/${PORT}_${TARGET_TRIPLET}")
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}")
file(MAKE_DIRECTORY "${CURRENT_PACKAGES_DIR}" "${CURRENT_BUILDTREES_DIR}")

function(standin_run)
    execute_process(COMMAND ${ARGV} RESULT_VARIABLE code)
    if(NOT code EQUAL 0)
        message(FATAL_ERROR "exit code ${code}: ${ARGV}")
    endif()
endfunction()

# Unpacks an archive of one folder; the folder is the result.
function(vcpkg_extract_source_archive out)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "ARCHIVE" "")
    set(into "${CURRENT_BUILDTREES_DIR}/src")
    file(REMOVE_RECURSE "${into}")
    file(ARCHIVE_EXTRACT INPUT "${arg_ARCHIVE}" DESTINATION "${into}")
    file(GLOB folder "${into}/*")
    set(${out} "${folder}" PARENT_SCOPE)
endfunction()

# The first argument of the port is the name, as in vcpkg.
macro(standin_named)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "SOURCE_PATH" "OPTIONS;FILE_LIST")
endmacro()

function(vcpkg_cmake_configure)
    standin_named()
    foreach(kind dbg rel)
        set(prefix "${CURRENT_PACKAGES_DIR}")
        set(type Release)
        if(kind STREQUAL "dbg")
            string(APPEND prefix "/debug")
            set(type Debug)
        endif()
        standin_run("${CMAKE_COMMAND}" -S "${arg_SOURCE_PATH}" -B "${CURRENT_BUILDTREES_DIR}/${TARGET_TRIPLET}-${kind}"
            "-DCMAKE_INSTALL_PREFIX=${prefix}" -DCMAKE_INSTALL_LIBDIR=lib -DCMAKE_BUILD_TYPE=${type} ${arg_OPTIONS} ${OPTIONS})
    endforeach()
endfunction()

function(vcpkg_cmake_install)
    foreach(kind dbg rel)
        standin_run("${CMAKE_COMMAND}" --build "${CURRENT_BUILDTREES_DIR}/${TARGET_TRIPLET}-${kind}" --target install)
    endforeach()
endfunction()

# Moves the package of CMake to share, where its prefix is two folders up.
function(vcpkg_cmake_config_fixup)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "CONFIG_PATH" "")
    foreach(config lib debug/lib)
        if(NOT EXISTS "${CURRENT_PACKAGES_DIR}/${config}/cmake")
            message(FATAL_ERROR "there is no ${config}/cmake")
        endif()
    endforeach()
    file(GLOB files "${CURRENT_PACKAGES_DIR}/${arg_CONFIG_PATH}/*")
    file(COPY ${files} DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
    file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/lib/cmake" "${CURRENT_PACKAGES_DIR}/debug/lib/cmake")
    set(config "${CURRENT_PACKAGES_DIR}/share/${PORT}/${PORT}Config.cmake")
    file(READ "${config}" text)
    string(REPLACE "{CMAKE_CURRENT_LIST_DIR}/../../../\"" "{CMAKE_CURRENT_LIST_DIR}/../../\"" moved "${text}")
    if(moved STREQUAL text)
        message(FATAL_ERROR "${config} does not take its prefix from where it lies")
    endif()
    file(WRITE "${config}" "${moved}")
endfunction()

# Ours needs no change: it takes its prefix from where it lies.
function(vcpkg_fixup_pkgconfig)
    foreach(pc lib/pkgconfig debug/lib/pkgconfig)
        file(STRINGS "${CURRENT_PACKAGES_DIR}/${pc}/${PORT}.pc" prefix REGEX "^prefix=")
        if(NOT prefix MATCHES "pcfiledir")
            message(FATAL_ERROR "${pc}/${PORT}.pc: ${prefix}")
        endif()
    endforeach()
endfunction()

function(vcpkg_install_copyright)
    standin_named()
    set(text "")
    foreach(file IN LISTS arg_FILE_LIST)
        file(READ "${file}" one)
        string(APPEND text "${one}\n")
    endforeach()
    file(WRITE "${CURRENT_PACKAGES_DIR}/share/${PORT}/copyright" "${text}")
endfunction()

include("${PORT_DIR}/portfile.cmake")
