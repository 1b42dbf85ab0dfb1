# For 64-bit ARM Linux, with the cross compiler of Debian (gcc-aarch64-linux-gnu, g++-aarch64-linux-gnu):
#
#   cmake --toolchain cmake/toolchains/aarch64-linux-gnu.cmake ...
#
# Cargo's target follows from the first two lines.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
# Headers and libraries of the target, not of this machine; a package may lie anywhere.
set(CMAKE_FIND_ROOT_PATH /usr/aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE BOTH)
find_program(wrt_qemu_aarch64 qemu-aarch64)
if(wrt_qemu_aarch64)
    set(CMAKE_CROSSCOMPILING_EMULATOR "${wrt_qemu_aarch64};-L;/usr/aarch64-linux-gnu")
endif()
