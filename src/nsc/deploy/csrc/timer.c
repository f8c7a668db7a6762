/* Calls the original or the surrogate as often as it is told to; who tells it holds the clock.
 *
 * In:  INPUTS, OUTPUTS and the inputs CASES, an array of POINTS; nsc_timed_original and nsc_timed_surrogate from
 *      elsewhere. On standard input orders, long longs: 0 asks for the original's outputs, n > 0 for n calls of the
 *      original, n < 0 for -n of the surrogate.
 * Out: on standard output the outputs, doubles, or one byte when the calls are done. Nothing here is to be trusted by
 *      who reads it: the original runs in the same process.
 * On Linux the kernel ends the process at any system call but a few from `confine` on: what is timed may compute, ask
 * for memory, read its orders and write its answers.
 */
#include <unistd.h>

#ifdef __linux__
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#ifdef __x86_64__
#define THIS_MACHINE AUDIT_ARCH_X86_64
#else
#define THIS_MACHINE AUDIT_ARCH_AARCH64
#endif
#define LOOK_AT(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define PASS BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define END BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)
#define ALLOW(call) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1), PASS
/* a call whose first argument is `file` alone (its low half: machines here are little-endian) */
#define ALLOW_ON(call, file) \
  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 4), LOOK_AT(args), \
  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, file, 0, 1), PASS, END

static int confine(void) {
  struct sock_filter filter[] = {
    LOOK_AT(arch), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, THIS_MACHINE, 1, 0), END, LOOK_AT(nr),
    ALLOW(exit), ALLOW(exit_group), ALLOW(brk), ALLOW(mmap), ALLOW(munmap), ALLOW(mremap), ALLOW(madvise),
    ALLOW_ON(read, 0), ALLOW_ON(write, 1), END,
  };
  struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}
#else
static int confine(void) { return 0; }
#endif

typedef void entry(const double *, double *);
extern entry nsc_timed_original, nsc_timed_surrogate;

static const double x[POINTS][INPUTS] = {CASES};
static double y[OUTPUTS], all[POINTS][OUTPUTS];
static volatile double sink;

static int say(const void *what, long size) {
  const char *at = what;
  while (size > 0) {
    long n = write(1, at, size);
    if (n <= 0) return 0;
    at += n, size -= n;
  }
  return 1;
}

static void called(entry *f, long long calls) {
  for (long long k = 0; k < calls; k++) f(x[k % POINTS], y), sink += y[0];
}

int main(void) {
  long long order;
  if (confine()) return 3;
  while (read(0, &order, sizeof order) == sizeof order) {
    if (order == 0) {
      for (int k = 0; k < POINTS; k++) nsc_timed_original(x[k], all[k]);
      if (!say(all, sizeof all)) return 4;
      continue;
    }
    called(order > 0 ? nsc_timed_original : nsc_timed_surrogate, order > 0 ? order : -order);
    if (!say("", 1)) return 4;
  }
  return 0;
}
