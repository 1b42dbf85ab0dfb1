// Stands in for the C library's header, which refuses to be included where a program cannot unwind. Lua includes it and
// uses nothing of it once LUAI_TRY and LUAI_THROW are defined.
