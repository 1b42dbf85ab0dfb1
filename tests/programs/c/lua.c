// Lua 5.4 as a guest: a state with the base, string, table, math, utf8 and coroutine libraries.
#include <stdlib.h>
#include <string.h>

#include "lauxlib.h"
#include "lua.h"
#include "lualib.h"
#include "lua_bench.h"
#ifdef GUARDED
#include "guard.h"
#endif

static lua_State *state;
static char *script;

#ifdef __wasm__
#ifdef GUARDED

// The shadow stack is ordinary memory; what the dropped frames took of it is given back here.
static void *shadow_stack(void) {
    void *at;
    __asm__ volatile(".globaltype __stack_pointer, i32\nglobal.get __stack_pointer\nlocal.set %0" : "=r"(at));
    return at;
}

static void set_shadow_stack(void *at) {
    __asm__ volatile(".globaltype __stack_pointer, i32\nlocal.get %0\nglobal.set __stack_pointer" : : "r"(at));
}

typedef void (*protected_function)(lua_State *, void *);

void lua_guarded(lua_State *L, protected_function f, void *ud) {
    void *before = shadow_stack();
    if (host_guard((void (*)(void *, void *))f, L, ud)) set_shadow_stack(before);
}

void lua_escape(void) {
    host_escape();
}

EXPORT(invoke) void invoke(protected_function f, lua_State *L, void *ud) {
    f(L, ud);
}

#else

void lua_give_up(lua_State *L) {
    size_t length = 0;
    const char *message = lua_tolstring(L, -1, &length);
    host_fail(message ? message : "", (uint32_t)length);
}

#endif
#endif

static void prepare(void) {
    static const luaL_Reg libraries[] = {
        {LUA_GNAME, luaopen_base},         {LUA_STRLIBNAME, luaopen_string}, {LUA_TABLIBNAME, luaopen_table},
        {LUA_MATHLIBNAME, luaopen_math},   {LUA_UTF8LIBNAME, luaopen_utf8},  {LUA_COLIBNAME, luaopen_coroutine},
    };
    if (state) return;
    state = luaL_newstate();
    if (!state) abort();
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
        luaL_requiref(state, libraries[i].name, libraries[i].func, 1);
        lua_pop(state, 1);
    }
    if (luaL_loadbuffer(state, lua_bench, sizeof lua_bench - 1, "=bench") || lua_pcall(state, 0, 1, 0)) abort();
    lua_setglobal(state, "bench");
}

// Prints the message of a failed script and drops it.
static int32_t report(int status) {
    if (status != LUA_OK) {
        size_t length = 0;
        const char *message = lua_tolstring(state, -1, &length);
        if (message) host_print(message, (uint32_t)length);
        host_print("\n", 1);
    }
    lua_settop(state, 0);
    return status;
}

char *buffer(uint32_t length) {
    script = realloc(script, length + 1);
    if (!script) abort();
    return script;
}

// Runs the script in the buffer; returns Lua's status, 0 for success.
int32_t eval(uint32_t length) {
    prepare();
    int status = luaL_loadbuffer(state, script, length, "=script");
    return report(status == LUA_OK ? lua_pcall(state, 0, 0, 0) : status);
}

// Calls bench(n) of the built-in script, which returns an integer.
int32_t run(int32_t n) {
    prepare();
    lua_getglobal(state, "bench");
    lua_pushinteger(state, n);
    int status = lua_pcall(state, 1, 1, 0);
    if (status != LUA_OK) return report(status);
    int32_t result = (int32_t)lua_tointeger(state, -1);
    lua_settop(state, 0);
    return result;
}
