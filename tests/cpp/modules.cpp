// Modules: plans, limits, whole and in pieces, imports and exports, images.
#include "harness.hpp"
#include <vector>

static void planned() {
    const Region scratch(1 << 16);
    const wrt::Plan p = must(wrt::plan(kit_wasm, scratch.arena));
    SAME(p.to_load(), p.module + p.load_scratch);
    // What the plan says suffices, and one byte less does not: the error says what would have.
    for (std::size_t less = 0; less < 2; less++) {
        Region r(p.to_load() - less);
        const wrt::Result<wrt::Module> m = wrt::Module::load(r.arena, kit_wasm);
        SAME(m.ok(), less == 0);
        if (!m) CHECK(m.error().status() == WRT_E_ARENA && m.error().need() == p.to_load());
        SAME(r.arena.remaining(), less == 0 ? p.load_scratch : p.to_load() - 1);
    }
    SAME(wrt::plan(wrt::Bytes(kit_wasm).first(20), scratch.arena).error().status(), WRT_E_MALFORMED);
}

static void limits() {
    Region r(1 << 16);
    wrt::Limits few;
    few.max_exports = 2;
    const wrt::Error e = wrt::Module::load(r.arena, kit_wasm, few).error();
    CHECK(e.status() == WRT_E_BUDGET && e.reason() == WRT_REASON_LIMIT_EXPORTS && e.need() > 2);
    CHECK(wrt::Module::load(r.arena, share_wasm).error().status() == WRT_E_UNSUPPORTED);
    CHECK(wrt::Module::load(r.arena, share_wasm, wrt::Limits().with(WRT_PROPOSAL_THREADS)).ok());
    CHECK(!wrt::Module::load(r.arena, throw_wasm, wrt::Limits().without(WRT_PROPOSAL_EXCEPTION_HANDLING)).ok());
}

static void contents() {
    const Kit k;
    std::string found;
    for (const wrt::Extern &x : k.module.imports()) {
        char sig[32];
        CHECK(x.is_func());
        found += std::string(x.module_name()) + "." + std::string(x.field_name())
            + std::string(must(k.module.func_signature(x.index, sig))) + " ";
    }
    SAME(found, "env.add(ii)i env.wait(I)F env.end(i) ");
    std::uint32_t n = 0, tables = 0, memories = 0, globals = 0;
    for (const wrt::Extern &x : k.module.exports()) {
        SAME(must(k.module.export_at(n)).field_name(), x.field_name());
        n++, tables += x.is_table(), memories += x.is_memory(), globals += x.is_global();
        CHECK(!x.is_tag());
    }
    CHECK(n == k.module.export_count() && tables == 2 && memories == 1 && globals == 4);
    SAME(must(k.module.import_at(2)).field_name(), "end");
    SAME(k.module.import_at(k.module.import_count()).error().status(), WRT_E_NOT_FOUND);
    SAME(k.module.export_at(n).error().status(), WRT_E_NOT_FOUND);
    SAME(k.module.func_name(0), "add");
    CHECK(k.module.func_name(9999).empty());
    CHECK(k.module.instance_size() == k.plan.instance && k.module.memory_min() == k.plan.memory_min && k.module.heap_min() == 0);
    char one[1];
    const wrt::Error e = k.module.func_signature(0, one).error();
    CHECK(e.status() == WRT_E_BOUNDS && e.need() == sizeof "(ii)i");
    SAME(k.module.func_signature(9999, one).error().status(), WRT_E_NOT_FOUND);
    CHECK(k.module && k.module.get() != nullptr);
    // A name of nothing gives errors and empty answers.
    const wrt::Module none;
    CHECK(!none && none.import_count() == 0 && none.export_count() == 0 && none.instance_size() == 0 && none.image_size() == 0);
    SAME(none.import_at(0).error().status(), WRT_E_ARG);
}

// However it is cut, a load in pieces ends in the same module.
static void pieces() {
    const wrt::Bytes wasm = kit_wasm;
    Region state(WRT_LOADER_SIZE), scratch(1 << 16);
    wrt::Loader planner = must(wrt::Loader::create_plan(state.arena, scratch.arena));
    must(planner.feed(wasm));
    const wrt::Plan p = must(planner.finish_plan());
    for (std::size_t cut : { std::size_t{ 1 }, std::size_t{ 7 }, wasm.size() }) {
        Region s(WRT_LOADER_SIZE), r(p.to_load());
        wrt::Loader loader = must(wrt::Loader::create(s.arena, r.arena));
        for (wrt::Bytes rest = wasm; rest.size() > 0; rest = rest.skip(cut)) must(loader.feed(rest.first(cut)));
        const wrt::Module m = must(loader.finish());
        CHECK(m.export_count() == Kit().module.export_count() && r.arena.remaining() == p.load_scratch);
    }
    Region s(WRT_LOADER_SIZE), r(1 << 16);
    wrt::Loader loader = must(wrt::Loader::create(s.arena, r.arena));
    CHECK(loader.get() != nullptr && wrt::Loader().get() == nullptr);
    must(loader.feed(wasm.first(30)));
    SAME(loader.finish().error().reason(), WRT_REASON_UNEXPECTED_END);
    SAME(loader.feed(wasm).error().status(), WRT_E_STATE);
    Region none(16);
    SAME(wrt::Loader::create(none.arena, r.arena).error().status(), WRT_E_ARENA);
}

static void images() {
    Region s(WRT_LOADER_SIZE), r(1 << 16), scratch(1 << 16);
    wrt::Loader loader = must(wrt::Loader::create(s.arena, r.arena));
    must(loader.feed(chain_wasm));
    const wrt::Module m = must(loader.finish());
    const auto size = static_cast<std::size_t>(m.image_size());
    Region room(size);
    const wrt::span<std::uint8_t> image(reinterpret_cast<std::uint8_t *>(room.bytes().data()), size);
    const wrt::Error e = m.write_image(image.first(size - 1)).error();
    CHECK(e.status() == WRT_E_ARENA && e.need() == size);
    must(m.write_image(image, 512));
    const wrt::Plan p = must(wrt::Module::plan_image(wrt::Bytes(image.data(), size)));
    SAME(p.stack_min, 512u);
    Region exact(p.load_scratch == 0 ? 16 : p.load_scratch);
    const wrt::Module taken = must(wrt::Module::from_image(wrt::Bytes(image.data(), size), exact.arena));
    SAME(taken.export_count(), m.export_count());
    must(wrt::make_portable(image));
    must(wrt::Module::from_image(wrt::Bytes(image.data(), size), scratch.arena));
    image[size - 1] = static_cast<std::uint8_t>(image[size - 1] ^ 1);
    SAME(wrt::Module::from_image(wrt::Bytes(image.data(), size), scratch.arena).error().reason(), WRT_REASON_IMAGE_CHECKSUM);
    SAME(wrt::Module::plan_image(wrt::Bytes(image.data(), 3)).error().status(), WRT_E_MALFORMED);
    SAME(wrt::make_portable(image.first(3)).error().status(), WRT_E_MALFORMED);
    const Kit whole;
    SAME(whole.module.write_image(image).error().status(), WRT_E_STATE);
}

void test_modules() {
    TEST(planned);
    TEST(limits);
    TEST(contents);
    TEST(pieces);
    TEST(images);
}
