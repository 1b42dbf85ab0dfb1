/* What the calls of macos.rs answer. The prototypes are those of Apple's headers. */
#include <stdint.h>
#include <string.h>

int mock_fails[8];
uint64_t mock_memsize;
size_t mock_memsize_len = 8;
uint32_t mock_pages[4];
uint32_t mock_words = 38;
uintptr_t mock_page_size = 16384;
uint64_t mock_limits[16];
int mock_ports;

unsigned int mach_task_self_ = 259;

int sysctlbyname(const char *name, void *old, size_t *old_len, void *new_value, size_t new_len)
{
    if (mock_fails[0] || strcmp(name, "hw.memsize") != 0 || new_value != NULL || new_len != 0)
        return -1;
    if (*old_len < 8)
        return -1;
    memcpy(old, &mock_memsize, 8);
    *old_len = mock_memsize_len;
    return 0;
}

unsigned int mach_host_self(void)
{
    mock_ports += 1;
    return 1234;
}

int mach_port_deallocate(unsigned int task, unsigned int name)
{
    if (task != mach_task_self_ || name != 1234)
        return 15;
    mock_ports -= 1;
    return 0;
}

int host_page_size(unsigned int host, uintptr_t *size)
{
    if (mock_fails[1] || host != 1234)
        return 5;
    *size = mock_page_size;
    return 0;
}

/* struct vm_statistics64 has 38 words; the first four are free, active, inactive, wired. */
int host_statistics64(unsigned int host, int flavor, int *info, unsigned int *count)
{
    if (mock_fails[2] || host != 1234 || flavor != 4 || *count < mock_words)
        return 5;
    memset(info, 0xff, mock_words * 4);
    memcpy(info, mock_pages, sizeof mock_pages);
    *count = mock_words;
    return 0;
}

struct rlimit {
    uint64_t rlim_cur, rlim_max;
};

int getrlimit(int resource, struct rlimit *limit)
{
    if (mock_fails[3])
        return -1;
    limit->rlim_cur = mock_limits[resource];
    limit->rlim_max = INT64_MAX;
    return 0;
}
