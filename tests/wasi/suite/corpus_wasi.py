"""Guests of WASI that mean harm: calls with giant arguments, calls without end, files without end.

Owns these entries of the corpus; `corpus.py` has the others and says what an entry is.
"""
from .corpus import BUSY, DONE, MIB, TIME, TRAP, hostile

FUNCTIONS = {
    "random_get": "i32 i32",
    "fd_write": "i32 i32 i32 i32",
    "fd_read": "i32 i32 i32 i32",
    "fd_pwrite": "i32 i32 i32 i64 i32",
    "fd_allocate": "i32 i64 i64",
    "fd_filestat_set_size": "i32 i64",
    "fd_readdir": "i32 i32 i32 i64 i32",
    "fd_close": "i32",
    "fd_renumber": "i32 i32",
    "path_open": "i32 i32 i32 i32 i32 i64 i64 i32 i32",
    "path_create_directory": "i32 i32 i32",
    "path_symlink": "i32 i32 i32 i32 i32",
    "poll_oneoff": "i32 i32 i32 i32",
    "args_sizes_get": "i32 i32",
    "environ_get": "i32 i32",
    "sched_yield": "",
    "clock_time_get": "i32 i64 i32",
}
# Rights to everything, as a guest asks for them.
ALL = "(i64.const 0x1fffffff)"


def guest(code, *names, pages=1024, local="", data=""):
    """A text module that imports these functions and has this code."""
    def imported(function):
        params = "".join(f" (param {ty})" for ty in FUNCTIONS[function].split())
        return f'(import "wasi_snapshot_preview1" "{function}" (func ${function}{params} (result i32)))'

    return f'''(module {" ".join(imported(function) for function in names)}
        (memory (export "memory") {pages}) {data}
        (func (export "_start") {local} {code}))'''


def forever(code, *names, **more):
    """The same, over and over."""
    return guest(f"(loop $l {code} (br $l))", *names, **more)


def vectors(count, length, at=0):
    """Code that writes vectors of address 0 and this length."""
    return f'''(local.set $k (i32.const 0)) (loop $v
        (i32.store (i32.add (i32.const {at}) (i32.shl (local.get $k) (i32.const 3))) (i32.const 0))
        (i32.store (i32.add (i32.const {at + 4}) (i32.shl (local.get $k) (i32.const 3))) (i32.const {length}))
        (br_if $v (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const {count}))))'''


def name_of_k(at):
    """Code that writes $k as eight letters."""
    return "".join(f'''(i32.store8 (i32.const {at + digit}) (i32.add (i32.const 97)
        (i32.and (i32.shr_u (local.get $k) (i32.const {4 * digit})) (i32.const 15))))''' for digit in range(8))


def opened(flags, result, path=8, length=1):
    """Code that opens the path at an address beneath descriptor 3."""
    return f'''(drop (call $path_open (i32.const 3) (i32.const 0) (i32.const {path}) (i32.const {length})
        (i32.const {flags}) {ALL} {ALL} (i32.const 0) (i32.const {result})))'''


# --------------------------------------------------------------------------------------------- giant arguments, forever


@hostile(*BUSY, wasi=True)
def wasi_random_over_the_whole_memory():
    return forever("(drop (call $random_get (i32.const 0) (i32.const 67108864)))", "random_get")


@hostile(*BUSY, wasi=True, options=("--wasi-random-seed", "1"))
def wasi_seeded_random_over_the_whole_memory():
    return forever("(drop (call $random_get (i32.const 0) (i32.const 67108864)))", "random_get")


@hostile(TRAP, wasi=True, says="outside")
def wasi_random_beyond_the_memory():
    return forever("(drop (call $random_get (i32.const 1) (i32.const -1)))", "random_get")


@hostile(*BUSY, wasi=True)
def wasi_writes_65536_vectors_of_4_gib():
    return guest(vectors(65_536, 67_108_864)
                 + "(loop $l (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 65536) (i32.const 0)))"
                   "(br $l))", "fd_write", local="(local $k i32)")


@hostile(*BUSY, wasi=True)
def wasi_writes_4_gib_in_one_call():
    return guest(vectors(63, 67_108_864)
                 + "(loop $l (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 63) (i32.const 4096)))"
                   "(br $l))", "fd_write", local="(local $k i32)")


@hostile(*BUSY, wasi=True)
def wasi_writes_a_million_empty_vectors():
    return forever("(drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 8388608) (i32.const 0)))", "fd_write")


@hostile(*BUSY, wasi=True)
def wasi_reads_into_65536_vectors():
    return guest(vectors(65_536, 65_535)
                 + "(loop $l (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 65536) (i32.const 0)))"
                   "(br $l))", "fd_read", local="(local $k i32)")


@hostile(TRAP, wasi=True, says="outside")
def wasi_polls_2_to_the_24_subscriptions():
    return forever("(drop (call $poll_oneoff (i32.const 0) (i32.const 0) (i32.const 16777216) (i32.const 0)))",
                   "poll_oneoff")


@hostile(*BUSY, wasi=True)
def wasi_polls_all_that_the_memory_holds():
    return forever("(drop (call $poll_oneoff (i32.const 0) (i32.const 0) (i32.const 1398101) (i32.const 0)))",
                   "poll_oneoff")


def polls(count, head, code="", **more):
    """Subscriptions that differ in nothing, polled once."""
    fill = f'''(local.set $k (i32.const 0)) (loop $v {head("(i32.mul (local.get $k) (i32.const 48))")}
        (br_if $v (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const {count}))))'''
    return guest(fill + f'''{code} (loop $l
        (drop (call $poll_oneoff (i32.const 0) (i32.const {count * 48}) (i32.const {count}) (i32.const 67108860)))
        (br $l))''', "poll_oneoff", local="(local $k i32)", **more)


@hostile(*BUSY, wasi=True)
def wasi_sleeps_for_a_year():
    # A subscription to the monotonic clock, in a year.
    return polls(1, lambda at: f'''(i32.store offset=16 {at} (i32.const 1))
        (i64.store offset=24 {at} (i64.const 31536000000000000))''')


@hostile(*BUSY, wasi=True)
def wasi_sleeps_for_a_year_many_times():
    return polls(800_000, lambda at: f'''(i32.store offset=16 {at} (i32.const 1))
        (i64.store offset=24 {at} (i64.const 31536000000000000))''')


@hostile(*BUSY, wasi=True)
def wasi_polls_descriptors_that_are_closed():
    return polls(800_000, lambda at: f'''(i32.store8 offset=8 {at} (i32.const 1))
        (i32.store offset=16 {at} (i32.const 900))''')


@hostile(*BUSY, wasi=True)
def wasi_polls_its_output_many_times():
    return polls(800_000, lambda at: f'''(i32.store8 offset=8 {at} (i32.const 2))
        (i32.store offset=16 {at} (i32.const 1))''')


@hostile(*BUSY, wasi=True, options=("--wasi-stdin", "@pipe"))
def wasi_waits_for_input_many_times():
    return polls(800_000, lambda at: f'''(i32.store8 offset=8 {at} (i32.const 1))
        (i32.store offset=16 {at} (i32.const 0))''')


@hostile(*BUSY, wasi=True, options=("--wasi-stdin", "@pipe"))
def wasi_waits_for_input_that_never_comes():
    return guest(vectors(1, 100) + "(drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16)))",
                 "fd_read", local="(local $k i32)")


@hostile(*BUSY, wasi=True)
def wasi_calls_that_do_little():
    return forever("(drop (call $sched_yield)) (drop (call $clock_time_get (i32.const 0) (i64.const 0) (i32.const 0)))",
                   "sched_yield", "clock_time_get")


@hostile(*BUSY, wasi=True, options=tuple(word for k in range(500) for word in ("--wasi-env", f"V{k}={'v' * 1000}")))
def wasi_reads_its_environment_over_and_over():
    return forever("(drop (call $environ_get (i32.const 0) (i32.const 65536)))", "environ_get")


# --------------------------------------------------------------------------------------------------------------- files


@hostile(*BUSY, wasi=True)
def wasi_opens_descriptors_until_none_is_left():
    return forever(f"{name_of_k(8)} {opened(1, 0, length=8)}" "(local.set $k (i32.and (i32.add (local.get $k)"
                   "(i32.const 1)) (i32.const 1023)))", "path_open", local="(local $k i32)")


@hostile(*BUSY, wasi=True)
def wasi_makes_directories_in_each_other():
    return forever('''(drop (call $path_create_directory (i32.const 3) (i32.const 8) (local.get $k)))
        (i32.store8 (i32.add (i32.const 8) (local.get $k)) (i32.const 97))
        (i32.store8 (i32.add (i32.const 9) (local.get $k)) (i32.const 47))
        (local.set $k (i32.and (i32.add (local.get $k) (i32.const 2)) (i32.const 16383)))''',
                   "path_create_directory", local="(local $k i32)")


@hostile(*BUSY, wasi=True)
def wasi_links_in_a_circle():
    return guest(f'''(drop (call $path_symlink (i32.const 8) (i32.const 1) (i32.const 3) (i32.const 9) (i32.const 1)))
        (drop (call $path_symlink (i32.const 9) (i32.const 1) (i32.const 3) (i32.const 8) (i32.const 1)))
        (loop $l (drop (call $path_open (i32.const 3) (i32.const 1) (i32.const 8) (i32.const 1)
        (i32.const 0) {ALL} {ALL} (i32.const 0) (i32.const 0))) (br $l))''', "path_symlink", "path_open",
                 data='(data (i32.const 8) "ab")')


@hostile(*BUSY, wasi=True)
def wasi_reads_a_directory_over_and_over():
    return forever("(drop (call $fd_readdir (i32.const 3) (i32.const 0) (i32.const 1048576) (i64.const 0)"
                   "(i32.const 2000000)))", "fd_readdir")


@hostile(*BUSY, wasi=True)
def wasi_fills_a_directory_and_reads_it():
    make = (f"(local.set $k (i32.add (local.get $k) (i32.const 1))) {name_of_k(8)} {opened(1, 0, length=8)}"
            "(drop (call $fd_close (i32.load (i32.const 0))))")
    read = ("(drop (call $fd_readdir (i32.const 3) (i32.const 1024) (i32.const 64) (i64.const 0)"
            "(i32.const 2000000)))")
    return forever(make + read, "path_open", "fd_close", "fd_readdir", local="(local $k i32)")


def fills(write, *names, local="(local $k i32)", before=""):
    """A guest that makes a file and writes into it without end."""
    return guest(f"{opened(1, 4)} {before} (loop $l {write} (br $l))", "path_open", *names, local=local,
                 data='(data (i32.const 8) "f")')


@hostile(*BUSY, wasi=True, file_limit=8 * MIB)
def wasi_fills_the_disk():
    return fills("(drop (call $fd_write (i32.load (i32.const 4)) (i32.const 32) (i32.const 1) (i32.const 64)))",
                 "fd_write", before="(i32.store (i32.const 36) (i32.const 1048576))")


@hostile(*BUSY, wasi=True, file_limit=8 * MIB)
def wasi_writes_at_the_end_of_the_world():
    return fills("(drop (call $fd_pwrite (i32.load (i32.const 4)) (i32.const 32) (i32.const 1)"
                 "(i64.const 0x7fffffffffff0000) (i32.const 64)))",
                 "fd_pwrite", before="(i32.store (i32.const 36) (i32.const 1048576))")


@hostile(*BUSY, wasi=True, file_limit=8 * MIB)
def wasi_makes_a_file_of_8_eib():
    return fills("(drop (call $fd_filestat_set_size (i32.load (i32.const 4)) (i64.const 0x7fffffffffffffff)))",
                 "fd_filestat_set_size")


@hostile(*BUSY, wasi=True, file_limit=8 * MIB)
def wasi_allocates_a_file_of_8_eib():
    return fills("(drop (call $fd_allocate (i32.load (i32.const 4)) (i64.const 0) (i64.const 0x7fffffffffffffff)))",
                 "fd_allocate")


@hostile(*BUSY, wasi=True, file_limit=8 * MIB)
def wasi_renumbers_over_everything():
    return fills("(drop (call $fd_renumber (i32.load (i32.const 4)) (i32.const 3)))"
                 "(drop (call $fd_renumber (i32.const 3) (i32.const -1)))", "fd_renumber")


@hostile(TRAP, *BUSY, wasi=True)
def wasi_passes_addresses_that_are_not_there():
    return forever('''(drop (call $args_sizes_get (i32.const 0) (i32.const 4)))
        (drop (call $fd_write (i32.const 1) (i32.const -8) (i32.const 1) (i32.const 0)))''',
                   "args_sizes_get", "fd_write")


@hostile(DONE, wasi=True)
def wasi_closes_everything():
    return guest("(local.set $k (i32.const 0)) (loop $l (drop (call $fd_close (local.get $k)))"
                 "(br_if $l (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const 5000))))",
                 "fd_close", local="(local $k i32)")
