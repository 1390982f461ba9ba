/* SPDX-License-Identifier: MIT */
/* streamx._core's functions that look at streams and tidy them up. */
#include "inspect.h"

#include <string.h>

#include "convert.h"
#include "errors.h"

static PyObject *number(uint64_t value)
{
    return PyLong_FromUnsignedLongLong(value);
}

static PyObject *text(const char *utf8)
{
    return PyUnicode_DecodeUTF8(utf8, (Py_ssize_t)strlen(utf8), "replace");
}

/* Puts a value into the dict; false with an exception. Takes over the reference to it. */
static bool put(PyObject *dict, const char *key, PyObject *value)
{
    bool done = value && PyDict_SetItemString(dict, key, value) == 0;

    Py_XDECREF(value);
    return done;
}

static bool put_numbers(PyObject *dict, const struct streamx_info *i)
{
    return put(dict, "state", number(i->state)) && put(dict, "flags", number(i->flags)) &&
           put(dict, "pid", number(i->pid)) && put(dict, "uid", number(i->uid)) &&
           put(dict, "mode", number(i->mode)) && put(dict, "slots", number(i->slots)) &&
           put(dict, "slot_size", number(i->slot_size)) &&
           put(dict, "max_consumers", number(i->max_consumers)) &&
           put(dict, "min_consumers", number(i->min_consumers)) &&
           put(dict, "consumers", number(i->consumers)) &&
           put(dict, "published", number(i->published)) &&
           put(dict, "publications", number(i->publications)) &&
           put(dict, "bytes", number(i->bytes)) &&
           put(dict, "acknowledged", number(i->acknowledged)) &&
           put(dict, "waiting_for", number(i->waiting_for)) &&
           put(dict, "waiting_ns", number(i->waiting_ns)) &&
           put(dict, "created_ns", number(i->created_ns)) &&
           put(dict, "evict_after_ns", PyLong_FromLongLong(i->evict_after_ns)) &&
           put(dict, "segment_bytes", number(i->segment_bytes)) &&
           put(dict, "last_stamp", number(i->last_stamp)) &&
           put(dict, "acknowledged_by_all", number(i->acknowledged_by_all)) &&
           put(dict, "producers", number(i->producers)) &&
           put(dict, "publications_in_ring", number(i->publications_in_ring));
}

/* inspect(name) -> dict of what struct streamx_info holds */
static PyObject *inspect(PyObject *module, PyObject *name)
{
    const char *utf8 = text_from(name, "name");
    struct streamx_info info;
    PyObject *dict;
    int result;

    (void)module;
    if (!utf8)
        return NULL;
    result = streamx_inspect(utf8, &info, sizeof info);
    if (result != 0)
        return raise_result(result, name);
    dict = PyDict_New();
    if (dict && put(dict, "name", text(info.name)) && put(dict, "type", text(info.type)) &&
        put_numbers(dict, &info))
        return dict;
    Py_XDECREF(dict);
    return NULL;
}

static int add_consumer(const struct streamx_consumer_info *i, void *arg)
{
    PyObject *list = arg, *dict = PyDict_New();
    bool done = dict && put(dict, "attach", number(i->attach)) &&
                put(dict, "acknowledged", number(i->acknowledged)) &&
                put(dict, "behind", number(i->behind)) &&
                put(dict, "attached_ns", number(i->attached_ns)) &&
                put(dict, "waited_ns", number(i->waited_ns)) && put(dict, "pid", number(i->pid)) &&
                put(dict, "state", number(i->state)) && put(dict, "label", text(i->label)) &&
                PyList_Append(list, dict) == 0;

    Py_XDECREF(dict);
    return done ? 0 : RAISED;
}

static int add_name(const char *name, void *arg)
{
    PyObject *text = PyUnicode_DecodeFSDefault(name);
    bool done = text && PyList_Append(arg, text) == 0;

    Py_XDECREF(text);
    return done ? 0 : RAISED;
}

static PyObject *list_or_error(PyObject *list, int result, PyObject *name)
{
    if (result == 0)
        return list;
    Py_DECREF(list);
    return raise_result(result, name);
}

static int add_producer(const struct streamx_producer_info *i, void *arg)
{
    PyObject *list = arg, *dict = PyDict_New();
    bool done = dict && put(dict, "attach", number(i->attach)) &&
                put(dict, "attached_ns", number(i->attached_ns)) &&
                put(dict, "waited_ns", number(i->waited_ns)) && put(dict, "pid", number(i->pid)) &&
                put(dict, "state", number(i->state)) &&
                put(dict, "has_turn", PyBool_FromLong(i->has_turn)) &&
                put(dict, "label", text(i->label)) && PyList_Append(list, dict) == 0;

    Py_XDECREF(dict);
    return done ? 0 : RAISED;
}

static PyObject *inspect_producers(PyObject *module, PyObject *name)
{
    const char *utf8 = text_from(name, "name");
    PyObject *list = utf8 ? PyList_New(0) : NULL;

    (void)module;
    return list ? list_or_error(list, streamx_inspect_producers(utf8, add_producer, list), name)
                : NULL;
}

static PyObject *inspect_consumers(PyObject *module, PyObject *name)
{
    const char *utf8 = text_from(name, "name");
    PyObject *list = utf8 ? PyList_New(0) : NULL;

    (void)module;
    return list ? list_or_error(list, streamx_inspect_consumers(utf8, add_consumer, list), name)
                : NULL;
}

static PyObject *list_streams(PyObject *module, PyObject *unused)
{
    PyObject *list = PyList_New(0);

    (void)module;
    (void)unused;
    return list ? list_or_error(list, streamx_list(add_name, list), NULL) : NULL;
}

static PyObject *remove_stream(PyObject *module, PyObject *args)
{
    PyObject *name;
    const char *text;
    int force, result;

    (void)module;
    if (!PyArg_ParseTuple(args, "Up", &name, &force) || !(text = text_from(name, "name")))
        return NULL;
    result = streamx_remove(text, force ? STREAMX_FORCE : 0);
    return result == 0 ? Py_NewRef(Py_None) : raise_result(result, name);
}

int inspect_init(PyObject *module)
{
    static PyMethodDef functions[] = {
        {"inspect", inspect, METH_O, NULL},
        {"inspect_consumers", inspect_consumers, METH_O, NULL},
        {"inspect_producers", inspect_producers, METH_O, NULL},
        {"list_streams", list_streams, METH_NOARGS, NULL},
        {"remove", remove_stream, METH_VARARGS, NULL},
        {NULL, NULL, 0, NULL},
    };

    return PyModule_AddFunctions(module, functions);
}
