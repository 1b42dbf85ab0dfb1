// wrt for C++17 and later: header-only, over wrt.h. Include this file alone.
//
// Without   exceptions, RTTI, allocation: compiles with -fno-exceptions -fno-rtti, and nothing here throws.
//           With WRT_EXCEPTIONS defined as 1 before the first include, Result::value() throws wrt::Exception.
// Results   Functions that may fail return Result<T>: a value or an Error, [[nodiscard]]. An Error whose status is above 0
//           (unfinished(): out of fuel, pending, interrupted) tells of a call that can go on.
// Memory    Everything lies in Arenas: memory that the program lends. StaticArena<N> brings its bytes along. Arena::mark
//           puts the cursor back at the end of a scope.
// Names     Module, Loader, Instance, Task, Call, Func, Memory, Table, Global, Tag, Scheduler, SharedMemory are names of what lies
//           in arenas: they copy freely, own nothing and free nothing; one that names nothing gives errors and empty answers.
//           Arena moves only. StaticArena, Linker, Waiter and Awaiting stay where they are.
// Types     Signatures are function types: Func<int32_t(int32_t, int64_t)>, several results as std::tuple. Types that WebAssembly
//           does not have do not compile; that an export or import has this very signature is compared when it is linked.
// Threads   A Module may be used by any number of threads. An Instance, those linked to it, their Tasks and Scheduler belong
//           to one thread at a time; only Task::interrupt may be called from any other. SharedMemory may be used by any.
// Blocking  Nothing waits but a Waiter. Every run ends when its Budget is spent; without one it lasts as long as the guest.
// C         .get() gives what wrt.h wants, for everything that this header does not wrap.
//
// | File | What |
// |---|---|
// | wrt/span.hpp, wrt/result.hpp, wrt/arena.hpp | views, results and errors, memory |
// | wrt/types.hpp | which C++ type is which WebAssembly type |
// | wrt/module.hpp | Limits, Plan, Module, Loader, images |
// | wrt/objects.hpp, wrt/instance.hpp | Memory, Table, Global; Lent, Instance, Func, Tag |
// | wrt/task.hpp, wrt/await.hpp | Budget, Task, Call, drive; Awaiting (C++20) |
// | wrt/host.hpp, wrt/hooks.hpp | Linker, Caller, answers of host functions; interceptors |
// | wrt/shared.hpp, wrt/sched.hpp | memories that threads share; the scheduler |
#ifndef WRT_HPP
#define WRT_HPP

#include "wrt/arena.hpp"
#include "wrt/await.hpp"
#include "wrt/hooks.hpp"
#include "wrt/host.hpp"
#include "wrt/instance.hpp"
#include "wrt/module.hpp"
#include "wrt/objects.hpp"
#include "wrt/result.hpp"
#include "wrt/sched.hpp"
#include "wrt/shared.hpp"
#include "wrt/span.hpp"
#include "wrt/task.hpp"
#include "wrt/types.hpp"

#endif
