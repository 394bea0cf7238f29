"""Whether an address can be a scheduler's, before anybody is called."""

from __future__ import annotations

import warnings
from contextlib import suppress

from backtest.errors import BadUsage

ENCRYPTED = ("tls", "wss")


def refuse_no_address(address: str) -> None:
    """Refuse what no scheduler could have as its address.

    A client that is made of such a one fails halfway, and then waits for itself to close.

    Raises:
        BadUsage: it has no known scheme, host or port, or what the scheme needs is not here.
    """
    try:
        _read(address)
    except (ValueError, TypeError, ImportError, Warning) as error:
        raise BadUsage.because(
            "no-address",
            f"`{address}` is no address of a Dask scheduler ({short(error)})",
            field="scheduler",
            hint="as tcp://host:8786; `dask scheduler` prints its own",
        ) from None


def short(error: Exception) -> str:
    """Return the first line of what went wrong."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def _read(address: str) -> None:
    """Read an address as the library does.

    Raises:
        ValueError, TypeError, ImportError, Warning: it cannot.
    """
    if "@" in address:  # What comes before it may be a password, which the library would repeat.
        raise ValueError("a name or a password has no place in it")
    from distributed.comm.addressing import parse_address
    from distributed.comm.registry import get_backend

    scheme, place = parse_address(address)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # What matters is an error.
        backend = get_backend(scheme)
        backend.get_address_host(place)
        backend.get_connector()
    with suppress(NotImplementedError):  # One in this process has no port.
        _, port = backend.get_address_host_port(place)
        if not 0 < port < 1 << 16:
            raise ValueError(f"no port has the number {port}")
    if scheme in ENCRYPTED and not _has_certificates():
        raise ValueError(f"{scheme} needs certificates, which Dask's configuration does not name")


def _has_certificates() -> bool:
    from distributed import Security

    return Security().get_connection_args("client").get("ssl_context") is not None
