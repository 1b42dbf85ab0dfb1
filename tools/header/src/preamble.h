/*
 * wrt: run WebAssembly in memory that you lend, with fuel that you grant.
 *
 * C99. Printed from wrt-capi by `cargo run -p wrt-header`; not edited by hand.
 *
 * Conventions
 *   Status    0 is done, above 0 is not finished, below 0 is an error. Integers, no C enums.
 *   Sizes     A struct that begins with struct_size may grow at its end. Set struct_size to sizeof
 *             the struct, also in structs that a function fills. A size that the library does not
 *             know gives WRT_E_VERSION, and nothing is written.
 *   Out       Every other out parameter is written on every path: with its result, or with NULL, 0
 *             or UINT32_MAX. NULL for a required pointer gives WRT_E_ARG.
 *   Memory    Everything lies in arenas that the caller lends. Nothing is allocated or freed. An
 *             object lives until its arena's bytes are released, moved or written by the caller.
 *   Snapshot  The bytes of an instance's arena, its memories, its group's heap region, and the arenas of
 *             its tasks and of their schedulers, copied while no run is under way, are its state; copied
 *             back to the same place, they continue it.
 *   Handles   Checked by a token where they point; another object's gives WRT_E_HANDLE. A pointer
 *             must be NULL or readable.
 *   Threads   A module may be shared by threads. An instance, those linked to it and their tasks
 *             belong to one thread at a time. Only wrt_task_interrupt may be called from any other. A
 *             shared memory, the functions for it and its waiter's functions may be used by any.
 *   Failure   No function aborts, exits or unwinds.
 */
#ifndef WRT_H
#define WRT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WRT_VERSION_MAJOR @MAJOR@
#define WRT_VERSION_MINOR @MINOR@
#define WRT_VERSION_PATCH @PATCH@
/* Changes when a program compiled against an older header would misbehave. */
#define WRT_ABI_VERSION 1

/* Bytes in a page of linear memory. */
#define WRT_PAGE_SIZE 65536u

/* wrt_features: handlers that call one another in tail position are built in. */
#define WRT_FEATURE_TAIL_DISPATCH (UINT64_C(1) << 32)

