/* A ClickHouse that listens, from the library of the embedded one: listen LIBRARY ARGUMENTS… It ends with its parent. */
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>

#ifdef INTERSERVER
void answer_interserver(const char *library);
#endif

int main(int argc, char **argv) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  void *library = dlopen(argv[1], RTLD_NOW);
  if (library == NULL) return fprintf(stderr, "%s\n", dlerror()), 1;
#ifdef INTERSERVER
  answer_interserver(argv[1]);
#endif
  void *(*query)(int, char **) = (void *(*)(int, char **))dlsym(library, "chdb_query_cmdline");
  argv[1] = "clickhouse";
  return query(argc - 1, argv + 1) == NULL;
}
