/* SPDX-License-Identifier: MIT */
/*
 * Included ahead of every source file of the library by the build: what the public header declares
 * is visible outside the shared library, and everything else is hidden.
 */
#ifndef SX_EXPORT_H
#define SX_EXPORT_H

#pragma GCC visibility push(default)
#include "../../include/streamx.h"
#pragma GCC visibility pop

#endif /* SX_EXPORT_H */
