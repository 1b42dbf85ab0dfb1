// Pointer chasing: merge sort and reversal of a linked list.
#include "kernel.h"

enum { NODES = 2048 };

typedef struct node { struct node *next; u32 key; } node;

static node nodes[NODES];

static node *merge(node *a, node *b) {
    node head, *tail = &head;
    while (a && b) {
        if (a->key <= b->key) {
            tail->next = a, a = a->next;
        } else {
            tail->next = b, b = b->next;
        }
        tail = tail->next;
    }
    tail->next = a ? a : b;
    return head.next;
}

static node *sort(node *list) {
    if (!list || !list->next) return list;
    node *slow = list, *fast = list->next;
    while (fast && fast->next) slow = slow->next, fast = fast->next->next;
    node *half = slow->next;
    slow->next = 0;
    return merge(sort(list), sort(half));
}

static node *reverse(node *list) {
    node *done = 0;
    while (list) {
        node *next = list->next;
        list->next = done, done = list, list = next;
    }
    return done;
}

u32 run(int n) {
    u32 state = 3, sum = 0;
    for (int round = 0; round < n; round++) {
        for (int i = 0; i < NODES; i++) {
            nodes[i].key = next_random(&state) >> 8;
            nodes[i].next = i + 1 < NODES ? &nodes[i + 1] : 0;
        }
        node *list = reverse(sort(nodes));
        u32 position = 0;
        for (node *at = list; at; at = at->next)
            if (++position % 64 == 0) sum = fold(sum, at->key);
    }
    return sum;
}
