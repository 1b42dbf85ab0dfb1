/* What the C tests share: counting, lent regions with nothing behind them, and a ready instance of kit. */
#ifndef HARNESS_H
#define HARNESS_H
#include "wrt.h"
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Notes a check; the test in which one fails has failed. */
#define CHECK(condition) check((condition) ? true : false, #condition, __FILE__, __LINE__)
/* The same for two integers, which it prints. */
#define SAME(a, b) same((long long)(a), (long long)(b), #a " == " #b, __FILE__, __LINE__)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
bool check(bool holds, const char *what, const char *file, int line);
bool same(long long a, long long b, const char *what, const char *file, int line);

/* Runs a test and prints its name if it fails. */
void test(const char *name, void (*body)(void));
#define TEST(name) test(#name, name)

/* A block of exactly this size, aligned for an arena, so that checkers see the byte behind it. */
typedef struct region {
    unsigned char *base;
    size_t size;
    wrt_arena arena;
} region;
region region_new(size_t size);
void region_free(region *r);
/* Lends the whole region again. */
void region_reset(region *r);

wrt_bytes bytes_of(const void *p, size_t n);
#define BYTES(array) bytes_of((array), sizeof(array))
wrt_value i32(int32_t v);
wrt_value i64(int64_t v);
wrt_load_budget load_budget(void);
wrt_run_budget run_budget(void);

/* What the host functions of kit were asked, and how they answer. */
typedef struct host {
    unsigned calls;
    wrt_status answer;   /* what wait returns */
    int32_t first, second;
    wrt_task *nested;    /* if not NULL, add runs triple(first) on it */
    wrt_func triple;
    void (*meanwhile)(void *user, wrt_caller *caller); /* if not NULL, what add does first */
    void *user;
} host;
extern const wrt_host_func kit_env[3];

/* An instance of kit in regions of exactly the size that the plan says, with a task. */
typedef struct kit {
    region module_region, instance_region, stack, ram;
    wrt_plan plan;
    host host;
    wrt_module *module;
    wrt_instance *instance;
    wrt_task *task;
} kit;
void kit_new(kit *k);
void kit_free(kit *k);
wrt_func kit_func(const kit *k, const char *name, const char *sig);

/* The parts, each in a file of its name. */
void test_status(void);
void test_load(void);
void test_damage(void);
void test_instance(void);
void test_objects(void);
void test_task(void);
void test_stops(void);
void test_exceptions(void);
void test_heap(void);
void test_hooks(void);
void test_sched(void);
void test_handles(void);
void test_monkey(void);
void test_threads(void);
void test_shared(void);
#endif
