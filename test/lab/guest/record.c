// SPDX-License-Identifier: Apache-2.0
/**
 * What runs in the lab's guest: writes numbered records and says which of them the disk has promised to keep.
 *
 * Usage: record FILE NOISE-FILE NOISE-OFFSET NOISE-BYTES NONCE SLOTS PACE NOISE-BATCHES DIRECT
 *   FILE, NOISE-FILE may be the same (the disk itself). PACE is records per second at most, NOISE-BATCHES
 * batches of random overwrites per second (0: none), DIRECT 1 for O_DIRECT.
 *
 * Record n (from 1) goes to slot n mod S, 4096 bytes:
 *   0 "GEMELREC" | 8 n, u64 little endian | 16 nonce, 16 bytes | 32 pattern of n | 4092 CRC32C of 0..4091,
 * u32 LE Record n+1 is begun only after the fsync of record n: so at any moment all slots hold exactly the
 * last S records, but for one write under way. image-check.ts judges a disk by the same rule.
 *
 * Lines on the console: "found n" or "contradiction: …" once, "ack n" after each fsync, "pause n MS" when a
 * record took longer than any before and more than 100 ms, "error …" and then nothing more, "bye" after
 * SIGTERM.
 *
 * The second thread overwrites random ranges that overlap while in flight, elsewhere on the disk: the copies
 * of a mirror that does not order them become different.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
  kRecordBytes = 4096,
  kPatternAt = 32,
  kCrcAt = 4092,
  kNoiseAtOnce = 4,
  kNoiseBytesMax = 64 * 1024,
  // All writes of a batch fall in a window as small as this, so most of them overlap.
  kNoiseWindowBytes = 256 * 1024,
  kSectorBytes = 512,
  kPauseMsMin = 100,
};

static volatile sig_atomic_t stopping;
static uint32_t crcTable[256];
static uint8_t nonce[16];

static void say(const char* format, ...) {
  char line[256];
  va_list arguments;
  va_start(arguments, format);
  int n = vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  // One write per line: lines of two threads do not mix.
  if (n > 0 && write(STDOUT_FILENO, line, (size_t)n) < 0) _exit(2);
}

static void onTerminate(int number) {
  (void)number;
  stopping = 1;
}

static void fillCrcTable(void) {
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t c = i;
    for (int bit = 0; bit < 8; bit++) c = (c & 1) != 0 ? (c >> 1) ^ 0x82f63b78u : c >> 1;
    crcTable[i] = c;
  }
}

static uint32_t crc32c(const uint8_t* bytes, size_t length) {
  uint32_t c = 0xffffffffu;
  for (size_t i = 0; i < length; i++) c = crcTable[(c ^ bytes[i]) & 0xff] ^ (c >> 8);
  return c ^ 0xffffffffu;
}

static uint64_t splitmix(uint64_t* state) {
  uint64_t z = (*state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static uint64_t monotonicMs(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void fillRecord(uint8_t* record, uint64_t n) {
  memcpy(record, "GEMELREC", 8);
  memcpy(record + 8, &n, 8);
  memcpy(record + 16, nonce, 16);
  uint64_t state = n;
  for (size_t at = kPatternAt; at < kCrcAt; at += 8) {
    uint64_t word = splitmix(&state);
    memcpy(record + at, &word, at + 8 <= kCrcAt ? 8 : kCrcAt - at);
  }
  uint32_t crc = crc32c(record, kCrcAt);
  memcpy(record + kCrcAt, &crc, 4);
}

/** What a slot holds. */
struct slot {
  enum { kEmpty, kRecord, kForeign, kBroken } kind;
  uint64_t n;
};

static struct slot judge(const uint8_t* bytes) {
  static const uint8_t zeros[kRecordBytes];
  if (memcmp(bytes, zeros, kRecordBytes) == 0) return (struct slot){.kind = kEmpty};
  uint32_t crc;
  memcpy(&crc, bytes + kCrcAt, 4);
  if (memcmp(bytes, "GEMELREC", 8) != 0 || crc != crc32c(bytes, kCrcAt))
    return (struct slot){.kind = kBroken};
  if (memcmp(bytes + 16, nonce, 16) != 0) return (struct slot){.kind = kForeign};
  struct slot found = {.kind = kRecord};
  memcpy(&found.n, bytes + 8, 8);
  return found;
}

static const char* nameOf(struct slot s, char* text, size_t size) {
  static const char* const names[] = {"nothing", "", "a record of another run", "a broken record"};
  if (s.kind == kRecord) {
    snprintf(text, size, "record %llu", (unsigned long long)s.n);
    return text;
  }
  return names[s.kind];
}

/**
 * The highest n such that no slot contradicts it: each slot holds the last record due there by n, or, if none
 * was, nothing. Only the slot of n+1 may be anything: that write was under way. Returns false for a
 * contradiction.
 */
static int findHighest(int file, uint64_t slots, uint8_t* buffer, uint64_t* highest) {
  struct slot* found = calloc(slots, sizeof *found);
  if (found == NULL) abort();
  *highest = 0;
  for (uint64_t k = 0; k < slots; k++) {
    memset(buffer, 0, kRecordBytes);
    if (pread(file, buffer, kRecordBytes, (off_t)(k * kRecordBytes)) < 0) {
      say("error read slot %llu: %s\n", (unsigned long long)k, strerror(errno));
      return 0;
    }
    found[k] = judge(buffer);
    if (found[k].kind == kRecord && found[k].n > *highest) *highest = found[k].n;
  }
  int whole = 1;
  for (uint64_t k = 0; k < slots && whole; k++) {
    uint64_t behind = (*highest + slots - k) % slots;
    uint64_t due = *highest > behind ? *highest - behind : 0;
    int right = due == 0 ? found[k].kind == kEmpty : found[k].kind == kRecord && found[k].n == due;
    if (right || (*highest + 1) % slots == k) continue;
    char text[64];
    say("contradiction: slot %llu holds %s, due is record %llu by %llu\n", (unsigned long long)k,
        nameOf(found[k], text, sizeof text), (unsigned long long)due, (unsigned long long)*highest);
    whole = 0;
  }
  free(found);
  return whole;
}

struct noise {
  int file;
  uint64_t offset;
  uint64_t bytes;
  unsigned batchesPerSecond;
};

static void* makeNoise(void* argument) {
  const struct noise* noise = argument;
  static uint8_t buffers[kNoiseAtOnce][kNoiseBytesMax] __attribute__((aligned(4096)));
  aio_context_t context = 0;
  if (syscall(SYS_io_setup, kNoiseAtOnce, &context) < 0) {
    say("error noise: %s\n", strerror(errno));
    return NULL;
  }
  uint64_t state = monotonicMs();
  while (!stopping) {
    uint64_t window = splitmix(&state) % (noise->bytes / kNoiseWindowBytes) * kNoiseWindowBytes;
    struct iocb requests[kNoiseAtOnce];
    struct iocb* pointers[kNoiseAtOnce];
    for (int i = 0; i < kNoiseAtOnce; i++) {
      uint64_t length = (splitmix(&state) % (kNoiseBytesMax / kSectorBytes) + 1) * kSectorBytes;
      uint64_t at = splitmix(&state) % ((kNoiseWindowBytes - length) / kSectorBytes + 1) * kSectorBytes;
      memset(buffers[i], (int)splitmix(&state), length);
      requests[i] = (struct iocb){
          .aio_lio_opcode = IOCB_CMD_PWRITE,
          .aio_fildes = (uint32_t)noise->file,
          .aio_buf = (uint64_t)(uintptr_t)buffers[i],
          .aio_nbytes = length,
          .aio_offset = (int64_t)(noise->offset + window + at),
      };
      pointers[i] = &requests[i];
    }
    long sent = syscall(SYS_io_submit, context, (long)kNoiseAtOnce, pointers);
    struct io_event events[kNoiseAtOnce];
    long done = sent <= 0 ? 0 : syscall(SYS_io_getevents, context, sent, sent, events, NULL);
    if (sent <= 0 || done < sent) say("error noise: %s\n", strerror(errno));
    for (long i = 0; i < done; i++) {
      if (events[i].res < 0) say("error noise: %s\n", strerror((int)-events[i].res));
    }
    usleep(1000000 / noise->batchesPerSecond);
  }
  return NULL;
}

static void keepPace(struct timespec* next, unsigned pace) {
  next->tv_nsec += 1000000000 / pace;
  if (next->tv_nsec >= 1000000000) {
    next->tv_sec++;
    next->tv_nsec -= 1000000000;
  }
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  int late = now.tv_sec > next->tv_sec || (now.tv_sec == next->tv_sec && now.tv_nsec > next->tv_nsec);
  // After a pause the pace goes on from now: no burst makes up for it.
  if (late)
    *next = now;
  else
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, next, NULL);
}

static void writeRecords(int file, uint64_t n, uint64_t slots, unsigned pace, uint8_t* buffer) {
  uint64_t pauseMsMax = kPauseMsMin;
  struct timespec next;
  clock_gettime(CLOCK_MONOTONIC, &next);
  for (n++; !stopping; n++) {
    uint64_t begin = monotonicMs();
    fillRecord(buffer, n);
    if (pwrite(file, buffer, kRecordBytes, (off_t)(n % slots * kRecordBytes)) != kRecordBytes ||
        fsync(file) != 0) {
      say("error record %llu: %s\n", (unsigned long long)n, strerror(errno));
      return;
    }
    say("ack %llu\n", (unsigned long long)n);
    uint64_t pauseMs = monotonicMs() - begin;
    if (pauseMs > pauseMsMax) {
      pauseMsMax = pauseMs;
      say("pause %llu %llu\n", (unsigned long long)n, (unsigned long long)pauseMs);
    }
    keepPace(&next, pace);
  }
}

static void readNonce(const char* hex) {
  for (int i = 0; i < 16; i++) {
    unsigned byte;
    if (sscanf(hex + (size_t)i * 2, "%2x", &byte) != 1) {
      say("error nonce %s is not 32 hexadecimal digits\n", hex);
      exit(2);
    }
    nonce[i] = (uint8_t)byte;
  }
}

static int openFile(const char* path, int direct) {
  int file = open(path, O_RDWR | O_CREAT | (direct != 0 ? O_DIRECT : 0), 0644);
  if (file < 0) {
    say("error open %s: %s\n", path, strerror(errno));
    exit(2);
  }
  return file;
}

int main(int argc, char** argv) {
  if (argc != 10 || strlen(argv[5]) != 32) {
    say("error usage: see the head of record.c\n");
    return 2;
  }
  struct sigaction action = {.sa_handler = onTerminate};
  sigaction(SIGTERM, &action, NULL);
  fillCrcTable();
  readNonce(argv[5]);
  int file = openFile(argv[1], atoi(argv[9]));
  struct noise noise = {
      .file = openFile(argv[2], 1),
      .offset = strtoull(argv[3], NULL, 10),
      .bytes = strtoull(argv[4], NULL, 10),
      .batchesPerSecond = (unsigned)atoi(argv[8]),
  };
  uint64_t slots = strtoull(argv[6], NULL, 10);
  static uint8_t buffer[kRecordBytes] __attribute__((aligned(4096)));
  uint64_t highest;
  if (findHighest(file, slots, buffer, &highest)) {
    say("found %llu\n", (unsigned long long)highest);
    pthread_t thread;
    int noisy = noise.batchesPerSecond > 0 && noise.bytes >= kNoiseWindowBytes;
    if (noisy) noisy = pthread_create(&thread, NULL, makeNoise, &noise) == 0;
    writeRecords(file, highest, slots, (unsigned)atoi(argv[7]), buffer);
    // After an error the noise goes on: only SIGTERM ends it.
    while (!stopping) usleep(50000);
    if (noisy) pthread_join(thread, NULL);
  }
  while (!stopping) usleep(50000);
  say("bye\n");
  return 0;
}
