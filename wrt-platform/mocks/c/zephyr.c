/* What the calls of zephyr.rs answer. The prototypes are those of Zephyr's headers. */
#include <stddef.h>

struct sys_memory_stats {
    size_t free_bytes, allocated_bytes, max_allocated_bytes;
};
struct sys_heap {
    void *heap, *init_mem;
    size_t init_bytes;
};

struct sys_heap mock_heap;
size_t mock_free, mock_allocated;
int mock_max_partitions;

int sys_heap_runtime_stats_get(struct sys_heap *heap, struct sys_memory_stats *stats)
{
    if (heap == NULL || stats == NULL)
        return -22;
    stats->free_bytes = mock_free;
    stats->allocated_bytes = mock_allocated;
    stats->max_allocated_bytes = mock_allocated;
    return 0;
}

int arch_mem_domain_max_partitions_get(void)
{
    return mock_max_partitions;
}
