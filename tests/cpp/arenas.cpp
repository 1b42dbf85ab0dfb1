// Arenas: alignment, parts, marks, static ones, moves.
#include "harness.hpp"

static wrt::StaticArena<1024> fixed;

static void cursors() {
    alignas(16) unsigned char bytes[64];
    wrt::Arena whole(bytes), off(bytes + 1, 63), tiny(bytes + 1, 7), none;
    CHECK(whole.remaining() == 64 && whole.get()->base == bytes);
    CHECK(off.remaining() == 48 && off.get()->base == bytes + 16);
    CHECK(tiny.remaining() == 0 && none.remaining() == 0);
    CHECK(whole.rest().size() == 64 && static_cast<void *>(whole.rest().data()) == bytes);
    std::byte others[40];
    const wrt::Arena from_span{ wrt::span<std::byte>(others) };
    CHECK(from_span.remaining() >= 24 && reinterpret_cast<std::uintptr_t>(from_span.get()->base) % WRT_ARENA_ALIGN == 0);
    // What was moved from lends nothing.
    wrt::Arena moved = std::move(whole);
    CHECK(moved.remaining() == 64 && whole.remaining() == 0);
    whole = std::move(moved);
    CHECK(whole.remaining() == 64 && moved.remaining() == 0);
}

static void parts() {
    Region r(100);
    wrt::Arena a = must(r.arena.take(1)), b = must(r.arena.take(32));
    CHECK(a.remaining() == 16 && b.remaining() == 32 && r.arena.remaining() == 52);
    CHECK(b.rest().data() == r.bytes().data() + 16);
    const wrt::Error e = r.arena.take(53).error();
    CHECK(e.status() == WRT_E_ARENA && e.need() == 53 && r.arena.remaining() == 52);
    SAME(r.arena.take(SIZE_MAX).error().status(), WRT_E_ARENA);
}

static void marks() {
    const std::size_t before = fixed.remaining();
    SAME(before, fixed.capacity());
    {
        const auto outer = fixed.mark();
        must(fixed.take(100));
        {
            auto inner = fixed.mark();
            must(fixed.take(100));
            inner.keep();
        }
        SAME(fixed.remaining(), before - 224);
        {
            const wrt::Arena::Mark inner(fixed);
            must(fixed.take(16));
        }
        SAME(fixed.remaining(), before - 224);
    }
    SAME(fixed.remaining(), before);
    must(fixed.take(512));
    fixed.reset();
    SAME(fixed.remaining(), before);
    const wrt::Arena &const_arena = fixed;
    SAME(reinterpret_cast<std::uintptr_t>(const_arena.get()->base) % WRT_ARENA_ALIGN, 0u);
}

static_assert(!std::is_copy_constructible_v<wrt::Arena> && std::is_nothrow_move_constructible_v<wrt::Arena>);
static_assert(!std::is_copy_constructible_v<wrt::StaticArena<16>> && !std::is_move_constructible_v<wrt::StaticArena<16>>);
static_assert(!std::is_copy_constructible_v<wrt::Linker<1>> && !std::is_move_constructible_v<wrt::Linker<1>>);
static_assert(std::is_trivially_copyable_v<wrt::Module> && std::is_trivially_copyable_v<wrt::Instance>
              && std::is_trivially_copyable_v<wrt::Task> && std::is_trivially_copyable_v<wrt::Memory>
              && std::is_trivially_copyable_v<wrt::Func<void()>> && std::is_trivially_copyable_v<wrt::Loader>);
static_assert(sizeof(wrt::Module) == sizeof(void *) && sizeof(wrt::Task) == sizeof(void *));

void test_arenas() {
    TEST(cursors);
    TEST(parts);
    TEST(marks);
}
