// SPDX-License-Identifier: Apache-2.0
/**
 * A host's console on the machine itself: listens on one loopback address outside and carries each connection
 * to the API inside the host.
 *
 * Usage: relay LAB-FOLDER HOST HOST-PID ADDRESS PORT TARGET (the first two only name the process for the lab)
 *
 * 1. The listening socket is made outside, so it belongs to the machine's network.
 * 2. Then the process enters the host's network and pid namespaces: every connection it makes is made inside
 *    the host, and the kernel ends it together with the host. So a dead host's address refuses, at once, and
 *    can never lead to another host.
 * 3. Its grandchild works: only children enter a pid namespace, and only an orphan made inside belongs to the
 *    host's own process 1, which takes it away when it ends. The first process ends with status 0 as soon as
 *    connections are accepted, or with 3 when the address is taken.
 */
#define _GNU_SOURCE  // setns
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
  // Some browsers at once, six connections each.
  kConnectionsMax = 64,
  kBufferBytes = 64 * 1024,
  kAddressTaken = 3,
};

struct direction {
  int from, to;
  size_t begin, end;
  int isAtEnd;
  char bytes[kBufferBytes];
};

static void fail(const char* what) {
  perror(what);
  exit(errno == EADDRINUSE ? kAddressTaken : 1);
}

static struct sockaddr_in placeOf(const char* address, const char* port) {
  struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
  if (inet_pton(AF_INET, address, &place.sin_addr) != 1) {
    fprintf(stderr, "%s is no address\n", address);
    exit(2);
  }
  return place;
}

static int listenOn(const char* address, const char* port) {
  struct sockaddr_in place = placeOf(address, port);
  int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int on = 1;
  if (s < 0 || setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0) fail("socket");
  if (bind(s, (struct sockaddr*)&place, sizeof place) < 0) fail(address);
  if (listen(s, kConnectionsMax) < 0) fail("listen");
  return s;
}

static void enter(const char* pid, const char* kind) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%s/ns/%s", pid, kind);
  int space = open(path, O_RDONLY | O_CLOEXEC);
  if (space < 0 || setns(space, 0) < 0) fail(path);
  close(space);
}

/** Reads what fits, or writes what waits; 0 when the connection is broken. */
static int move(struct direction* way, short canRead, short canWrite) {
  if (canRead != 0 && way->begin == way->end && !way->isAtEnd) {
    ssize_t n = recv(way->from, way->bytes, sizeof way->bytes, MSG_DONTWAIT);
    if (n < 0 && errno != EAGAIN && errno != EINTR) return 0;
    if (n == 0) {
      way->isAtEnd = 1;
      shutdown(way->to, SHUT_WR);
    }
    way->begin = 0;
    way->end = n > 0 ? (size_t)n : 0;
  }
  if (canWrite != 0 && way->begin < way->end) {
    ssize_t n = send(way->to, way->bytes + way->begin, way->end - way->begin, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN && errno != EINTR) return 0;
    if (n > 0) way->begin += (size_t)n;
  }
  return 1;
}

/** Nothing more can come from there or go there. */
static int isGone(short revents, const struct direction* fromIt) {
  return (revents & (POLLERR | POLLNVAL)) != 0 || ((revents & POLLHUP) != 0 && fromIt->isAtEnd);
}

/** Until both sides have said all. A broken connection breaks the other one, without a polite end. */
static void carry(int client, int host) {
  static struct direction in, out;
  in.from = out.to = client;
  in.to = out.from = host;
  while (!in.isAtEnd || !out.isAtEnd) {
    const short clientWants =
        (short)((in.begin == in.end && !in.isAtEnd ? POLLIN : 0) | (out.begin < out.end ? POLLOUT : 0));
    const short hostWants =
        (short)((out.begin == out.end && !out.isAtEnd ? POLLIN : 0) | (in.begin < in.end ? POLLOUT : 0));
    struct pollfd waits[2] = {{.fd = client, .events = clientWants}, {.fd = host, .events = hostWants}};
    if (poll(waits, 2, -1) < 0 && errno != EINTR) return;
    const short broken = POLLERR | POLLHUP | POLLNVAL;
    const short fromClient = waits[0].revents & (POLLIN | broken);
    const short fromHost = waits[1].revents & (POLLIN | broken);
    if (!move(&in, fromClient, waits[1].revents & POLLOUT) ||
        !move(&out, fromHost, waits[0].revents & POLLOUT)) {
      struct linger now = {.l_onoff = 1, .l_linger = 0};
      setsockopt(client, SOL_SOCKET, SO_LINGER, &now, sizeof now);
      return;
    }
    if (isGone(waits[0].revents, &in) || isGone(waits[1].revents, &out)) return;
  }
}

static void serve(int client, const struct sockaddr_in* target) {
  int host = socket(AF_INET, SOCK_STREAM, 0);
  if (host < 0 || connect(host, (const struct sockaddr*)target, sizeof *target) < 0) {
    // Nobody listens there: the client is to hear the same.
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    setsockopt(client, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    return;
  }
  carry(client, host);
}

static void wake(int number) {
  (void)number;
}

static void acceptAll(int listener, const struct sockaddr_in* target) {
  // Without SA_RESTART: the end of a child interrupts accept, so that it is taken away.
  struct sigaction action = {.sa_handler = wake};
  sigaction(SIGCHLD, &action, NULL);
  for (int serving = 0;;) {
    while (serving > 0 && waitpid(-1, NULL, serving < kConnectionsMax ? WNOHANG : 0) > 0) serving--;
    int client = accept(listener, NULL, NULL);
    if (client < 0) continue;
    pid_t child = fork();
    if (child == 0) {
      close(listener);
      serve(client, target);
      _exit(0);
    }
    if (child > 0) serving++;
    close(client);
  }
}

int main(int argc, char** argv) {
  if (argc != 7) {
    fprintf(stderr, "usage: relay LAB-FOLDER HOST HOST-PID ADDRESS PORT TARGET\n");
    return 2;
  }
  const char* pid = argv[3];
  const struct sockaddr_in target = placeOf(argv[6], argv[5]);
  int listener = listenOn(argv[4], argv[5]);
  enter(pid, "net");
  enter(pid, "pid");
  pid_t child = fork();
  if (child < 0) fail("fork");
  if (child > 0) return waitpid(child, NULL, 0) == child ? 0 : 1;
  child = fork();
  if (child < 0) fail("fork");
  if (child > 0) return 0;
  if (chdir("/") < 0 || setsid() < 0) fail("setsid");
  acceptAll(listener, &target);
}
