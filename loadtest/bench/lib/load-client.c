/*
 * The load client: one thread, one epoll, as many WebSockets as the process may have files. A client in Node
 * would cost more than the servers that it measures.
 *
 *   load-client PORT DIALECT NET        sockets come from 127.0.NET.1 to 127.0.NET.8
 *
 * DIALECT is how a server speaks:
 *   usher    upgrade, welcome, snapshot frame or (resumed) nothing, delta frames
 *   plain    upgrade, snapshot frame, delta frames
 *   sio      Engine.IO 4 and Socket.IO over one WebSocket; the same frames as base64 in text events
 *
 * Every delta frame of every socket is checked: its `from` must be where that socket was. The first
 * SAMPLED sockets also apply the changes to a map of their own, which `maps` writes out for comparison.
 *
 * Commands are lines on stdin; each is answered by one JSON line on stdout.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SOCKETS_MAX = 40000, SAMPLED = 16, READ_BYTES = 1 << 20, RECEIPTS_MAX = 6000000, TIMES_MAX = 2000000 };
enum state { FREE, CONNECTING, UPGRADING, ENGINE_OPENING, NAMESPACE_OPENING, AWAITING_MAP, OPEN };
enum question { NONE, HOLD, RELEASE };

struct conn {
  int fd;
  uint8_t state, question, resumed;
  char hold_id[65];
  uint8_t *partial; /* the beginning of a frame whose end has not come yet */
  int partial_bytes;
  double epoch, offset;
  uint64_t started_us, asked_us;
};
struct receipt { double from, offset, at_us; };

static struct conn conns[SOCKETS_MAX];
static uint8_t *maps[SAMPLED];
static double map_bytes[SAMPLED];
static char **requests;
static int request_count, conn_count, epoll_fd, port, net;
static enum { USHER, PLAIN, SIO } dialect;
static uint8_t buffer[READ_BYTES];

static uint64_t frames, frame_bytes, all_bytes, gaps, resumed, snapshots, closed_by_server, refused, answers_denied;
static uint64_t text_frames;
/* connecting */
static int window, inflight, target, started, opened, failed, resuming, churning, churn_max, next_request;
static uint64_t began_us, churn_end_us;
static uint32_t *connect_us;
static int connect_us_count;
/* asking */
static int holding, hold_window, hold_inflight, hold_next, hold_rate, hold_first, hold_sockets, seat_base;
static uint64_t hold_began_us, hold_end_us, hold_sent;
static uint32_t *hold_us, *release_us;
static int hold_us_count, release_us_count;
static struct receipt *receipts;
static int receipt_count, recording;

static uint64_t now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000ull + t.tv_nsec / 1000;
}

static void say(const char *text) {
  puts(text);
  fflush(stdout);
}

static void start_conn(int at);
static void after_open(struct conn *c);

/* ---- connections ---- */

static void forget(struct conn *c) {
  if (c->state == FREE) return;
  struct linger reset = {1, 0};
  setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  close(c->fd);
  free(c->partial);
  c->partial = 0;
  c->partial_bytes = 0;
  c->question = NONE;
  c->state = FREE;
}

static void report_connected(void) {
  if (churning || target == 0 || opened < target) return;
  printf("{\"opened\":%d,\"failed\":%d,\"seconds\":%.6f}\n", opened, failed, (now_us() - began_us) / 1e6);
  fflush(stdout);
  target = 0;
}

static void report_churned(void) {
  if (inflight > 0) return;
  churning = 0;
  printf("{\"opened\":%d,\"failed\":%d,\"seconds\":%.6f}\n", opened, failed, (now_us() - began_us) / 1e6);
  fflush(stdout);
}

/* The next one, while there are to be more. */
static void carry_on(int at) {
  if (churning) {
    if (now_us() < churn_end_us && started < churn_max) start_conn(at);
    else report_churned();
  } else {
    while (inflight < window && started < target) start_conn(started);
    report_connected();
  }
}

static void lost(struct conn *c) {
  int was_open = c->state == OPEN;
  if (c->question != NONE && holding) hold_inflight--;
  forget(c);
  if (was_open) {
    closed_by_server++;
    return;
  }
  failed++;
  inflight--;
  if (churning) carry_on(c - conns);
  else if (failed > 20 * target) exit(1);
  else { /* as a browser would, only sooner */
    started--;
    start_conn(c - conns);
  }
}

static void start_conn(int at) {
  struct conn *c = &conns[at];
  started++;
  inflight++;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
  if (fd < 0) {
    perror("socket");
    exit(1);
  }
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
  char source[32];
  snprintf(source, sizeof source, "127.0.%d.%d", net, 1 + at % 8);
  struct sockaddr_in from = {.sin_family = AF_INET}, to = {.sin_family = AF_INET, .sin_port = htons(port)};
  inet_pton(AF_INET, source, &from.sin_addr);
  inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
  if (bind(fd, (void *)&from, sizeof from) < 0) perror("bind");
  c->fd = fd;
  c->state = CONNECTING;
  c->resumed = 0;
  c->hold_id[0] = 0;
  c->started_us = now_us();
  if (at >= conn_count) conn_count = at + 1;
  if (connect(fd, (void *)&to, sizeof to) < 0 && errno != EINPROGRESS) {
    perror("connect");
    exit(1);
  }
  struct epoll_event event = {.events = EPOLLOUT, .data.u32 = at};
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static void send_frame(struct conn *c, int opcode, const char *text, int length) {
  uint8_t frame[1100];
  int head = 2;
  frame[0] = 0x80 | opcode;
  if (length < 126) frame[1] = 0x80 | length;
  else {
    frame[1] = 0x80 | 126;
    frame[2] = length >> 8;
    frame[3] = length;
    head = 4;
  }
  memset(frame + head, 0, 4); /* a mask of zeros leaves the text as it is */
  memcpy(frame + head + 4, text, length);
  if (send(c->fd, frame, head + 4 + length, MSG_NOSIGNAL) < 0 && errno != EAGAIN && errno != EPIPE && errno != ECONNRESET)
    perror("send");
}

static void send_upgrade(struct conn *c, int at) {
  char request[4096], resume[96] = "";
  /* A line of the requests file: path, a tab, subprotocols. */
  char *line = requests ? requests[(churning ? next_request++ : at) % request_count] : dialect == SIO ? "/socket.io/\t" : "/\t";
  int path = strcspn(line, "\t");
  char *protocols = line[path] ? line + path + 1 : "";
  if (resuming && c->epoch > 0) snprintf(resume, sizeof resume, "?epoch=%.0f&offset=%.0f", c->epoch, c->offset);
  if (dialect == SIO) snprintf(resume, sizeof resume, "?EIO=4&transport=websocket");
  int bytes = snprintf(request, sizeof request,
    "GET %.*s%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%s%s%s\r\n",
    path, line, resume, port, *protocols ? "Sec-WebSocket-Protocol: " : "", protocols, *protocols ? "\r\n" : "");
  if (send(c->fd, request, bytes, MSG_NOSIGNAL) != bytes) {
    lost(c);
    return;
  }
  c->state = UPGRADING;
  struct epoll_event event = {.events = EPOLLIN, .data.u32 = at};
  epoll_ctl(epoll_fd, EPOLL_CTL_MOD, c->fd, &event);
}

static void after_open(struct conn *c) {
  c->state = OPEN;
  opened++;
  inflight--;
  if (connect_us_count < TIMES_MAX) connect_us[connect_us_count++] = now_us() - c->started_us;
  int at = c - conns;
  if (churning) forget(c);
  carry_on(at);
}

/* ---- frames of the map ---- */

static void take_snapshot(struct conn *c, const uint8_t *frame, int bytes) {
  memcpy(&c->epoch, frame + 8, 8);
  memcpy(&c->offset, frame + 16, 8);
  snapshots++;
  int at = c - conns;
  if (at < SAMPLED) {
    free(maps[at]);
    maps[at] = malloc(bytes - 24);
    memcpy(maps[at], frame + 24, bytes - 24);
    map_bytes[at] = bytes - 24;
  }
  if (c->state == AWAITING_MAP) after_open(c);
}

static void apply_changes(int at, const uint8_t *frame, int bytes) {
  uint64_t code = 0;
  for (int i = 16; i < bytes;) {
    uint64_t distance = 0;
    for (int shift = 0; i < bytes; shift += 7) {
      uint8_t byte = frame[i++];
      distance |= (uint64_t)(byte & 127) << shift;
      if (byte < 128) break;
    }
    code += distance;
    uint64_t seat = code >> 2;
    if (seat >> 2 >= map_bytes[at]) {
      gaps++;
      return;
    }
    int shift = (seat & 3) * 2;
    maps[at][seat >> 2] = (maps[at][seat >> 2] & ~(3 << shift)) | (code & 3) << shift;
  }
}

static void take_delta(struct conn *c, const uint8_t *frame, int bytes) {
  uint32_t distance;
  double offset;
  memcpy(&distance, frame + 4, 4);
  memcpy(&offset, frame + 8, 8);
  double from = offset - distance;
  if (c->offset != from) gaps++;
  c->offset = offset;
  frames++;
  frame_bytes += bytes;
  if (recording && receipt_count < RECEIPTS_MAX) receipts[receipt_count++] = (struct receipt){from, offset, now_us()};
  int at = c - conns;
  if (at < SAMPLED && maps[at]) apply_changes(at, frame, bytes);
}

static void take_map_frame(struct conn *c, const uint8_t *frame, int bytes) {
  if (bytes >= 24 && frame[0] == 1) take_snapshot(c, frame, bytes);
  else if (bytes >= 16 && frame[0] == 2) take_delta(c, frame, bytes);
}

/* ---- holds ---- */

static void ask(struct conn *c) {
  char text[256];
  int at = c - conns, bytes;
  if (c->hold_id[0]) {
    bytes = snprintf(text, sizeof text, "{\"type\":\"release\",\"ref\":%d,\"holdId\":\"%s\"}", at, c->hold_id);
    c->question = RELEASE;
  } else {
    int seat = seat_base + 2 * (at - hold_first);
    bytes = snprintf(text, sizeof text, "{\"type\":\"hold\",\"ref\":%d,\"seats\":[%d,%d]}", at, seat, seat + 1);
    c->question = HOLD;
  }
  c->asked_us = now_us();
  hold_inflight++;
  hold_sent++;
  send_frame(c, 1, text, bytes);
}

/* Asks on the next socket in turn that is not waiting for an answer. */
static int ask_next(void) {
  for (int tries = 0; tries < hold_sockets; tries++) {
    struct conn *c = &conns[hold_first + hold_next++ % hold_sockets];
    if (c->state == OPEN && c->question == NONE) {
      ask(c);
      return 1;
    }
  }
  return 0;
}

static void report_held(void) {
  if (!holding || hold_inflight > 0 || now_us() < hold_end_us) return;
  holding = 0;
  printf("{\"holds\":%d,\"releases\":%d,\"denied\":%lu,\"seconds\":%.6f}\n", hold_us_count, release_us_count,
    answers_denied, (now_us() - hold_began_us) / 1e6);
  fflush(stdout);
}

static void take_answer(struct conn *c, const char *text, int bytes) {
  if (c->question == NONE) return;
  uint32_t took = now_us() - c->asked_us;
  if (bytes > 24 && !memcmp(text, "{\"type\":\"hold_granted\"", 22)) {
    const char *id = memmem(text, bytes, "\"holdId\":\"", 10);
    if (!id) return;
    id += 10;
    int length = strcspn(id, "\"");
    memcpy(c->hold_id, id, length);
    c->hold_id[length] = 0;
    if (hold_us_count < TIMES_MAX) hold_us[hold_us_count++] = took;
  } else if (bytes > 20 && !memcmp(text, "{\"type\":\"hold_ended\"", 20)) {
    c->hold_id[0] = 0;
    if (release_us_count < TIMES_MAX) release_us[release_us_count++] = took;
  } else if (memmem(text, bytes, "denied", 6) || memmem(text, bytes, "\"error\"", 7)) {
    if (answers_denied++ == 0) fprintf(stderr, "load-client: %.*s\n", bytes, text);
    c->hold_id[0] = 0;
  } else return;
  c->question = NONE;
  hold_inflight--;
  if (holding && hold_rate == 0 && now_us() < hold_end_us) ask_next();
  report_held();
}

/* ---- what servers say ---- */

static int base64(const char *text, int length, uint8_t *out) {
  static int8_t value[256];
  if (!value['B']) {
    memset(value, -1, sizeof value);
    const char *letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int i = 0; i < 64; i++) value[(uint8_t)letters[i]] = i;
  }
  int bytes = 0, bits = 0;
  uint32_t word = 0;
  for (int i = 0; i < length && value[(uint8_t)text[i]] >= 0; i++) {
    word = word << 6 | value[(uint8_t)text[i]];
    if ((bits += 6) >= 8) out[bytes++] = word >> (bits -= 8);
  }
  return bytes;
}

static void take_socket_io(struct conn *c, const char *text, int bytes) {
  static uint8_t decoded[READ_BYTES];
  if (text[0] == '2') send_frame(c, 1, "3", 1);
  else if (c->state == ENGINE_OPENING && text[0] == '0') {
    send_frame(c, 1, "40", 2);
    c->state = NAMESPACE_OPENING;
  } else if (c->state == NAMESPACE_OPENING && !memcmp(text, "40", 2)) c->state = AWAITING_MAP;
  else if (bytes > 8 && !memcmp(text, "42[\"m\",\"", 8)) {
    /* The header is enough where no map is kept. */
    int wanted = c - conns < SAMPLED || c->state != OPEN ? bytes - 8 : bytes - 8 < 32 ? bytes - 8 : 32;
    int got = base64(text + 8, wanted, decoded);
    take_map_frame(c, decoded, got);
  }
}

static void take_text(struct conn *c, const char *text, int bytes) {
  text_frames++;
  if (dialect == SIO) take_socket_io(c, text, bytes);
  else if (c->state == AWAITING_MAP && bytes > 17 && !memcmp(text, "{\"type\":\"welcome\"", 17)) {
    if (memmem(text, bytes, "\"resumed\":true", 14)) {
      c->resumed = 1;
      resumed++;
      after_open(c);
    }
  } else take_answer(c, text, bytes);
}

/* Handles one whole frame; 0 where there is none in the bytes yet, else its length. */
static int take_frame(struct conn *c, const uint8_t *p, int n) {
  if (n < 2) return 0;
  uint64_t length = p[1] & 127;
  int head = 2;
  if (length == 126) {
    if (n < 4) return 0;
    length = p[2] << 8 | p[3];
    head = 4;
  } else if (length == 127) {
    if (n < 10) return 0;
    length = 0;
    for (int i = 2; i < 10; i++) length = length << 8 | p[i];
    head = 10;
  }
  if ((uint64_t)n < head + length) return 0;
  switch (p[0] & 15) {
    case 1: take_text(c, (const char *)p + head, length); break;
    case 2: take_map_frame(c, p + head, length); break;
    case 9: send_frame(c, 10, (const char *)p + head, length); break;
    case 8: if (c->state != OPEN) refused++; break;
  }
  return head + length;
}

static int take_upgrade(struct conn *c, const uint8_t *p, int n) {
  const uint8_t *end = memmem(p, n, "\r\n\r\n", 4);
  if (!end) return 0;
  if (n < 12 || memcmp(p, "HTTP/1.1 101", 12)) {
    if (refused++ == 0) fprintf(stderr, "load-client: refused with %.*s\n", (int)strcspn((const char *)p, "\r"), p);
    lost(c);
    return n;
  }
  c->state = dialect == SIO ? ENGINE_OPENING : AWAITING_MAP;
  return end + 4 - p;
}

static void readable(int at) {
  struct conn *c = &conns[at];
  int have = c->partial_bytes;
  if (have > 0) memcpy(buffer, c->partial, have);
  int n = recv(c->fd, buffer + have, READ_BYTES - have, 0);
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) {
    lost(c);
    return;
  }
  all_bytes += n;
  n += have;
  free(c->partial);
  c->partial = 0;
  c->partial_bytes = 0;
  int fd = c->fd, from = 0;
  while (from < n) {
    int took = c->state == UPGRADING ? take_upgrade(c, buffer + from, n - from) : take_frame(c, buffer + from, n - from);
    if (took == 0) break;
    from += took;
    if (c->state <= CONNECTING || c->fd != fd) return; /* it was closed while its frames were read */
  }
  if (from < n) {
    c->partial_bytes = n - from;
    c->partial = malloc(n - from);
    memcpy(c->partial, buffer + from, n - from);
  }
}

static void ready(int at) {
  struct conn *c = &conns[at];
  if (c->state == FREE) return;
  if (c->state != CONNECTING) {
    readable(at);
    return;
  }
  int fault = 0;
  socklen_t size = sizeof fault;
  getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &fault, &size);
  if (fault) lost(c);
  else send_upgrade(c, at);
}

/* ---- commands ---- */

static int by_size(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return x < y ? -1 : x > y;
}

static double quantile(uint32_t *times, int count, double q) {
  if (count == 0) return 0;
  qsort(times, count, sizeof *times, by_size);
  int at = count * q;
  return times[at < count ? at : count - 1] / 1e3;
}

static void load_requests(const char *path) {
  FILE *file = fopen(path, "r");
  if (!file) {
    perror(path);
    exit(1);
  }
  char *line = 0;
  size_t size = 0;
  ssize_t n;
  request_count = next_request = 0;
  while ((n = getline(&line, &size, file)) > 0) {
    if (line[n - 1] == '\n') line[n - 1] = 0;
    requests = realloc(requests, (request_count + 1) * sizeof *requests);
    requests[request_count++] = strdup(line);
  }
  fclose(file);
  say("{}");
}

static void report(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  int open = 0;
  for (int i = 0; i < conn_count; i++) open += conns[i].state == OPEN;
  printf("{\"frames\":%lu,\"frameBytes\":%lu,\"bytes\":%lu,\"gaps\":%lu,\"resumed\":%lu,\"snapshots\":%lu,\"texts\":%lu,"
    "\"open\":%d,\"closed\":%lu,\"refused\":%lu,\"denied\":%lu,\"cpuSeconds\":%.6f,\"connectP50Ms\":%.2f,\"connectP99Ms\":%.2f,"
    "\"holdP50Ms\":%.3f,\"holdP99Ms\":%.3f,\"holdMaxMs\":%.3f,\"releaseP50Ms\":%.3f,\"releaseP99Ms\":%.3f}\n",
    frames, frame_bytes, all_bytes, gaps, resumed, snapshots, text_frames, open, closed_by_server, refused, answers_denied,
    usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6,
    quantile(connect_us, connect_us_count, .5), quantile(connect_us, connect_us_count, .99),
    quantile(hold_us, hold_us_count, .5), quantile(hold_us, hold_us_count, .99), quantile(hold_us, hold_us_count, 1),
    quantile(release_us, release_us_count, .5), quantile(release_us, release_us_count, .99));
  fflush(stdout);
}

static void write_maps(const char *path) {
  FILE *file = fopen(path, "w");
  for (int i = 0; i < SAMPLED && i < conn_count; i++) {
    if (conns[i].state != OPEN || !maps[i]) continue;
    double head[2] = {conns[i].offset, map_bytes[i]};
    fwrite(head, sizeof head, 1, file);
    fwrite(maps[i], 1, map_bytes[i], file);
  }
  fclose(file);
  say("{}");
}

static void begin_connecting(void) {
  began_us = now_us();
  started = opened = failed = inflight = connect_us_count = 0;
}

static void command(char *line) {
  int a = 0, b = 0, d = 0;
  char path[512];
  if (sscanf(line, "requests %511s", path) == 1) load_requests(path);
  else if (sscanf(line, "connect %d %d", &a, &b) == 2) {
    begin_connecting();
    target = a;
    window = b;
    carry_on(0);
  } else if (sscanf(line, "churn %d %d %d", &a, &b, &d) == 3) { /* milliseconds, in flight, at most */
    begin_connecting();
    churning = 1;
    churn_end_us = began_us + a * 1000ull;
    churn_max = d;
    for (int i = 0; i < b && i < d; i++) start_conn(i);
  } else if (sscanf(line, "resume %d", &a) == 1) {
    resuming = a;
    say("{}");
  } else if (!strcmp(line, "drop")) {
    for (int i = 0; i < conn_count; i++) forget(&conns[i]);
    say("{}");
  } else if (sscanf(line, "drop %d", &a) == 1) {
    for (int i = 0; i < a; i++) forget(&conns[i]);
    say("{}");
  } else if (sscanf(line, "stall %d", &a) == 1) {
    for (int i = 0; i < a; i++) {
      /* A small buffer of its own: what is kept for a slow reader is to be the server's. */
      int bytes = 4096;
      struct epoll_event event = {.events = 0, .data.u32 = i};
      setsockopt(conns[i].fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
      if (conns[i].state == OPEN) epoll_ctl(epoll_fd, EPOLL_CTL_MOD, conns[i].fd, &event);
    }
    say("{}");
  } else if (!strcmp(line, "reset")) {
    frames = frame_bytes = all_bytes = gaps = resumed = snapshots = text_frames = closed_by_server = refused = answers_denied = 0;
    receipt_count = hold_us_count = release_us_count = connect_us_count = 0;
    recording = 1;
    say("{}");
  } else if (sscanf(line, "receipts %511s", path) == 1) {
    recording = 0;
    FILE *file = fopen(path, "w");
    fwrite(receipts, sizeof *receipts, receipt_count, file);
    fclose(file);
    say("{}");
  } else if (sscanf(line, "maps %511s", path) == 1) write_maps(path);
  else if (sscanf(line, "holders %d %d %d", &a, &b, &d) == 3) { /* first socket, sockets, first seat */
    hold_first = a;
    hold_sockets = b;
    seat_base = d;
    hold_next = 0;
    say("{}");
  } else if (sscanf(line, "holds %d %d", &a, &b) == 2) { /* closed loop: milliseconds, in flight */
    hold_began_us = now_us();
    hold_end_us = hold_began_us + a * 1000ull;
    hold_window = b;
    hold_rate = hold_inflight = hold_sent = 0;
    holding = 1;
    for (int i = 0; i < b; i++) ask_next();
  } else if (sscanf(line, "pace %d %d", &a, &b) == 2) { /* open loop: milliseconds, questions a second */
    hold_began_us = now_us();
    hold_end_us = hold_began_us + a * 1000ull;
    hold_rate = b;
    hold_inflight = hold_sent = 0;
    holding = 1;
  } else if (!strcmp(line, "stat")) report();
  else {
    fprintf(stderr, "load-client: what is %s?\n", line);
    exit(1);
  }
}

/* Sends what is due by now; the milliseconds until there is more, or -1. */
static int keep_pace(void) {
  if (!holding) return -1;
  uint64_t now = now_us();
  if (hold_rate > 0) {
    uint64_t until = now < hold_end_us ? now : hold_end_us;
    while (hold_sent < (until - hold_began_us) * hold_rate / 1000000 && ask_next()) continue;
  }
  report_held();
  return 1;
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  port = atoi(argv[1]);
  dialect = !strcmp(argv[2], "sio") ? SIO : !strcmp(argv[2], "plain") ? PLAIN : USHER;
  net = atoi(argv[3]);
  receipts = malloc(sizeof *receipts * RECEIPTS_MAX);
  connect_us = malloc(sizeof *connect_us * TIMES_MAX);
  hold_us = malloc(sizeof *hold_us * TIMES_MAX);
  release_us = malloc(sizeof *release_us * TIMES_MAX);
  epoll_fd = epoll_create1(0);
  struct epoll_event input = {.events = EPOLLIN, .data.u32 = UINT32_MAX};
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, 0, &input);
  static struct epoll_event events[1024];
  static char text[8192];
  int text_bytes = 0;
  for (;;) {
    int n = epoll_wait(epoll_fd, events, 1024, keep_pace());
    for (int i = 0; i < n; i++) {
      if (events[i].data.u32 != UINT32_MAX) {
        ready(events[i].data.u32);
        continue;
      }
      int got = read(0, text + text_bytes, sizeof text - 1 - text_bytes);
      if (got <= 0) return 0;
      text_bytes += got;
      text[text_bytes] = 0;
      for (char *end; (end = strchr(text, '\n'));) {
        *end = 0;
        command(text);
        text_bytes -= end + 1 - text;
        memmove(text, end + 1, text_bytes + 1);
      }
    }
  }
}
