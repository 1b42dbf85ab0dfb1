// Modules: what they need, how they are loaded whole and in pieces, what they import and export, images of them.
#ifndef WRT_MODULE_HPP
#define WRT_MODULE_HPP

#include "arena.hpp"

namespace wrt {

/// What a module may ask for; generous at the start. The fields are wrt_load_budget's: limits.max_functions = 100.
struct Limits : wrt_load_budget {
    Limits() noexcept : wrt_load_budget() { wrt_load_budget_default(this, sizeof(wrt_load_budget)); }
    /// These proposals (WRT_PROPOSAL_*) too.
    Limits &with(std::uint32_t more_proposals) noexcept {
        proposals |= more_proposals;
        return *this;
    }
    /// Not these proposals.
    Limits &without(std::uint32_t fewer_proposals) noexcept {
        proposals &= ~fewer_proposals;
        return *this;
    }
};

/// What a module needs, in bytes: exact, not an estimate. The fields are wrt_plan's.
struct Plan : wrt_plan {
    Plan() noexcept : wrt_plan() { struct_size = sizeof(wrt_plan); }
    /// Bytes of the arena that Module::load needs, its scratch included.
    std::size_t to_load() const noexcept { return module + load_scratch; }
};

/// One import or export. The fields are wrt_extern's.
struct Extern : wrt_extern {
    Extern() noexcept : wrt_extern() { struct_size = sizeof(wrt_extern); }
    /// Module name of an import; empty for an export. Valid as long as the module's bytes.
    std::string_view module_name() const noexcept { return text_of(module); }
    /// Its name. Valid as long as the module's bytes.
    std::string_view field_name() const noexcept { return text_of(name); }
    bool is_func() const noexcept { return kind == WRT_EXTERN_FUNC; }
    bool is_table() const noexcept { return kind == WRT_EXTERN_TABLE; }
    bool is_memory() const noexcept { return kind == WRT_EXTERN_MEMORY; }
    bool is_global() const noexcept { return kind == WRT_EXTERN_GLOBAL; }
    bool is_tag() const noexcept { return kind == WRT_EXTERN_TAG; }
};

/// Says what a module will need, without loading it: what can be planned is valid. `scratch` is used during the call
/// only. Errors: those of Module::load; WRT_E_ARENA speaks of scratch.
inline Result<Plan> plan(Bytes wasm, const Arena &scratch, const Limits &limits = Limits()) noexcept {
    Plan p;
    Error e;
    return detail::check(wrt_plan_module(wasm.get(), &limits, *scratch.get(), &p, e.out()), e, p);
}

/// A module: validated, translated, immutable. A name for what lies in an arena: copied freely, frees nothing. Any number
/// of threads may share it.
class Module {
    const wrt_module *module_ = nullptr;

public:
    /// Names nothing; every use is WRT_E_ARG or empty.
    Module() noexcept = default;
    /// What the C interface made.
    explicit Module(const wrt_module *module) noexcept : module_(module) {}

    /// Decodes, validates and translates a module. Takes Plan::module bytes of the arena and needs Plan::load_scratch more
    /// meanwhile. The bytes stay in use: they must remain as they are while the module lives.
    /// Errors: WRT_E_MALFORMED, _INVALID, _UNSUPPORTED, _BUDGET with the offset of the first place that is wrong;
    /// WRT_E_ARENA with need(). The arena is unchanged then.
    static Result<Module> load(Arena &arena, Bytes wasm, const Limits &limits = Limits()) noexcept {
        wrt_module *m = nullptr;
        Error e;
        const wrt_status s = wrt_module_load(arena.get(), wasm.get(), &limits, &m, e.out());
        return detail::check(s, e, Module(m));
    }
    /// A module that lies in an image, which is checked and left where it is: the bytes, which begin on a multiple of
    /// WRT_ARENA_ALIGN and may be read-only, must remain. `scratch` is used during the call only.
    /// Errors: WRT_E_MALFORMED, WRT_E_VERSION for another build's image, WRT_E_UNSUPPORTED, _BUDGET; WRT_E_ARENA.
    static Result<Module> from_image(Bytes image, const Arena &scratch, const Limits &limits = Limits()) noexcept {
        wrt_module *m = nullptr;
        Error e;
        const wrt_status s = wrt_module_from_image(image.get(), &limits, *scratch.get(), &m, e.out());
        return detail::check(s, e, Module(m));
    }
    /// What an image needs; Plan::load_scratch is for from_image. Errors: those of from_image but for code.
    static Result<Plan> plan_image(Bytes image, const Limits &limits = Limits()) noexcept {
        Plan p;
        Error e;
        return detail::check(wrt_plan_image(image.get(), &limits, &p, e.out()), e, p);
    }
    /// Bytes of the module's image.
    std::uint64_t image_size() const noexcept { return wrt_module_image_size(module_); }
    /// Writes the module as an image; `stack_min` is its plan's, or 0. Only of a module that was loaded in pieces.
    /// Errors: WRT_E_STATE for one that was loaded whole; WRT_E_ARENA with the size that suffices.
    Result<void> write_image(span<std::uint8_t> out, std::uint64_t stack_min = 0) const noexcept {
        Error e;
        const wrt_status s = wrt_module_write_image(module_, stack_min, out.data(), out.size(), e.out());
        if (s == WRT_OK) return {};
        return e;
    }

    /// Number of imports, and of exports.
    std::uint32_t import_count() const noexcept { return wrt_module_import_count(module_); }
    std::uint32_t export_count() const noexcept { return wrt_module_export_count(module_); }
    /// The import, or export, with this number, in the order of the binary. Errors: WRT_E_NOT_FOUND past the last.
    Result<Extern> import_at(std::uint32_t i) const noexcept {
        Extern x;
        return detail::check(wrt_module_import_at(module_, i, &x), x);
    }
    Result<Extern> export_at(std::uint32_t i) const noexcept {
        Extern x;
        return detail::check(wrt_module_export_at(module_, i, &x), x);
    }

    /// Imports or exports in a for loop.
    class Externs {
        const wrt_module *module_;
        wrt_status (*at_)(const wrt_module *, std::uint32_t, wrt_extern *);
        std::uint32_t count_;

    public:
        class iterator {
            const Externs *of_;
            std::uint32_t i_;

        public:
            iterator(const Externs *of, std::uint32_t i) noexcept : of_(of), i_(i) {}
            Extern operator*() const noexcept {
                Extern x;
                (void)of_->at_(of_->module_, i_, &x);
                return x;
            }
            iterator &operator++() noexcept {
                i_++;
                return *this;
            }
            bool operator==(const iterator &other) const noexcept { return i_ == other.i_; }
            bool operator!=(const iterator &other) const noexcept { return i_ != other.i_; }
        };
        Externs(const wrt_module *module, wrt_status (*at)(const wrt_module *, std::uint32_t, wrt_extern *),
                std::uint32_t count) noexcept
            : module_(module), at_(at), count_(count) {}
        iterator begin() const noexcept { return { this, 0 }; }
        iterator end() const noexcept { return { this, count_ }; }
    };
    /// All imports, or exports, in the order of the binary.
    Externs imports() const noexcept { return { module_, wrt_module_import_at, import_count() }; }
    Externs exports() const noexcept { return { module_, wrt_module_export_at, export_count() }; }

    /// Writes a function's signature, such as "(iI)f", to `out`, with a NUL behind it.
    /// Errors: WRT_E_NOT_FOUND for an index that is no function's; WRT_E_BOUNDS with the bytes that suffice.
    Result<std::string_view> func_signature(std::uint32_t func, span<char> out) const noexcept {
        std::size_t needed = 0;
        const wrt_status s = wrt_module_func_sig(module_, func, out.data(), out.size(), &needed);
        if (s == WRT_OK) return std::string_view(out.data(), needed - 1);
        Error e(s);
        e.out()->need = s == WRT_E_BOUNDS ? needed : 0;
        return e;
    }
    /// A function's name in the name section; empty if it has none. Valid as long as the module's bytes.
    std::string_view func_name(std::uint32_t func) const noexcept { return text_of(wrt_module_func_name(module_, func)); }
    /// Bytes that an instance takes, that its memories need at least, and that its group's heap needs at least.
    std::uint64_t instance_size() const noexcept { return wrt_module_instance_size(module_); }
    std::uint64_t memory_min() const noexcept { return wrt_module_memory_min(module_); }
    std::uint64_t heap_min() const noexcept { return wrt_module_heap_min(module_); }

    /// Whether it names a module.
    explicit operator bool() const noexcept { return module_ != nullptr; }
    /// For the C interface.
    const wrt_module *get() const noexcept { return module_; }
};

/// Makes an image one that every build of the same sources takes, also boards'; it begins on a multiple of
/// WRT_ARENA_ALIGN. Errors: those of Module::from_image; where its code is none, nobody takes it any more.
inline Result<void> make_portable(span<std::uint8_t> image, const Limits &limits = Limits()) noexcept {
    Error e;
    if (wrt_image_make_portable(image.data(), image.size(), &limits, e.out()) == WRT_OK) return {};
    return e;
}

/// A load in pieces, or a plan of one: bytes are fed as they come, and not kept. A name for what lies in an arena: copied
/// freely. Both arenas must stay where they are until it has ended.
class Loader {
    wrt_loader *loader_ = nullptr;

public:
    /// Names nothing.
    Loader() noexcept = default;
    /// Begins a load: takes WRT_LOADER_SIZE bytes of `state`; the module will stand in `arena`, which may be the same.
    /// Errors: WRT_E_ARENA.
    static Result<Loader> create(Arena &state, Arena &arena, const Limits &limits = Limits()) noexcept {
        return make(wrt_loader_new, state, arena, limits);
    }
    /// Begins a plan, which ends with finish_plan. `scratch` is left as it is.
    static Result<Loader> create_plan(Arena &state, Arena &scratch, const Limits &limits = Limits()) noexcept {
        return make(wrt_loader_new_plan, state, scratch, limits);
    }
    /// The next bytes, any number. Errors: those of Module::load; the load has ended then, the arena is as before.
    Result<void> feed(Bytes piece) noexcept {
        Error e;
        if (wrt_loader_feed(loader_, piece.get(), e.out()) == WRT_OK) return {};
        return e;
    }
    /// Ends the load. Errors: those of Module::load.
    Result<Module> finish() noexcept {
        wrt_module *m = nullptr;
        Error e;
        const wrt_status s = wrt_loader_finish(loader_, &m, e.out());
        return detail::check(s, e, Module(m));
    }
    /// Ends a plan. Errors: those of Module::load.
    Result<Plan> finish_plan() noexcept {
        Plan p;
        Error e;
        return detail::check(wrt_loader_finish_plan(loader_, &p, e.out()), e, p);
    }
    /// For the C interface.
    wrt_loader *get() const noexcept { return loader_; }

private:
    using New = wrt_status (*)(wrt_arena *, wrt_arena *, const wrt_load_budget *, wrt_loader **, wrt_error *);
    static Result<Loader> make(New make_it, Arena &state, Arena &arena, const Limits &limits) noexcept {
        Loader l;
        Error e;
        const wrt_status s = make_it(state.get(), arena.get(), &limits, &l.loader_, e.out());
        return detail::check(s, e, l);
    }
};

} // namespace wrt
#endif
