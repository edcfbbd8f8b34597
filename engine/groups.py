"""trio's nurseries let exceptions out in groups; people are told of one."""


def first_of(error: BaseException) -> BaseException:
    """The first plain exception of a group, or the exception itself."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
