/* SPDX-License-Identifier: MIT */
/* Making types. */
#ifndef STREAMX_PYTHON_TYPE_H
#define STREAMX_PYTHON_TYPE_H

#include "core.h"

/* A method that takes its arguments as arguments() does. */
#define FAST_METHOD(name, function, doc)                                                           \
    {                                                                                              \
        name, (PyCFunction)(void (*)(void))(function), METH_FASTCALL | METH_KEYWORDS, doc          \
    }

/* Makes the type, and the module's attribute `name` of it. A reference; NULL with an exception. */
PyTypeObject *type_new(PyObject *module, PyType_Spec *spec, const char *name);

#endif
