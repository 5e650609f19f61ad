// SPDX-License-Identifier: Apache-2.0
/**
 * A network with a delay, in user space, since the kernel of many test machines has no netem: takes the place
 * of a bridge between the ends of the hosts' cables. Each frame that comes in on one port goes out on all the
 * others a fixed time later, in order. Works on whole frames, so every protocol feels it.
 *
 * Usage: hub LAB-FOLDER NETWORK DELAY-MS PORT… (the first two only name the process for the lab)
 *
 * Frames carry the kernel's virtio header both ways, so large segments and unfinished checksums pass
 * unharmed. What waits is bounded; beyond the bound frames are dropped, as a switch would.
 */
#define _GNU_SOURCE  // ppoll
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
  kPortsMax = 8,
  // A segment of 64 KiB with its headers.
  kFrameBytesMax = 70 * 1024,
  // Enough for 10 ms of a 10 Gb/s link, and for 100 ms of a 1 Gb/s one.
  kWaitingBytesMax = 16 * 1024 * 1024,
};

struct frame {
  struct frame* next;
  int64_t dueNs;
  int fromPort;
  size_t length;
  char bytes[];
};

static struct frame* first;
static struct frame** last = &first;
static size_t waitingBytes;

static int64_t nowNs(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void fail(const char* what) {
  perror(what);
  exit(1);
}

static int openPort(const char* name) {
  int s = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, htons(ETH_P_ALL));
  if (s < 0) fail("socket");
  int on = 1;
  if (setsockopt(s, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on) < 0) fail("PACKET_VNET_HDR");
  if (setsockopt(s, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) < 0) fail("PACKET_IGNORE_OUTGOING");
  int bytes = 8 * 1024 * 1024;
  setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes);
  struct sockaddr_ll address = {
      .sll_family = AF_PACKET,
      .sll_protocol = htons(ETH_P_ALL),
      .sll_ifindex = (int)if_nametoindex(name),
  };
  if (address.sll_ifindex == 0) fail(name);
  if (bind(s, (struct sockaddr*)&address, sizeof address) < 0) fail("bind");
  return s;
}

/** Takes in what has arrived on a port. An error is a port that is down: nothing arrives there. */
static void receive(int s, int port, int64_t delayNs) {
  static char buffer[kFrameBytesMax];
  for (;;) {
    ssize_t n = recv(s, buffer, sizeof buffer, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    size_t length = (size_t)n;
    if (waitingBytes + length > kWaitingBytesMax) continue;
    struct frame* f = malloc(sizeof *f + length);
    if (f == NULL) fail("malloc");
    f->next = NULL;
    f->dueNs = nowNs() + delayNs;
    f->fromPort = port;
    f->length = length;
    memcpy(f->bytes, buffer, length);
    *last = f;
    last = &f->next;
    waitingBytes += length;
  }
}

/** Sends on what is due. A full or dead port loses the frame. */
static void sendDue(const int* sockets, int ports) {
  while (first != NULL && first->dueNs <= nowNs()) {
    struct frame* f = first;
    for (int port = 0; port < ports; port++) {
      if (port != f->fromPort) (void)!send(sockets[port], f->bytes, f->length, 0);
    }
    first = f->next;
    if (first == NULL) last = &first;
    waitingBytes -= f->length;
    free(f);
  }
}

int main(int argc, char** argv) {
  if (argc < 5 || argc - 4 > kPortsMax) {
    fprintf(stderr, "usage: hub LAB-FOLDER NETWORK DELAY-MS PORT...\n");
    return 2;
  }
  int64_t delayNs = (int64_t)(atof(argv[3]) * 1e6);
  int ports = argc - 4;
  int sockets[kPortsMax];
  struct pollfd waits[kPortsMax];
  for (int i = 0; i < ports; i++) {
    sockets[i] = openPort(argv[4 + i]);
    waits[i] = (struct pollfd){.fd = sockets[i], .events = POLLIN};
  }
  printf("ready\n");
  fflush(stdout);
  for (;;) {
    struct timespec rest = {.tv_sec = 1};
    if (first != NULL) {
      int64_t ns = first->dueNs - nowNs();
      if (ns < 0) ns = 0;
      rest = (struct timespec){.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
    }
    ppoll(waits, (nfds_t)ports, &rest, NULL);
    for (int i = 0; i < ports; i++) {
      if ((waits[i].revents & POLLERR) != 0) {
        int error;
        socklen_t size = sizeof error;
        getsockopt(sockets[i], SOL_SOCKET, SO_ERROR, &error, &size);
      }
      if (waits[i].revents != 0) receive(sockets[i], i, delayNs);
    }
    sendDue(sockets, ports);
  }
}
