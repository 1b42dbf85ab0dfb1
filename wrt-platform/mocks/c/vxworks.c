/* What the calls of vxworks.rs answer; the structure is that of <memPartLib.h> of VxWorks 7. */
#include <stddef.h>

typedef int STATUS;
typedef struct mem_part *PART_ID;
typedef struct mem_part_stats {
    size_t numBytesFree, numBlocksFree, maxBlockSizeFree, numBytesAlloc, numBlocksAlloc, maxBytesAlloc;
} MEM_PART_STATS;

PART_ID memSysPartId = (PART_ID)0x1000;
size_t mock_free, mock_blocks, mock_largest;
int mock_fails;

static STATUS fill(MEM_PART_STATS *stats)
{
    if (mock_fails)
        return -1;
    stats->numBytesFree = mock_free;
    stats->numBlocksFree = mock_blocks;
    stats->maxBlockSizeFree = mock_largest;
    stats->numBytesAlloc = stats->numBlocksAlloc = stats->maxBytesAlloc = (size_t)-1;
    return 0;
}

STATUS memPartInfoGet(PART_ID partition, MEM_PART_STATS *stats)
{
    return partition == memSysPartId ? fill(stats) : -1;
}

STATUS memInfoGet(MEM_PART_STATS *stats)
{
    return fill(stats);
}
