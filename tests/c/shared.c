/* Shared memories: threads with instances of their own that count, wait and grow in one memory. API-1, CORE-1. */
#include "guests.h"
#include "harness.h"
#include <errno.h>
#include <pthread.h>
#include <time.h>

enum { ROUNDS = 20000, THROWS = 200 };

/* A waiter as a program with threads has it: one lock, and a list of those that sleep. */
typedef struct sleeper {
    size_t place;
    bool woken;
    pthread_cond_t wake;
    struct sleeper *next;
} sleeper;

typedef struct sleepers {
    pthread_mutex_t lock;
    sleeper *first;
    unsigned waits;
} sleepers;

static int32_t sleep_(void *user, const wrt_wait *wait) {
    sleepers *all = user;
    sleeper me = { wrt_wait_place(wait), false, PTHREAD_COND_INITIALIZER, NULL }, **link;
    uint64_t timeout = wrt_wait_timeout(wait);
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    /* A wait for ever ends in failure, not in silence. */
    uint64_t most = timeout < UINT64_C(60000000000) ? timeout : UINT64_C(60000000000);
    uint64_t end = (uint64_t)until.tv_nsec + most;
    until.tv_sec += (time_t)(end / 1000000000);
    until.tv_nsec = (long)(end % 1000000000);
    pthread_mutex_lock(&all->lock);
    all->waits++;
    if (!wrt_wait_holds(wait)) {
        pthread_mutex_unlock(&all->lock);
        return WRT_WAIT_NOT_EQUAL;
    }
    for (link = &all->first; *link != NULL;) link = &(*link)->next;
    *link = &me;
    while (!me.woken && pthread_cond_timedwait(&me.wake, &all->lock, &until) != ETIMEDOUT) {
    }
    if (!me.woken) {
        for (link = &all->first; *link != &me;) link = &(*link)->next;
        *link = me.next;
    }
    pthread_mutex_unlock(&all->lock);
    pthread_cond_destroy(&me.wake);
    return me.woken ? WRT_WAIT_WOKEN : WRT_WAIT_TIMED_OUT;
}

static uint32_t wake(void *user, size_t place, uint32_t count) {
    sleepers *all = user;
    uint32_t n = 0;
    pthread_mutex_lock(&all->lock);
    for (sleeper **link = &all->first; *link != NULL && n < count;) {
        sleeper *s = *link;
        if (s->place != place) {
            link = &s->next;
            continue;
        }
        *link = s->next;
        s->woken = true;
        n++;
        pthread_cond_signal(&s->wake);
    }
    pthread_mutex_unlock(&all->lock);
    return n;
}

/* A waiter as a program without threads has it: it parks every guest, and notes the last one's wait. */
typedef struct parked {
    size_t place, notified;
    uint64_t timeout;
    int32_t answer;
    uint32_t woken;
} parked;

static int32_t park(void *user, const wrt_wait *wait) {
    parked *p = user;
    p->place = wrt_wait_place(wait);
    p->timeout = wrt_wait_timeout(wait);
    CHECK(wrt_wait_holds(wait));
    return p->answer;
}

static uint32_t unpark(void *user, size_t place, uint32_t count) {
    parked *p = user;
    p->notified = place;
    p->woken += count;
    return count;
}

/* The memory of a test with its regions. */
typedef struct ground {
    region header, bytes;
    wrt_shared_memory *memory;
} ground;

static wrt_shared_config config(const ground *g, const wrt_waiter *w) {
    wrt_shared_config c;
    memset(&c, 0, sizeof c);
    c.struct_size = sizeof c;
    c.min = 1;
    c.max = 4;
    c.memory = g->bytes.arena;
    c.waiter = w;
    return c;
}

static void ground_new(ground *g, const wrt_waiter *w) {
    wrt_error err = WRT_ERROR_INIT;
    g->header = region_new(WRT_SHARED_MEMORY_SIZE);
    g->bytes = region_new((size_t)3 * WRT_PAGE_SIZE);
    wrt_shared_config c = config(g, w);
    SAME(wrt_shared_memory_new(&g->header.arena, &c, &g->memory, &err), WRT_OK);
    SAME(g->header.arena.size, 0);
}

static void ground_free(ground *g) {
    region_free(&g->header);
    region_free(&g->bytes);
}

/* An instance in a thread of its own: nothing here is shared but the memory. */
typedef struct guest {
    region code, own, stack;
    wrt_instance *instance;
    wrt_task *task;
} guest;

static wrt_status guest_new(guest *g, wrt_bytes wasm, const wrt_instance_config *ic, wrt_error *err) {
    wrt_load_budget b = load_budget();
    wrt_module *m = NULL;
    b.proposals |= WRT_PROPOSAL_THREADS;
    g->code = region_new(1 << 14);
    g->stack = region_new(4096);
    g->own = region_new(0);
    g->task = NULL;
    wrt_status s = wrt_module_load(&g->code.arena, wasm, &b, &m, err);
    if (s != WRT_OK) return s;
    region_free(&g->own);
    g->own = region_new((size_t)wrt_module_instance_size(m));
    s = wrt_instance_new(&g->own.arena, m, ic, &g->instance, err);
    return s != WRT_OK ? s : wrt_task_new(&g->stack.arena, g->instance, &g->task);
}

static void guest_free(guest *g) {
    region_free(&g->code);
    region_free(&g->own);
    region_free(&g->stack);
}

static wrt_status sharing(guest *g, wrt_shared_memory *memory, wrt_error *err) {
    wrt_named_memory named = { "env", "memory", memory };
    wrt_instance_config ic;
    memset(&ic, 0, sizeof ic);
    ic.struct_size = sizeof ic;
    ic.shared = &named;
    ic.nshared = 1;
    return guest_new(g, BYTES(share_wasm), &ic, err);
}

static wrt_status call(const guest *g, const char *name, const wrt_value *args, size_t n, int32_t *r, wrt_error *err) {
    wrt_run_budget b = run_budget();
    wrt_func f;
    wrt_value v = i32(-99);
    char sig[16];
    wrt_status s = wrt_export_func(g->instance, name, NULL, &f);
    if (s == WRT_OK) s = wrt_module_func_sig(wrt_instance_module(g->instance), f.index, sig, sizeof sig, NULL);
    if (s == WRT_OK) s = wrt_call(g->task, f, args, n, &v, strchr(sig, ')')[1] != '\0', &b, err);
    *r = v.i32;
    return s;
}

/* What a thread does, and how it went. The counting of checks is no thread's but the first. */
typedef struct job {
    wrt_shared_memory *memory;
    const char *name;
    wrt_value args[3];
    size_t nargs;
    wrt_status status;
    int32_t result;
} job;

static void *work(void *arg) {
    job *j = arg;
    wrt_error err = WRT_ERROR_INIT;
    guest g;
    j->status = sharing(&g, j->memory, &err);
    if (j->status == WRT_OK) j->status = call(&g, j->name, j->args, j->nargs, &j->result, &err);
    guest_free(&g);
    return NULL;
}

static void run_jobs(job *jobs, size_t n) {
    pthread_t threads[8];
    for (size_t i = 0; i < n; i++) CHECK(pthread_create(&threads[i], NULL, work, &jobs[i]) == 0);
    for (size_t i = 0; i < n; i++) {
        pthread_join(threads[i], NULL);
        SAME(jobs[i].status, WRT_OK);
    }
}

static int32_t at(const wrt_shared_memory *m, uint64_t addr) {
    int32_t v = -1;
    SAME(wrt_shared_memory_read(m, addr, &v, sizeof v), WRT_OK);
    return v;
}

/* No increment is lost, be it atomic or behind a lock of compare and exchange. */
static void threads_count(void) {
    ground g;
    ground_new(&g, NULL);
    job jobs[2];
    memset(jobs, 0, sizeof jobs);
    for (size_t i = 0; i < 2; i++) {
        jobs[i].memory = g.memory;
        jobs[i].name = "count";
        jobs[i].args[0] = i32(ROUNDS);
        jobs[i].nargs = 1;
    }
    run_jobs(jobs, 2);
    SAME(at(g.memory, 0), 2 * ROUNDS);
    SAME(at(g.memory, 20), 2 * ROUNDS);
    SAME(at(g.memory, 16), 0);
    ground_free(&g);
}

/* A ball goes to and fro; a wake-up that were lost would leave both asleep. */
static void threads_wait(void) {
    sleepers all = { PTHREAD_MUTEX_INITIALIZER, NULL, 0 };
    const wrt_waiter waiter = { sizeof waiter, 0, sleep_, wake, &all };
    ground g;
    ground_new(&g, &waiter);
    job jobs[2];
    memset(jobs, 0, sizeof jobs);
    for (int32_t i = 0; i < 2; i++) {
        jobs[i].memory = g.memory;
        jobs[i].name = "play";
        jobs[i].args[0] = i32(i);
        jobs[i].args[1] = i32(1 - i);
        jobs[i].args[2] = i32(THROWS);
        jobs[i].nargs = 3;
    }
    run_jobs(jobs, 2);
    SAME(at(g.memory, 32), 0);
    CHECK(all.first == NULL);

    /* The host wakes a thread: as often as it takes for that to sleep. */
    job one = { g.memory, "wait", { i32(0), i64(-1), i64(0) }, 2, WRT_OK, -1 };
    pthread_t thread;
    uint32_t woken = 0;
    CHECK(pthread_create(&thread, NULL, work, &one) == 0);
    while (woken == 0) {
        const struct timespec moment = { 0, 1000000 };
        if (!SAME(wrt_shared_memory_notify(g.memory, 64, 5, &woken), WRT_OK)) break;
        nanosleep(&moment, NULL);
    }
    pthread_join(thread, NULL);
    SAME(woken, 1);
    SAME(one.status, WRT_OK);
    SAME(one.result, WRT_WAIT_WOKEN);
    /* A time that is over, and a value that is another. */
    one.args[1] = i64(1000000);
    work(&one);
    SAME(one.result, WRT_WAIT_TIMED_OUT);
    unsigned waits = all.waits;
    one.args[0] = i32(1);
    work(&one);
    SAME(one.result, WRT_WAIT_NOT_EQUAL);
    SAME(all.waits, waits);
    one.name = "wait64";
    one.args[0] = i64((int64_t)1 << 40);
    work(&one);
    SAME(one.result, WRT_WAIT_NOT_EQUAL);
    one.args[0] = i64(0);
    work(&one);
    SAME(one.result, WRT_WAIT_TIMED_OUT);
    SAME(all.waits, waits + 1);
    ground_free(&g);
}

/* Each page is given to one thread; base and ceiling stay. */
static void threads_grow(void) {
    ground g;
    ground_new(&g, NULL);
    wrt_memory before, after;
    SAME(wrt_shared_memory_view(g.memory, &before), WRT_OK);
    CHECK(before.base == g.bytes.base);
    SAME(before.len, WRT_PAGE_SIZE);
    /* The region has room for fewer pages than the maximum. */
    SAME(before.ceiling, 3 * WRT_PAGE_SIZE);
    job jobs[5];
    memset(jobs, 0, sizeof jobs);
    for (size_t i = 0; i < COUNT(jobs); i++) {
        jobs[i].memory = g.memory;
        jobs[i].name = "grow";
        jobs[i].args[0] = i32(1);
        jobs[i].nargs = 1;
    }
    run_jobs(jobs, COUNT(jobs));
    unsigned seen = 0, failures = 0;
    for (size_t i = 0; i < COUNT(jobs); i++) {
        if (jobs[i].result == -1) failures++;
        else seen |= 1u << jobs[i].result;
    }
    SAME(failures, 3);
    SAME(seen, 1u << 1 | 1u << 2);
    SAME(wrt_shared_memory_view(g.memory, &after), WRT_OK);
    CHECK(after.base == before.base && after.ceiling == before.ceiling);
    SAME(after.len, 3 * WRT_PAGE_SIZE);
    /* All of it is clear, and the host's growth is the guest's. */
    size_t unclear = 0;
    for (size_t i = 0; i < after.len; i++) unclear += after.base[i] != 0;
    SAME(unclear, 0);
    uint64_t old = 9;
    SAME(wrt_shared_memory_grow(g.memory, 1, &old), WRT_E_BUDGET);
    CHECK(old == UINT64_MAX);
    SAME(wrt_shared_memory_grow(g.memory, 0, &old), WRT_OK);
    SAME(old, 3);
    SAME(wrt_shared_memory_grow(g.memory, UINT64_MAX, NULL), WRT_E_BUDGET);
    ground_free(&g);
}

/* One thread, many tasks: a guest that waits is parked, and the host ends the wait. */
static void parking(void) {
    parked p;
    memset(&p, 0, sizeof p);
    p.answer = WRT_WAIT_PENDING;
    const wrt_waiter waiter = { sizeof waiter, 0, park, unpark, &p };
    ground g;
    guest one;
    wrt_error err = WRT_ERROR_INIT;
    wrt_run_budget b = run_budget();
    wrt_pending told = { 0 };
    wrt_value args[2] = { i32(0), i64(-1) }, v;
    int32_t r;
    uint32_t n = 9;
    ground_new(&g, &waiter);
    SAME(sharing(&one, g.memory, &err), WRT_OK);
    SAME(call(&one, "wait", args, 2, &r, &err), WRT_PENDING);
    CHECK(p.place == (size_t)(uintptr_t)(g.bytes.base + 64));
    CHECK(p.timeout == UINT64_MAX);
    told.struct_size = sizeof told;
    SAME(wrt_task_pending(one.task, &told), WRT_OK);
    SAME(told.func, UINT32_MAX);
    SAME(told.nresults, 1);
    v = i32(WRT_WAIT_WOKEN);
    SAME(wrt_task_complete(one.task, WRT_OK, &v, 1), WRT_OK);
    SAME(wrt_task_run(one.task, &b, &err), WRT_OK);
    SAME(wrt_task_results(one.task, &v, 1, NULL), WRT_OK);
    SAME(v.i32, WRT_WAIT_WOKEN);
    args[1] = i64(123456789);
    SAME(call(&one, "wait", args, 2, &r, &err), WRT_PENDING);
    SAME(p.timeout, 123456789);
    wrt_task_reset(one.task);
    /* Notifications reach the waiter from both sides, with the place of the wait. */
    args[0] = i32(3);
    SAME(call(&one, "notify", args, 1, &r, &err), WRT_OK);
    SAME(r, 3);
    CHECK(p.notified == p.place);
    SAME(wrt_shared_memory_notify(g.memory, 68, 2, &n), WRT_OK);
    SAME(n, 2);
    CHECK(p.notified == p.place + 4);
    SAME(wrt_shared_memory_notify(g.memory, 68, 0, &n), WRT_OK);
    SAME(n, 0);
    SAME(wrt_shared_memory_notify(g.memory, 66, 2, &n), WRT_E_BOUNDS);
    SAME(wrt_shared_memory_notify(g.memory, WRT_PAGE_SIZE, 2, &n), WRT_E_BOUNDS);
    SAME(wrt_shared_memory_notify(g.memory, UINT64_MAX - 3, 2, &n), WRT_E_BOUNDS);
    SAME(p.woken, 5);
    /* An answer that is none is a time that is over. */
    p.answer = 77;
    args[0] = i32(0);
    SAME(call(&one, "wait", args, 2, &r, &err), WRT_OK);
    SAME(r, WRT_WAIT_TIMED_OUT);
    guest_free(&one);
    ground_free(&g);
}

/* Without a waiter a wait with a timeout is over at once, one without is a trap. */
static void nobody_waits(void) {
    ground g;
    guest one;
    wrt_error err = WRT_ERROR_INIT;
    wrt_value args[2] = { i32(0), i64(INT64_MAX) };
    int32_t r;
    uint32_t n = 9;
    ground_new(&g, NULL);
    SAME(sharing(&one, g.memory, &err), WRT_OK);
    SAME(call(&one, "wait", args, 2, &r, &err), WRT_OK);
    SAME(r, WRT_WAIT_TIMED_OUT);
    args[1] = i64(-1);
    SAME(call(&one, "wait", args, 2, &r, &err), WRT_E_TRAP);
    SAME(err.reason, WRT_TRAP_WAIT_FOREVER);
    SAME(wrt_shared_memory_notify(g.memory, 64, 1, &n), WRT_OK);
    SAME(n, 0);
    /* The host's accesses end where the memory does. */
    char text[4] = "abc";
    SAME(wrt_shared_memory_write(g.memory, WRT_PAGE_SIZE - 3, text, 3), WRT_OK);
    memset(text, 0, sizeof text);
    SAME(wrt_shared_memory_read(g.memory, WRT_PAGE_SIZE - 3, text, 3), WRT_OK);
    CHECK(strcmp(text, "abc") == 0);
    const uint64_t beyond[] = { WRT_PAGE_SIZE - 2, WRT_PAGE_SIZE, UINT32_MAX, UINT64_MAX - 1, UINT64_MAX };
    for (size_t i = 0; i < COUNT(beyond); i++) {
        SAME(wrt_shared_memory_read(g.memory, beyond[i], text, 3), WRT_E_BOUNDS);
        SAME(wrt_shared_memory_write(g.memory, beyond[i], text, 3), WRT_E_BOUNDS);
    }
    CHECK(strcmp(text, "abc") == 0);
    SAME(wrt_shared_memory_read(g.memory, 0, NULL, 1), WRT_E_ARG);
    SAME(wrt_shared_memory_write(g.memory, 0, NULL, 1), WRT_E_ARG);
    SAME(wrt_shared_memory_read(g.memory, 0, text, SIZE_MAX), WRT_E_ARG);
    guest_free(&one);
    ground_free(&g);
}

/* A memory that an instance defines is lent to the instance of another group. */
static void of_an_instance(void) {
    parked p;
    memset(&p, 0, sizeof p);
    p.answer = WRT_WAIT_PENDING;
    const wrt_waiter waiter = { sizeof waiter, 0, park, unpark, &p };
    wrt_error err = WRT_ERROR_INIT;
    wrt_instance_config ic;
    guest owner, user;
    region ram = region_new((size_t)4 * WRT_PAGE_SIZE), room = region_new(WRT_SHARED_HANDLE_SIZE);
    wrt_value args[2] = { i32(0), i64(-1) };
    int32_t r;
    memset(&ic, 0, sizeof ic);
    ic.struct_size = sizeof ic;
    ic.memory = ram.arena;
    ic.waiter = &waiter;
    SAME(guest_new(&owner, BYTES(owner_wasm), &ic, &err), WRT_OK);
    wrt_shared_memory *m = (wrt_shared_memory *)&p;
    SAME(wrt_shared_memory_of(&room.arena, owner.instance, 1, &m), WRT_E_LINK);
    CHECK(m == NULL && room.arena.size == room.size);
    SAME(wrt_shared_memory_of(&room.arena, owner.instance, 2, &m), WRT_E_NOT_FOUND);
    SAME(wrt_shared_memory_of(&room.arena, owner.instance, 0, NULL), WRT_E_ARG);
    SAME(wrt_shared_memory_of(NULL, owner.instance, 0, &m), WRT_E_ARG);
    wrt_arena less = { room.base, room.size - 1 };
    SAME(wrt_shared_memory_of(&less, owner.instance, 0, &m), WRT_E_ARENA);
    CHECK(m == NULL && room.arena.size == room.size);
    SAME(wrt_shared_memory_of(&room.arena, owner.instance, 0, &m), WRT_OK);
    SAME(room.arena.size, 0);
    SAME(sharing(&user, m, &err), WRT_OK);
    /* Growth, bytes and the waiter of one are those of the other. */
    args[0] = i32(1);
    SAME(call(&user, "grow", args, 1, &r, &err), WRT_OK);
    SAME(r, 1);
    SAME(call(&owner, "size", NULL, 0, &r, &err), WRT_OK);
    SAME(r, 2);
    args[0] = i32(0);
    SAME(call(&user, "wait", args, 2, &r, &err), WRT_PENDING);
    size_t place = p.place;
    p.place = 0;
    SAME(call(&owner, "wait", args, 2, &r, &err), WRT_PENDING);
    CHECK(p.place == place);
    args[0] = i32(4);
    wrt_task_reset(owner.task);
    SAME(call(&owner, "notify", args, 1, &r, &err), WRT_OK);
    SAME(r, 4);
    CHECK(p.notified == place);
    guest_free(&user);
    guest_free(&owner);
    region_free(&room);
    region_free(&ram);
}

/* Whatever is wrong makes no memory and takes nothing. */
static void refused(void) {
    ground g;
    ground_new(&g, NULL);
    wrt_error err = WRT_ERROR_INIT;
    wrt_waiter w = { sizeof w, 0, park, unpark, NULL };
    wrt_shared_config good = config(&g, &w), c;
    wrt_shared_memory *m = NULL;
    region header = region_new(WRT_SHARED_MEMORY_SIZE);
#define REFUSED(want_status, want_reason) \
    do { \
        m = (wrt_shared_memory *)&g; \
        SAME(wrt_shared_memory_new(&header.arena, &c, &m, &err), want_status); \
        SAME(err.reason, want_reason); \
        CHECK(m == NULL && header.arena.base == header.base && header.arena.size == header.size); \
    } while (0)
    c = good, c.min = 5;
    REFUSED(WRT_E_ARG, WRT_REASON_IMPOSSIBLE_SIZE);
    c = good, c.max = UINT64_MAX;
    REFUSED(WRT_E_ARG, WRT_REASON_IMPOSSIBLE_SIZE);
    c = good, c.max = 65537;
    REFUSED(WRT_E_ARG, WRT_REASON_IMPOSSIBLE_SIZE);
    c = good, c.min = c.max = 4;
    REFUSED(WRT_E_ARENA, WRT_REASON_MEMORY_REGION);
    SAME(err.need, 4 * WRT_PAGE_SIZE);
    c = good, c.page_size = 4096;
    REFUSED(WRT_E_ARG, WRT_REASON_IMPOSSIBLE_SIZE);
    c = good, c.flags = 4;
    REFUSED(WRT_E_VERSION, WRT_REASON_UNKNOWN_FLAGS);
    c = good, c.memory.base = NULL;
    REFUSED(WRT_E_ARG, WRT_REASON_NULL_POINTER);
    c = good, c.memory.base = g.bytes.base + 8, c.memory.size -= 8;
    REFUSED(WRT_E_ARG, WRT_REASON_ARENA_MISALIGNED);
    c = good, c.memory.size = SIZE_MAX;
    REFUSED(WRT_E_ARG, WRT_REASON_IMPOSSIBLE_SIZE);
    c = good, w.wait = NULL;
    REFUSED(WRT_E_ARG, WRT_REASON_NULL_POINTER);
    w.wait = park, w.notify = NULL;
    REFUSED(WRT_E_ARG, WRT_REASON_NULL_POINTER);
    w.notify = unpark, w.struct_size--;
    REFUSED(WRT_E_VERSION, WRT_REASON_STRUCT_SIZE);
    w.struct_size++;
    c.struct_size += 8;
    REFUSED(WRT_E_VERSION, WRT_REASON_STRUCT_SIZE);
    c = good;
    for (size_t size = 0; size < WRT_SHARED_MEMORY_SIZE; size++) {
        wrt_arena less = { header.base, size };
        SAME(wrt_shared_memory_new(&less, &c, &m, &err), WRT_E_ARENA);
        SAME(err.need, WRT_SHARED_MEMORY_SIZE);
        CHECK(m == NULL && less.size == size);
    }
    SAME(wrt_shared_memory_new(NULL, &c, &m, &err), WRT_E_ARG);
    SAME(wrt_shared_memory_new(&header.arena, NULL, &m, &err), WRT_E_ARG);
    SAME(wrt_shared_memory_new(&header.arena, &c, NULL, &err), WRT_E_ARG);
    SAME(header.arena.size, header.size);
    /* Pages of one byte, and 64-bit addresses. */
    c.page_size = 1, c.min = 3, c.max = 100, c.flags = WRT_SHARED_INDEX64 | WRT_MEMORY_ZEROED;
    SAME(wrt_shared_memory_new(&header.arena, &c, &m, &err), WRT_OK);
    wrt_memory view;
    SAME(wrt_shared_memory_view(m, &view), WRT_OK);
    SAME(view.len, 3);
    SAME(view.ceiling, 100);
    SAME(wrt_shared_memory_view(m, NULL), WRT_E_ARG);

    /* Imports: of another type, another name, no handle; the module asks for pages of 64 KiB. */
    guest one;
    SAME(sharing(&one, m, &err), WRT_E_LINK);
    SAME(err.reason, WRT_REASON_INCOMPATIBLE_IMPORT);
    guest_free(&one);
    wrt_named_memory named = { "env", "memory", g.memory };
    wrt_instance_config ic;
    memset(&ic, 0, sizeof ic);
    ic.struct_size = sizeof ic;
    ic.shared = &named;
    ic.nshared = 1;
    const struct { const char *module, *name; size_t n; wrt_status want; } tries[] = {
        { "env", "memory", 1, WRT_OK },      { "env", "other", 1, WRT_E_LINK }, { "other", "memory", 1, WRT_E_LINK },
        { NULL, "memory", 1, WRT_E_ARG },    { "env", NULL, 1, WRT_E_ARG },     { "env", "memory", 0, WRT_E_LINK },
        { "env", "memory", SIZE_MAX, WRT_E_ARG },
    };
    for (size_t i = 0; i < COUNT(tries); i++) {
        named.module = tries[i].module;
        named.name = tries[i].name;
        ic.nshared = tries[i].n;
        SAME(guest_new(&one, BYTES(share_wasm), &ic, &err), tries[i].want);
        guest_free(&one);
    }
    named.module = "env", named.name = "memory", ic.nshared = 1;
    named.memory = NULL;
    SAME(guest_new(&one, BYTES(share_wasm), &ic, &err), WRT_E_ARG);
    guest_free(&one);
    named.memory = (wrt_shared_memory *)(void *)g.bytes.base;
    SAME(guest_new(&one, BYTES(share_wasm), &ic, &err), WRT_E_HANDLE);
    guest_free(&one);
    named.memory = g.memory;
    /* Before there were shared memories, the struct ended in front of them. */
    ic.struct_size = offsetof(wrt_instance_config, shared);
    SAME(guest_new(&one, BYTES(share_wasm), &ic, &err), WRT_E_LINK);
    guest_free(&one);
    ic.struct_size = sizeof ic;
    w.wait = NULL;
    ic.waiter = &w;
    SAME(guest_new(&one, BYTES(share_wasm), &ic, &err), WRT_E_ARG);
    guest_free(&one);

    /* A handle that was copied is none, nor is one whose bytes went to something else. */
    region copy = region_new(WRT_SHARED_MEMORY_SIZE);
    memcpy(copy.base, g.header.base, copy.size);
    SAME(wrt_shared_memory_view((wrt_shared_memory *)(void *)copy.base, &view), WRT_E_HANDLE);
    CHECK(view.base == NULL && view.len == 0 && view.ceiling == 0);
    memset(g.header.base, 0, g.header.size);
    SAME(wrt_shared_memory_view(g.memory, &view), WRT_E_HANDLE);
    CHECK(wrt_wait_place(NULL) == 0 && !wrt_wait_holds(NULL) && wrt_wait_timeout(NULL) == 0);
    region_free(&copy);
    region_free(&header);
    ground_free(&g);
}

void test_shared(void) {
    TEST(threads_count);
    TEST(threads_wait);
    TEST(threads_grow);
    TEST(parking);
    TEST(nobody_waits);
    TEST(of_an_instance);
    TEST(refused);
}
