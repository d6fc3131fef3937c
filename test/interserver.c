/*
 * The library never says under which address other servers fetch parts from it, and without one a Replicated table stays read-only. This puts an
 * answer in the place of the function that is asked for it, which is found by what it says where there is none. Nothing listens at the address.
 */
#define _GNU_SOURCE
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static const char COMPLAINT[] = "Parameter 'interserver_http(s)_port' required for replication";
static const char HOST[] = "127.0.0.1";
/* in its beginning: of what is asked, the first member */
static const unsigned char LOAD[] = {0x4c, 0x8b, 0x36};

/* A string with its length in the last of 24 bytes, and a port. */
static void *answer(char *out) {
  memset(out, 0, 32);
  memcpy(out, HOST, sizeof HOST);
  out[23] = sizeof HOST - 1;
  out[24] = 9;
  return out;
}

static unsigned char *find(struct dl_phdr_info *info) {
  unsigned char *said = NULL, *code = NULL;
  size_t size = 0;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *part = &info->dlpi_phdr[i];
    if (part->p_type != PT_LOAD) continue;
    unsigned char *begin = (unsigned char *)info->dlpi_addr + part->p_vaddr;
    if (said == NULL) said = memmem(begin, part->p_filesz, COMPLAINT, sizeof COMPLAINT - 1);
    if (part->p_flags & PF_X) code = begin, size = part->p_filesz;
  }
  if (said == NULL || code == NULL) return NULL;
  for (unsigned char *at = code; at + 4 <= code + size; at++) {
    int distance;
    memcpy(&distance, at, 4);
    if (at + 4 + distance != said) continue;
    /* functions begin at sixteens, after a filling */
    unsigned char *start = (unsigned char *)((size_t)at & ~15UL);
    while (start[-1] != 0xcc || start[-2] != 0xcc) start -= 16;
    return memmem(start, 16, LOAD, sizeof LOAD) == NULL ? NULL : start;
  }
  return NULL;
}

static int patch(struct dl_phdr_info *info, size_t size, void *library) {
  (void)size;
  if (strstr(info->dlpi_name, library) == NULL) return 0;
  unsigned char *function = find(info);
  if (function == NULL) return fprintf(stderr, "the function that is asked for the address was not found\n"), exit(1), 1;
  void *to = (void *)answer;
  mprotect((void *)((size_t)function & ~4095UL), 8192, PROT_READ | PROT_WRITE | PROT_EXEC);
  memcpy(function, "\x48\xb8", 2);
  memcpy(function + 2, &to, 8);
  memcpy(function + 10, "\xff\xe0", 2);
  return 1;
}

void answer_interserver(const char *library) { dl_iterate_phdr(patch, (void *)library); }
