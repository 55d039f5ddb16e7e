/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_bulk_impl.h"

static int *ints(int n, apr_pool_t *p)
{
    return apr_pcalloc(p, sizeof(int) * (apr_size_t)(n + 1));
}

static scim_bulk_ref_t *ref_at(const scim_bulk_plan_t *plan, int i)
{
    return &APR_ARRAY_IDX(plan->refs, i, scim_bulk_ref_t);
}

/* ---- circles ---- */

/*
 * A walk from each operation to what it refers to, depth first, with a stack of its own. A
 * reference to an operation that the walk is still in closes a circle. Tarjan's numbers tell on the
 * way which operations are in circles together.
 */
typedef struct search_t {
    scim_bulk_plan_t *plan;
    int *number; /* when the walk came there, from 1; 0: not yet */
    int *low;    /* the smallest number that can be reached from there and is not settled */
    int *next;   /* the ref to follow next */
    int *inside; /* 1: the walk is in it */
    int *path;   /* the operations that it is in */
    int depth;
    int *open; /* not settled yet */
    int nopen;
    int count;
} search_t;

static void enter(search_t *s, int op)
{
    s->number[op] = ++s->count;
    s->low[op] = s->count;
    s->next[op] = s->plan->first[op];
    s->inside[op] = 1;
    s->path[s->depth++] = op;
    s->open[s->nopen++] = op;
}

static void lower(search_t *s, int op, int number)
{
    s->low[op] = number < s->low[op] ? number : s->low[op];
}

static void leave(search_t *s, int op)
{
    int member;

    s->inside[op] = 0;
    s->depth--;
    if (s->depth > 0) {
        lower(s, s->path[s->depth - 1], s->low[op]);
    }
    if (s->low[op] != s->number[op]) {
        return;
    }
    do {
        member = s->open[--s->nopen];
        s->plan->circle[member] = s->number[op];
    } while (member != op);
}

static void follow(search_t *s, int op, scim_bulk_ref_t *ref)
{
    if (!s->number[ref->op]) {
        enter(s, ref->op);
        return;
    }
    ref->rest = s->inside[ref->op];
    if (!s->plan->circle[ref->op]) {
        lower(s, op, s->number[ref->op]);
    }
}

void scim_bulk_circles(scim_bulk_plan_t *plan)
{
    int n = plan->nops;
    apr_pool_t *p = plan->pool;
    search_t s = {plan,       ints(n, p), ints(n, p), ints(n, p), ints(n, p),
                  ints(n, p), 0,          ints(n, p), 0,          0};

    plan->circle = ints(n, p);
    /* From the end, so that the circles of two are opened where they keep the client's order. */
    for (int root = n - 1; root >= 0; root--) {
        if (!s.number[root]) {
            enter(&s, root);
        }
        while (s.depth > 0) {
            int op = s.path[s.depth - 1];

            if (s.next[op] < plan->first[op + 1]) {
                follow(&s, op, ref_at(plan, s.next[op]++));
            } else {
                leave(&s, op);
            }
        }
    }
}

/* ---- order ---- */

/* Steps are numbered: an operation's own is twice its index, that of its rest one more. */
typedef struct sorter_t {
    scim_bulk_plan_t *plan;
    int *waits; /* by step: how many others it waits for */
    int *head;  /* by step: the first edge to a step that waits for it; 0: none */
    int *next;  /* by edge: the next one, or 0 */
    int *to;    /* by edge: the step that waits */
    int nedges;
    int *ready; /* a heap of the steps that can run, the smallest on top */
    int nready;
} sorter_t;

static void swap(int *a, int *b)
{
    int was = *a;

    *a = *b;
    *b = was;
}

static void ready_push(sorter_t *s, int step)
{
    int at = s->nready++;

    s->ready[at] = step;
    while (at > 0 && s->ready[at] < s->ready[(at - 1) / 2]) {
        swap(&s->ready[at], &s->ready[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
}

static int ready_pop(sorter_t *s)
{
    int top = s->ready[0];
    int at = 0;

    s->ready[0] = s->ready[--s->nready];
    for (;;) {
        int least = at;

        for (int child = 2 * at + 1; child <= 2 * at + 2 && child < s->nready; child++) {
            least = s->ready[child] < s->ready[least] ? child : least;
        }
        if (least == at) {
            return top;
        }
        swap(&s->ready[at], &s->ready[least]);
        at = least;
    }
}

static void wait_for(sorter_t *s, int step, int other)
{
    int edge = ++s->nedges;

    s->waits[step]++;
    s->to[edge] = step;
    s->next[edge] = s->head[other];
    s->head[other] = edge;
}

/* Who is not in the circle itself waits until what it refers to is complete. */
static void add_edges(sorter_t *s, int op)
{
    const scim_bulk_plan_t *plan = s->plan;

    for (int i = plan->first[op]; i < plan->first[op + 1]; i++) {
        const scim_bulk_ref_t *ref = ref_at(plan, i);
        int whole = plan->ops[ref->op].rest && plan->circle[op] != plan->circle[ref->op];

        wait_for(s, 2 * op + ref->rest, 2 * ref->op + whole);
    }
    if (plan->ops[op].rest) {
        wait_for(s, 2 * op + 1, 2 * op);
    }
}

static void run(sorter_t *s)
{
    while (s->nready > 0) {
        int number = ready_pop(s);
        scim_bulk_step_t *step = apr_array_push(s->plan->steps);

        step->op = number / 2;
        step->rest = number % 2;
        for (int edge = s->head[number]; edge; edge = s->next[edge]) {
            if (--s->waits[s->to[edge]] == 0) {
                ready_push(s, s->to[edge]);
            }
        }
    }
}

void scim_bulk_order(scim_bulk_plan_t *plan)
{
    int n = plan->nops;
    int nedges = plan->refs->nelts + n;
    apr_pool_t *p = plan->pool;
    sorter_t s = {
        plan, ints(2 * n, p), ints(2 * n, p), ints(nedges, p), ints(nedges, p), 0, ints(2 * n, p),
        0};

    for (int op = 0; op < n; op++) {
        add_edges(&s, op);
    }
    for (int op = 0; op < n; op++) {
        if (s.waits[2 * op] == 0) {
            ready_push(&s, 2 * op);
        }
    }
    run(&s);
}
