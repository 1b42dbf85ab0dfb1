// says: does not convert to the result of its signature
#include "context.hpp"
void use(wrt::Arena &arena, wrt::Linker<2> &linker, wrt::Instance instance, wrt::Task task) {
    (void)arena, (void)linker, (void)instance, (void)task;
#ifdef REFUSED
    linker.func<int32_t(int32_t)>("env", "f", [](int32_t) { return wrt::Answer<>(); });
#endif
}
