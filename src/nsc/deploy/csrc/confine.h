/* What a process that runs C from elsewhere may do from `confine` on: on Linux the kernel ends it at any system call but
 * a few. It may compute, ask for memory, read what it is told and write its answers.
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
    ALLOW(getrandom), /* which allocators ask once */
    ALLOW_ON(read, 0), ALLOW_ON(write, 1), END,
  };
  struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}
#else
static int confine(void) { return 0; }
#endif
