# What is installed: headers, libraries, the package of CMake and that of pkg-config. Each of the last two finds the
# others from its own place, so that a prefix may be moved.
set(package "${CMAKE_INSTALL_LIBDIR}/cmake/wrt")
configure_package_config_file(wrtConfig.cmake.in "${CMAKE_CURRENT_BINARY_DIR}/wrtConfig.cmake"
    INSTALL_DESTINATION "${package}" PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_LIBDIR)
# Below 1.0 each minor version may change what the last one offered.
write_basic_package_version_file("${CMAKE_CURRENT_BINARY_DIR}/wrtConfigVersion.cmake" COMPATIBILITY SameMinorVersion)

if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}" OR IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}")
    set(wrt_pc_prefix "${CMAKE_INSTALL_PREFIX}")
else()
    file(RELATIVE_PATH wrt_pc_prefix "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
    string(REGEX REPLACE "/$" "" wrt_pc_prefix "${wrt_pc_prefix}")
    set(wrt_pc_prefix "\${pcfiledir}/${wrt_pc_prefix}")
endif()
foreach(dir LIBDIR INCLUDEDIR)
    if(IS_ABSOLUTE "${CMAKE_INSTALL_${dir}}")
        set(wrt_pc_${dir} "${CMAKE_INSTALL_${dir}}")
    else()
        set(wrt_pc_${dir} "\${prefix}/${CMAKE_INSTALL_${dir}}")
    endif()
endforeach()
configure_file(wrt.pc.in "${CMAKE_CURRENT_BINARY_DIR}/wrt.pc" @ONLY)

install(FILES "${wrt_root}/include/wrt.h" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
# The headers of C++, where there are any.
if(EXISTS "${wrt_root}/include/wrt.hpp")
    install(FILES "${wrt_root}/include/wrt.hpp" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
endif()
if(EXISTS "${wrt_root}/include/wrt")
    install(DIRECTORY "${wrt_root}/include/wrt" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.hpp")
endif()
if(WRT_STATIC)
    install(FILES "${wrt_static}" DESTINATION "${CMAKE_INSTALL_LIBDIR}")
endif()
if(WRT_SHARED)
    install(FILES "${wrt_shared}" "${wrt_shared}.${wrt_abi}" DESTINATION "${CMAKE_INSTALL_LIBDIR}")
    install(PROGRAMS "${wrt_shared}.${wrt_version}" DESTINATION "${CMAKE_INSTALL_LIBDIR}")
endif()
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/wrtConfig.cmake" "${CMAKE_CURRENT_BINARY_DIR}/wrtConfigVersion.cmake"
    wrtTargets.cmake DESTINATION "${package}")
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/wrt.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
