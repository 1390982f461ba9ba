/* SPDX-License-Identifier: MIT */
/*
 * What the kernel offers and older headers of it do not name: the library is built with any headers
 * from Linux 5.10 on, and asks the running kernel what it has. Numbers and layouts are the kernel's
 * own, which never change.
 */
#ifndef SX_UAPI_H
#define SX_UAPI_H

#include <linux/futex.h>
#include <linux/io_uring.h>
#include <linux/time_types.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>

/* ---- futexes: several words at a time, since 5.16 -------------------------------------------- */

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449 /* on every processor */
#endif
#ifndef FUTEX_WAITV_MAX
struct futex_waitv {
    uint64_t val;
    uint64_t uaddr;
    uint32_t flags;
    uint32_t reserved;
};
#endif
#define SX_FUTEX_32                                                                                \
    2u /* FUTEX_32, later FUTEX2_SIZE_U32; shared, since FUTEX2_PRIVATE is not set */
#define SX_FUTEX_ANY_BIT UINT64_C(0xffffffff)

/* ---- io_uring -------------------------------------------------------------------------------- */

/* Operations, since 6.7. */
#define SX_OP_FUTEX_WAIT 51u
#define SX_OP_FUTEX_WAKE 52u
#define SX_OP_FUTEX_WAITV 53u

#define SX_SETUP_SUBMIT_ALL (UINT32_C(1) << 7) /* since 5.18 */
#define SX_SETUP_NO_MMAP (UINT32_C(1) << 14)   /* since 6.5 */
#define SX_SQE_SKIP_SUCCESS (1u << 6)          /* since 5.17 */
#define SX_TIMEOUT_ETIME_SUCCESS (1u << 5)     /* since 5.16 */

#define SX_REGISTER_SYNC_CANCEL 24u /* since 6.0 */
#define SX_CANCEL_ALL (1u << 0)
#define SX_CANCEL_ANY (1u << 2)
struct sx_sync_cancel {
    uint64_t addr;
    int32_t fd;
    uint32_t flags;
    struct __kernel_timespec timeout;
    uint64_t pad[4];
};

_Static_assert(sizeof(struct futex_waitv) == 24, "the kernel's");
_Static_assert(sizeof(struct sx_sync_cancel) == 64, "the kernel's");
_Static_assert(sizeof(struct io_uring_sqe) == 64, "the kernel's");

/* The entry's field `addr3`, which has had that name since 5.19. */
static inline void sx_sqe_set_addr3(struct io_uring_sqe *entry, uint64_t value)
{
    memcpy((char *)entry + 48, &value, sizeof value);
}

#endif
