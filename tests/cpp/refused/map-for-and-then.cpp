// says: what and_then calls returns a Result; use map
#include "context.hpp"
void use(wrt::Arena &arena, wrt::Linker<2> &linker, wrt::Instance instance, wrt::Task task) {
    (void)arena, (void)linker, (void)instance, (void)task;
#ifdef REFUSED
    (void)wrt::Result<int>(1).and_then([](int n) { return n; });
#endif
}
