// Protected calls without setjmp: the host keeps the place to come back to.
//
// WebAssembly without exceptions cannot unwind its own stack. A guarded call is therefore a host call: guard(f, a, b)
// asks the host to call the export invoke(f, a, b) on a task of its own. If that task returns, guard returns 0; if it
// calls escape(), which never returns, the host drops the task with every frame on it and guard returns 1.
#ifndef GUARD_H
#define GUARD_H

#include "env.h"

IMPORT(guard) int32_t host_guard(void (*f)(void *, void *), void *a, void *b);
IMPORT(escape) _Noreturn void host_escape(void);

#endif
