/* A bounded HTTP/1.1 load generator for loopback, one thread, one JSON object on stdout.
 *
 *   load PORT PATH CONNECTIONS RATE WARM_S RUN_S [BODY_BYTES [REQUESTS]]
 *
 * RATE 0 is a closed loop: a connection sends again when its answer is whole; with REQUESTS it ends when so many are
 * sent, if that is sooner. Any other rate is an open loop with Poisson arrivals (drand48, seed 42), whose latencies
 * count from the intended moment of sending, so that a queue shows. Percentiles (µs, nearest rank) are of requests
 * due after the warm-up, `answered` is of the whole run. With BODY_BYTES the request is a POST. What is unanswered
 * GRACE_NS after the end is given up, counted, and in the percentiles with the time it has waited.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS 1000000000LL
#define GRACE_NS (1 * SECOND_NS)
#define MOST_LATENCIES 4000000
#define MOST_WAITING (1 << 20)
#define HEAD_BYTES 8192

typedef long long ns;

struct connection {
    int fd, busy, chunked, closing;
    ns due;                /* when the request on its way was meant to be sent */
    int head_length;
    long long need, got;   /* body bytes; need is -1 until the head is whole */
    char head[HEAD_BYTES]; /* the answer's */
    char tail[5];          /* the last bytes of a chunked body */
};

static struct connection *connections;
static int count, port, poller;
static char *request;
static int request_length;
static double rate;
static ns measured_from, ends_at;
static ns *latencies;
static long long timed, measured, answered, errors, not_200;
static long long sent, most = -1; /* of a closed loop; -1: as many as there is time for */
static ns last_answer;
static int *idle, idle_count;
static ns *waiting; /* due times of arrivals that found no idle connection: a ring */
static long long waiting_head, waiting_tail;

static ns now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * SECOND_NS + t.tv_nsec;
}

static void open_connection(int i) {
    struct connection *c = &connections[i];
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
    int one = 1, room = 1 << 20;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(c->fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room); /* a request goes out in one piece */
    if (connect(c->fd, (struct sockaddr *)&address, sizeof address)) {
        fprintf(stderr, "cannot connect to port %d: %s\n", port, strerror(errno));
        exit(2);
    }
    fcntl(c->fd, F_SETFL, O_NONBLOCK);
    epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event);
    c->busy = 0;
}

static void reopen(int i) {
    close(connections[i].fd);
    open_connection(i);
}

static void send_request(int i, ns due) {
    struct connection *c = &connections[i];
    c->head_length = 0, c->need = -1, c->got = 0, c->chunked = 0, c->closing = 0;
    memset(c->tail, 0, sizeof c->tail);
    if (send(c->fd, request, request_length, MSG_NOSIGNAL) != request_length) {
        errors++;
        reopen(i);
        if (send(c->fd, request, request_length, MSG_NOSIGNAL) != request_length) errors++;
    }
    c->due = due, c->busy = 1;
}

/* The next request on a connection that is free, or its rest. */
static void next(int i) {
    ns t = now();
    if (rate > 0 && waiting_head < waiting_tail)
        send_request(i, waiting[waiting_head++ % MOST_WAITING]);
    else if (rate == 0 && t < ends_at && sent != most)
        sent++, send_request(i, t);
    else
        idle[idle_count++] = i;
}

static void time_request(ns due, ns t) {
    if (due >= measured_from && timed < MOST_LATENCIES) latencies[timed++] = t - due;
}

static void finish(int i) {
    struct connection *c = &connections[i];
    c->busy = 0;
    answered++;
    last_answer = now();
    if (strncmp(c->head + 9, "200", 3)) not_200++;
    if (c->due >= measured_from) measured++;
    time_request(c->due, last_answer);
    if (c->closing) reopen(i);
    next(i);
}

static void lose(int i) {
    struct connection *c = &connections[i];
    int was_busy = c->busy;
    reopen(i);
    if (was_busy) {
        errors++;
        next(i);
    }
}

/* Take the head from what came; how many of those bytes belong to it, -1 while it is not whole. */
static int take_head(struct connection *c, const char *bytes, int length) {
    int room = HEAD_BYTES - 1 - c->head_length, before = c->head_length;
    int taken = length < room ? length : room;
    memcpy(c->head + before, bytes, taken);
    c->head_length += taken;
    c->head[c->head_length] = 0;
    char *end = strstr(c->head, "\r\n\r\n");
    if (!end) return -1;
    *end = 0;
    char *field = strcasestr(c->head, "\r\ncontent-length:");
    c->chunked = strcasestr(c->head, "\r\ntransfer-encoding: chunked") != NULL;
    c->need = c->chunked ? 1LL << 60 : field ? atoll(field + 17) : 0;
    c->closing = strcasestr(c->head, "\r\nconnection: close") != NULL;
    return end + 4 - c->head - before;
}

static int is_whole(struct connection *c, const char *bytes, int length) {
    int size = sizeof c->tail;
    c->got += length;
    if (!c->chunked) return c->got >= c->need;
    if (length >= size) {
        memcpy(c->tail, bytes + length - size, size);
    } else if (length > 0) {
        memmove(c->tail, c->tail + length, size - length);
        memcpy(c->tail + size - length, bytes, length);
    }
    return !memcmp(c->tail, "0\r\n\r\n", size);
}

static void receive(int i) {
    static char bytes[262144];
    struct connection *c = &connections[i];
    while (1) {
        int length = recv(c->fd, bytes, sizeof bytes, 0), body = 0;
        if (length < 0 && errno == EAGAIN) return;
        if (length <= 0) {
            lose(i);
            return;
        }
        if (c->need < 0 && (body = take_head(c, bytes, length)) < 0) {
            if (c->head_length < HEAD_BYTES - 1) continue;
            lose(i); /* a head that is too long for us */
            return;
        }
        if (is_whole(c, bytes + body, length - body)) {
            finish(i);
            return;
        }
        if (length < (int)sizeof bytes) return;
    }
}

static void run(void) {
    struct epoll_event events[256];
    ns arrival = now();
    for (int i = 0; i < count; i++) next(i);
    while (1) {
        ns t = now();
        if (t > ends_at + GRACE_NS) return;
        while (rate > 0 && arrival <= t && arrival < ends_at) {
            if (idle_count)
                send_request(idle[--idle_count], arrival);
            else if (waiting_tail - waiting_head < MOST_WAITING)
                waiting[waiting_tail++ % MOST_WAITING] = arrival;
            arrival += (ns)(-log(1 - drand48()) * SECOND_NS / rate);
        }
        int is_over = rate > 0 ? arrival >= ends_at : t >= ends_at || sent == most;
        if (is_over && idle_count == count && waiting_head == waiting_tail) return;
        ns pause = rate > 0 && arrival < ends_at ? arrival - now() : SECOND_NS / 20;
        if (pause < 0) pause = 0;
        struct timespec until = {pause / SECOND_NS, pause % SECOND_NS};
        int ready = syscall(SYS_epoll_pwait2, poller, events, 256, &until, NULL, 0);
        for (int k = 0; k < ready; k++) receive(events[k].data.u32);
    }
}

/* What has no answer took as long as it has waited, or a server that falls behind would look quick. */
static void time_unanswered(void) {
    ns t = now();
    for (int i = 0; i < count; i++)
        if (connections[i].busy) time_request(connections[i].due, t);
    for (long long k = waiting_head; k < waiting_tail; k++) time_request(waiting[k % MOST_WAITING], t);
}

static int by_value(const void *a, const void *b) {
    ns x = *(const ns *)a, y = *(const ns *)b;
    return (x > y) - (x < y);
}

static double percentile_us(double share) {
    return timed ? latencies[(long long)((timed - 1) * share)] / 1000.0 : 0;
}

static void make_request(const char *path, int body_bytes) {
    request = malloc(HEAD_BYTES + body_bytes);
    request_length = snprintf(
        request, HEAD_BYTES,
        "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) bench/1.0\r\n"
        "Accept: application/json, text/plain, */*\r\nAccept-Language: en-GB,en;q=0.9\r\n"
        "Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiJ9.sQ5tQH0m\r\n"
        "X-Request-ID: 6f1c2a64-8a1b-4a43-bf9f-3f3d7a9a1c11\r\n"
        "Cookie: sid=0123456789abcdef0123456789abcdef; theme=dark\r\nX-Tenant: acme\r\n",
        body_bytes ? "POST" : "GET", path, port);
    if (body_bytes)
        request_length += sprintf(request + request_length,
                                  "Content-Type: application/json\r\nContent-Length: %d\r\n", body_bytes);
    request_length += sprintf(request + request_length, "\r\n");
    memset(request + request_length, 'a', body_bytes);
    request_length += body_bytes;
}

int main(int argc, char **argv) {
    if (argc < 7) {
        fprintf(stderr, "usage: load PORT PATH CONNECTIONS RATE WARM_S RUN_S [BODY_BYTES [REQUESTS]]\n");
        return 2;
    }
    port = atoi(argv[1]), count = atoi(argv[3]), rate = atof(argv[4]);
    double warm_s = atof(argv[5]), run_s = atof(argv[6]);
    make_request(argv[2], argc > 7 ? atoi(argv[7]) : 0);
    if (argc > 8 && atoll(argv[8]) > 0) most = atoll(argv[8]);
    poller = epoll_create1(0);
    connections = calloc(count, sizeof *connections);
    idle = calloc(count, sizeof *idle);
    latencies = malloc(sizeof *latencies * MOST_LATENCIES);
    waiting = malloc(sizeof *waiting * MOST_WAITING);
    for (int i = 0; i < count; i++) open_connection(i);
    measured_from = now() + (ns)(warm_s * SECOND_NS);
    ends_at = measured_from + (ns)(run_s * SECOND_NS);
    srand48(42);
    run();
    time_unanswered();
    double ran_s = sent == most && measured ? (last_answer - measured_from) / 1e9 : run_s;
    qsort(latencies, timed, sizeof *latencies, by_value);
    printf("{\"answered\":%lld,\"measured\":%lld,\"rps\":%.1f,\"errors\":%lld,\"not_200\":%lld,\"unanswered\":%lld,"
           "\"p50_us\":%.1f,\"p90_us\":%.1f,\"p99_us\":%.1f,\"max_us\":%.1f}\n",
           answered, measured, measured / ran_s, errors, not_200, count - idle_count + waiting_tail - waiting_head,
           percentile_us(.5), percentile_us(.9), percentile_us(.99), percentile_us(1));
    return 0;
}
