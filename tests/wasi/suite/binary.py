"""Writes modules in the binary format that no assembler would write: too many of something, too deep, or malformed.

Owns the encoding alone. What is written is not checked; most of it is meant to be refused somewhere.
"""
HEAD = b"\0asm\1\0\0\0"
# Ids of sections, in the order in which they stand in a module; tag stands between memory and global.
CUSTOM, TYPE, IMPORT, FUNCTION, TABLE, MEMORY, GLOBAL, EXPORT, START, ELEMENT, CODE, DATA, COUNT, TAG = range(14)
I32, I64, F64, FUNCREF = 0x7F, 0x7E, 0x7C, 0x70
END = b"\x0b"


def u(number):
    """An unsigned LEB128."""
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def s(number):
    """A signed LEB128."""
    out = bytearray()
    while not -64 <= number < 64:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number & 127)
    return bytes(out)


def name(text):
    """A name: its length, and the bytes."""
    data = text.encode() if isinstance(text, str) else text
    return u(len(data)) + data


def vec(items):
    """A vector of items that are encoded already."""
    items = list(items)
    return u(len(items)) + b"".join(items)


def many(count, item):
    """A vector of the same item over and over."""
    return u(count) + item * count


def section(number, body):
    """A section."""
    return bytes([number]) + u(len(body)) + body


def custom(title, body):
    """A custom section."""
    return section(CUSTOM, name(title) + body)


def module(*sections):
    """A module of sections."""
    return HEAD + b"".join(sections)


def signature(params=(), results=()):
    """The type of a function."""
    return b"\x60" + vec(bytes([p]) for p in params) + vec(bytes([r]) for r in results)


def body(code, local=b"\0"):
    """An entry of the code section, without the `end` that closes it; `local` is the vector of locals."""
    whole = local + code + END
    return u(len(whole)) + whole


def program(code, local=b"\0", before=(), after=(), types=None, memory=None):
    """A module with one function, exported as `_start`, which has this code."""
    number = 0 if types is None else len(types)
    found = [*(types or []), signature()]
    sections = [section(TYPE, vec(found)), *before, section(FUNCTION, vec([u(number)]))]
    if memory is not None:
        sections.append(section(MEMORY, vec([memory])))
    exports = [name("_start") + b"\0" + u(0)]
    if memory is not None:
        exports.append(name("memory") + b"\2" + u(0))
    return module(*sections, section(EXPORT, vec(exports)), *after, section(CODE, vec([body(code, local)])))


def i32(number):
    """The operator i32.const."""
    return b"\x41" + s(number)
