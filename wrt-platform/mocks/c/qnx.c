/* A system page as <sys/syspage.h> of SDP 7.1 describes it, and getrlimit(). */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct {
    uint16_t entry_off, entry_size;
} syspage_entry_info;

struct asinfo_entry {
    uint64_t start, end;
    uint16_t owner, name, attr, priority;
    int (*alloc_checker)(void *, uint64_t *, uint64_t *);
    uint32_t spare;
};

struct syspage_entry {
    uint16_t size, total_size, type, num_cpu;
    syspage_entry_info system_private, asinfo, meminfo, hwinfo, cpuinfo, cacheattr, qtime, callout, callin,
        typed_strings, strings, intrinfo, smp, pminfo, mdriver;
    uint32_t spare0[1];
    uint64_t un[20];
};

static struct {
    struct syspage_entry page;
    struct asinfo_entry entries[6];
    char strings[64];
} mock;

const void *_syspage_ptr;
int mock_getrlimit_fails;
uint64_t mock_limits[16];

/* The names lie where a real page has them: one behind the other, each ended by a zero. */
void mock_page(unsigned count, const uint64_t *bounds, const uint16_t *names, unsigned strings_len)
{
    static const char text[] = "memory\0ram\0sysram\0imagefs\0sysra";
    memset(&mock, 0, sizeof mock);
    mock.page.size = sizeof mock.page;
    mock.page.total_size = sizeof mock;
    mock.page.asinfo.entry_off = offsetof(__typeof__(mock), entries);
    mock.page.asinfo.entry_size = (uint16_t)(count * sizeof(struct asinfo_entry));
    mock.page.strings.entry_off = offsetof(__typeof__(mock), strings);
    mock.page.strings.entry_size = (uint16_t)strings_len;
    memcpy(mock.strings, text, sizeof text);
    for (unsigned i = 0; i < count && i < 6; i++) {
        mock.entries[i].start = bounds[2 * i];
        mock.entries[i].end = bounds[2 * i + 1];
        mock.entries[i].name = names[i];
    }
    _syspage_ptr = &mock;
}

struct rlimit {
    uint64_t rlim_cur, rlim_max;
};

int getrlimit(int resource, struct rlimit *limit)
{
    if (mock_getrlimit_fails)
        return -1;
    limit->rlim_cur = mock_limits[resource];
    limit->rlim_max = UINT64_MAX - 2;
    return 0;
}
