/* SPDX-License-Identifier: MIT */
/* Sorts what libnats and JetStream say into the few kinds that a bridge acts upon. */
#include "nats/failure.h"

#include "common/exit_status.h"

#include <stdarg.h>
#include <stdio.h>

enum sx_failure_kind sx_failure_set(struct sx_failure *failure, enum sx_failure_kind kind,
                                    const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(failure->text, sizeof failure->text, format, arguments);
    va_end(arguments);
    failure->kind = kind;
    return kind;
}

static enum sx_failure_kind kind_of_code(jsErrCode code)
{
    switch (code) {
    case JSStreamNotFoundErr:
    case JSConsumerNotFoundErr:
    case JSNoMessageFoundErr:
        return SX_FAILURE_ABSENT;
    case JSNotEnabledErr:
    case JSNotEnabledForAccountErr:
        return SX_FAILURE_REFUSED;
    case JSStreamNameExistErr:
    case JSStreamSubjectOverlapErr:
    case JSStreamInvalidConfig:
    case JSStreamReplicasNotSupportedErr:
    case JSStreamMaxBytesRequiredErr:
    case JSConsumerBadDurableNameErr:
    case JSConsumerFilterNotSubsetErr:
    case JSConsumerWQMultipleUnfilteredErr:
    case JSConsumerWQConsumerNotUniqueErr:
    case JSConsumerWQConsumerNotDeliverAllErr:
        return SX_FAILURE_UNFIT;
    default:
        return SX_FAILURE_PASSING;
    }
}

static enum sx_failure_kind kind_of_status(natsStatus status)
{
    switch (status) {
    case NATS_CONNECTION_AUTH_FAILED:
    case NATS_NOT_PERMITTED:
    case NATS_SSL_ERROR:
    case NATS_SECURE_CONNECTION_WANTED:
    case NATS_SECURE_CONNECTION_REQUIRED:
        return SX_FAILURE_REFUSED;
    case NATS_NOT_FOUND:
        return SX_FAILURE_ABSENT;
    case NATS_NO_MEMORY:
    case NATS_INVALID_ARG:
    case NATS_INVALID_SUBJECT:
    case NATS_ADDRESS_MISSING:
        return SX_FAILURE_SYSTEM;
    default:
        return SX_FAILURE_PASSING;
    }
}

enum sx_failure_kind sx_failure_of(struct sx_failure *failure, const char *what, natsStatus status,
                                   jsErrCode code)
{
    const char *detail = nats_GetLastError(NULL);
    enum sx_failure_kind kind = code != 0 ? kind_of_code(code) : kind_of_status(status);

    if (!detail || *detail == '\0')
        detail = natsStatus_GetText(status);
    if (code != 0)
        return sx_failure_set(failure, kind, "%s: %s (%d)", what, detail, (int)code);
    return sx_failure_set(failure, kind, "%s: %s", what, detail);
}

int sx_failure_status(enum sx_failure_kind kind)
{
    switch (kind) {
    case SX_FAILURE_NONE:
        return SX_STATUS_DONE;
    case SX_FAILURE_PASSING:
    case SX_FAILURE_ABSENT:
        return SX_STATUS_ABSENT;
    case SX_FAILURE_REFUSED:
        return SX_STATUS_PERMISSION;
    case SX_FAILURE_UNFIT:
        return SX_STATUS_CREATE;
    case SX_FAILURE_SYSTEM:
        break;
    }
    return SX_STATUS_FAILED;
}
