"""The functions and errnos of preview 1, as data, and what is made of them: C header and wat imports.

Owns the one list of functions. `p` is a pointer, `i` any other 32-bit parameter, `I` a 64-bit one; every function
but `proc_exit` returns an errno. Knows nothing of cases. `check` compares the list with the witx texts, where those
are at hand.
"""
import re
from pathlib import Path

PREVIEW1 = "wasi_snapshot_preview1"
UNSTABLE = "wasi_unstable"

FUNCTIONS = {
    "args_get": "pp",
    "args_sizes_get": "pp",
    "environ_get": "pp",
    "environ_sizes_get": "pp",
    "clock_res_get": "ip",
    "clock_time_get": "iIp",
    "fd_advise": "iIIi",
    "fd_allocate": "iII",
    "fd_close": "i",
    "fd_datasync": "i",
    "fd_fdstat_get": "ip",
    "fd_fdstat_set_flags": "ii",
    "fd_fdstat_set_rights": "iII",
    "fd_filestat_get": "ip",
    "fd_filestat_set_size": "iI",
    "fd_filestat_set_times": "iIIi",
    "fd_pread": "ipiIp",
    "fd_prestat_get": "ip",
    "fd_prestat_dir_name": "ipi",
    "fd_pwrite": "ipiIp",
    "fd_read": "ipip",
    "fd_readdir": "ipiIp",
    "fd_renumber": "ii",
    "fd_seek": "iIip",
    "fd_sync": "i",
    "fd_tell": "ip",
    "fd_write": "ipip",
    "path_create_directory": "ipi",
    "path_filestat_get": "iipip",
    "path_filestat_set_times": "iipiIIi",
    "path_link": "iipiipi",
    "path_open": "iipiiIIip",
    "path_readlink": "ipipip",
    "path_remove_directory": "ipi",
    "path_rename": "ipiipi",
    "path_symlink": "piipi",
    "path_unlink_file": "ipi",
    "poll_oneoff": "ppip",
    "proc_exit": "i",
    "proc_raise": "i",
    "sched_yield": "",
    "random_get": "pi",
    "sock_accept": "iip",
    "sock_recv": "ipiipp",
    "sock_send": "ipiip",
    "sock_shutdown": "ii",
}
# The older module has no way to accept a connection.
NOT_IN_UNSTABLE = {"sock_accept"}

ERRNOS = """success 2big acces addrinuse addrnotavail afnosupport again already badf badmsg busy canceled child
connaborted connrefused connreset deadlk destaddrreq dom dquot exist fault fbig hostunreach idrm ilseq inprogress intr
inval io isconn isdir loop mfile mlink msgsize multihop nametoolong netdown netreset netunreach nfile nobufs nodev
noent noexec nolck nolink nomem nomsg noprotoopt nospc nosys notconn notdir notempty notrecoverable notsock notsup
notty nxio overflow ownerdead perm pipe proto protonosupport prototype range rofs spipe srch stale timedout txtbsy xdev
notcapable""".split()

C_TYPES = {"p": "void *", "i": "int32_t ", "I": "int64_t "}
WAT_TYPES = {"p": "i32", "i": "i32", "I": "i64"}


def functions(module):
    """The functions of one of the two modules, with their parameters."""
    return {n: p for n, p in FUNCTIONS.items() if module == PREVIEW1 or n not in NOT_IN_UNSTABLE}


def c_header():
    """Declarations for C: `raw_NAME` is the import; `NAME` calls it and reports `NAME -> errno`."""
    lines = ["/* Made by suite/abi.py from its list of functions. */"]
    lines.append("static const char *const errno_names[] = {")
    lines += [f'    "{name}",' for name in ERRNOS]
    lines.append("};")
    lines.append("enum {")
    lines += [f"    E_{name.upper()} = {number}," for number, name in enumerate(ERRNOS)]
    lines.append("};")
    lines.append("static int report(const char *function, int32_t error);")
    for name, params in FUNCTIONS.items():
        typed = ", ".join(f"{C_TYPES[p]}p{i}" for i, p in enumerate(params)) or "void"
        passed = ", ".join(f"p{i}" for i in range(len(params)))
        end = name == "proc_exit"
        if name in NOT_IN_UNSTABLE:
            lines.append("#ifndef UNSTABLE")
        lines.append(f'__attribute__((import_module(WASI_MODULE), import_name("{name}")))')
        lines.append(f"extern {'_Noreturn void' if end else 'int32_t'} raw_{name}({typed});")
        if end:
            body = f'{{ report_end("{name}"); raw_{name}({passed}); }}'
            lines.append(f"_Noreturn static inline void {name}({typed}) {body}")
        else:
            lines.append(f'static inline int {name}({typed}) {{ return report("{name}", raw_{name}({passed})); }}')
        if name in NOT_IN_UNSTABLE:
            lines.append("#endif")
    return "\n".join(lines) + "\n"


# Where the wat helpers keep what they print: the upper end of the first page of memory.
WAT_BASE = 60000


def wat_imports(module, names):
    """Imports `$raw_NAME`, and functions `$NAME` that call them and print `NAME -> errno` to standard output."""
    texts = {}
    data = []
    at = WAT_BASE + 64

    def place(text):
        nonlocal at
        if text not in texts:
            raw = text.encode()
            texts[text] = (at, len(raw))
            data.append(f'(data (i32.const {at}) "{"".join(f"{chr(92)}{b:02x}" for b in raw)}")')
            at += len(raw)
        return texts[text]

    table = "".join(name.ljust(16) for name in ERRNOS)
    table_at, _ = place(table)
    imports, bodies = [], []
    for name in dict.fromkeys([*names, "fd_write"]):
        params = " ".join(WAT_TYPES[p] for p in FUNCTIONS[name])
        param = f" (param {params})" if params else ""
        result = "" if name == "proc_exit" else " (result i32)"
        imports.append(f'(import "{module}" "{name}" (func $raw_{name}{param}{result}))')
    for name in names:
        params = " ".join(f"(param {WAT_TYPES[p]})" for p in FUNCTIONS[name])
        passed = " ".join(f"(local.get {i})" for i in range(len(FUNCTIONS[name])))
        if name == "proc_exit":
            line, size = place("proc_exit does not return\n")
            bodies.append(f"(func $proc_exit {params} (call $wasi_print (i32.const {line}) (i32.const {size}))"
                          f" (call $raw_proc_exit {passed}))")
            continue
        line, size = place(f"{name} -> ")
        bodies.append(f"(func ${name} {params} (result i32) (local $wasi_errno i32)"
                      f" (local.set $wasi_errno (call $raw_{name} {passed}))"
                      f" (call $wasi_print (i32.const {line}) (i32.const {size}))"
                      f" (call $wasi_print_errno (local.get $wasi_errno)) (local.get $wasi_errno))")
    newline, _ = place("\n")
    bodies.append(f"""(func $wasi_print (param $at i32) (param $size i32)
      (i32.store (i32.const {WAT_BASE}) (local.get $at)) (i32.store (i32.const {WAT_BASE + 4}) (local.get $size))
      (drop (call $raw_fd_write (i32.const 1) (i32.const {WAT_BASE}) (i32.const 1) (i32.const {WAT_BASE + 8}))))
    (func $wasi_print_errno (param $errno i32) (local $at i32) (local $size i32)
      (local.set $at (i32.add (i32.const {table_at}) (i32.mul (i32.const 16) (local.get $errno))))
      (loop $more (if (i32.ne (i32.load8_u (i32.add (local.get $at) (local.get $size))) (i32.const 32))
        (then (local.set $size (i32.add (local.get $size) (i32.const 1))) (br $more))))
      (call $wasi_print (local.get $at) (local.get $size)) (call $wasi_print (i32.const {newline}) (i32.const 1)))""")
    return "\n".join(imports), "\n".join([*bodies, *data])


def expand_wat(text):
    """Replaces the field `(wasi "MODULE" NAME...)` of a module by imports and, at the end, the helpers' functions."""
    found = re.search(r'\(wasi "([a-z0-9_]+)"([a-z0-9_\s]*)\)', text)
    if not found:
        return text
    names = found[2].split()
    unknown = [n for n in names if n not in functions(found[1])]
    if unknown:
        raise ValueError(f"{found[1]} has no function {', '.join(unknown)}")
    imports, bodies = wat_imports(found[1], names)
    text = text[: found.start()] + imports + text[found.end() :]
    end = text.rstrip().rfind(")")
    return text[:end] + bodies + ")\n"


def check(witx):
    """What the list and the witx texts in the folder `witx` do not agree on, as lines."""
    wrong = []
    types = (Path(witx) / "preview1_witx_typenames.witx").read_text()
    errnos = re.search(r"\(typename \$errno.*?\n\)", types, re.S)[0]
    listed = re.findall(r"^    \$(\w+)", errnos, re.M)
    if listed != ERRNOS:
        wrong.append(f"errnos: {sorted(set(listed) ^ set(ERRNOS))} or their order")
    for module, version in ((PREVIEW1, "preview1"), (UNSTABLE, "preview0")):
        text = (Path(witx) / f"{version}_witx_{module}.witx").read_text()
        described = {}
        for part in text.split("(@interface func ")[1:]:
            name = re.match(r'\(export "(\w+)"\)', part)[1]
            described[name] = core_parameters(part)
        for name in sorted(set(described) | set(functions(module))):
            here = functions(module).get(name)
            if described.get(name) != here:
                wrong.append(f"{module} {name}: {described.get(name)} in the witx, {here} here")
    return wrong


# 64-bit types of the interface; what is neither here nor a pointer, string or list is passed in 32 bits.
WIDE = {"filesize", "filedelta", "timestamp", "rights", "dircookie"}


def core_parameters(text):
    """The parameters that a function of a witx text has in core WebAssembly, in the letters of `FUNCTIONS`."""
    letters = ""
    for kind in re.findall(r"\(param \$\w+ (.+)\)\n", text):
        if kind == "string" or kind.endswith("_array"):
            letters += "pi"
        elif kind.startswith("(@witx"):
            letters += "p"
        else:
            letters += "I" if kind.strip("$") in WIDE else "i"
    result = re.search(r"\(expected (.*)\(error", text)
    if result:
        inner = result[1].strip()
        if inner.startswith("(tuple"):
            letters += "p" * inner.count("$")
        elif inner.startswith("$"):
            letters += "p"
    return letters
