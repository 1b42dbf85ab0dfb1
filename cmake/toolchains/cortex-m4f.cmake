# For Cortex-M4 with its unit for floats and no operating system, with the compiler and C library of Debian
# (gcc-arm-none-eabi, picolibc-arm-none-eabi). There is no shared library for it, and `core` of Rust comes from
# `rustup target add thumbv7em-none-eabihf` or is built from Debian's sources (tools/lib.sh).
#
# A program says where its memory is: -DCMAKE_EXE_LINKER_FLAGS=-Wl,--defsym=__flash=0,--defsym=__flash_size=...
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR cortex-m4)
set(CMAKE_C_COMPILER arm-none-eabi-gcc)
set(CMAKE_C_FLAGS_INIT "-mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16 --specs=picolibc.specs")
# Nothing links before the program says where its memory is.
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(WRT_CARGO_TARGET thumbv7em-none-eabihf CACHE STRING "cargo's name of the target")
