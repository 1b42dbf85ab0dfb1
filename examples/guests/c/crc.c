// CRC-32 (the polynomial of IEEE 802.3, reflected) over a buffer that the host fills.
//
// No imports. Exports: buffer() -> i32 address, capacity() -> i32 bytes, crc(length) -> i32, run(n) -> i32, memory.

#define EXPORT(name) __attribute__((export_name(#name)))

enum { CAPACITY = 4096 };

static unsigned char data[CAPACITY];
static unsigned table[256];

static void make_table(void) {
    for (unsigned i = 0; i < 256; i++) {
        unsigned value = i;
        for (int bit = 0; bit < 8; bit++) value = (value >> 1) ^ (value & 1 ? 0xEDB88320u : 0);
        table[i] = value;
    }
}

EXPORT(buffer) unsigned char *buffer(void) {
    return data;
}

EXPORT(capacity) unsigned capacity(void) {
    return CAPACITY;
}

// The checksum of the first `length` bytes of the buffer; more than the capacity counts as the capacity.
EXPORT(crc) unsigned crc(unsigned length) {
    if (table[1] == 0) make_table();
    if (length > CAPACITY) length = CAPACITY;
    unsigned value = ~0u;
    for (unsigned i = 0; i < length; i++) value = (value >> 8) ^ table[(value ^ data[i]) & 255];
    return ~value;
}

// Fills the buffer from a counter and folds its checksum, `n` times over.
EXPORT(run) unsigned run(unsigned n) {
    unsigned total = 0;
    for (unsigned round = 0; round < n; round++) {
        for (unsigned i = 0; i < CAPACITY; i++) data[i] = (unsigned char)(i * 7 + round);
        total = (total << 1 | total >> 31) ^ crc(CAPACITY);
    }
    return total;
}
