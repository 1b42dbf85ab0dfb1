// says: tables hold wrt::FuncRef or wrt::ExternRef
#include "context.hpp"
void use(wrt::Arena &arena, wrt::Linker<2> &linker, wrt::Instance instance, wrt::Task task) {
    (void)arena, (void)linker, (void)instance, (void)task;
#ifdef REFUSED
    (void)instance.table<int32_t>("t");
#endif
}
