# What the recipe takes from Yocto's class of this name, and no more. The tools are this machine's.
OECMAKE_SOURCEPATH ??= "${S}"
B = "${WORKDIR}/build"

cmake_do_configure() {
    cmake -S ${OECMAKE_SOURCEPATH} -B ${B} -DCMAKE_INSTALL_PREFIX=${prefix} -DCMAKE_INSTALL_LIBDIR=lib \
        -DFETCHCONTENT_FULLY_DISCONNECTED=ON ${EXTRA_OECMAKE}
}
cmake_do_compile() {
    cmake --build ${B}
}
cmake_do_install() {
    DESTDIR=${D} cmake --build ${B} --target install
}
do_configure[dirs] = "${B}"
do_compile[dirs] = "${B}"
do_install[dirs] = "${B} ${D}"
EXPORT_FUNCTIONS do_configure do_compile do_install
