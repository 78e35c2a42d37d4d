/* Records what a process does to the files below TORTURE_FILES: every write, truncation, removal,
   and the begin and end of every fsync, into TORTURE_RECORD. Loaded by LD_PRELOAD.

   A write is recorded after it was done, an fsync when it begins and when it has ended: a write
   recorded before the begin of an fsync that has ended is on the disk; any other may be lost. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

struct head {
  uint32_t kind;   /* 1 write, 2 truncate, 3 fsync begins, 4 fsync has ended, 5 unlink */
  uint32_t serial; /* begin and end of one fsync share it, with pid */
  uint32_t pid;
  uint32_t name;   /* bytes of the file's name that follow */
  uint64_t offset; /* of a write; the new size of a truncation */
  uint64_t length; /* bytes that follow the name */
};

static int record = -1;
static uint32_t serial;
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;

static const char *below(const char *path) {
  const char *files = getenv("TORTURE_FILES");
  if (!files || strncmp(path, files, strlen(files))) return NULL;
  size_t n = strlen(path);
  if (n > 4 && !strcmp(path + n - 4, "-shm")) return NULL;
  if (n > 5 && !strcmp(path + n - 5, ".lock")) return NULL;
  return path;
}

static const char *name_of(int fd, char *space) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, space, 4095);
  if (n <= 0) return NULL;
  space[n] = 0;
  return below(space);
}

static void note(uint32_t kind, uint32_t number, const char *name, uint64_t offset,
                 const void *data, uint64_t length) {
  static ssize_t (*raw)(int, const struct iovec *, int);
  if (!raw) raw = dlsym(RTLD_NEXT, "writev");
  pthread_mutex_lock(&guard);
  if (record < 0) record = open(getenv("TORTURE_RECORD"), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  pthread_mutex_unlock(&guard);
  struct head head = {kind, number, (uint32_t)getpid(), (uint32_t)strlen(name), offset, length};
  struct iovec parts[3] = {{&head, sizeof head}, {(void *)name, head.name}, {(void *)data, length}};
  raw(record, parts, data ? 3 : 2); /* one append: whole records, in one order */
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset) {
  static ssize_t (*inner)(int, const void *, size_t, off64_t);
  if (!inner) inner = dlsym(RTLD_NEXT, "pwrite64");
  ssize_t n = inner(fd, data, length, offset);
  char space[4096];
  const char *name = n > 0 ? name_of(fd, space) : NULL;
  if (name) note(1, 0, name, offset, data, n);
  return n;
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) {
  return pwrite64(fd, data, length, offset);
}

ssize_t write(int fd, const void *data, size_t length) {
  static ssize_t (*inner)(int, const void *, size_t);
  if (!inner) inner = dlsym(RTLD_NEXT, "write");
  ssize_t n = inner(fd, data, length);
  char space[4096];
  const char *name = n > 0 && fd > 2 ? name_of(fd, space) : NULL;
  if (name) note(1, 0, name, lseek(fd, 0, SEEK_CUR) - n, data, n);
  return n;
}

int ftruncate64(int fd, off64_t size) {
  static int (*inner)(int, off64_t);
  if (!inner) inner = dlsym(RTLD_NEXT, "ftruncate64");
  int r = inner(fd, size);
  char space[4096];
  const char *name = r == 0 ? name_of(fd, space) : NULL;
  if (name) note(2, 0, name, size, NULL, 0);
  return r;
}

int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

static int synced(const char *symbol, int fd) {
  int (*inner)(int) = dlsym(RTLD_NEXT, symbol);
  char space[4096];
  const char *name = name_of(fd, space);
  uint32_t number = name ? __sync_add_and_fetch(&serial, 1) : 0;
  if (name) note(3, number, name, 0, NULL, 0);
  int r = inner(fd);
  if (name && r == 0) note(4, number, name, 0, NULL, 0);
  return r;
}

int fsync(int fd) { return synced("fsync", fd); }
int fdatasync(int fd) { return synced("fdatasync", fd); }

int unlink(const char *path) {
  static int (*inner)(const char *);
  if (!inner) inner = dlsym(RTLD_NEXT, "unlink");
  int r = inner(path);
  if (r == 0 && below(path)) note(5, 0, path, 0, NULL, 0);
  return r;
}
