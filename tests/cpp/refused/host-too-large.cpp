// says: captures more than the Linker has room for
#include "context.hpp"
void use(wrt::Arena &arena, wrt::Linker<2> &linker, wrt::Instance instance, wrt::Task task) {
    (void)arena, (void)linker, (void)instance, (void)task;
#ifdef REFUSED
    std::array<int, 99> many{}; linker.func("env", "f", [many] { (void)many; });
#endif
}
