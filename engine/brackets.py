"""Tables of a TOML file in the wrong brackets: what there may be several of wants two, anything else wants one.

Each reads like the other, and TOML takes both.
"""

from collections.abc import Mapping
from typing import Any, get_args, get_origin

import attrs


def check(table: Mapping[str, Any], kind: type, at: str = "") -> None:
    """Raises ValueError that names the key and how it is to be written."""
    for field in attrs.fields(kind):
        value, key = table.get(field.name), f"{at}{field.name}"
        several = get_origin(field.type) is tuple and attrs.has(get_args(field.type)[0])
        single = get_origin(field.type) is dict or (field.type is not None and attrs.has(field.type))
        if several and isinstance(value, dict):
            raise ValueError(f"{key}: there may be several: write [[{key}]], in two brackets, for each")
        if single and isinstance(value, list) and any(isinstance(each, dict) for each in value):
            raise ValueError(f"{key}: there is one: write [{key}], in single brackets")
        if several and isinstance(value, list):
            for each in value:
                _check_below(each, get_args(field.type)[0], key)
        elif field.type is not None and attrs.has(field.type):
            _check_below(value, field.type, key)


def _check_below(value: object, kind: type, key: str) -> None:
    if isinstance(value, dict):
        check(value, kind, f"{key}.")
