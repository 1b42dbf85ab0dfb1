# What the recipe takes from Yocto's class of this name, and no more: sources, and tasks in their order.
WORKDIR = "${TMPDIR}/work/${PN}"
T = "${WORKDIR}/temp"
D = "${WORKDIR}/image"
S = "${WORKDIR}/${BP}"
B = "${S}"
BP = "${BPN}-${PV}"
BPN = "${PN}"
PN = "${@bb.parse.vars_from_file(d.getVar('FILE', False), d)[0] or 'none'}"
PV = "${@bb.parse.vars_from_file(d.getVar('FILE', False), d)[1] or '1.0'}"
FILE_DIRNAME = "${@os.path.dirname(d.getVar('FILE', False))}"
FILESPATH = "${SOURCES}"
prefix = "/usr"
libdir = "/usr/lib"
includedir = "/usr/include"

python base_do_unpack() {
    fetcher = bb.fetch2.Fetch(d.getVar("SRC_URI").split(), d)
    fetcher.download()
    fetcher.unpack(d.getVar("WORKDIR"))
}
python base_do_license() {
    # The checksums are those of the files.
    import hashlib
    for uri in d.getVar("LIC_FILES_CHKSUM").split():
        path, md5 = uri.removeprefix("file://").split(";md5=")
        with open(os.path.join(d.getVar("S"), path), "rb") as file:
            if hashlib.md5(file.read()).hexdigest() != md5:
                bb.fatal("%s has another checksum than LIC_FILES_CHKSUM says" % path)
}
do_unpack[dirs] = "${WORKDIR}"
addtask unpack
addtask license after do_unpack
addtask configure after do_license
addtask compile after do_configure
addtask install after do_compile
EXPORT_FUNCTIONS do_unpack do_license
