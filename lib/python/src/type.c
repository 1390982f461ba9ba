/* SPDX-License-Identifier: MIT */
/* Making types: each is an attribute of the module, and is referred to by what makes its
 * objects. */
#include "type.h"

PyTypeObject *type_new(PyObject *module, PyType_Spec *spec, const char *name)
{
    PyObject *type = PyType_FromModuleAndSpec(module, spec, NULL);

    if (type && PyModule_AddObjectRef(module, name, type) < 0)
        Py_CLEAR(type);
    return (PyTypeObject *)type;
}
