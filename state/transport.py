"""What people are told of a connection that failed, instead of a library's class and an error number."""

from __future__ import annotations

import re

_WORDS = {
    "ConnectError": "cannot be reached",
    "ConnectTimeout": "no connection in time",
    "ReadTimeout": "no answer in time",
    "WriteTimeout": "took nothing in time",
    "ReadError": "the connection broke",
    "WriteError": "the connection broke",
    "RemoteProtocolError": "the answer broke off",
}
"""By the names of httpx (https://www.python-httpx.org/exceptions/), which is not imported for this."""

_NUMBER = re.compile(r"^\[Errno -?\d+\] ")


def told(error: Exception) -> str:
    """Say what happened, and then what the system says of it: ``cannot be reached: Name or service not known``."""
    name = type(error).__name__
    return f"{_WORDS.get(name, name)}: {_NUMBER.sub('', str(error))}".rstrip(": ")
