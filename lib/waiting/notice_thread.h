/* SPDX-License-Identifier: MIT */
/* What stands behind a notice where there is no io_uring; the calls are notice.h's. */
#ifndef SX_NOTICE_THREAD_H
#define SX_NOTICE_THREAD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct sx_notice_thread;

int sx_notice_thread_open(struct sx_notice_thread **thread);
int sx_notice_thread_fd(const struct sx_notice_thread *thread);
void sx_notice_thread_begin(struct sx_notice_thread *thread, bool anew);
bool sx_notice_thread_watch(struct sx_notice_thread *thread, int pidfd);
void sx_notice_thread_arm(struct sx_notice_thread *thread, const _Atomic uint32_t *word,
                          uint32_t value, int64_t until_ns);
void sx_notice_thread_fire(struct sx_notice_thread *thread);
void sx_notice_thread_close(struct sx_notice_thread *thread, bool own);

#endif
