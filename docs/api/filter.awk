# Makes documentation of the plain comments of include/wrt.h, on its way to Doxygen: a comment that stands before something
# belongs to it, one that stands behind something on its line too.
{
    at = index($0, "/*")
    if (at > 0 && substr($0, at, 3) != "/**") {
        before = substr($0, 1, at - 1)
        mark = before ~ /[^ \t]/ ? "/**<" : "/**"
        # The comment at the head of the file is the file's.
        if (NR == 1) mark = "/** @file\n *"
        $0 = before mark substr($0, at + 2)
    }
    # The names say it.
    if ($0 ~ /^#define WRT_VERSION_/) $0 = $0 " /**< Part of the version of the library that the header belongs to. */"
    print
}
