// A parser of sensor sentences as serial devices send them: "$NAME,field,field*CHECKSUM\n".
//
// No imports. Exports: input() -> i32 address, room() -> i32 bytes, feed(length) -> i32 sentences that were whole,
// sum() -> i64 of their decimal fields in thousandths, refused() -> i32 sentences with a wrong checksum, memory.

#define EXPORT(name) __attribute__((export_name(#name)))

enum { ROOM = 512, LONGEST = 82 };

static char text[ROOM];
// What a sentence has so far: its bytes between '$' and '*', which a checksum follows.
static char sentence[LONGEST];
static unsigned length, digits, expected;
static enum { OUTSIDE, WITHIN, CHECKSUM } place;
static long long total;
static int wrong;

EXPORT(input) char *input(void) {
    return text;
}

EXPORT(room) unsigned room(void) {
    return ROOM;
}

EXPORT(sum) long long sum(void) {
    return total;
}

EXPORT(refused) int refused(void) {
    return wrong;
}

static int hex(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// A decimal number in thousandths; a field that is none counts as 0.
static long long thousandths(const char *at, const char *end) {
    long long value = 0;
    int places = -1, negative = 0;
    if (at != end && *at == '-') {
        negative = 1;
        at++;
    }
    for (; at != end; at++) {
        if (*at == '.' && places < 0) {
            places = 0;
            continue;
        }
        if (*at < '0' || *at > '9') return 0;
        if (places == 3) continue;
        value = value * 10 + (*at - '0');
        if (places >= 0) places++;
    }
    for (places = places < 0 ? 0 : places; places < 3; places++) value *= 10;
    return negative ? -value : value;
}

// The sentence at hand is whole: its fields count.
static void take(void) {
    const char *end = sentence + length, *at = sentence;
    while (at != end && *at != ',') at++;
    while (at != end) {
        const char *field = ++at;
        while (at != end && *at != ',') at++;
        total += thousandths(field, at);
    }
}

// Whether `c` completes a sentence.
static int step(char c) {
    if (c == '$') {
        place = WITHIN;
        length = 0;
        return 0;
    }
    switch (place) {
    case WITHIN:
        if (c == '*') {
            place = CHECKSUM;
            digits = expected = 0;
        } else if (length == LONGEST) {
            place = OUTSIDE;
        } else {
            sentence[length++] = c;
        }
        return 0;
    case CHECKSUM:
        if (hex(c) < 0 || digits == 2) {
            place = OUTSIDE;
            wrong++;
            return 0;
        }
        expected = expected << 4 | (unsigned)hex(c);
        if (++digits < 2) return 0;
        place = OUTSIDE;
        unsigned found = 0;
        for (unsigned i = 0; i < length; i++) found ^= (unsigned char)sentence[i];
        if (found != expected) {
            wrong++;
            return 0;
        }
        take();
        return 1;
    default:
        return 0;
    }
}

EXPORT(feed) int feed(unsigned bytes) {
    int whole = 0;
    for (unsigned i = 0; i < bytes && i < ROOM; i++) whole += step(text[i]);
    return whole;
}
