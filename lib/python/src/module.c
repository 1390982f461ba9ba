/* SPDX-License-Identifier: MIT */
/*
 * streamx._core: the C part of the package, used by nothing but its Python part.
 *
 * Forks. A handle stays with the process that made it. `before_fork` freezes whatever is looked at,
 * so that a child that inherits views has the bytes; `forked` makes the child's copies of the
 * handles refuse their calls (PermissionError), whatever the parent's threads were doing.
 */
#include "core.h"

static PyObject *before_fork(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    for (struct consumer *c = all_consumers; c; c = c->next)
        if (c->leases.first)
            leases_freeze(&c->leases);
    for (struct producer *p = all_producers; p; p = p->next)
        if (p->leases.first && !p->loan)
            leases_freeze(&p->leases);
    return Py_NewRef(Py_None);
}

static PyObject *forked(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    fork_count++;
    for (struct consumer *c = all_consumers; c; c = c->next)
        if (c->leases.window)
            window_forked(c->leases.window);
    for (struct producer *p = all_producers; p; p = p->next)
        if (p->leases.window)
            window_forked(p->leases.window);
    return Py_NewRef(Py_None);
}

static PyMethodDef functions[] = {
    {"before_fork", before_fork, METH_NOARGS, NULL},
    {"forked", forked, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "streamx._core",
                                        .m_size = -1, .m_methods = functions};

PyMODINIT_FUNC PyInit__core(void)
{
    PyObject *module = PyModule_Create(&definition);

    poll_sentinel = PyObject_CallNoArgs((PyObject *)&PyBaseObject_Type);
    if (module &&
        (!poll_sentinel || PyModule_AddObjectRef(module, "POLL", poll_sentinel) < 0 ||
         errors_init(module) < 0 || lease_init(module) < 0 || message_init(module) < 0 ||
         loan_init(module) < 0 || producer_init(module) < 0 || consumer_init(module) < 0 ||
         object_send_init() < 0 || object_receive_init() < 0 || inspect_init(module) < 0 ||
         PyModule_AddStringConstant(module, "__version__", streamx_version()) < 0 ||
         PyModule_AddIntConstant(module, "ANY_OWNER", STREAMX_ANY_OWNER) < 0 ||
         PyModule_AddIntConstant(module, "TIMESTAMPS", STREAMX_TIMESTAMPS) < 0 ||
         PyModule_AddIntConstant(module, "PIPE", STREAMX_PIPE) < 0 ||
         PyModule_AddIntConstant(module, "SHARED", STREAMX_SHARED) < 0 ||
         PyModule_AddIntConstant(module, "RESUME", STREAMX_RESUME) < 0 ||
         PyModule_AddIntConstant(module, "STAMPS", STREAMX_STAMPS) < 0 ||
         PyModule_AddIntConstant(module, "TAP", STREAMX_TAP) < 0 ||
         PyModule_AddIntConstant(module, "PATIENT", STREAMX_PATIENT) < 0))
        Py_CLEAR(module);
    return module;
}
