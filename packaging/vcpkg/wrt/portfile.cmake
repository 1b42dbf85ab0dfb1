# An overlay port: vcpkg install wrt --overlay-ports=packaging/vcpkg
#
# The source package lies beside this file; packaging/source.sh packaging/vcpkg/wrt puts it there. It carries what it needs
# of crates.io, so that nothing is downloaded. Needs cargo (Rust 1.95 or later) and GNU binutils.
set(archive "${CURRENT_PORT_DIR}/wrt-${VERSION}-source.tar.gz")
if(NOT EXISTS "${archive}")
    message(FATAL_ERROR "wrt: there is no ${archive}; make it by: packaging/source.sh packaging/vcpkg/wrt")
endif()
find_program(WRT_PORT_CARGO cargo)
if(NOT WRT_PORT_CARGO)
    message(FATAL_ERROR "wrt: cargo is not on the PATH; install Rust 1.95 or later, as https://rustup.rs says")
endif()
vcpkg_extract_source_archive(SOURCE_PATH ARCHIVE "${archive}")

if(VCPKG_LIBRARY_LINKAGE STREQUAL "dynamic")
    set(linkage -DWRT_STATIC=OFF -DWRT_SHARED=ON)
else()
    set(linkage -DWRT_STATIC=ON -DWRT_SHARED=OFF)
endif()
# Debug and release are one library: it is built once.
vcpkg_cmake_configure(
    SOURCE_PATH "${SOURCE_PATH}/cmake"
    OPTIONS ${linkage} "-DWRT_SHIP=${CURRENT_BUILDTREES_DIR}/ship-${TARGET_TRIPLET}"
)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH lib/cmake/wrt)
vcpkg_fixup_pkgconfig()
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug/include" "${CURRENT_PACKAGES_DIR}/debug/share")
file(INSTALL "${CMAKE_CURRENT_LIST_DIR}/usage" DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE-MIT" "${SOURCE_PATH}/LICENSE-APACHE")
