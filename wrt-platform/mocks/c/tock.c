/* What the functions of libtock-c answer. */
#include <stdint.h>

uintptr_t mock_memory[2], mock_flash[2], mock_grant;

void *tock_app_memory_begins_at(void)
{
    return (void *)mock_memory[0];
}
void *tock_app_memory_ends_at(void)
{
    return (void *)mock_memory[1];
}
void *tock_app_flash_begins_at(void)
{
    return (void *)mock_flash[0];
}
void *tock_app_flash_ends_at(void)
{
    return (void *)mock_flash[1];
}
void *tock_app_grant_begins_at(void)
{
    return (void *)mock_grant;
}
