/* SPDX-License-Identifier: MIT */
/*
 * streamx._core: the C part of the package, used by nothing but its Python part.
 *
 * Forks. A handle stays with the process that made it. `before_fork` freezes whatever is looked at,
 * so that a child that inherits views has the bytes; `forked` makes the child's copies of the
 * handles refuse their calls (PermissionError), whatever the parent's threads were doing.
 */
#include "consumer.h"
#include "consumer_type.h"
#include "convert.h"
#include "errors.h"
#include "inspect.h"
#include "loan.h"
#include "message.h"
#include "object_receive.h"
#include "object_send.h"
#include "producer.h"
#include "producer_type.h"

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

static int add_constants(PyObject *module)
{
    static const struct {
        const char *name;
        long value;
    } flags[] = {
        {"ANY_OWNER", STREAMX_ANY_OWNER},
        {"TIMESTAMPS", STREAMX_TIMESTAMPS},
        {"PIPE", STREAMX_PIPE},
        {"SHARED", STREAMX_SHARED},
        {"RESUME", STREAMX_RESUME},
        {"STAMPS", STREAMX_STAMPS},
        {"TAP", STREAMX_TAP},
        {"PATIENT", STREAMX_PATIENT},
    };

    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (PyModule_AddIntConstant(module, flags[i].name, flags[i].value) < 0)
            return -1;
    return PyModule_AddStringConstant(module, "__version__", streamx_version());
}

PyMODINIT_FUNC PyInit__core(void)
{
    static int (*const parts[])(PyObject * module) = {
        errors_init,        convert_init,       lease_init,    loan_init,
        object_send_init,   producer_type_init, message_init,  object_receive_init,
        consumer_type_init, inspect_init,       add_constants,
    };
    PyObject *module = PyModule_Create(&definition);

    for (size_t i = 0; module && i < sizeof parts / sizeof parts[0]; i++)
        if (parts[i](module) < 0)
            Py_CLEAR(module);
    return module;
}
