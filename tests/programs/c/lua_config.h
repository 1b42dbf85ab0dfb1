// Included before each file of Lua: output through the host, no locale, a fixed seed, and errors without setjmp.
// In the native twin errors use Lua's own setjmp, so the twin tells whether the replacement behaves.
#ifndef LUA_CONFIG_H
#define LUA_CONFIG_H

#include "env.h"

struct lua_State;

#define lua_writestring(text, length) host_print((text), (uint32_t)(length))
#define lua_writeline() host_print("\n", 1)
#define lua_writestringerror(format, argument) ((void)(format), (void)(argument))
#define lua_getlocaledecpoint() ('.')
#define luai_makeseed(L) ((unsigned)0x5EED)
#define l_randomizePivot() (0u)

#ifdef __wasm__
#define luai_jmpbuf int
#ifdef GUARDED
// `f` and `ud` are the parameters of the one function that uses LUAI_TRY, luaD_rawrunprotected.
void lua_guarded(struct lua_State *L, void (*f)(struct lua_State *, void *), void *ud);
void lua_escape(void);
#define LUAI_TRY(L, c, a) lua_guarded(L, f, ud);
#define LUAI_THROW(L, c) lua_escape()
#else
// Without a guard an error ends the run: the host gets the message and traps.
void lua_give_up(struct lua_State *L);
#define LUAI_TRY(L, c, a) { a }
#define LUAI_THROW(L, c) lua_give_up(L)
#endif
#endif

#endif
