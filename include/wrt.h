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

#define WRT_VERSION_MAJOR 0
#define WRT_VERSION_MINOR 1
#define WRT_VERSION_PATCH 0
/* Changes when a program compiled against an older header would misbehave. */
#define WRT_ABI_VERSION 1

/* Bytes in a page of linear memory. */
#define WRT_PAGE_SIZE 65536u

/* wrt_features: handlers that call one another in tail position are built in. */
#define WRT_FEATURE_TAIL_DISPATCH (UINT64_C(1) << 32)

/* wrt_error.reason: traps below 100, then everything else */
#define WRT_REASON_NONE                              0    /* no error */
#define WRT_TRAP_UNREACHABLE                         1    /* unreachable executed */
#define WRT_TRAP_INTEGER_DIVIDE_BY_ZERO              2    /* integer divide by zero */
#define WRT_TRAP_INTEGER_OVERFLOW                    3    /* integer overflow */
#define WRT_TRAP_INVALID_CONVERSION_TO_INTEGER       4    /* invalid conversion to integer */
#define WRT_TRAP_OUT_OF_BOUNDS_MEMORY                5    /* out of bounds memory access */
#define WRT_TRAP_OUT_OF_BOUNDS_TABLE                 6    /* out of bounds table access */
#define WRT_TRAP_UNDEFINED_ELEMENT                   7    /* undefined element */
#define WRT_TRAP_UNINITIALIZED_ELEMENT               8    /* uninitialized element */
#define WRT_TRAP_INDIRECT_CALL_TYPE_MISMATCH         9    /* indirect call type mismatch */
#define WRT_TRAP_STACK_EXHAUSTED                     10   /* call stack exhausted: the task's stack region or max_call_depth is used up */
#define WRT_TRAP_NULL_REFERENCE                      11   /* null reference */
#define WRT_TRAP_HOST_TRAP                           12   /* trap raised by a host function */
#define WRT_TRAP_OUT_OF_BOUNDS_ARRAY                 14   /* out of bounds array access */
#define WRT_TRAP_CAST_FAILURE                        15   /* cast failure */
#define WRT_TRAP_UNALIGNED_ATOMIC                    30   /* unaligned atomic */
#define WRT_TRAP_EXPECTED_SHARED_MEMORY              31   /* expected shared memory */
#define WRT_TRAP_WAIT_FOREVER                        32   /* an atomic wait without a timeout, and nobody is there who could end it */
#define WRT_TRAP_INTERNAL                            13   /* internal invariant broken; this is a defect of the engine */
#define WRT_TRAP_UNCAUGHT_EXCEPTION                  20   /* an exception that nothing catches */
#define WRT_TRAP_HEAP_EXHAUSTED                      21   /* no room is left in the heap region */
#define WRT_TRAP_CALL_REFUSED                        40   /* call refused by an interceptor */
#define WRT_REASON_UNEXPECTED_END                    100  /* unexpected end of the module, section or function body */
#define WRT_REASON_BAD_MAGIC                         101  /* magic header not detected: not a WebAssembly module */
#define WRT_REASON_BAD_VERSION                       102  /* unknown binary version */
#define WRT_REASON_INTEGER_TOO_LONG                  103  /* integer representation too long */
#define WRT_REASON_INTEGER_TOO_LARGE                 104  /* integer too large */
#define WRT_REASON_MALFORMED_SECTION_ID              105  /* malformed section id */
#define WRT_REASON_SECTION_ORDER                     106  /* section out of order or given twice */
#define WRT_REASON_SECTION_SIZE                      107  /* section size mismatch */
#define WRT_REASON_FUNCTION_CODE_COUNT               108  /* function and code section have inconsistent lengths */
#define WRT_REASON_DATA_COUNT                        109  /* data count and data section have inconsistent lengths */
#define WRT_REASON_DATA_COUNT_REQUIRED               110  /* data count section required */
#define WRT_REASON_MALFORMED_UTF8                    111  /* malformed UTF-8 encoding */
#define WRT_REASON_MALFORMED_VAL_TYPE                112  /* malformed value type */
#define WRT_REASON_MALFORMED_TYPE_FORM               113  /* malformed type form */
#define WRT_REASON_MALFORMED_IMPORT_KIND             114  /* malformed import kind */
#define WRT_REASON_MALFORMED_EXPORT_KIND             115  /* malformed export kind */
#define WRT_REASON_MALFORMED_MUTABILITY              116  /* malformed mutability */
#define WRT_REASON_MALFORMED_LIMITS                  117  /* malformed limits flags */
#define WRT_REASON_MALFORMED_ELEM_KIND               118  /* malformed element kind or segment flags */
#define WRT_REASON_MALFORMED_DATA_FLAGS              119  /* malformed data segment flags */
#define WRT_REASON_MALFORMED_MEMARG                  120  /* malformed memop flags */
#define WRT_REASON_MALFORMED_RESERVED                121  /* zero byte expected */
#define WRT_REASON_ILLEGAL_OPCODE                    122  /* illegal opcode */
#define WRT_REASON_END_EXPECTED                      123  /* END opcode expected */
#define WRT_REASON_TOO_MANY_LOCALS_MALFORMED         124  /* too many locals: their count does not fit 32 bits */
#define WRT_REASON_MISPLACED_ELSE                    126  /* ELSE without IF */
#define WRT_REASON_MALFORMED_PAGE_SIZE               140  /* invalid custom page size */
#define WRT_REASON_COMPONENT_NOT_MODULE              125  /* this is a component, not a core module */
#define WRT_REASON_MALFORMED_CATCH                   130  /* malformed catch clause, or one that is misplaced */
#define WRT_REASON_IMAGE_MAGIC                       150  /* not an image */
#define WRT_REASON_IMAGE_CHECKSUM                    151  /* the image is damaged: its checksum is not that of its bytes */
#define WRT_REASON_IMAGE_DAMAGED                     152  /* the image is damaged: what stands there no build of the engine writes */
#define WRT_REASON_TYPE_MISMATCH                     200  /* type mismatch */
#define WRT_REASON_UNKNOWN_TYPE                      201  /* unknown type */
#define WRT_REASON_UNKNOWN_FUNCTION                  202  /* unknown function */
#define WRT_REASON_UNKNOWN_TABLE                     203  /* unknown table */
#define WRT_REASON_UNKNOWN_MEMORY                    204  /* unknown memory */
#define WRT_REASON_UNKNOWN_GLOBAL                    205  /* unknown global */
#define WRT_REASON_UNKNOWN_LOCAL                     206  /* unknown local */
#define WRT_REASON_UNKNOWN_LABEL                     207  /* unknown label */
#define WRT_REASON_UNKNOWN_ELEM_SEGMENT              208  /* unknown elem segment */
#define WRT_REASON_UNKNOWN_DATA_SEGMENT              209  /* unknown data segment */
#define WRT_REASON_ALIGNMENT_TOO_LARGE               210  /* alignment must not be larger than natural */
#define WRT_REASON_OFFSET_OUT_OF_RANGE               211  /* offset out of range */
#define WRT_REASON_GLOBAL_IS_IMMUTABLE               212  /* global is immutable */
#define WRT_REASON_CONSTANT_EXPRESSION_REQUIRED      213  /* constant expression required */
#define WRT_REASON_DUPLICATE_EXPORT                  214  /* duplicate export name */
#define WRT_REASON_START_FUNCTION                    215  /* start function must have type () -> () */
#define WRT_REASON_LIMITS_MIN_OVER_MAX               216  /* size minimum must not be greater than maximum */
#define WRT_REASON_MEMORY_SIZE                       217  /* memory size must be at most the address type's range */
#define WRT_REASON_TABLE_SIZE                        218  /* table size must be at most the address type's range */
#define WRT_REASON_UNDECLARED_FUNCTION_REFERENCE     219  /* undeclared function reference */
#define WRT_REASON_INVALID_RESULT_ARITY              220  /* invalid result arity */
#define WRT_REASON_SUPERTYPE                         221  /* sub type does not match its super type, or names more than one */
#define WRT_REASON_TYPE_KIND                         222  /* the type is of another kind: a function, structure or array type is expected */
#define WRT_REASON_UNINITIALIZED_LOCAL               223  /* uninitialized local */
#define WRT_REASON_FIELD_ACCESS                      224  /* unknown field, or a field that is immutable, packed or not packed */
#define WRT_REASON_INVALID_LANE_INDEX                225  /* invalid lane index */
#define WRT_REASON_UNKNOWN_TAG                       230  /* unknown tag */
#define WRT_REASON_TAG_RESULT                        231  /* non-empty tag result type */
#define WRT_REASON_RETHROW_LABEL                     232  /* invalid rethrow label: it is no catch clause's */
#define WRT_REASON_INVALID_PAGE_SIZE                 240  /* invalid custom page size */
#define WRT_REASON_SHARED_MEMORY_MAXIMUM             241  /* shared memory must have maximum */
#define WRT_REASON_ATOMIC_ALIGNMENT                  242  /* atomic alignment must be natural */
#define WRT_REASON_PROPOSAL_OFF                      300  /* the module uses a proposal that is off; wrt_error.detail is its bit in Proposals */
#define WRT_REASON_PROPOSAL_UNKNOWN                  301  /* the module uses a feature that this build does not have */
#define WRT_REASON_IMAGE_FEATURE                     302  /* images hold no references outside of tables, no exceptions, no objects and no types that name types */
#define WRT_REASON_NOT_BUILT                         303  /* this build of the library does not have what is asked for */
#define WRT_REASON_LIMIT_TYPES                       400  /* more types than wrt_load_budget.max_types */
#define WRT_REASON_LIMIT_FUNCTIONS                   401  /* more functions than wrt_load_budget.max_functions */
#define WRT_REASON_LIMIT_IMPORTS                     402  /* more imports than wrt_load_budget.max_imports */
#define WRT_REASON_LIMIT_EXPORTS                     403  /* more exports than wrt_load_budget.max_exports */
#define WRT_REASON_LIMIT_GLOBALS                     404  /* more globals than wrt_load_budget.max_globals */
#define WRT_REASON_LIMIT_TABLES                      405  /* more tables than wrt_load_budget.max_tables */
#define WRT_REASON_LIMIT_MEMORIES                    406  /* more memories than wrt_load_budget.max_memories */
#define WRT_REASON_LIMIT_SEGMENTS                    407  /* more segments than wrt_load_budget.max_segments */
#define WRT_REASON_LIMIT_PARAMS                      408  /* more parameters than wrt_load_budget.max_params */
#define WRT_REASON_LIMIT_RESULTS                     409  /* more results than wrt_load_budget.max_results */
#define WRT_REASON_LIMIT_LOCALS                      410  /* more locals than wrt_load_budget.max_locals */
#define WRT_REASON_LIMIT_BLOCK_DEPTH                 411  /* blocks nest deeper than wrt_load_budget.max_block_depth */
#define WRT_REASON_LIMIT_OPERANDS                    412  /* more operands on the stack than wrt_load_budget.max_operands */
#define WRT_REASON_LIMIT_BODY_BYTES                  413  /* a function body is longer than wrt_load_budget.max_body_bytes */
#define WRT_REASON_LIMIT_TABLE_ELEMENTS              414  /* a table has more elements than wrt_load_budget.max_table_elements */
#define WRT_REASON_LIMIT_MEMORY_BYTES                415  /* memories are larger at least than wrt_load_budget.max_memory_bytes */
#define WRT_REASON_LIMIT_FRAME                       416  /* a function needs more than 65535 frame slots */
#define WRT_REASON_LIMIT_CONST_DEPTH                 417  /* a constant expression nests deeper than the engine evaluates */
#define WRT_REASON_LIMIT_FIELDS                      419  /* more fields of a structure than wrt_load_budget.max_fields */
#define WRT_REASON_LIMIT_MODULE_BYTES                418  /* the module needs more than 4 GiB of arena */
#define WRT_REASON_LIMIT_TAGS                        430  /* more tags than wrt_load_budget.max_tags */
#define WRT_REASON_ARENA_TOO_SMALL                   500  /* the arena is too small; need is the size in bytes that would have sufficed */
#define WRT_REASON_ARENA_MISALIGNED                  501  /* the arena's base is not a multiple of 16 (WRT_ARENA_ALIGN) */
#define WRT_REASON_NULL_POINTER                      502  /* a required pointer is null */
#define WRT_REASON_STRUCT_SIZE                       503  /* struct_size is not one that this library knows */
#define WRT_REASON_BAD_HANDLE                        504  /* the handle does not name a live object */
#define WRT_REASON_ARGUMENT_COUNT                    505  /* the number of arguments or results is not that of the function's type */
#define WRT_REASON_SIGNATURE_MISMATCH                506  /* the signature is not that of the function's type */
#define WRT_REASON_EXPORT_NOT_FOUND                  507  /* no export has that name */
#define WRT_REASON_EXPORT_KIND                       508  /* the export is of another kind */
#define WRT_REASON_NOT_RUNNABLE                      509  /* the task has nothing to run */
#define WRT_REASON_ALREADY_RUNNING                   510  /* the task is running or already started */
#define WRT_REASON_NOT_PENDING                       511  /* the task does not wait for a host call */
#define WRT_REASON_NOT_FINISHED                      512  /* the task has not finished */
#define WRT_REASON_BAD_SIGNATURE                     513  /* a signature string is not of the form (iIfFvrR)results */
#define WRT_REASON_HOST_MEMORY_BOUNDS                514  /* the access lies outside the linear memory */
#define WRT_REASON_UNKNOWN_INDEX                     515  /* no object has that index */
#define WRT_REASON_MEMORY_REGION                     516  /* the lent linear memory is smaller than the module's minimum; need is that minimum in bytes */
#define WRT_REASON_FOREIGN_GROUP                     517  /* instances of different groups cannot be linked; name one in the other's linked list */
#define WRT_REASON_LOADER_FINISHED                   518  /* the loader has ended already; make another */
#define WRT_REASON_TABLE_REGION                      519  /* the access lies outside the table */
#define WRT_REASON_GLOBAL_ACCESS                     520  /* the global is immutable or of another type */
#define WRT_REASON_REFERENCE_UNKNOWN                 521  /* the number is neither null nor a reference to a function of the group */
#define WRT_REASON_IMPOSSIBLE_SIZE                   530  /* a count, size or address that no object can have; need is the most if there is a limit */
#define WRT_REASON_UNKNOWN_FLAGS                     531  /* a flag is set that this library does not know */
#define WRT_REASON_IMAGE_VERSION                     534  /* the image was made for another build of the engine: make it again */
#define WRT_REASON_IMAGE_MISALIGNED                  535  /* the image does not begin on a multiple of 16 bytes (WRT_ARENA_ALIGN) */
#define WRT_REASON_IMAGE_BORROWS                     536  /* the module borrows from its WebAssembly bytes: load it in pieces to make an image */
#define WRT_REASON_GROW_REFUSED                      532  /* the memory or table cannot grow so far */
#define WRT_REASON_NOT_STARTED                       522  /* the instance's start function runs in another task, or has trapped */
#define WRT_REASON_HEAP_REGION                       540  /* the group has no heap region, or one that is too small; need is the least in bytes */
#define WRT_REASON_SCHEDULER_FULL                    560  /* the scheduler has no place for another task; need is the size in bytes of one that has */
#define WRT_REASON_ALREADY_SCHEDULED                 561  /* the task is in the scheduler already */
#define WRT_REASON_NOT_WATCHABLE                     570  /* a run is watched only over tasks that have not begun, in groups of at most four instances without shared memory; two tasks only without heap */
#define WRT_REASON_REPLAY_DIVERGED                   562  /* the run does not follow the decisions that were written down */
#define WRT_REASON_UNKNOWN_IMPORT                    600  /* unknown import */
#define WRT_REASON_INCOMPATIBLE_IMPORT               601  /* incompatible import type */
#define WRT_REASON_GUEST_EXIT                        700  /* the guest ended itself */

#define WRT_PROPOSAL_SIGN_EXTENSION          1     /* Sign-extension operators. */
#define WRT_PROPOSAL_SATURATING_FLOAT_TO_INT 2     /* Float-to-integer conversions that saturate. */
#define WRT_PROPOSAL_MULTI_VALUE             4     /* Multiple results and block parameters. */
#define WRT_PROPOSAL_REFERENCE_TYPES         8     /* funcref, externref and table operators. */
#define WRT_PROPOSAL_BULK_MEMORY             16    /* Bulk memory and table operators, passive segments. */
#define WRT_PROPOSAL_MUTABLE_GLOBALS         32    /* Import and export of mutable globals. */
#define WRT_PROPOSAL_TAIL_CALL               64    /* return_call and return_call_indirect. */
#define WRT_PROPOSAL_EXTENDED_CONST          128   /* Integer arithmetic in constant expressions. */
#define WRT_PROPOSAL_MULTI_MEMORY            256   /* More than one memory. */
#define WRT_PROPOSAL_MEMORY64                512   /* 64-bit memories and tables. */
#define WRT_PROPOSAL_EXCEPTION_HANDLING      4096  /* Tags, throw, throw_ref, try_table. */
#define WRT_PROPOSAL_LEGACY_EXCEPTIONS       32768 /* try, catch, catch_all, delegate, rethrow; needs WRT_PROPOSAL_EXCEPTION_HANDLING too. */
#define WRT_PROPOSAL_THREADS                 (1 << 16) /* Shared memories and atomic operators. Off by default. */
#define WRT_PROPOSAL_CUSTOM_PAGE_SIZES       (1 << 17) /* Memories whose pages are bytes. Off by default. */
#define WRT_PROPOSAL_WIDE_ARITHMETIC         (1 << 18) /* 128-bit integer arithmetic in halves. Off by default. */
#define WRT_PROPOSAL_BRANCH_HINTING          (1 << 19) /* Hints for branches are checked and kept. Off by default. */

#define WRT_ARENA_ALIGN                      16    /* Alignment in bytes of every arena's base. */

#define WRT_MEMORY_ZEROED                    1     /* The lent linear memory is all zeros already, so that nothing need clear it. */

#define WRT_MAX_LENT_MEMORIES                16    /* Memories that one instance may be lent separately (wrt_instance_config.nmemories). */
#define WRT_MAX_LINKED                       64    /* Instances that one instance may be linked to (wrt_instance_config.nlinked). */

#define WRT_EXTERN_FUNC                      0     /* wrt_extern.kind: a function. */
#define WRT_EXTERN_TABLE                     1     /* wrt_extern.kind: a table. */
#define WRT_EXTERN_MEMORY                    2     /* wrt_extern.kind: a memory. */
#define WRT_EXTERN_GLOBAL                    3     /* wrt_extern.kind: a global. */
#define WRT_EXTERN_TAG                       4     /* wrt_extern.kind: a tag of exceptions. */
#define WRT_EXTERN_MUTABLE                   1     /* wrt_extern.flags: the global is mutable. */
#define WRT_EXTERN_INDEX64                   2     /* wrt_extern.flags: the table or memory is indexed by i64. */
#define WRT_EXTERN_SHARED                    4     /* wrt_extern.flags: threads may share the memory. */

#define WRT_LOADER_SIZE                      2048  /* Bytes that a loader takes from its state arena on every target. */

#define WRT_BACKEND_AUTO                     0     /* wrt_task_set_backend: the fastest that is built in. */
#define WRT_BACKEND_LOOP                     1     /* wrt_task_set_backend: one portable loop. */
#define WRT_BACKEND_TAIL                     2     /* wrt_task_set_backend: handlers that call one another in tail position. */

#define WRT_COLLECTION_AUTOMATIC             0     /* wrt_instance_set_collection: when an allocation finds no room. */
#define WRT_COLLECTION_FORBIDDEN             1     /* wrt_instance_set_collection: never; an allocation without room is a trap. */
#define WRT_COLLECTION_ALWAYS                2     /* wrt_instance_set_collection: at every allocation, for tests. */

#define WRT_HIERARCHY_ANY                    0     /* wrt_reference_describe: structures, arrays, i31 and what converts to them. */
#define WRT_HIERARCHY_EXTERN                 1     /* wrt_reference_describe: externref. */
#define WRT_HIERARCHY_FUNC                   2     /* wrt_reference_describe: functions. */
#define WRT_HIERARCHY_EXN                    3     /* wrt_reference_describe: exceptions. */

#define WRT_REFERENCE_NULL                   0     /* wrt_reference.kind: null. */
#define WRT_REFERENCE_I31                    1     /* wrt_reference.kind: an unboxed integer of 31 bits. */
#define WRT_REFERENCE_STRUCT                 2     /* wrt_reference.kind: a structure. */
#define WRT_REFERENCE_ARRAY                  3     /* wrt_reference.kind: an array. */
#define WRT_REFERENCE_EXCEPTION              4     /* wrt_reference.kind: an exception. */
#define WRT_REFERENCE_FUNC                   5     /* wrt_reference.kind: a function. */
#define WRT_REFERENCE_HOST                   6     /* wrt_reference.kind: a value of the embedder. */

#define WRT_SHARED_MEMORY_SIZE               96    /* Bytes that wrt_shared_memory_new takes from its arena. */
#define WRT_SHARED_HANDLE_SIZE               32    /* Bytes that wrt_shared_memory_of takes from its arena. */
#define WRT_SHARED_INDEX64                   2     /* wrt_shared_config.flags: guests use i64 addresses. */

#define WRT_WAIT_WOKEN                       0     /* wrt_wait_fn: somebody has notified the place. */
#define WRT_WAIT_NOT_EQUAL                   1     /* wrt_wait_fn: the place does not hold the expected value. */
#define WRT_WAIT_TIMED_OUT                   2     /* wrt_wait_fn: the time is over. */
#define WRT_WAIT_PENDING                     3     /* wrt_wait_fn: park the task, see wrt_pending.func. */

#define WRT_HOOK_PROCEED                     0     /* wrt_hook_fn: make the call, or go on with its results. */
#define WRT_HOOK_REPLACE                     1     /* wrt_hook_fn, before a call: do not make it, its results stand in the slots. */
#define WRT_HOOK_DELAY                       2     /* wrt_hook_fn, before a call: park the task, see wrt_task_proceed. */

#define WRT_CROSSING_ROOT                    0     /* wrt_crossing_info.kind: the embedder calls a guest. */
#define WRT_CROSSING_INSTANCE                1     /* wrt_crossing_info.kind: an instance calls another. */
#define WRT_CROSSING_HOST                    2     /* wrt_crossing_info.kind: an instance calls a host function. */
#define WRT_CROSSING_TAIL                    1     /* wrt_crossing_info.flags: a tail call. */

#define WRT_SCHED_PRIORITY                   0     /* wrt_sched_config.policy: the greatest priority, equals in turn. */
#define WRT_SCHED_DEADLINE                   1     /* wrt_sched_config.policy: the earliest deadline, equals in turn. */
#define WRT_SCHED_FUEL_CLOCK                 1     /* wrt_sched_config.flags: deadlines are in fuel that all tasks spend, not in ticks. */
/* The guest's side of one host call, valid until the host function returns. Only NULL is told from a
 * handle here: pass on what the host function was given. */
typedef struct wrt_caller wrt_caller;

/* A call that crosses a boundary, valid until the hook returns. Only NULL is told from a handle here:
 * pass on what the hook was given. */
typedef struct wrt_crossing wrt_crossing;

/* An instance. It and its tasks are used by one thread at a time. */
typedef struct wrt_instance wrt_instance;

/* A module being loaded piece by piece. */
typedef struct wrt_loader wrt_loader;

/* A module: validated, translated, immutable. Any number of threads may share it. */
typedef struct wrt_module wrt_module;

/* Runs several tasks, one slice of fuel at a time. It and its tasks belong to one thread. */
typedef struct wrt_sched wrt_sched;

/* A memory that threads share. It and the functions for it may be used by any thread, also at the same time. */
typedef struct wrt_shared_memory wrt_shared_memory;

/* One call stack, running or stopped. */
typedef struct wrt_task wrt_task;

/* One wait of one guest, valid until the wait_fn returns. Only NULL is told from a handle here: pass on what
 * the function was given. */
typedef struct wrt_wait wrt_wait;

/* What a call came to: 0 done, above 0 not finished, below 0 an error. An integer, so that its
 * width does not depend on the compiler. */
typedef int32_t wrt_status;

/* What a module may ask for; start with wrt_load_budget_default. Exceeding a field gives
 * WRT_E_BUDGET and a reason WRT_REASON_LIMIT_*. */
typedef struct wrt_load_budget {
    uint32_t struct_size;                    /* sizeof(wrt_load_budget) */
    uint32_t proposals;                      /* WRT_PROPOSAL_* that are on. */
    uint32_t max_types;                      /* Types. */
    uint32_t max_functions;                  /* Functions, imports included. */
    uint32_t max_imports;                    /* Imports of every kind. */
    uint32_t max_exports;                    /* Exports. */
    uint32_t max_globals;                    /* Globals, imports included. */
    uint32_t max_tables;                     /* Tables, imports included. */
    uint32_t max_memories;                   /* Memories, imports included. */
    uint32_t max_segments;                   /* Element segments and data segments, each. */
    uint32_t max_params;                     /* Parameters of a function or block. */
    uint32_t max_results;                    /* Results of a function or block. */
    uint32_t max_locals;                     /* Locals of a function, parameters included. */
    uint32_t max_block_depth;                /* Nesting of blocks in a function. */
    uint32_t max_operands;                   /* Operands on a function's stack. */
    uint32_t max_body_bytes;                 /* Bytes of one function body. */
    /* Elements of one table at its minimum; also the most that a declared maximum reserves. */
    uint32_t max_table_elements;
    uint32_t reserved;                       /* Written as 0, not read. */
    uint64_t max_memory_bytes;               /* Bytes of the module's own memories at their minimum, in sum. */
    /* Elements reserved for a table that declares no maximum; 0 reserves its minimum alone. */
    uint32_t table_reserve;
    uint32_t reserved2;                      /* Written as 0, not read. */
    uint32_t max_tags;                       /* Tags, imports included. */
    uint32_t max_fields;                     /* Fields of a structure type. */
} wrt_load_budget;

/* Borrowed bytes. ptr may be NULL when len is 0. */
typedef struct wrt_bytes {
    const uint8_t *ptr;                      /* The first byte. */
    size_t len;                              /* How many. */
} wrt_bytes;

/* Memory lent by the caller, as a cursor: base is the first byte not yet taken, a multiple of
 * WRT_ARENA_ALIGN; size counts the bytes from there. Constructors take from the front; on failure
 * the cursor is unchanged. Nothing is freed one by one: to release, assign a saved copy back,
 * newest first. Bytes beyond the cursor may be used as scratch by any call that is given the arena. */
typedef struct wrt_arena {
    void *base;                              /* First byte not yet taken. */
    size_t size;                             /* Bytes from there on. */
} wrt_arena;

/* What a module needs, in bytes: exact, not an estimate. */
typedef struct wrt_plan {
    uint32_t struct_size;                    /* sizeof(wrt_plan) */
    uint32_t reserved;                       /* Written as 0. */
    size_t load_scratch;                     /* Needed in the module's arena during the load beyond module, and given back. */
    size_t module;                           /* Taken from the module's arena. */
    size_t instance;                         /* Taken from the instance's arena, tables at their ceilings included. */
    size_t table_max;                        /* The part of instance that table elements take. */
    /* Least stack arena for the deepest chain of calls; 0 = calls recurse, no bound exists. */
    size_t stack_min;
    uint64_t memory_min;                     /* Linear memories at their minimum. */
    uint64_t memory_max;                     /* Linear memories at their declared maximum; 0 when one declares none. */
    /* Least heap region for a group of an instance of this module alone: what describes its types and
     * tags, and the objects that its constant expressions make. 0 = none is needed. What the code makes
     * is beyond it. */
    uint64_t heap_min;
} wrt_plan;

/* What went wrong, where, and what would have sufficed. Start with WRT_ERROR_INIT. Every function
 * that takes one accepts NULL, and writes it on success too. */
typedef struct wrt_error {
    uint32_t struct_size;                    /* sizeof(wrt_error) */
    wrt_status status;                       /* What the call returned. */
    uint32_t reason;                         /* Stable number WRT_TRAP_* or WRT_REASON_*. */
    uint32_t func;                           /* Function index, imports first, or UINT32_MAX. */
    uint64_t offset;                         /* Byte offset in the module where the item that failed starts. */
    uint64_t need;                           /* Bytes or count that would have sufficed; 0 where none applies. */
    /* Proposal bit, exit code, the host function's own number, or number of the import. */
    uint64_t detail;
    const char *message;                     /* One sentence: static, ASCII, NUL-terminated, never NULL. */
} wrt_error;

/* One import or export of a module. */
typedef struct wrt_extern {
    uint32_t struct_size;                    /* sizeof(wrt_extern) */
    uint32_t kind;                           /* WRT_EXTERN_FUNC, _TABLE, _MEMORY, _GLOBAL or _TAG. */
    uint32_t index;                          /* Index in the index space of its kind. */
    uint32_t flags;                          /* WRT_EXTERN_MUTABLE, WRT_EXTERN_INDEX64, WRT_EXTERN_SHARED. */
    uint32_t value_type;                     /* Signature letter of a global's or a table element's type; 0 for others. */
    uint32_t page_size;                      /* Bytes in a page of a memory; 0 for others. */
    /* Module name of an import; empty for an export. UTF-8, not NUL-terminated, like name. */
    wrt_bytes module;
    wrt_bytes name;                          /* Name; may hold NUL bytes. */
    uint64_t min;                            /* Least pages of a memory, least elements of a table. */
    uint64_t max;                            /* Most pages or elements; UINT64_MAX if none is declared. */
} wrt_extern;

/* A number or reference; its type is that of the parameter, result, global or table it meets. */
typedef union wrt_value {
    int32_t i32;                             /* i32 */
    int64_t i64;                             /* i64 */
    float f32;                               /* f32 */
    double f64;                              /* f64 */
    /* funcref or externref; 0 is null. An externref is any number of the embedder's, a funcref one
     * that the library gave. */
    uint64_t ref;
    uint8_t v128[16];                        /* v128 */
} wrt_value;

/* A function of the embedder that a guest may call. slots holds the parameters on entry and takes
 * the results. Returns WRT_OK; WRT_PENDING to park the task until wrt_task_complete; the result of
 * wrt_caller_trap, wrt_caller_exit or wrt_caller_throw to end the call; every other value is a trap. */
typedef wrt_status (*wrt_host_fn)(void *user, wrt_caller *caller, wrt_value *slots);

/* A host function with its name and signature. sig is "(" parameters ")" results, one letter
 * each: i i32, I i64, f f32, F f64, v v128, r funcref, R externref; NULL fits every type. */
typedef struct wrt_host_func {
    const char *name;                        /* Name of the import. */
    const char *sig;                         /* Signature, checked against the import's type. */
    wrt_host_fn fn;                          /* The function. */
} wrt_host_func;

/* Host functions under one module name, with their user data. */
typedef struct wrt_host_module {
    const char *name;                        /* Module name of the imports. */
    const wrt_host_func *funcs;              /* Its functions. */
    size_t nfuncs;                           /* How many. */
    /* Passed to each of them; what it points to must outlive the instance, as must the functions. */
    void *user;
} wrt_host_module;

/* An instance whose exports satisfy imports of this module name. */
typedef struct wrt_named_instance {
    const char *name;                        /* Module name of the imports. */
    wrt_instance *instance;                  /* The instance that exports them; it must outlive the importing one. */
} wrt_named_instance;

/* A shared memory that satisfies the import of this name; other imports of the name are not its. */
typedef struct wrt_named_memory {
    const char *module;                      /* Module name of the import. */
    const char *name;                        /* Its name. */
    const wrt_shared_memory *memory;         /* The memory; it must outlive the instance. */
} wrt_named_memory;

/* A guest waits (memory.atomic.wait32, wait64): returns WRT_WAIT_*; any other value stands for
 * WRT_WAIT_TIMED_OUT. Called by every thread that runs such a guest, also at the same time. No notification
 * may be lost: take the lock under which the notify_fn works, then ask wrt_wait_holds, and where it says no,
 * return WRT_WAIT_NOT_EQUAL; only then sleep or note the place, giving up the lock in the same moment. */
typedef int32_t (*wrt_wait_fn)(void *user, const wrt_wait *wait);

/* Wakes up to count of those that wait at place, first come first served; returns how many. Called by any
 * thread. */
typedef uint32_t (*wrt_notify_fn)(void *user, size_t place, uint32_t count);

/* Lets guests wait for one another. All that share a memory wait with the same. Lent: the struct, its
 * functions and its user data must remain as they are while any memory lives that was made with it. */
typedef struct wrt_waiter {
    uint32_t struct_size;                    /* sizeof(wrt_waiter) */
    uint32_t reserved;                       /* Written as 0, not read. */
    wrt_wait_fn wait;                        /* Required. */
    wrt_notify_fn notify;                    /* Required. */
    void *user;                              /* Passed to both. */
} wrt_waiter;

/* What an instance is made with. The arrays and strings are read during the call only; the waiter is lent. */
typedef struct wrt_instance_config {
    uint32_t struct_size;                    /* sizeof(wrt_instance_config) */
    uint32_t flags;                          /* WRT_MEMORY_ZEROED or 0. */
    const wrt_host_module *hosts;            /* Host functions, searched before linked instances. */
    size_t nhosts;                           /* How many. */
    const wrt_named_instance *linked;        /* Other instances, at most WRT_MAX_LINKED. */
    size_t nlinked;                          /* How many. */
    /* Linear memory, reserved to its ceiling: its base never moves. Shared out among the module's
     * own memories: each its minimum, then in turn its declared maximum or all that is left. */
    wrt_arena memory;
    uint64_t memory_ceiling;                 /* Bytes that the memories may reach in sum; 0 = all that is lent. */
    /* One arena for each of the module's own memories, instead of memory; may be NULL. */
    const wrt_arena *memories;
    size_t nmemories;                        /* How many, at most WRT_MAX_LENT_MEMORIES. */
    /* Where the exceptions and objects of the group lie: the first that is given counts for the whole
     * group, and is taken whole, up to 4 GiB. A module that has tags, structures or arrays needs one of
     * wrt_plan.heap_min bytes at least. */
    wrt_arena heap;
    const wrt_named_memory *shared;          /* Shared memories, searched before linked instances. */
    size_t nshared;                          /* How many. */
    /* Lets guests wait at the shared memories that the module defines; NULL for nobody. It must remain
     * as it is while the instance lives. */
    const wrt_waiter *waiter;
} wrt_instance_config;

/* A function of an instance. */
typedef struct wrt_func {
    uint32_t instance;                       /* Number of the instance in its group. */
    uint32_t index;                          /* Index of the function, imports first. */
} wrt_func;

/* A linear memory as it is now. base stays; len changes with growth. */
typedef struct wrt_memory {
    uint8_t *base;                           /* Byte 0. */
    uint64_t len;                            /* Bytes now. */
    uint64_t ceiling;                        /* Bytes it may grow to. */
} wrt_memory;

/* What one run may spend. */
typedef struct wrt_run_budget {
    uint32_t struct_size;                    /* sizeof(wrt_run_budget) */
    /* Frames that may be active at once; one more is WRT_TRAP_STACK_EXHAUSTED. */
    uint32_t max_call_depth;
    uint64_t fuel;                           /* Fuel of this run, one per WebAssembly operator; UINT64_MAX = unmetered. */
    /* Bytes to which linear memories may grow in sum; beyond it memory.grow gives -1. */
    uint64_t max_memory_bytes;
} wrt_run_budget;

/* The host call that a task waits for, or the call that an interceptor has delayed. */
typedef struct wrt_pending {
    uint32_t struct_size;                    /* sizeof(wrt_pending) */
    /* Number of the calling instance in its group; of the called one if a call between instances is delayed. */
    uint32_t instance;
    /* Index of the function in that instance; UINT32_MAX where no function was called but
     * the guest waits at a shared memory: complete with one i32, 0 when woken, 2 when its time is over. */
    uint32_t func;
    uint32_t nresults;                       /* Results that wrt_task_complete expects. */
    wrt_bytes module;                        /* Module name of the import. */
    wrt_bytes name;                          /* Its name. */
    /* 1 if an interceptor has delayed the call, so that it has not been made: see wrt_task_proceed. */
    uint32_t delayed;
    uint32_t reserved;                       /* Written as 0. */
} wrt_pending;

/* What a task has used since it was made or reset. */
typedef struct wrt_usage {
    uint32_t struct_size;                    /* sizeof(wrt_usage) */
    uint32_t call_depth_peak;                /* Most frames active at once. */
    uint64_t fuel_used;                      /* Operators executed, bulk elements included. */
    uint64_t stack_peak;                     /* Most bytes of the stack arena in use at once. */
    uint64_t memory_bytes;                   /* Bytes of the instance's linear memories now. */
} wrt_usage;

/* One frame of a backtrace. */
typedef struct wrt_frame {
    uint32_t func;                           /* Function index, imports first. */
    uint32_t func_offset;                    /* Byte offset from the start of the function's body. */
    uint64_t module_offset;                  /* Byte offset in the module. */
    wrt_bytes name;                          /* The function's name in the name section; empty if it has none. */
    uint32_t instance;                       /* Number of the instance in its group. */
    uint32_t reserved;                       /* Written as 0. */
} wrt_frame;

/* A tag of an instance: what exceptions of one kind have in common. */
typedef struct wrt_tag {
    uint32_t instance;                       /* Number of the instance in its group. */
    uint32_t index;                          /* Index of the tag, imports first. */
} wrt_tag;

/* What the heap region of a group holds, in bytes. */
typedef struct wrt_heap_usage {
    uint32_t struct_size;                    /* sizeof(wrt_heap_usage) */
    uint32_t reserved;                       /* Written as 0. */
    /* Objects, exceptions and what describes their types, reachable or not yet collected. */
    uint64_t used;
    uint64_t peak;                           /* Most that was in use at once. */
    uint64_t capacity;                       /* The whole region. */
    uint64_t free;                           /* Neither in use nor the region's own; not necessarily in one piece. */
    uint64_t collections;                    /* Collections so far. */
} wrt_heap_usage;

/* What a reference is to. */
typedef struct wrt_reference {
    uint32_t struct_size;                    /* sizeof(wrt_reference) */
    uint32_t kind;                           /* WRT_REFERENCE_*. */
    int32_t i31;                             /* The integer of WRT_REFERENCE_I31, sign-extended; else 0. */
    uint32_t len;                            /* Elements of WRT_REFERENCE_ARRAY; else 0. */
    wrt_func func;                           /* The function of WRT_REFERENCE_FUNC; else UINT32_MAX twice. */
    uint64_t host;                           /* The number of WRT_REFERENCE_HOST; else 0. */
} wrt_reference;

/* What a shared memory is made with; the waiter is lent. */
typedef struct wrt_shared_config {
    uint32_t struct_size;                    /* sizeof(wrt_shared_config) */
    uint32_t flags;                          /* WRT_MEMORY_ZEROED and WRT_SHARED_INDEX64, or 0. */
    uint64_t min;                            /* Pages at the start. */
    uint64_t max;                            /* Pages at most; it must not be greater than what an importing module declares. */
    uint32_t page_size;                      /* Bytes in a page: 65536 or 1; 0 stands for 65536. */
    uint32_t reserved;                       /* Written as 0, not read. */
    /* Where the bytes lie: the minimum, and as much of the rest as the maximum allows. */
    wrt_arena memory;
    /* Lets guests wait; NULL for nobody: a wait with a timeout is over at once then, one without is
     * WRT_TRAP_WAIT_FOREVER. */
    const wrt_waiter *waiter;
} wrt_shared_config;

/* A function that is asked about a call. slots holds the arguments before it and the results after it, and
 * has room for the greater number of both; what is changed there is passed on. Returns WRT_HOOK_*, or the
 * result of wrt_crossing_refuse or wrt_crossing_exit to end the run; every other value refuses the call too.
 * It may be asked again from within a nested run of another task. */
typedef int32_t (*wrt_hook_fn)(void *user, wrt_crossing *call, wrt_value *slots);

/* An interceptor: asked about calls into the host, into another instance, and from the embedder into a guest. */
typedef struct wrt_hooks {
    uint32_t struct_size;                    /* sizeof(wrt_hooks) */
    uint32_t reserved;                       /* Written as 0, not read. */
    wrt_hook_fn before;                      /* Asked before a call; may be NULL. */
    wrt_hook_fn after;                       /* Asked after a call that was made and has returned; may be NULL. */
    void *user;                              /* Passed to both. */
} wrt_hooks;

/* What a crossing tells in numbers. */
typedef struct wrt_crossing_info {
    uint32_t struct_size;                    /* sizeof(wrt_crossing_info) */
    uint32_t kind;                           /* WRT_CROSSING_ROOT, _INSTANCE or _HOST. */
    uint32_t flags;                          /* WRT_CROSSING_TAIL or 0. */
    uint32_t caller;                         /* Number of the calling instance in its group; UINT32_MAX for the embedder. */
    /* Number of the instance that is called; for a host function that of the instance that imports it. */
    uint32_t instance;
    uint32_t func;                           /* Index of the function in that instance. */
    uint32_t nparams;                        /* Parameters of its type. */
    uint32_t nresults;                       /* Results of its type. */
    uint32_t depth;                          /* Frames active, the called function's not counted. */
    uint32_t reserved;                       /* Written as 0. */
} wrt_crossing_info;

/* What a scheduler is made with. */
typedef struct wrt_sched_config {
    uint32_t struct_size;                    /* sizeof(wrt_sched_config) */
    uint32_t flags;                          /* WRT_SCHED_FUEL_CLOCK or 0. */
    uint32_t max_tasks;                      /* Tasks that it can hold, at most 65535. */
    uint32_t trace;                          /* Decisions that it remembers; the oldest are lost first. */
    uint32_t policy;                         /* WRT_SCHED_PRIORITY or WRT_SCHED_DEADLINE. */
    uint32_t ageing;                         /* Decisions of waiting that count as one level of priority; 0 for none. */
    const wrt_run_budget *slice;             /* Budget of one slice. */
} wrt_sched_config;

/* How a task is to be treated. */
typedef struct wrt_sched_terms {
    uint32_t struct_size;                    /* sizeof(wrt_sched_terms) */
    uint32_t priority;                       /* The greater, the sooner; at most 255. */
    /* When it should have ended, by the scheduler's clock; UINT64_MAX for no deadline. */
    uint64_t deadline;
    uint64_t slice;                          /* Fuel of its slices; 0 for the scheduler's. */
} wrt_sched_terms;

/* The embedder's clock, in ticks of any length; it must not go back. */
typedef uint64_t (*wrt_clock_fn)(void *user);

/* What a step came to. */
typedef struct wrt_sched_ran {
    uint32_t struct_size;                    /* sizeof(wrt_sched_ran) */
    uint32_t id;                             /* Number of the task that had its slice; UINT32_MAX if none was ready. */
    wrt_status status;                       /* How the slice ended, as wrt_task_run returns it. */
    uint32_t reason;                         /* WRT_TRAP_* where it trapped. */
    uint64_t fuel;                           /* Fuel that it used. */
    uint64_t detail;                         /* Exit code, or the host's own number. */
    uint32_t pending;                        /* Tasks that wait for a host call, if none was ready. */
    uint32_t reserved;                       /* Written as 0. */
} wrt_sched_ran;

/* One choice of a scheduler, and what came of it. */
typedef struct wrt_sched_decision {
    uint16_t place;                          /* Place of the task: the lower half of its number. */
    uint8_t outcome;                         /* How its slice ended, as in wrt_sched_report.last. */
    uint8_t reserved;                        /* 0 */
    uint32_t fuel;                           /* Fuel that the slice used, at most UINT32_MAX. */
} wrt_sched_decision;

/* What a task has had of its scheduler. */
typedef struct wrt_sched_report {
    uint32_t struct_size;                    /* sizeof(wrt_sched_report) */
    /* How its last slice ended: 0 done, 1 pending, 2 fuel, 3 interrupted, 4 failed, 5 not run yet. */
    uint32_t last;
    uint32_t reason;                         /* WRT_TRAP_* or WRT_REASON_* where it failed, 0 otherwise. */
    uint32_t missed;                         /* Deadlines missed. */
    uint64_t fuel;                           /* Fuel that its slices used. */
    uint64_t slices;                         /* Slices that it ran. */
    uint64_t longest_wait;                   /* Most decisions in a row at which it was ready and another was chosen. */
    /* Most that there can be while it stays ready and no task of greater priority is added; UINT64_MAX if
     * there is no bound. */
    uint64_t wait_bound;
} wrt_sched_report;

#define WRT_OK                               0     /* Finished. */
#define WRT_PENDING                          1     /* A host call has not completed: wrt_task_complete, then wrt_task_run. */
#define WRT_FUEL                             2     /* The run budget is spent; wrt_task_run continues. */
#define WRT_INTERRUPTED                      3     /* wrt_task_interrupt was seen; wrt_task_run continues. */
#define WRT_E_ARG                            (-1)  /* An argument is out of its domain: null, misaligned, impossible count. */
#define WRT_E_STATE                          (-2)  /* The object is not in the state that the call needs. */
#define WRT_E_HANDLE                         (-3)  /* A handle does not name a live object of its kind. */
#define WRT_E_VERSION                        (-4)  /* A struct_size, a flag or an ABI version is unknown to this library. */
#define WRT_E_ARENA                          (-5)  /* An arena is too small; wrt_error.need is the size in bytes that suffices. */
#define WRT_E_BUDGET                         (-6)  /* The module asks for more than the budget; wrt_error.need is what it asks for. */
#define WRT_E_MALFORMED                      (-7)  /* The bytes do not follow the binary format (specification chapter 5). */
#define WRT_E_INVALID                        (-8)  /* The module does not validate (specification chapter 3). */
#define WRT_E_UNSUPPORTED                    (-9)  /* The module uses a proposal that is off or not built in. */
#define WRT_E_LINK                           (-10) /* An import is missing or has another type; wrt_error.detail is the import's number. */
#define WRT_E_TYPE                           (-11) /* Argument or result types, or a signature, do not match. */
#define WRT_E_BOUNDS                         (-12) /* An access lies outside a memory or table. */
#define WRT_E_NOT_FOUND                      (-13) /* Nothing has that name or index. */
#define WRT_E_TRAP                           (-14) /* The guest trapped; wrt_error.reason says why. */
#define WRT_E_EXIT                           (-15) /* The guest ended itself; its exit code is in wrt_error.detail. */

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/* The ABI that this library speaks; compare with WRT_ABI_VERSION before the first other call. */
uint32_t wrt_abi_version(void);

/* What this library was built with: WRT_PROPOSAL_* in the lower 32 bits, WRT_FEATURE_* above. */
uint64_t wrt_features(void);

/* The name of a status, such as "WRT_E_TRAP"; "unknown status" for other numbers. Static, never NULL. */
const char *wrt_status_name(wrt_status s);

/* The name of a reason, such as "WRT_TRAP_UNREACHABLE"; "unknown reason" for other numbers. Static,
 * never NULL. */
const char *wrt_reason_name(uint32_t reason);

/* Fills a load budget with generous bounds for a host. struct_size is sizeof *out; for a size that
 * this library does not know it writes 0 there, and every use gives WRT_E_VERSION. */
void wrt_load_budget_default(wrt_load_budget *out, uint32_t struct_size);

/* Says what a module will need, without loading it: the loader runs in full but stores no code, so
 * a module that can be planned is valid. out->struct_size is set by the caller. scratch is used
 * during the call only.
 * Errors: those of wrt_module_load; WRT_E_ARENA speaks of scratch. */
wrt_status wrt_plan_module(wrt_bytes wasm,
                           const wrt_load_budget *b,
                           wrt_arena scratch,
                           wrt_plan *out,
                           wrt_error *err);

/* Decodes, validates and translates a module in one pass. Takes wrt_plan.module bytes from the
 * arena and needs wrt_plan.load_scratch more while it works. The wasm bytes stay in use for names
 * and data: they must remain as they are while the module lives.
 * Errors: WRT_E_MALFORMED, _INVALID, _UNSUPPORTED, _BUDGET with the offset of the first place that
 * is wrong; WRT_E_ARENA with the size that suffices or, where the arena ends before the code begins, with one
 * that gets further: wrt_plan_module has the exact one. The arena is unchanged after an error. */
wrt_status wrt_module_load(wrt_arena *a,
                           wrt_bytes wasm,
                           const wrt_load_budget *b,
                           wrt_module **out,
                           wrt_error *err);

/* Number of imports; 0 for a handle that is none. */
uint32_t wrt_module_import_count(const wrt_module *m);

/* Number of exports; 0 for a handle that is none. */
uint32_t wrt_module_export_count(const wrt_module *m);

/* Bytes that an instance of the module takes from its arena; 0 for a handle that is none. */
uint64_t wrt_module_instance_size(const wrt_module *m);

/* Bytes of linear memory that an instance of the module needs at least; 0 for a handle that is none. */
uint64_t wrt_module_memory_min(const wrt_module *m);

/* Bytes of the heap region that a group of an instance of the module alone needs at least, 0 where it needs
 * none: see wrt_plan.heap_min. 0 for a handle that is none. */
uint64_t wrt_module_heap_min(const wrt_module *m);

/* The import with this number, in the order of the binary; out->struct_size is set by the caller.
 * Errors: WRT_E_NOT_FOUND past the last. */
wrt_status wrt_module_import_at(const wrt_module *m, uint32_t i, wrt_extern *out);

/* The export with this number, in the order of the binary; out->struct_size is set by the caller.
 * Errors: WRT_E_NOT_FOUND past the last. */
wrt_status wrt_module_export_at(const wrt_module *m, uint32_t i, wrt_extern *out);

/* Writes a function's signature, such as "(iI)f", and a NUL, as far as cap allows; needed, if not
 * NULL, receives the bytes of the whole, its NUL included.
 * Errors: WRT_E_NOT_FOUND for an index that is no function's; WRT_E_BOUNDS if cap is too small. */
wrt_status wrt_module_func_sig(const wrt_module *m,
                               uint32_t func,
                               char *out,
                               size_t cap,
                               size_t *needed);

/* A function's name in the name section; ptr NULL if it has none. Not NUL-terminated, and UTF-8
 * only if whoever made the module saw to it. */
wrt_bytes wrt_module_func_name(const wrt_module *m, uint32_t func);

/* Begins a load in pieces. The loader takes WRT_LOADER_SIZE bytes from state; a becomes its own
 * (and must stay where it is) until wrt_loader_finish or an error, and its size reads 0 meanwhile.
 * Both may be one arena; the module then follows the loader. To give up a load, put saved copies
 * of both arenas back.
 * Errors: WRT_E_ARENA if state is too small. */
wrt_status wrt_loader_new(wrt_arena *state,
                          wrt_arena *a,
                          const wrt_load_budget *b,
                          wrt_loader **out,
                          wrt_error *err);

/* Begins a plan of a load in pieces; it ends with wrt_loader_finish_plan. Names and data are copied
 * then, so that such a module needs more than wrt_plan_module says. scratch is left unchanged.
 * Errors: those of wrt_loader_new. */
wrt_status wrt_loader_new_plan(wrt_arena *state,
                               wrt_arena *scratch,
                               const wrt_load_budget *b,
                               wrt_loader **out,
                               wrt_error *err);

/* Feeds the next bytes, any number; they are not kept.
 * Errors: those of wrt_module_load. The load has ended then, and the arena is as it was before. */
wrt_status wrt_loader_feed(wrt_loader *l, wrt_bytes piece, wrt_error *err);

/* Ends the load: the module stands in the arena, whose cursor is behind it.
 * Errors: those of wrt_module_load, WRT_REASON_UNEXPECTED_END among them; the arena is then as it was
 * before the load. */
wrt_status wrt_loader_finish(wrt_loader *l, wrt_module **out, wrt_error *err);

/* Ends a plan: what a load of the same bytes in pieces needs. out->struct_size is set by the caller.
 * Errors: those of wrt_loader_finish. */
wrt_status wrt_loader_finish_plan(wrt_loader *l, wrt_plan *out, wrt_error *err);

/* Makes an instance of a module: links, allocates, initialises, applies active segments. Takes
 * wrt_plan.instance bytes from the arena; module, arena and lent memory must outlive it. A start
 * function runs with the first task, under its fuel: see wrt_task_start_instance.
 * Errors: WRT_E_LINK with the number of the import in wrt_error.detail; WRT_E_ARENA, for the arena or
 * (WRT_REASON_MEMORY_REGION, WRT_REASON_HEAP_REGION) the lent memory and heap; WRT_E_TRAP where an active segment does not fit. The
 * arena is unchanged then, except where such a segment has already put references to the instance
 * into another's table. */
wrt_status wrt_instance_new(wrt_arena *a,
                            const wrt_module *m,
                            const wrt_instance_config *c,
                            wrt_instance **out,
                            wrt_error *err);

/* Copies the instance's own wrt_plan.instance bytes for wrt_instance_relocate, in this or another process or on another
 * target: words that bind it to this process are zero in the copy. Memories and heap are copied by whoever lent
 * them. written: how many bytes they are, also where buf is too small; may be NULL.
 * Errors: WRT_E_ARENA where size is less; WRT_E_ARG, WRT_E_HANDLE. */
wrt_status wrt_instance_snapshot(const wrt_instance *i,
                                 void *buf,
                                 size_t size,
                                 size_t *written);

/* Makes an instance of bytes that were copied from another, in this or another process: the copy of its
 * wrt_plan.instance bytes stands at the front of the arena, and copies of its memories' bytes at the
 * front of each lent memory, shared out as the old ones were. Globals, tables, dropped segments and
 * memories go on as they were; imports are resolved anew. m is a module of the same bytes, loaded
 * under the same budget; c->memory_ceiling has no effect. Linked instances move in the order of their
 * numbers.
 * Errors: WRT_E_HANDLE where the bytes are not those of an instance of m; else those of
 * wrt_instance_new. The cursor is unchanged then. */
wrt_status wrt_instance_relocate(wrt_arena *a,
                                 const wrt_module *m,
                                 const wrt_instance_config *c,
                                 wrt_instance **out,
                                 wrt_error *err);

/* The exported function of this name. sig is its signature, such as "(iI)f", or NULL not to check.
 * Errors: WRT_E_NOT_FOUND; WRT_E_TYPE for another kind or signature; WRT_E_ARG for a sig of another form. */
wrt_status wrt_export_func(const wrt_instance *i,
                           const char *name,
                           const char *sig,
                           wrt_func *out);

/* The index of the exported memory of this name.
 * Errors: WRT_E_NOT_FOUND; WRT_E_TYPE for another kind. */
wrt_status wrt_export_memory(const wrt_instance *i, const char *name, uint32_t *out);

/* The index of the exported table of this name.
 * Errors: those of wrt_export_memory. */
wrt_status wrt_export_table(const wrt_instance *i, const char *name, uint32_t *out);

/* The index of the exported global of this name.
 * Errors: those of wrt_export_memory. */
wrt_status wrt_export_global(const wrt_instance *i, const char *name, uint32_t *out);

/* The module of an instance; NULL for a handle that is none. */
const wrt_module *wrt_instance_module(const wrt_instance *i);

/* A number over globals, tables, dropped segments and memories: equal states have equal numbers, on
 * every target, wherever the arenas lie. */
wrt_status wrt_state_hash(const wrt_instance *i, uint64_t *out);

/* A memory as it is now (index space: imports first). Guest code may write to it whenever it runs;
 * len may have grown after every run.
 * Errors: WRT_E_NOT_FOUND for an index that is no memory's. */
wrt_status wrt_memory_view(const wrt_instance *i, uint32_t index, wrt_memory *out);

/* Copies n bytes from a memory.
 * Errors: WRT_E_BOUNDS, with nothing copied; WRT_E_NOT_FOUND. */
wrt_status wrt_memory_read(const wrt_instance *i, uint32_t index, uint64_t addr, void *dst, size_t n);

/* Copies n bytes to a memory.
 * Errors: those of wrt_memory_read. */
wrt_status wrt_memory_write(wrt_instance *i, uint32_t index, uint64_t addr, const void *src, size_t n);

/* Grows a memory by pages of 65536 bytes, as memory.grow does. old, if not NULL, receives its pages
 * before; UINT64_MAX on failure.
 * Errors: WRT_E_BUDGET where maximum, ceiling or budget forbid it; WRT_E_NOT_FOUND. */
wrt_status wrt_memory_grow(wrt_instance *i, uint32_t index, uint64_t pages, uint64_t *old);

/* Reads a global (index space: imports first). type, if not NULL, receives its signature letter.
 * Errors: WRT_E_NOT_FOUND. */
wrt_status wrt_global_get(const wrt_instance *i, uint32_t index, wrt_value *out, uint32_t *type);

/* Writes a mutable global.
 * Errors: WRT_E_NOT_FOUND; WRT_E_TYPE for an immutable global, or a number that is no funcref. */
wrt_status wrt_global_set(wrt_instance *i, uint32_t index, const wrt_value *value);

/* Elements that a table has now (index space: imports first).
 * Errors: WRT_E_NOT_FOUND. */
wrt_status wrt_table_len(const wrt_instance *i, uint32_t index, uint64_t *out);

/* Reads a table's element.
 * Errors: WRT_E_BOUNDS; WRT_E_NOT_FOUND. */
wrt_status wrt_table_get(const wrt_instance *i, uint32_t index, uint64_t elem, wrt_value *out);

/* Writes a table's element.
 * Errors: WRT_E_BOUNDS; WRT_E_NOT_FOUND; WRT_E_TYPE for a number that is no reference of the table's type. */
wrt_status wrt_table_set(wrt_instance *i, uint32_t index, uint64_t elem, const wrt_value *value);

/* Grows a table by n elements of the given value, as table.grow does. old, if not NULL, receives its
 * elements before; UINT64_MAX on failure.
 * Errors: WRT_E_BUDGET where maximum or reserve forbid it; WRT_E_NOT_FOUND. */
wrt_status wrt_table_grow(wrt_instance *i,
                          uint32_t index,
                          uint64_t n,
                          const wrt_value *value,
                          uint64_t *old);

/* Fills a run budget that grants without bound. struct_size is sizeof *out; for a size that this library
 * does not know it writes 0 there, and every use gives WRT_E_VERSION. */
void wrt_run_budget_default(wrt_run_budget *out, uint32_t struct_size);

/* Makes a task for an instance and its group. Takes all of the arena: what is lent is the room that
 * frames may use.
 * Errors: WRT_E_ARENA where not even an empty task fits; WRT_E_ARG, WRT_E_HANDLE. */
wrt_status wrt_task_new(wrt_arena *stack, wrt_instance *i, wrt_task **out);

/* Copies the bytes that the task has in use, wrt_usage.stack_peak of them, for wrt_task_relocate, in this or another
 * process or on another target: words that bind it to this process are zero in the copy. written: how many bytes they
 * are, also where buf is too small; may be NULL.
 * Errors: WRT_E_STATE below a host call of the task; WRT_E_ARENA where size is less; WRT_E_ARG, WRT_E_HANDLE. */
wrt_status wrt_task_snapshot(const wrt_task *t,
                             void *buf,
                             size_t size,
                             size_t *written);

/* Makes a task of bytes that were copied from another, in this or another process or on another target: what was
 * started, stopped or waiting there goes on here. The bytes stand at the front of the arena, of which all is taken; i
 * was made by wrt_instance_relocate of the task's instance as it was at the same time. Tasks of a group are made before
 * any of them runs. Back end and interceptor are set anew. The bytes must be those that were copied: frames are
 * checked to lie within the arena, values in them are not.
 * Errors: WRT_E_HANDLE where the bytes are not those of a task of this group, or of one that was running; WRT_E_ARENA
 * with wrt_error.need where they do not fit. The cursor is unchanged then. */
wrt_status wrt_task_relocate(wrt_arena *stack,
                             wrt_instance *i,
                             wrt_task **out,
                             wrt_error *err);

/* Begins a call; wrt_task_run runs it. If the instance's start function has not run, it runs first.
 * Errors: WRT_E_STATE while another call is under way; WRT_E_TYPE for a wrong number of arguments;
 * WRT_E_NOT_FOUND, WRT_E_HANDLE for an f of another group. */
wrt_status wrt_task_start(wrt_task *t, wrt_func f, const wrt_value *args, size_t nargs);

/* Begins the instance's start function alone; wrt_task_run runs it, with nothing to do if there is none
 * or it has run.
 * Errors: WRT_E_STATE while a call is under way. */
wrt_status wrt_task_start_instance(wrt_task *t);

/* Runs until the call is done or the budget is spent. Returns WRT_OK; WRT_FUEL, WRT_PENDING or
 * WRT_INTERRUPTED, after which it can be called again; or an error, which ends the call.
 * Errors: WRT_E_TRAP with reason, function and offset; WRT_E_EXIT; WRT_E_STATE with nothing to run. */
wrt_status wrt_task_run(wrt_task *t, const wrt_run_budget *b, wrt_error *err);

/* Completes the host call that the task waits for: s is WRT_OK with its results; WRT_E_EXIT with the exit
 * code as the first of results (0 without one); anything else for a trap. wrt_task_run then continues.
 * Errors: WRT_E_STATE if the task waits for none; WRT_E_TYPE for a wrong number of results. */
wrt_status wrt_task_complete(wrt_task *t, wrt_status s, const wrt_value *results, size_t n);

/* The host call that the task waits for; out->struct_size is set by the caller.
 * Errors: WRT_E_STATE if it waits for none. */
wrt_status wrt_task_pending(const wrt_task *t, wrt_pending *out);

/* Copies the results of a finished call, as many as cap allows; n, if not NULL, receives how many
 * there are.
 * Errors: WRT_E_STATE if the call has not finished. */
wrt_status wrt_task_results(const wrt_task *t, wrt_value *out, size_t cap, size_t *n);

/* What the task has used; out->struct_size is set by the caller. Readable at any time. */
wrt_status wrt_task_usage(const wrt_task *t, wrt_usage *out);

/* Asks a task to stop: a run under way, or else the next one, returns WRT_INTERRUPTED. From any thread,
 * signal handler or interrupt handler. Does nothing for a handle that is none. */
void wrt_task_interrupt(wrt_task *t);

/* Drops the call under way, results and usage. Does nothing for a handle that is none. */
void wrt_task_reset(wrt_task *t);

/* Chooses how code is executed, by WRT_BACKEND_*; results, traps and fuel are the same.
 * Errors: WRT_E_UNSUPPORTED for one that is not built in. */
wrt_status wrt_task_set_backend(wrt_task *t, uint32_t backend);

/* wrt_task_start, wrt_task_run and wrt_task_results in one. After WRT_FUEL, WRT_PENDING or
 * WRT_INTERRUPTED the call goes on with wrt_task_run. args and res may be the same array.
 * Errors: those of the three; WRT_E_TYPE also if nres is less than the number of results. */
wrt_status wrt_call(wrt_task *t,
                    wrt_func f,
                    const wrt_value *args,
                    size_t nargs,
                    wrt_value *res,
                    size_t nres,
                    const wrt_run_budget *b,
                    wrt_error *err);

/* The frames of a stopped or trapped call, innermost first, as many as cap allows. Returns how many
 * were written; 0 for a handle that is none. */
size_t wrt_task_backtrace(const wrt_task *t, wrt_frame *out, size_t cap);

/* The instance whose import is being called; NULL for a caller that is none. No further instance
 * can be linked to it before the call has returned. */
wrt_instance *wrt_caller_instance(wrt_caller *c);

/* Index of the imported function that is being called; UINT32_MAX for a caller that is none. */
uint32_t wrt_caller_func(wrt_caller *c);

/* Fuel that the task has used since it was made or reset, up to this call and with it: the same in every run of the same
 * program, however its fuel was granted; 0 for a caller that is none. */
uint64_t wrt_caller_fuel_used(wrt_caller *c);

/* Charges the task for what the host does for it, beyond the call's own cost. A task that cannot pay stops where it
 * next looks at its fuel, with WRT_FUEL; what was overdrawn is taken from its next budget. The guest's fuel is the same
 * in every run only if fuel depends on nothing else than what the guest asks for, such as a size that it names. */
void wrt_caller_charge(wrt_caller *c,
                       uint32_t fuel);

/* Copies n bytes from the calling instance's memory 0.
 * Errors: WRT_E_BOUNDS, with nothing copied; WRT_E_NOT_FOUND if it has no memory. */
wrt_status wrt_caller_read(wrt_caller *c, uint64_t addr, void *dst, size_t n);

/* Copies n bytes to the calling instance's memory 0.
 * Errors: those of wrt_caller_read. */
wrt_status wrt_caller_write(wrt_caller *c, uint64_t addr, const void *src, size_t n);

/* Notes a trap; the host function returns the result. detail and static_message appear in wrt_error;
 * the message must remain valid, NULL stands for a general one. */
wrt_status wrt_caller_trap(wrt_caller *c, uint64_t detail, const char *static_message);

/* Notes the guest's exit code; the host function returns the result. The run ends with WRT_E_EXIT and
 * the code in wrt_error.detail. */
wrt_status wrt_caller_exit(wrt_caller *c, uint32_t code);

/* The exported tag of this name.
 * Errors: WRT_E_NOT_FOUND; WRT_E_TYPE for another kind. */
wrt_status wrt_export_tag(const wrt_instance *i, const char *name, wrt_tag *out);

/* Makes an exception of a tag of the instance's group, with what it carries; out receives the reference
 * to it. It lasts until the guest runs on without holding it: throw it soon.
 * Errors: WRT_E_NOT_FOUND for an unknown tag; WRT_E_TYPE for values that are not the tag's;
 * WRT_E_ARENA if the group's heap region has no room. */
wrt_status wrt_exception_new(wrt_instance *i,
                             wrt_tag tag,
                             const wrt_value *values,
                             size_t n,
                             uint64_t *out);

/* The tag of an exception of the instance's group, as the instance that defines it has it.
 * Errors: WRT_E_TYPE for a number that refers to no exception. */
wrt_status wrt_exception_tag(const wrt_instance *i, uint64_t exception, wrt_tag *out);

/* Copies what an exception carries, as many values as cap allows; n, if not NULL, receives how many
 * there are.
 * Errors: those of wrt_exception_tag. */
wrt_status wrt_exception_values(const wrt_instance *i,
                                uint64_t exception,
                                wrt_value *out,
                                size_t cap,
                                size_t *n);

/* Throws an exception of the caller's group: notes it; the host function returns the result. A handler
 * of the guest may catch it; else the run ends with WRT_E_TRAP and WRT_TRAP_UNCAUGHT_EXCEPTION. A number
 * that refers to no exception makes it a trap. */
wrt_status wrt_caller_throw(wrt_caller *c, uint64_t exception);

/* The exception that ended the last run because nothing caught it (WRT_TRAP_UNCAUGHT_EXCEPTION).
 * Errors: WRT_E_STATE if the last run did not end so. */
wrt_status wrt_task_exception(const wrt_task *t, uint64_t *out);

/* Completes the host call that the task waits for by an exception, as wrt_caller_throw does within one.
 * wrt_task_run then continues.
 * Errors: WRT_E_STATE if the task waits for none; WRT_E_TYPE for a number that refers to no exception. */
wrt_status wrt_task_complete_with_exception(wrt_task *t, uint64_t exception);

/* What the heap region of the instance's group holds; out->struct_size is set by the caller.
 * Errors: WRT_E_NOT_FOUND if the group has none. */
wrt_status wrt_instance_heap_usage(const wrt_instance *i, wrt_heap_usage *out);

/* Collects what nothing reaches in the heap of the instance's group. Frames of tasks, globals, tables and
 * the exception that a run has left over hold what they refer to; a number that the embedder keeps does
 * not. fuel, if not NULL, receives what a guest would have been charged. Takes time in proportion to what
 * can be reached and to the blocks of the region. May be called by a host function.
 * Errors: WRT_E_NOT_FOUND if the group has no heap. */
wrt_status wrt_instance_collect(wrt_instance *i, uint64_t *fuel);

/* Says when the heap of the instance's group is collected, by WRT_COLLECTION_*; WRT_COLLECTION_AUTOMATIC
 * until then. wrt_instance_collect collects at any rate.
 * Errors: WRT_E_VERSION for an unknown number; WRT_E_NOT_FOUND if the group has no heap. */
wrt_status wrt_instance_set_collection(wrt_instance *i, uint32_t when);

/* What a reference is to (specification section 4.2.1), given as one of WRT_HIERARCHY_*; out->struct_size is
 * set by the caller. A reference to an object is good until the next collection, unless a guest holds the
 * same; then the number is refused, or names another object.
 * Errors: WRT_E_TYPE for a number that is no reference of this hierarchy; WRT_E_VERSION for an unknown one. */
wrt_status wrt_reference_describe(const wrt_instance *i,
                                  uint64_t reference,
                                  uint32_t hierarchy,
                                  wrt_reference *out);

/* A number of the embedder's as anyref, as any.convert_extern makes it of an externref; 0 is null. Bit 63 of
 * the number is lost. */
uint64_t wrt_host_reference(uint64_t host);

/* Makes a shared memory (threads proposal) for instances of any number of threads to import:
 * wrt_instance_config.shared. Takes WRT_SHARED_MEMORY_SIZE bytes from the arena, which with c->memory must
 * outlive those instances.
 * Errors: WRT_E_ARENA, for the arena or (WRT_REASON_MEMORY_REGION) the memory; WRT_E_ARG for limits or pages
 * that no shared memory has; WRT_E_VERSION for an unknown flag. The arena is unchanged then. */
wrt_status wrt_shared_memory_new(wrt_arena *a,
                                 const wrt_shared_config *c,
                                 wrt_shared_memory **out,
                                 wrt_error *err);

/* A shared memory of an instance (index space: imports first), for instances of other threads to import.
 * Takes WRT_SHARED_HANDLE_SIZE bytes from the arena. It lives as long as the instance that defines it.
 * Errors: WRT_E_NOT_FOUND for an index that is no memory's; WRT_E_LINK for a memory that is not shared;
 * WRT_E_ARENA. The arena is unchanged then. */
wrt_status wrt_shared_memory_of(wrt_arena *a,
                                const wrt_instance *i,
                                uint32_t index,
                                wrt_shared_memory **out);

/* A shared memory as it is now. base and ceiling stay; len may grow at any time. Access to the bytes must be
 * atomic, or happen while no guest that shares them runs. */
wrt_status wrt_shared_memory_view(const wrt_shared_memory *m, wrt_memory *out);

/* Copies n bytes from a shared memory, as a guest's memory.copy would.
 * Errors: WRT_E_BOUNDS, with nothing copied. */
wrt_status wrt_shared_memory_read(const wrt_shared_memory *m, uint64_t addr, void *dst, size_t n);

/* Copies n bytes to a shared memory, as a guest's memory.copy would.
 * Errors: those of wrt_shared_memory_read. */
wrt_status wrt_shared_memory_write(wrt_shared_memory *m, uint64_t addr, const void *src, size_t n);

/* Grows a shared memory by pages, as memory.grow does. old, if not NULL, receives its pages before;
 * UINT64_MAX on failure.
 * Errors: WRT_E_BUDGET where maximum or ceiling forbid it. */
wrt_status wrt_shared_memory_grow(wrt_shared_memory *m, uint64_t pages, uint64_t *old);

/* Wakes up to count guests that wait at byte address addr, as memory.atomic.notify does. woken, if not NULL,
 * receives how many.
 * Errors: WRT_E_BOUNDS, also for an address that is no multiple of four. */
wrt_status wrt_shared_memory_notify(wrt_shared_memory *m,
                                    uint64_t addr,
                                    uint32_t count,
                                    uint32_t *woken);

/* Address of the bytes that are waited at: the number that the notify_fn is given for them. 0 for a wait that
 * is none. */
size_t wrt_wait_place(const wrt_wait *w);

/* Whether the bytes hold the expected value now. May be asked as long as the wait goes on. False for a wait
 * that is none. */
bool wrt_wait_holds(const wrt_wait *w);

/* Nanoseconds to wait at most; UINT64_MAX for ever. 0 for a wait that is none. */
uint64_t wrt_wait_timeout(const wrt_wait *w);

/* Sets the interceptor of a task from now on; NULL takes it off. The struct is read during the call only; its
 * functions and user data must remain. Copies of the task's bytes hold their addresses.
 * Errors: WRT_E_VERSION; WRT_E_ARG, WRT_E_HANDLE; WRT_E_UNSUPPORTED where the library is built without interceptors. */
wrt_status wrt_task_set_hooks(wrt_task *t,
                              const wrt_hooks *hooks);

/* Lets the call be made that an interceptor has delayed (wrt_pending.delayed); wrt_task_run then continues.
 * wrt_task_complete answers it instead, so that it is never made.
 * Errors: WRT_E_STATE if no call is delayed. */
wrt_status wrt_task_proceed(wrt_task *t);

/* What the crossing tells in numbers; out->struct_size is set by the caller. */
wrt_status wrt_crossing_describe(wrt_crossing *c, wrt_crossing_info *out);

/* The names of the import that the call goes through; either may be NULL. Searches the import section: a hook
 * that decides by name does well to remember by index.
 * Errors: WRT_E_NOT_FOUND for a call through a table or reference to a function that is no import. */
wrt_status wrt_crossing_import(wrt_crossing *c, wrt_bytes *module, wrt_bytes *name);

/* The instance that calls, to read its memory for instance; NULL for the embedder. */
wrt_instance *wrt_crossing_caller(wrt_crossing *c);

/* The instance that is called; NULL for a host function. */
wrt_instance *wrt_crossing_callee(wrt_crossing *c);

/* Notes a refusal; the hook returns the result. The run ends with WRT_TRAP_CALL_REFUSED; detail and
 * static_message appear in wrt_error; the message must remain valid, NULL stands for a general one. */
int32_t wrt_crossing_refuse(wrt_crossing *c, uint64_t detail, const char *static_message);

/* Notes the guest's exit code; the hook returns the result. The run ends with WRT_E_EXIT and the code in
 * wrt_error.detail. */
int32_t wrt_crossing_exit(wrt_crossing *c, uint32_t code);

/* Bytes that a scheduler of this configuration takes from its arena; 0 for one that is wrong. */
uint64_t wrt_sched_size(const wrt_sched_config *c);

/* Makes a scheduler without tasks.
 * Errors: WRT_E_ARENA; WRT_E_ARG for too many tasks; WRT_E_VERSION for an unknown flag or policy. */
wrt_status wrt_sched_new(wrt_arena *a,
                         const wrt_sched_config *c,
                         wrt_sched **out,
                         wrt_error *err);

/* Takes a task in, which must remain until it is removed. What was started on it runs from the next steps on; it
 * may be started, and completed, at any later time as well. id receives its number.
 * Errors: WRT_E_ARENA if the scheduler is full, with the bytes that would do as need; WRT_E_STATE if it has the
 * task already. */
wrt_status wrt_sched_add(wrt_sched *s,
                         wrt_task *t,
                         const wrt_sched_terms *how,
                         uint32_t *id,
                         wrt_error *err);

/* Sets how a task is to be treated from now on.
 * Errors: WRT_E_NOT_FOUND. */
wrt_status wrt_sched_set_terms(wrt_sched *s, uint32_t id, const wrt_sched_terms *how);

/* Lets a task go; it stands where its last slice ended.
 * Errors: WRT_E_NOT_FOUND; WRT_E_STATE for the task whose slice is under way. */
wrt_status wrt_sched_remove(wrt_sched *s, uint32_t id);

/* Runs one slice of the task that is next. now is asked before and behind it with user, unless fuel is the
 * clock; NULL for none. WRT_OK, whatever became of the task: out tells, if it is not NULL.
 * Errors: WRT_E_STATE while a step is under way. */
wrt_status wrt_sched_step(wrt_sched *s,
                          wrt_clock_fn now,
                          void *user,
                          wrt_sched_ran *out,
                          wrt_error *err);

/* The same for the task that a written decision names, whatever the policy would choose.
 * Errors: those of wrt_sched_step; WRT_E_STATE with WRT_REASON_REPLAY_DIVERGED where that task is not ready or
 * its slice ended differently, with the number of the decision as detail. */
wrt_status wrt_sched_replay(wrt_sched *s,
                            wrt_sched_decision decision,
                            wrt_clock_fn now,
                            void *user,
                            wrt_sched_ran *out,
                            wrt_error *err);

/* Steps until no task is ready, or so many steps were made, or so much fuel was spent: the last slice may spend
 * more. Returns WRT_OK when every task has ended, WRT_PENDING when those that are left wait for host calls,
 * WRT_FUEL when steps or fuel are spent.
 * Errors: WRT_E_STATE while a step is under way. */
wrt_status wrt_sched_run(wrt_sched *s,
                         uint64_t steps,
                         uint64_t fuel,
                         wrt_clock_fn now,
                         void *user,
                         wrt_error *err);

/* What a task has had so far; out->struct_size is set by the caller.
 * Errors: WRT_E_NOT_FOUND. */
wrt_status wrt_sched_tell(const wrt_sched *s, uint32_t id, wrt_sched_report *out);

/* Takes the oldest decisions out, as many as cap allows; returns how many. lost, if not NULL, receives how many
 * were overwritten so far. 0 for a handle that is none. */
size_t wrt_sched_trace(wrt_sched *s, wrt_sched_decision *out, size_t cap, uint64_t *lost);

/* Says what an image needs: load_scratch bytes while wrt_module_from_image checks it, nothing for the module, and
 * what instances and tasks need as for any module. out->struct_size is set by the caller. stack_min is what the
 * image says of itself; it is not checked, and a task that is too small for a call traps.
 * Errors: those of wrt_module_from_image that concern anything but code. */
wrt_status wrt_plan_image(wrt_bytes image,
                          const wrt_load_budget *b,
                          wrt_plan *out,
                          wrt_error *err);

/* Takes the module that lies in an image, which is checked in full and never trusted, and leaves it where it is: the
 * bytes, which begin on a multiple of WRT_ARENA_ALIGN and may be read-only memory, must remain as they are while the
 * module lives. scratch is used during the call only.
 * Errors: WRT_E_MALFORMED for bytes that are no image, or a damaged one; WRT_E_VERSION for an image of another build
 * of the engine; WRT_E_UNSUPPORTED, WRT_E_BUDGET; WRT_E_ARENA with the size of scratch that suffices. */
wrt_status wrt_module_from_image(wrt_bytes image,
                                 const wrt_load_budget *b,
                                 wrt_arena scratch,
                                 wrt_module **out,
                                 wrt_error *err);

/* Bytes of the module's image; 0 for a handle that is none. */
uint64_t wrt_module_image_size(const wrt_module *m);

/* Writes the module as an image of wrt_module_image_size bytes to out, of which there are cap. The module must have
 * been loaded in pieces (wrt_loader_new), so that it borrows nothing. stack_min is that of the module's plan, or 0.
 * Whether an image can hold what the module uses, wrt_module_from_image says.
 * Errors: WRT_E_STATE for a module that was loaded whole; WRT_E_ARENA with the size that suffices. */
wrt_status wrt_module_write_image(const wrt_module *m,
                                  uint64_t stack_min,
                                  uint8_t *out,
                                  size_t cap,
                                  wrt_error *err);

/* Changes an image of len bytes so that every build of the same sources takes it, also one without pairs of operations,
 * such as those for boards. Results, fuel, stops and plans are the same; where there are pairs, it
 * runs slower. The image begins on a multiple of WRT_ARENA_ALIGN.
 * Errors: those of wrt_plan_image; WRT_E_MALFORMED or WRT_E_UNSUPPORTED for code that is none, and the image is then
 * refused by everybody. */
wrt_status wrt_image_make_portable(uint8_t *image,
                                   size_t len,
                                   const wrt_load_budget *b,
                                   wrt_error *err);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

/* An error to begin with. */
#define WRT_ERROR_INIT { sizeof(wrt_error), 0, 0, 0, 0, 0, 0, "" }

#endif /* WRT_H */
