"""Modules that mean harm: what they ask for is too much, never ends, or is nonsense.

Owns the corpus and how each entry is to end under `wrtd run`; knows nothing of how it is run. An entry is wat text or
bytes, made when it is asked for.
"""
from dataclasses import dataclass
from typing import Callable

from .binary import (CODE, CUSTOM, DATA, ELEMENT, END, EXPORT, FUNCREF, FUNCTION, GLOBAL, HEAD, I32, I64, IMPORT,
                     MEMORY, START, TABLE, TAG, TYPE, body, custom, i32, many, module, name, program, s, section,
                     signature, u, vec)

MIB = 1 << 20
# How a run may end: by a refusal, without fuel or time, in a trap, or by itself.
REFUSED, FUEL, TIME, TRAP, DONE = 1, 124, 123, 134, 0
BUSY = (FUEL, TIME)


@dataclass
class Hostile:
    """An entry. `ends` are the exit codes of `wrtd run` that are right; `says` is in what it prints where it fails."""

    name: str
    make: Callable
    ends: tuple
    says: str = ""
    wasi: bool = False
    # Options of `wrtd run` beside those that all get.
    options: tuple = ()
    # The largest file that the run may write, in bytes.
    file_limit: int | None = None
    # Bytes that it may take besides, where what it asks for is bounded by something else than --max-memory.
    beyond: int = 0
    # Why it cannot pass yet; it is skipped aloud then, unless it is named.
    lacks: str = ""


CORPUS = []


def hostile(*ends, **more):
    """Adds what the function makes to the corpus, under the function's name."""

    def add(make):
        CORPUS.append(Hostile(make.__name__.replace("_", "-"), make, ends, **more))
        return make

    return add


def wat(inside):
    """A text module."""
    return f"(module {inside})"


# ---------------------------------------------------------------------------------------------------------- memory


@hostile(REFUSED, says="--max-memory")
def memory_of_4_gib():
    return wat('(memory 65536) (func (export "_start"))')


@hostile(*BUSY)
def memory_grows_page_by_page():
    return wat('(memory 0) (func (export "_start") (loop $l (drop (memory.grow (i32.const 1))) (br $l)))')


@hostile(*BUSY)
def memory_grows_and_is_touched():
    return wat('''(memory 1) (func (export "_start") (loop $l
        (drop (memory.grow (i32.const 16)))
        (memory.fill (i32.const 0) (i32.const 1) (i32.mul (memory.size) (i32.const 65536))) (br $l)))''')


@hostile(*BUSY)
def memory_grows_by_everything():
    return wat('(memory 0) (func (export "_start") (loop $l (drop (memory.grow (i32.const -1))) (br $l)))')


@hostile(*BUSY, REFUSED)
def memories_grow_in_turn():
    memories = "(memory 0)" * 50
    grow = "".join(f"(drop (memory.grow {k} (i32.const 16)))" for k in range(50))
    fill = "".join(f"(memory.fill {k} (i32.const 0) (i32.const 1) (i32.mul (memory.size {k}) (i32.const 65536)))"
                   for k in range(50))
    return wat(f'{memories} (func (export "_start") (loop $l {grow} {fill} (br $l)))')


@hostile(REFUSED)
def memories_by_the_million():
    return module(section(MEMORY, many(1_000_000, b"\0\0")))


@hostile(REFUSED)
def memory64_of_all_there_is():
    return wat('(memory i64 281474976710656) (func (export "_start"))')


@hostile(*BUSY)
def memory64_grows_to_all_there_is():
    return wat('''(memory i64 0) (func (export "_start") (loop $l
        (drop (memory.grow (i64.const 0xffffffffffff))) (drop (memory.grow (i64.const -1))) (br $l)))''')


@hostile(*BUSY)
def memory_is_filled_over_and_over():
    return wat('''(memory 1024) (func (export "_start") (loop $l
        (memory.fill (i32.const 0) (i32.const 7) (i32.const 67108864))
        (memory.copy (i32.const 1) (i32.const 0) (i32.const 67108863)) (br $l)))''')


# --------------------------------------------------------------------------------------------------------- recursion


@hostile(TRAP, says="stack")
def recursion_direct():
    return wat('(func $f (export "_start") (call $f))')


@hostile(TRAP, says="stack")
def recursion_with_results():
    return wat('''(func $f (param i32) (result i32) (i32.add (call $f (local.get 0)) (call $f (local.get 0))))
        (func (export "_start") (drop (call $f (i32.const 1))))''')


@hostile(TRAP, says="stack")
def recursion_with_many_locals():
    local = "(local " + "i64 " * 40_000 + ")"
    return wat(f'(func $f (export "_start") {local} (call $f) (local.set 39999 (i64.const 1)))')


@hostile(TRAP, says="stack")
def recursion_mutual():
    return wat('(func $f (export "_start") (call $g)) (func $g (call $f))')


@hostile(TRAP, says="stack")
def recursion_indirect():
    return wat('''(table 2 funcref) (elem (i32.const 0) $f $g)
        (func $f (export "_start") (call_indirect (i32.const 1))) (func $g (call_indirect (i32.const 0)))''')


@hostile(TRAP, says="stack")
def recursion_by_reference():
    return wat('''(type $t (func)) (elem declare func $f)
        (func $f (export "_start") (call_ref $t (ref.func $f)))''')


@hostile(TRAP, says="stack")
def recursion_in_the_start_function():
    return wat('(func $f (call $f)) (start $f) (func (export "_start"))')


@hostile(*BUSY)
def tail_calls_without_end():
    return wat('(func $f (export "_start") (return_call $g)) (func $g (return_call $f))')


# -------------------------------------------------------------------------------------------------------------- loops


@hostile(*BUSY)
def loop_without_end():
    return wat('(func (export "_start") (loop $l (br $l)))')


@hostile(*BUSY)
def start_without_end():
    return wat('(func $f (loop $l (br $l))) (start $f) (func (export "_start"))')


@hostile(*BUSY)
def exceptions_thrown_without_end():
    return wat('''(tag $t (param i64)) (func $f (throw $t (i64.const 1)))
        (func (export "_start") (loop $l (block $b (result i64) (try_table (catch $t $b) (call $f)) (i64.const 0))
            (drop) (br $l)))''')


@hostile(*BUSY, TRAP)
def exceptions_kept_without_end():
    return wat('''(tag $t (param i64)) (table $x 0 100000 exnref) (func $f (throw $t (i64.const 1)))
        (func (export "_start") (local $e exnref) (loop $l
            (block $b (result i64 exnref) (try_table (catch_ref $t $b) (call $f)) (unreachable))
            (local.set $e) (drop) (drop (table.grow $x (local.get $e) (i32.const 1))) (br $l)))''')


@hostile(TRAP)
def exceptions_thrown_from_the_depth():
    return wat('''(tag $t) (func $f (param i32) (if (local.get 0) (then (call $f (i32.sub (local.get 0) (i32.const 1))))
        (else (throw $t)))) (func (export "_start") (call $f (i32.const 90000)))''')


# -------------------------------------------------------------------------------------------------------------- tables


@hostile(REFUSED, DONE)
def table_of_10_million():
    return wat('(table 10000000 funcref) (func (export "_start"))')


@hostile(REFUSED)
def table_of_4_billion():
    return wat('(table 4294967295 funcref) (func (export "_start"))')


@hostile(REFUSED)
def tables_of_10_million_each():
    return wat("(table 10000000 funcref)" * 100 + '(func (export "_start"))')


@hostile(*BUSY)
def table_grows():
    return wat('''(table 0 funcref) (func (export "_start") (loop $l
        (drop (table.grow (ref.null func) (i32.const 1000))) (br $l)))''')


# Elements have eight bytes, and `LoadBudget::max_table_elements` allows this many.
@hostile(*BUSY, beyond=10_000_000 * 8 - 64 * MIB)
def table_grows_to_its_maximum():
    return wat('''(table 0 10000000 funcref) (func (export "_start") (loop $l
        (drop (table.grow (ref.null func) (i32.const 100000))) (br $l)))''')


@hostile(*BUSY, REFUSED)
def table_is_filled_over_and_over():
    return wat('''(table 1000000 funcref) (func (export "_start") (loop $l
        (table.fill (i32.const 0) (ref.null func) (i32.const 1000000))
        (table.copy (i32.const 1) (i32.const 0) (i32.const 999999)) (br $l)))''')


# ---------------------------------------------------------------------------------------------------------- collection


@hostile(TRAP, *BUSY)
def objects_in_a_chain():
    return wat('''(type $n (struct (field (ref null $n)) (field i64)))
        (func (export "_start") (local $x (ref null $n)) (loop $l
            (local.set $x (struct.new $n (local.get $x) (i64.const 1))) (br $l)))''')


@hostile(*BUSY, TRAP)
def objects_thrown_away():
    return wat('''(type $a (array (mut i64))) (func (export "_start") (loop $l
        (drop (array.new $a (i64.const 1) (i32.const 100000))) (br $l)))''')


@hostile(TRAP)
def array_of_everything():
    return wat('''(type $a (array (mut i64)))
        (func (export "_start") (drop (array.new $a (i64.const 1) (i32.const -1))))''')


@hostile(*BUSY, TRAP)
def objects_in_a_doubling_tree():
    return wat('''(type $n (struct (field (ref null $n)) (field (ref null $n))))
        (func $t (param i32) (result (ref null $n)) (if (result (ref null $n)) (local.get 0)
            (then (struct.new $n (call $t (i32.sub (local.get 0) (i32.const 1)))
                                 (call $t (i32.sub (local.get 0) (i32.const 1)))))
            (else (ref.null $n))))
        (func (export "_start") (drop (call $t (i32.const 64))))''')


# ----------------------------------------------------------------------------------------------------- many of a thing


def functions(count):
    """That many functions, the first of which is `_start`."""
    entries = many(count, body(b""))
    return module(section(TYPE, vec([signature()])), section(FUNCTION, many(count, u(0))),
                  section(EXPORT, vec([name("_start") + b"\0\0"])), section(CODE, entries))


@hostile(DONE)
def functions_2000():
    return functions(2_000)


@hostile(DONE)
def functions_100000():
    return functions(100_000)


@hostile(REFUSED)
def functions_that_are_only_declared():
    return module(section(TYPE, vec([signature()])), section(FUNCTION, many(5_000_000, u(0))))


@hostile(REFUSED)
def imports_100000():
    entry = b"".join(name("env") + name(f"f{k}") + b"\0\0" for k in range(100_000))
    return module(section(TYPE, vec([signature()])), section(IMPORT, u(100_000) + entry))


def imports_of(listed):
    """A module that imports these (module, name) as functions that give a number."""
    entries = [name(where) + name(what) + b"\0\1" for where, what in listed]
    types = vec([signature(), signature(results=[I32])])
    return module(section(TYPE, types), section(IMPORT, vec(entries)), section(FUNCTION, vec([u(0)])),
                  section(MEMORY, vec([b"\0\1"])),
                  section(EXPORT, vec([name("_start") + b"\0" + u(len(entries)), name("memory") + b"\2\0"])),
                  section(CODE, vec([body(b"")])))


@hostile(DONE, wasi=True)
def imports_of_wasi_again_and_again():
    return imports_of([("wasi_snapshot_preview1", "sched_yield")] * 50_000)


@hostile(REFUSED, wasi=True)
def imports_of_wasi_and_then_of_others():
    return imports_of([("wasi_snapshot_preview1", "sched_yield")] * 50_000 + [("env", f"f{k}") for k in range(50_000)])


@hostile(DONE)
def exports_100000():
    listed = [name("_start") + b"\0\0", *(name(f"e{k}") + b"\0\0" for k in range(99_999))]
    return module(section(TYPE, vec([signature()])), section(FUNCTION, vec([u(0)])), section(EXPORT, vec(listed)),
                  section(CODE, vec([body(b"")])))


@hostile(REFUSED)
def exports_that_are_the_same():
    listed = many(90_000, name("same") + b"\0\0")
    return module(section(TYPE, vec([signature()])), section(FUNCTION, vec([u(0)])), section(EXPORT, listed),
                  section(CODE, vec([body(b"")])))


@hostile(REFUSED)
def globals_1000000():
    one = bytes([I64, 0]) + b"\x42\0" + END
    return module(section(GLOBAL, many(1_000_000, one)))


@hostile(DONE)
def globals_100000():
    one = bytes([I64, 0]) + b"\x42\0" + END
    return program(b"", after=()).replace(section(EXPORT, vec([name("_start") + b"\0\0"])),
                                          section(GLOBAL, many(100_000, one))
                                          + section(EXPORT, vec([name("_start") + b"\0\0"])))


@hostile(REFUSED)
def types_1000000():
    return module(section(TYPE, many(1_000_000, signature([I32] * 3, [I64]))))


@hostile(REFUSED)
def type_with_a_million_parameters():
    return module(section(TYPE, vec([signature([I32] * 1_000_000)])))


@hostile(DONE)
def types_in_recursive_groups():
    # Each group refers to the one before it and to itself, so that groups must be compared to be told apart.
    groups = []
    for k in range(10_000):
        before = max(0, 2 * k - 2)
        one = b"\x50\0\x5f\x02\x63" + s(2 * k + 1) + b"\0\x63" + s(before) + b"\0"
        groups.append(b"\x4e\x02" + one + one)
    types = u(len(groups) + 1) + b"".join(groups) + signature()
    return module(section(TYPE, types), section(FUNCTION, vec([u(20_000)])),
                  section(EXPORT, vec([name("_start") + b"\0\0"])), section(CODE, vec([body(b"")])))


@hostile(DONE, REFUSED)
def types_that_are_all_the_same_group():
    # Equal groups: each must be found to be the same as the first.
    one = b"\x4e\x02" + (b"\x50\0\x5f\x01\x7f\0") * 2
    types = u(30_001) + one * 30_000 + signature()
    return module(section(TYPE, types), section(FUNCTION, vec([u(60_000)])),
                  section(EXPORT, vec([name("_start") + b"\0\0"])), section(CODE, vec([body(b"")])))


@hostile(REFUSED)
def types_in_a_chain_of_supertypes():
    chain = [b"\x50\0\x5f\0"] + [b"\x50\1" + u(k) + b"\x5f\0" for k in range(60_000)]
    return module(section(TYPE, vec([*chain, signature()])))


@hostile(REFUSED, DONE)
def types_in_one_group_of_everything():
    one = b"\x50\0\x5f\x01\x63" + s(59_999) + b"\0"
    types = u(2) + b"\x4e" + many(60_000, one) + signature()
    return module(section(TYPE, types), section(FUNCTION, vec([u(60_000)])),
                  section(EXPORT, vec([name("_start") + b"\0\0"])), section(CODE, vec([body(b"")])))


@hostile(REFUSED)
def tags_1000000():
    return module(section(TYPE, vec([signature()])), section(TAG, many(1_000_000, b"\0\0")))


# --------------------------------------------------------------------------------------------------------------- code


@hostile(DONE)
def branch_table_with_a_million_labels():
    return program(i32(0) + b"\x0e" + many(1_000_000, b"\0") + b"\0")


@hostile(REFUSED)
def branch_table_longer_than_the_body():
    return program(i32(0) + b"\x0e" + u(0xFFFFFFFF) + b"\0")


@hostile(DONE)
def locals_50000():
    return program(b"", local=vec([u(50_000) + bytes([I64])]))


@hostile(REFUSED)
def locals_4_billion():
    return program(b"", local=vec([u(0xFFFFFFFF) + bytes([I64])]))


@hostile(REFUSED)
def locals_that_overflow():
    return program(b"", local=vec([u(0xFFFFFFFF) + bytes([I64])] * 8))


@hostile(REFUSED, DONE)
def locals_in_a_million_groups():
    return program(b"", local=many(1_000_000, b"\0\x7f"))


@hostile(DONE)
def blocks_nested_60000_deep():
    return program(b"\x02\x40" * 60_000 + END * 60_000)


@hostile(REFUSED)
def blocks_nested_100000_deep():
    return program(b"\x02\x40" * 100_000 + END * 100_000)


@hostile(REFUSED)
def blocks_that_are_never_closed():
    return program(b"\x03\x40" * 1_000_000)


@hostile(REFUSED)
def operands_by_the_million():
    return program(i32(0) * 1_000_000 + b"\x1a" * 1_000_000)


@hostile(DONE, REFUSED)
def branches_that_each_carry_a_thousand_values():
    # Each branch moves everything that the block takes: what is translated must not be the product of both.
    thousand = signature([I32] * 1000, [I32] * 1000)
    inside = i32(0) * 1000 + b"\x02\x01" + (i32(1) + b"\x0d\0") * 20_000 + END + b"\x1a" * 1000
    whole = module(section(TYPE, vec([signature(), thousand])), section(FUNCTION, vec([u(0)])),
                   section(EXPORT, vec([name("_start") + b"\0\0"])), section(CODE, vec([body(inside)])))
    return whole


@hostile(DONE, REFUSED)
def branch_tables_to_blocks_with_results():
    blocks = 500
    inside = b"".join(b"\x02\x01" for _ in range(blocks)) + i32(7) * 100 + i32(0) + b"\x0e" + vec(
        u(k % blocks) for k in range(200_000)) + u(0)
    tail = (END + b"\x1a" * 0) * blocks + b"\x1a" * 100
    return module(section(TYPE, vec([signature(), signature((), [I32] * 100)])), section(FUNCTION, vec([u(0)])),
                  section(EXPORT, vec([name("_start") + b"\0\0"])), section(CODE, vec([body(inside + tail)])))


@hostile(DONE)
def code_of_7_mib_in_one_function():
    return program((i32(1) + b"\x1a") * (7 * MIB // 3))


@hostile(REFUSED)
def code_of_64_mib_in_one_function():
    return program(b"\x01" * (64 * MIB))


@hostile(DONE, REFUSED)
def code_of_48_mib_in_many_functions():
    one = body((i32(1) + b"\x1a") * (MIB // 3))
    return module(section(TYPE, vec([signature()])), section(FUNCTION, many(48, u(0))),
                  section(EXPORT, vec([name("_start") + b"\0\0"])), section(CODE, many(48, one)))


@hostile(DONE, REFUSED)
def constant_expression_of_a_mib():
    long = b"\x41\0" + b"\x41\1\x6a" * (MIB // 3)
    return module(section(TYPE, vec([signature()])), section(FUNCTION, vec([u(0)])),
                  section(GLOBAL, vec([bytes([I32, 0]) + long + END])),
                  section(EXPORT, vec([name("_start") + b"\0\0"])), section(CODE, vec([body(b"")])))


@hostile(REFUSED)
def constant_expression_with_a_million_operands():
    long = b"\x41\0" * 1_000_000
    return module(section(GLOBAL, vec([bytes([I32, 0]) + long + END])))


# ------------------------------------------------------------------------------------------------------------ segments


@hostile(DONE, REFUSED)
def data_of_60_mib():
    data = b"\0\x41\0" + END + name(bytes(60 * MIB))
    return program(b"", memory=b"\0" + u(1024))[:] + section(DATA, vec([data]))


@hostile(TRAP, REFUSED)
def data_beyond_the_memory():
    data = b"\0\x41" + b"\x7f" + END + name(bytes(MIB))
    return program(b"", memory=b"\0\1") + section(DATA, vec([data]))


@hostile(DONE, REFUSED)
def data_segments_100000():
    data = b"\0\x41\0" + END + name(b"x")
    return program(b"", memory=b"\0\1") + section(DATA, many(100_000, data))


@hostile(REFUSED)
def data_that_is_longer_than_the_file():
    return program(b"", memory=b"\0\1") + section(DATA, vec([b"\0\x41\0" + END + u(0xFFFFFFF0)]))


@hostile(DONE, REFUSED)
def elements_of_10_million():
    element = b"\0\x41\0" + END + many(9_000_000, b"\0")
    table = section(TABLE, vec([bytes([FUNCREF, 0]) + u(9_000_000)]))
    return module(section(TYPE, vec([signature()])), section(FUNCTION, vec([u(0)])), table,
                  section(EXPORT, vec([name("_start") + b"\0\0"])), section(ELEMENT, vec([element])),
                  section(CODE, vec([body(b"")])))


@hostile(TRAP, REFUSED)
def elements_beyond_the_table():
    element = b"\0\x41\0" + END + many(1_000_000, b"\0")
    table = section(TABLE, vec([bytes([FUNCREF, 0]) + u(10)]))
    return module(section(TYPE, vec([signature()])), section(FUNCTION, vec([u(0)])), table,
                  section(EXPORT, vec([name("_start") + b"\0\0"])), section(ELEMENT, vec([element])),
                  section(CODE, vec([body(b"")])))


# --------------------------------------------------------------------------------------------------------------- names


@hostile(DONE)
def name_section_with_a_name_of_10_mb():
    functions_part = vec([u(0) + name(b"n" * 10_000_000)])
    return program(b"") + custom("name", b"\1" + u(len(functions_part)) + functions_part)


@hostile(TRAP)
def backtrace_with_a_name_of_10_mb():
    functions_part = vec([u(0) + name(b"n" * 10_000_000)])
    return program(b"\0") + custom("name", b"\1" + u(len(functions_part)) + functions_part)


@hostile(TRAP, says="stack")
def backtrace_with_a_name_of_10_mb_in_each_frame():
    functions_part = vec([u(0) + name(b"n" * 10_000_000)])
    return program(b"\x10\0") + custom("name", b"\1" + u(len(functions_part)) + functions_part)


@hostile(REFUSED)
def import_with_a_name_of_10_mb():
    one = name(b"m" * 10_000_000) + name(b"f" * 10_000_000) + b"\0\0"
    return module(section(TYPE, vec([signature()])), section(IMPORT, vec([one])))


@hostile(REFUSED)
def exports_with_names_of_10_mb_and_none_to_run():
    listed = vec([name(b"e" * 10_000_000) + b"\0\0", name(b"f" * 10_000_000) + b"\0\0"])
    return module(section(TYPE, vec([signature()])), section(FUNCTION, vec([u(0)])), section(EXPORT, listed),
                  section(CODE, vec([body(b"")])))


@hostile(TRAP)
def name_section_that_lies_about_its_lengths():
    return program(b"\0") + custom("name", b"\1" + u(0xFFFFFF) + u(0xFFFFFFFF) + b"\0\xff")


@hostile(TRAP)
def debug_sections_of_nonsense():
    noise = bytes((k * 197 + k // 7) & 255 for k in range(MIB))
    return program(b"\0") + b"".join(custom(title, noise) for title in (".debug_info", ".debug_abbrev", ".debug_line",
                                                                        ".debug_str", ".debug_ranges"))


@hostile(TRAP)
def debug_units_by_the_hundred_thousand():
    # Units of 11 bytes, version 4, that share an abbreviation which says that the tree goes on for ever.
    unit = b"\x08\0\0\0\4\0\0\0\0\0\4\1"
    abbrev = b"\1\x11\1\x11\1\x12\6\0\0\0"
    return program(b"\0") + custom(".debug_info", unit * 300_000) + custom(".debug_abbrev", abbrev)


@hostile(DONE)
def custom_sections_by_the_million():
    return program(b"") + custom("c", b"") * 1_000_000


@hostile(DONE, REFUSED)
def custom_section_of_64_mib():
    return program(b"") + custom("c", bytes(64 * MIB))


# ----------------------------------------------------------------------------------------------------------- malformed


@hostile(REFUSED)
def leb_without_end():
    return HEAD + bytes([TYPE]) + b"\xff" * 1_000_000


@hostile(REFUSED)
def leb_of_more_than_32_bits():
    return HEAD + bytes([TYPE]) + b"\xff\xff\xff\xff\x7f"


@hostile(REFUSED)
def count_of_4_billion_types():
    return module(section(TYPE, u(0xFFFFFFFF)))


@hostile(REFUSED)
def counts_of_4_billion_everywhere():
    return module(*(section(k, u(0xFFFFFFFF)) for k in (TYPE, IMPORT, FUNCTION, TABLE, MEMORY, GLOBAL, EXPORT)))


@hostile(REFUSED)
def sections_in_the_wrong_order():
    return module(section(CODE, vec([])), section(TYPE, vec([])))


@hostile(REFUSED)
def section_longer_than_the_file():
    return HEAD + bytes([CUSTOM]) + u(0xFFFFFFFF)


@hostile(REFUSED)
def start_function_that_is_not_there():
    return module(section(START, u(0xFFFFFFFF)))


@hostile(REFUSED)
def bytes_of_no_meaning():
    return HEAD + bytes((k * 73 + k // 3) & 255 for k in range(MIB))


@hostile(REFUSED)
def an_empty_file():
    return b""


@hostile(REFUSED)
def text_nested_without_end():
    return "(module " + "(func " * 100_000


@hostile(REFUSED)
def text_of_instructions_nested_without_end():
    return "(module (func " + "(block " * 200_000


@hostile(REFUSED)
def text_of_comments_nested_without_end():
    return "(;" * 1_000_000


@hostile(REFUSED)
def a_component_of_components():
    inside = b"\0asm\x0d\0\1\0"
    for _ in range(2_000):
        inside = b"\0asm\x0d\0\1\0" + b"\4" + u(len(inside)) + inside
    return inside


@hostile(REFUSED)
def an_image_of_nonsense():
    return b"wrti" + bytes((k * 73 + k // 3) & 255 for k in range(MIB))
