/* To be loaded before a program: once the file $FAIL_CLOSE is there, closing a file of a folder `spool` fails, as of a file system that writes late. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int close(int file) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "close");
  char link[64], path[4096];
  const char *when = getenv("FAIL_CLOSE");
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, sizeof path - 1);
  int closed = real(file);
  if (length < 0 || when == NULL || access(when, F_OK) != 0) return closed;
  path[length] = 0;
  if (strstr(path, "/spool/") == NULL) return closed;
  errno = EIO;
  return -1;
}
