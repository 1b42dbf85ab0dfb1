/* What the parts of the example share: saying what happened, and stopping when it was not expected. */
#ifndef HOST_H
#define HOST_H
#include "wrt.h"
#include <stdbool.h>

/* Says what went wrong and ends the program. */
#define EXPECT(condition, err) \
    do { \
        if (!(condition)) fail(#condition, __FILE__, __LINE__, (err)); \
    } while (0)
void fail(const char *what, const char *file, int line, const wrt_error *err);

/* Prints an error as a person wants it. */
void print_error(const wrt_error *err);
/* Prints the frames of a stopped task. */
void print_backtrace(const wrt_task *task);
/* Plans a module, prints the plan and returns it. */
wrt_plan plan_and_print(const char *name, wrt_bytes wasm, wrt_arena scratch);
/* Prints what a task has used. */
void print_usage(const wrt_task *task);

/* A controller with a simulated plant: fuel slices, a pending host call, a snapshot. */
void control(void);
/* A guest that traps, and one that never ends. */
void trouble(void);
/* A module from a file: path, export, i32 arguments. */
int run_file(int argc, char **argv);
#endif
