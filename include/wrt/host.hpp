// Host functions: C++ functions that guests call, their answers, and the linker that holds them without allocating.
#ifndef WRT_HOST_HPP
#define WRT_HOST_HPP

#include "task.hpp"
#include <new>

namespace wrt {

/// A host function's answer: the call traps. The message must be static; null stands for a general one.
struct Trap {
    /// Static; null stands for a general one.
    const char *message = nullptr;
    /// The program's own number, Error::detail of the run.
    std::uint64_t detail = 0;
};
/// A host function's answer: the guest ends itself with this code.
struct Exit {
    /// The exit code.
    std::uint32_t code = 0;
};
/// A host function's answer: the result comes later, by Task::complete.
struct Pending {};
/// A host function's answer: an exception is thrown, which the guest may catch.
struct Throw {
    /// What is thrown.
    ExceptionRef exception;
};

/// What a host function answers: a value of type R, or Trap, Exit, Pending or Throw. Made of any of them.
template <class R = void> class Answer {
    std::variant<std::conditional_t<std::is_void_v<R>, std::monostate, R>, Trap, Exit, Pending, Throw> either_;

public:
    /// The type of the value.
    using value_type = R;
    /// Done, without a value.
    template <class V = R, class = std::enable_if_t<std::is_void_v<V>>> Answer() noexcept {}
    /// Done, with this value.
    template <class V, class = std::enable_if_t<std::is_convertible_v<V, R> && !std::is_void_v<R>>>
    Answer(V value) noexcept : either_(std::in_place_index<0>, static_cast<R>(std::move(value))) {}
    Answer(Trap trap) noexcept : either_(trap) {}
    Answer(Exit exit) noexcept : either_(exit) {}
    Answer(Pending pending) noexcept : either_(pending) {}
    Answer(Throw raised) noexcept : either_(raised) {}
    /// For the linker.
    const auto &get() const noexcept { return either_; }
};

/// The guest's side of one host call; valid until the host function returns.
class Caller {
    wrt_caller *caller_;

public:
    /// What the C interface gave.
    explicit Caller(wrt_caller *caller) noexcept : caller_(caller) {}
    /// The instance that calls.
    Instance instance() const noexcept { return Instance(wrt_caller_instance(caller_)); }
    /// Its memory 0.
    Memory memory() const noexcept { return Memory(wrt_caller_instance(caller_), 0); }
    /// Index of the imported function that is called.
    std::uint32_t func() const noexcept { return wrt_caller_func(caller_); }
    /// Fuel that the task has used up to this call and with it.
    std::uint64_t fuel_used() const noexcept { return wrt_caller_fuel_used(caller_); }
    /// Charges the task for what the host does for it; it stops where it next looks at its fuel if it cannot pay.
    void charge(std::uint32_t fuel) const noexcept { wrt_caller_charge(caller_, fuel); }
    /// Copies a value out of memory 0. Errors: WRT_E_BOUNDS; WRT_E_NOT_FOUND if it has no memory.
    template <class T> Result<T> read(std::uint64_t addr) const noexcept {
        static_assert(detail::plain<T>());
        T value{};
        return detail::check(wrt_caller_read(caller_, addr, &value, sizeof value), value);
    }
    /// Copies a value to memory 0. Errors: those of read.
    template <class T> Result<void> write(std::uint64_t addr, const T &value) const noexcept {
        static_assert(detail::plain<T>());
        return detail::check(wrt_caller_write(caller_, addr, &value, sizeof value));
    }
    /// `len` bytes of memory 0 as text, where they lie; good until the host function returns or grows the memory.
    /// Errors: those of read.
    Result<std::string_view> text(std::uint64_t addr, std::uint64_t len) const noexcept { return memory().text(addr, len); }
    /// For the C interface.
    wrt_caller *get() const noexcept { return caller_; }
};

namespace detail {

inline wrt_status answer(wrt_caller *c, wrt_value *, Trap t) noexcept { return wrt_caller_trap(c, t.detail, t.message); }
inline wrt_status answer(wrt_caller *c, wrt_value *, Exit x) noexcept { return wrt_caller_exit(c, x.code); }
inline wrt_status answer(wrt_caller *, wrt_value *, Pending) noexcept { return WRT_PENDING; }
inline wrt_status answer(wrt_caller *c, wrt_value *, Throw t) noexcept { return wrt_caller_throw(c, t.exception.number); }
inline wrt_status answer(wrt_caller *, wrt_value *, std::monostate) noexcept { return WRT_OK; }
inline wrt_status failed(wrt_caller *c, const Error &e) noexcept {
    return wrt_caller_trap(c, e.detail() != 0 ? e.detail() : e.reason(), e.message());
}

/// The value type of an answer.
template <class V> struct Answered {
    using type = V;
};
template <class V> struct Answered<Answer<V>> {
    using type = V;
};
template <class V> struct Answered<Result<V>> {
    using type = V;
};
template <> struct Answered<Trap> {
    using type = void;
};
template <> struct Answered<Exit> {
    using type = void;
};
template <> struct Answered<Throw> {
    using type = void;
};
template <> struct Answered<Pending> {
    using type = void;
};
/// Answers that never carry a value.
template <class V> inline constexpr bool is_ending =
    std::is_same_v<V, Trap> || std::is_same_v<V, Exit> || std::is_same_v<V, Pending> || std::is_same_v<V, Throw>;

/// What is returned, brought to the slots; R is the result of the signature.
template <class R, class V> wrt_status settle(wrt_caller *c, wrt_value *slots, const V &v) noexcept {
    if constexpr (is_ending<V> || std::is_same_v<V, std::monostate>) {
        return answer(c, slots, v);
    } else {
        Results<R>::put(slots, static_cast<const R &>(v));
        return WRT_OK;
    }
}
template <class R, class V> wrt_status settle(wrt_caller *c, wrt_value *slots, const Answer<V> &a) noexcept {
    return std::visit([c, slots](const auto &v) { return settle<R>(c, slots, v); }, a.get());
}
template <class R, class V> wrt_status settle(wrt_caller *c, wrt_value *slots, const Result<V> &r) noexcept {
    if (!r) return failed(c, r.error());
    if constexpr (!std::is_void_v<V>) return settle<R>(c, slots, *r);
    else return WRT_OK;
}

/// The signature of a callable, its Caller left away.
template <class R, class... A> struct Plain {
    using type = typename Answered<R>::type(A...);
};
template <class R, class... A> struct Plain<R, Caller &, A...> : Plain<R, A...> {};
template <class R, class... A> struct Plain<R, Caller, A...> : Plain<R, A...> {};
template <class R, class... A> struct Plain<R, const Caller &, A...> : Plain<R, A...> {};

template <class F, class = void> struct Callable {
    static constexpr bool known = false;
};
template <class R, class... A> struct Callable<R (*)(A...), void> : Plain<R, A...> {
    static constexpr bool known = true;
};
template <class R, class... A> struct Callable<R (*)(A...) noexcept, void> : Callable<R (*)(A...)> {};
template <class M> struct Member;
template <class R, class C, class... A> struct Member<R (C::*)(A...)> : Callable<R (*)(A...)> {};
template <class R, class C, class... A> struct Member<R (C::*)(A...) const> : Callable<R (*)(A...)> {};
template <class R, class C, class... A> struct Member<R (C::*)(A...) noexcept> : Callable<R (*)(A...)> {};
template <class R, class C, class... A> struct Member<R (C::*)(A...) const noexcept> : Callable<R (*)(A...)> {};
template <class F> struct Callable<F, std::void_t<decltype(&F::operator())>> : Member<decltype(&F::operator())> {};

/// The function that the library calls: takes parameters from the slots, calls, brings the answer back.
template <class F, class Sig> struct Thunk;
template <class F, class R, class... A> struct Thunk<F, R(A...)> {
    static_assert(std::is_invocable_v<F &, Caller &, A...> || std::is_invocable_v<F &, A...>,
                  "wrt: the host function cannot be called with the parameters of this signature, nor with wrt::Caller & before them");

    static wrt_status call(void *user, wrt_caller *caller, wrt_value *slots) noexcept {
#if WRT_COMPILER_HAS_EXCEPTIONS
        // Nothing may unwind through the library.
        try {
            return make(user, caller, slots, std::index_sequence_for<A...>());
        } catch (...) {
            return wrt_caller_trap(caller, 0, "a C++ exception left the host function");
        }
#else
        return make(user, caller, slots, std::index_sequence_for<A...>());
#endif
    }

private:
    template <std::size_t... I>
    static wrt_status make(void *user, wrt_caller *c, wrt_value *slots, std::index_sequence<I...>) {
        F &f = *static_cast<F *>(user);
        Caller caller(c);
        if constexpr (std::is_invocable_v<F &, Caller &, A...>) {
            return back(c, slots, [&]() -> decltype(auto) { return f(caller, unpack<A>(slots[I])...); });
        } else {
            return back(c, slots, [&]() -> decltype(auto) { return f(unpack<A>(slots[I])...); });
        }
    }
    template <class G> static wrt_status back(wrt_caller *c, wrt_value *slots, G &&g) {
        using V = std::decay_t<decltype(g())>;
        if constexpr (std::is_void_v<V>) {
            static_assert(std::is_void_v<R>, "wrt: the host function returns nothing, but its signature has a result");
            g();
            return WRT_OK;
        } else {
            using Value = typename Answered<V>::type;
            static_assert(std::is_void_v<Value> ? std::is_void_v<R> || is_ending<V> : std::is_convertible_v<Value, R>,
                          "wrt: what the host function returns does not convert to the result of its signature");
            return settle<R>(c, slots, g());
        }
    }
};

} // namespace detail

/// Imports for instances: host functions, other instances, shared memories; searched in this order. Holds what the
/// functions are made of and allocates nothing: at most `Funcs` functions of `Room` bytes each, `Linked` instances and
/// `Shared` memories. Must outlive the instances that were made with it, and so neither moves nor copies. Names are
/// read when instances are made, not copied: string literals do.
///
/// What is too much is not lost silently: instantiate() fails and says so.
template <std::size_t Funcs, std::size_t Linked = 4, std::size_t Shared = 2, std::size_t Room = 4 * sizeof(void *)> class Linker {
    struct Slot {
        alignas(std::max_align_t) std::byte state[Room];
        void (*destroy)(void *);
        wrt_host_func func;
    };
    Slot slots_[Funcs == 0 ? 1 : Funcs];
    wrt_host_module hosts_[Funcs == 0 ? 1 : Funcs];
    wrt_named_instance linked_[Linked == 0 ? 1 : Linked];
    wrt_named_memory shared_[Shared == 0 ? 1 : Shared];
    std::size_t nfuncs_ = 0, nlinked_ = 0, nshared_ = 0;
    const char *too_much_ = nullptr;

public:
    Linker() noexcept {}
    ~Linker() {
        while (nfuncs_ > 0) {
            Slot &slot = slots_[--nfuncs_];
            if (slot.destroy != nullptr) slot.destroy(slot.state);
        }
    }
    Linker(const Linker &) = delete;
    Linker &operator=(const Linker &) = delete;

    /// A host function for the import `module`.`name`: a lambda, function object or function pointer, which is moved in.
    /// Its parameters are WebAssembly's, after a wrt::Caller & if it wants one; it returns nothing, a value, a std::tuple,
    /// a wrt::Answer or Result of these, or wrt::Trap, Exit or Throw. An error as Result is a trap with its message.
    /// What it captures by reference must outlive the instances. C++ exceptions that leave it are traps. Of two functions of
    /// one name the first counts.
    template <class F> Linker &func(const char *module, const char *name, F f) noexcept {
        using D = std::decay_t<F>;
        static_assert(detail::Callable<D>::known, "wrt: parameters of an overloaded or generic function object are not known; "
                                                  "give the signature: linker.func<int32_t(float)>(module, name, f)");
        if constexpr (detail::Callable<D>::known) return add<typename detail::Callable<D>::type>(module, name, std::move(f));
        else return *this;
    }
    /// The same with its signature, for generic function objects and those that only return wrt::Pending.
    template <class Sig, class F, class = std::enable_if_t<std::is_function_v<Sig>>>
    Linker &func(const char *module, const char *name, F f) noexcept {
        return add<Sig>(module, name, std::move(f));
    }
    /// A host function by the C interface; null as signature fits every type.
    Linker &raw(const char *module, const char *name, const char *sig, wrt_host_fn fn, void *user) noexcept {
        if (Slot *slot = next()) {
            slot->destroy = nullptr;
            bind(*slot, module, { name, sig, fn }, user);
        }
        return *this;
    }
    /// The exports of an instance for imports of this module name; it must outlive the importing ones.
    Linker &link(const char *module, Instance instance) noexcept {
        if (nlinked_ == Linked) too_much_ = "more instances than the Linker has room for (its second parameter)";
        else linked_[nlinked_++] = { module, instance.get() };
        return *this;
    }
    /// A shared memory for the import of this name; it must outlive the importing instances.
    Linker &share(const char *module, const char *name, const wrt_shared_memory *memory) noexcept {
        if (nshared_ == Shared) too_much_ = "more shared memories than the Linker has room for (its third parameter)";
        else shared_[nshared_++] = { module, name, memory };
        return *this;
    }

    /// Makes an instance: see Instance::create. Errors: also WRT_E_ARG where the Linker was too small.
    Result<Instance> instantiate(Arena &arena, Module module, const Lent &lent = Lent()) const noexcept {
        if (too_much_ != nullptr) return Error(WRT_E_ARG, too_much_);
        return Instance::create(arena, module, config(lent));
    }
    /// Makes an instance of copied bytes: see Instance::relocate. Errors: also WRT_E_ARG where the Linker was too small.
    Result<Instance> relocate(Arena &arena, Module module, const Lent &lent = Lent()) const noexcept {
        if (too_much_ != nullptr) return Error(WRT_E_ARG, too_much_);
        return Instance::relocate(arena, module, config(lent));
    }

private:
    Slot *next() noexcept {
        if (nfuncs_ < Funcs) return &slots_[nfuncs_];
        too_much_ = "more host functions than the Linker has room for (its first parameter)";
        return nullptr;
    }
    void bind(Slot &slot, const char *module, const wrt_host_func &func, void *user) noexcept {
        slot.func = func;
        hosts_[nfuncs_++] = { module, &slot.func, 1, user };
    }
    template <class Sig, class F> Linker &add(const char *module, const char *name, F f) noexcept {
        static_assert(sizeof(F) <= Room, "wrt: the host function captures more than the Linker has room for: capture by reference, "
                                         "or give the Linker's fourth parameter");
        static_assert(alignof(F) <= alignof(std::max_align_t), "wrt: the host function's captures are aligned more than max_align_t");
        if (Slot *slot = next()) {
            F *at = ::new (static_cast<void *>(slot->state)) F(std::move(f));
            slot->destroy = [](void *p) noexcept { static_cast<F *>(p)->~F(); };
            bind(*slot, module, { name, detail::Signature<Sig>::text(), detail::Thunk<F, Sig>::call }, at);
        }
        return *this;
    }
    wrt_instance_config config(const Lent &lent) const noexcept {
        wrt_instance_config c = lent.get();
        c.hosts = hosts_;
        c.nhosts = nfuncs_;
        c.linked = linked_;
        c.nlinked = nlinked_;
        c.shared = shared_;
        c.nshared = nshared_;
        return c;
    }
};

} // namespace wrt
#endif
