// Instances: what they are lent, their exports, their state as bytes and as a number, their heap.
#ifndef WRT_INSTANCE_HPP
#define WRT_INSTANCE_HPP

#include "module.hpp"
#include "objects.hpp"

namespace wrt {

/// A function of an instance whose signature was compared when it was looked up: Func<int32_t(int32_t, int64_t)>.
/// A name, copied freely. Several results are a std::tuple.
template <class F> class Func {
    wrt_func func_ = { UINT32_MAX, UINT32_MAX };

public:
    /// What the program asks for, and the type of its result.
    using signature_type = detail::Signature<F>;
    using result_type = typename signature_type::result;
    /// Names nothing.
    Func() noexcept = default;
    /// What the C interface gave; its signature is the caller's word.
    explicit Func(wrt_func func) noexcept : func_(func) {}
    /// Such as "(iI)i"; static.
    static constexpr const char *signature() noexcept { return signature_type::text(); }
    /// For the C interface.
    wrt_func get() const noexcept { return func_; }
};

/// A tag of an instance: what exceptions of one kind have in common, here the types of what they carry.
template <class... T> class Tag {
    wrt_tag tag_ = { UINT32_MAX, UINT32_MAX };

public:
    /// Names nothing.
    Tag() noexcept = default;
    /// What the C interface gave; its types are the caller's word.
    explicit Tag(wrt_tag tag) noexcept : tag_(tag) {}
    /// For the C interface.
    wrt_tag get() const noexcept { return tag_; }
};

/// What an instance is lent. Arenas are lent by what is left of them; nothing is taken from their front.
class Lent {
    wrt_instance_config config_{};

public:
    Lent() noexcept { config_.struct_size = sizeof config_; }
    /// Linear memory, shared out among the module's own memories: it never moves, and is cleared up to their minimum.
    Lent &memory(const Arena &arena) noexcept {
        config_.memory = *arena.get();
        return *this;
    }
    /// One arena for each of the module's own memories; the array is read when the instance is made.
    Lent &memories(span<const wrt_arena> arenas) noexcept {
        config_.memories = arenas.data();
        config_.nmemories = arenas.size();
        return *this;
    }
    /// Bytes that the memories may reach in sum; 0, the default: all that is lent.
    Lent &ceiling(std::uint64_t bytes) noexcept {
        config_.memory_ceiling = bytes;
        return *this;
    }
    /// Where exceptions and objects of the instance's group lie: Plan::heap_min bytes at least, taken whole.
    Lent &heap(const Arena &arena) noexcept {
        config_.heap = *arena.get();
        return *this;
    }
    /// The lent memory is all zeros already.
    Lent &zeroed() noexcept {
        config_.flags |= static_cast<std::uint32_t>(WRT_MEMORY_ZEROED);
        return *this;
    }
    /// Lets guests wait at shared memories of the module's own; must remain while the instance lives.
    Lent &waiter(const wrt_waiter &w) noexcept {
        config_.waiter = &w;
        return *this;
    }
    /// For the C interface.
    const wrt_instance_config &get() const noexcept { return config_; }
};

/// What the heap of a group holds, in bytes. The fields are wrt_heap_usage's.
struct HeapUsage : wrt_heap_usage {
    HeapUsage() noexcept : wrt_heap_usage() { struct_size = sizeof(wrt_heap_usage); }
};
/// What a reference is to. The fields are wrt_reference's.
struct Reference : wrt_reference {
    Reference() noexcept : wrt_reference() { struct_size = sizeof(wrt_reference); }
};

/// An instance of a module. A name for what lies in an arena: copied freely, frees nothing. It, those linked to it and
/// their tasks belong to one thread at a time.
class Instance {
    wrt_instance *instance_ = nullptr;

public:
    /// Names nothing; every use is WRT_E_ARG or empty.
    Instance() noexcept = default;
    /// What the C interface made.
    explicit Instance(wrt_instance *instance) noexcept : instance_(instance) {}

    /// Makes an instance of a module without imports; Linker::instantiate for others. Takes Plan::instance bytes of the
    /// arena; module, arena and lent memory must outlive it. A start function runs with the first task.
    /// Errors: WRT_E_LINK with the number of the import as detail(); WRT_E_ARENA for the arena, the lent memory or the
    /// heap, as reason() tells; WRT_E_TRAP where an active segment does not fit.
    static Result<Instance> create(Arena &arena, Module module, const Lent &lent = Lent()) noexcept {
        return create(arena, module, lent.get());
    }
    /// The same by the C interface's configuration.
    static Result<Instance> create(Arena &arena, Module module, const wrt_instance_config &config) noexcept {
        wrt_instance *i = nullptr;
        Error e;
        const wrt_status s = wrt_instance_new(arena.get(), module.get(), &config, &i, e.out());
        return detail::check(s, e, Instance(i));
    }
    /// Makes an instance of what snapshot() copied, which stands at the front of the arena; copies of its memories stand
    /// at the front of what is lent. Linker::relocate for modules with imports.
    /// Errors: WRT_E_HANDLE where the bytes are not those of an instance of the module; else those of create.
    static Result<Instance> relocate(Arena &arena, Module module, const Lent &lent = Lent()) noexcept {
        return relocate(arena, module, lent.get());
    }
    static Result<Instance> relocate(Arena &arena, Module module, const wrt_instance_config &config) noexcept {
        wrt_instance *i = nullptr;
        Error e;
        const wrt_status s = wrt_instance_relocate(arena.get(), module.get(), &config, &i, e.out());
        return detail::check(s, e, Instance(i));
    }
    /// Copies the instance's own bytes (Module::instance_size) for relocate; memories and heap are copied by whoever lent
    /// them. The value is how many. Errors: WRT_E_ARENA with how many would suffice.
    Result<std::size_t> snapshot(span<std::byte> out) const noexcept {
        std::size_t n = 0;
        const wrt_status s = wrt_instance_snapshot(instance_, out.data(), out.size(), &n);
        if (s == WRT_OK) return n;
        Error e(s);
        e.out()->need = s == WRT_E_ARENA ? n : 0;
        return e;
    }

    /// Its module.
    Module module() const noexcept { return Module(wrt_instance_module(instance_)); }
    /// The exported function of this name and signature: instance.func<int32_t(int32_t)>("run").
    /// Errors: WRT_E_NOT_FOUND; WRT_E_TYPE for another kind or signature, with wanted().
    template <class F> Result<Func<F>> func(const char *name) const noexcept {
        wrt_func f;
        const wrt_status s = wrt_export_func(instance_, name, Func<F>::signature(), &f);
        if (s == WRT_OK) return Func<F>(f);
        return s == WRT_E_TYPE
            ? Error(s, "the export is no function, or one of another signature", WRT_REASON_SIGNATURE_MISMATCH).wanting(Func<F>::signature())
            : missing(s);
    }
    /// The exported function of this name, of any signature, for Task::start_values.
    Result<wrt_func> func(const char *name) const noexcept {
        wrt_func f;
        const wrt_status s = wrt_export_func(instance_, name, nullptr, &f);
        if (s == WRT_OK) return f;
        return missing(s);
    }
    /// The exported memory of this name; or memory 0. Errors: WRT_E_NOT_FOUND; WRT_E_TYPE for another kind.
    Result<Memory> memory(const char *name) const noexcept {
        std::uint32_t i = 0;
        const wrt_status s = wrt_export_memory(instance_, name, &i);
        if (s == WRT_OK) return Memory(instance_, i);
        return missing(s);
    }
    Memory memory() const noexcept { return Memory(instance_, 0); }
    /// The exported table of this name; T says what it holds. Errors: WRT_E_NOT_FOUND; WRT_E_TYPE for another kind or type.
    template <class T> Result<Table<T>> table(const char *name) const noexcept {
        std::uint32_t i = 0;
        const wrt_status s = wrt_export_table(instance_, name, &i);
        if (s != WRT_OK) return missing(s);
        for (const Extern &x : module().exports()) {
            if (x.is_table() && x.index == i && x.value_type != static_cast<std::uint32_t>(detail::letter<T>()))
                return Error(WRT_E_TYPE, "the table holds something else").wanting(signature<void(T)>());
        }
        return Table<T>(instance_, i);
    }
    /// The exported global of this name and type. Errors: WRT_E_NOT_FOUND; WRT_E_TYPE for another kind or type.
    template <class T> Result<Global<T>> global(const char *name) const noexcept {
        std::uint32_t i = 0, type = 0;
        wrt_value value;
        wrt_status s = wrt_export_global(instance_, name, &i);
        if (s != WRT_OK) return missing(s);
        s = wrt_global_get(instance_, i, &value, &type);
        if (s != WRT_OK) return Error(s);
        if (type != static_cast<std::uint32_t>(detail::letter<T>()))
            return Error(WRT_E_TYPE, "the global is of another type", WRT_REASON_GLOBAL_ACCESS).wanting(signature<T()>());
        return Global<T>(instance_, i);
    }

    /// A number over globals, tables, dropped segments and memories: the same for equal states, on every machine.
    Result<std::uint64_t> state_hash() const noexcept {
        std::uint64_t hash = 0;
        const wrt_status s = wrt_state_hash(instance_, &hash);
        return detail::check(s, hash);
    }

    /// The exported tag of this name; the types are the caller's word. Errors: WRT_E_NOT_FOUND; WRT_E_TYPE.
    template <class... T> Result<Tag<T...>> tag(const char *name) const noexcept {
        static_assert(detail::Row<T...>::checked);
        wrt_tag t;
        const wrt_status s = wrt_export_tag(instance_, name, &t);
        if (s == WRT_OK) return Tag<T...>(t);
        return missing(s);
    }
    /// Makes an exception of a tag of the instance's group. It lasts until the guest runs on without holding it.
    /// Errors: WRT_E_TYPE for values that are not the tag's; WRT_E_ARENA if the group's heap has no room.
    template <class... T> Result<ExceptionRef> exception(Tag<T...> of, detail::same<T>... values) const noexcept {
        const wrt_value v[sizeof...(T) + 1] = { detail::pack<T>(values)... };
        ExceptionRef x;
        const wrt_status s = wrt_exception_new(instance_, of.get(), v, sizeof...(T), &x.number);
        return detail::check(s, x);
    }
    /// Whether an exception of the instance's group is of this tag, looked up in the instance that defines it: one that
    /// imports the tag knows it by another number. Errors: WRT_E_TYPE for a number that is no exception.
    template <class... T> Result<bool> is_of(ExceptionRef exception, Tag<T...> of) const noexcept {
        wrt_tag t;
        const wrt_status s = wrt_exception_tag(instance_, exception.number, &t);
        if (s != WRT_OK) return Error(s);
        return t.instance == of.get().instance && t.index == of.get().index;
    }
    /// What an exception of this tag carries. Errors: WRT_E_TYPE for a number that is none, or of another tag.
    template <class... T> Result<std::tuple<T...>> values_of(ExceptionRef exception, Tag<T...> of) const noexcept {
        const Result<bool> fits = is_of(exception, of);
        if (!fits) return fits.error();
        if (!*fits) return Error(WRT_E_TYPE, "the exception is of another tag");
        wrt_value v[sizeof...(T) + 1];
        std::size_t n = 0;
        const wrt_status s = wrt_exception_values(instance_, exception.number, v, sizeof...(T), &n);
        if (s != WRT_OK) return Error(s);
        if (n != sizeof...(T)) return Error(WRT_E_TYPE, "the tag's types are others");
        return detail::Row<T...>::get(v);
    }

    /// What the heap of the instance's group holds. Errors: WRT_E_NOT_FOUND if it has none.
    Result<HeapUsage> heap_usage() const noexcept {
        HeapUsage u;
        return detail::check(wrt_instance_heap_usage(instance_, &u), u);
    }
    /// Collects what nothing reaches; the value is the fuel that a guest would have been charged. Takes time in proportion
    /// to what can be reached. Errors: WRT_E_NOT_FOUND if the group has no heap.
    Result<std::uint64_t> collect() const noexcept {
        std::uint64_t fuel = 0;
        const wrt_status s = wrt_instance_collect(instance_, &fuel);
        return detail::check(s, fuel);
    }
    /// Says when the heap is collected, by WRT_COLLECTION_*.
    Result<void> set_collection(std::uint32_t when) const noexcept {
        return detail::check(wrt_instance_set_collection(instance_, when));
    }
    /// What a reference of this hierarchy (WRT_HIERARCHY_*) is to. Errors: WRT_E_TYPE for a number that is none.
    Result<Reference> describe(std::uint64_t reference, std::uint32_t hierarchy) const noexcept {
        Reference r;
        return detail::check(wrt_reference_describe(instance_, reference, hierarchy, &r), r);
    }

    /// Whether it names an instance.
    explicit operator bool() const noexcept { return instance_ != nullptr; }
    /// For the C interface.
    wrt_instance *get() const noexcept { return instance_; }

private:
    static Error missing(wrt_status s) noexcept {
        if (s == WRT_E_NOT_FOUND) return Error(s, "no export has that name", WRT_REASON_EXPORT_NOT_FOUND);
        if (s == WRT_E_TYPE) return Error(s, "the export is of another kind", WRT_REASON_EXPORT_KIND);
        return Error(s);
    }
};

/// A number of the program's as anyref, as any.convert_extern makes it; 0 is null, bit 63 is lost.
inline std::uint64_t host_reference(std::uint64_t number) noexcept { return wrt_host_reference(number); }

} // namespace wrt
#endif
