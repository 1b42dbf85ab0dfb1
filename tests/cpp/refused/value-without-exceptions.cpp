// says: define WRT_EXCEPTIONS as 1|Define WRT_EXCEPTIONS as 1
#include "context.hpp"
void use(wrt::Arena &arena, wrt::Linker<2> &linker, wrt::Instance instance, wrt::Task task) {
    (void)arena, (void)linker, (void)instance, (void)task;
#ifdef REFUSED
    (void)wrt::Result<int>(1).value();
#endif
}
