"""Addresses of shared storage: a folder or a bucket, and never a secret in them, since they stand on the card."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from archive.errors import ArchiveError

SCHEMES = ("file", "s3")


def checked(address: str) -> str:
    """The address as the card has it: ``file:///folder`` or ``s3://bucket/prefix``. Raises :class:`ArchiveError`.

    A path is taken as a folder of this machine. Who may use a bucket is said in fsspec's own configuration, or in the
    environment, never in the address.
    """
    if address.startswith("/"):
        return f"file://{Path(address)}"
    try:
        parts = urlsplit(address)
        secret = parts.password is not None or parts.username is not None or "@" in parts.netloc
    except ValueError as error:
        raise ArchiveError(_wrong(error)) from error
    if secret or parts.query or parts.fragment:
        raise ArchiveError(
            "an address of a storage has no name, password or key in it: give them in the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY) or in fsspec's configuration"
        )
    if parts.scheme not in SCHEMES or "::" in address or not address.isprintable():
        raise ArchiveError(_wrong("this is neither"))
    if parts.scheme == "file":
        if parts.netloc or not parts.path.startswith("/"):
            raise ArchiveError(_wrong("a folder is given from the root on"))
        return f"file://{Path(parts.path)}"
    if not parts.netloc or ".." in parts.path.split("/"):
        raise ArchiveError(_wrong("the bucket is lacking" if not parts.netloc else "its prefix leads upwards"))
    return f"s3://{parts.netloc}{parts.path.rstrip('/')}"


def _wrong(why: object) -> str:
    return f"a storage is a folder (file:///mnt/xxgk) or a bucket (s3://bucket/prefix), and {why}"
