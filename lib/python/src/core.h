/* SPDX-License-Identifier: MIT */
/*
 * The extension behind the Python package. It uses streamx.h alone, as any program does, and
 * Python's stable ABI, so that one build serves every Python from 3.11 on. Everything is called
 * with the GIL held, unless said otherwise. From the ground up, each part using those before it:
 *
 *     errors, convert, gate, wait, window, lease, type      what both sides need
 *     producer, loan, object_send, producer_put, producer_type
 *     consumer, message, object_receive, consumer_type
 *     inspect, module
 */
#ifndef STREAMX_PYTHON_CORE_H
#define STREAMX_PYTHON_CORE_H

#ifndef Py_LIMITED_API
#define Py_LIMITED_API 0x030b0000
#endif
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>
#include <stdint.h>

#include "streamx.h"

#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

#endif
