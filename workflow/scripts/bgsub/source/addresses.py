"""Addresses of downloads: what may be shown of them, and which file came from which."""

import hashlib
import json
import os
import re
import secrets
from pathlib import Path
from urllib.parse import parse_qs, urlsplit, urlunsplit

from bgsub.errors import InputError
from bgsub.source.origin import origin_path, read_origin, sample_of

_ROUNDS = 100_000  # of a hash that is slow on purpose: an address may hold a password
_DRIVE_HOSTS = ("drive.google.com", "docs.google.com", "drive.usercontent.google.com")


def shown(address: str) -> str:
    """Return an address without what may be secret: user, password, query and fragment.

    What is no address of the web, such as the id of a Google Drive file, stays as it is.
    """
    if not re.match(r"[a-z]+://", address, re.IGNORECASE):
        return address
    try:
        parts = urlsplit(address)
    except ValueError:
        return without_secrets(address)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def without_secrets(text: str) -> str:
    """Return a message without the users, passwords and queries of the addresses in it."""
    text = re.sub(r"//[^/\s@'\"]*@", "//", text)
    return re.sub(r"\?[^\s'\")>]*=[^\s'\")>]*", "", text)


def with_variables(address: str) -> str:
    """Return an address with the environment's values for `${NAME}`; InputError if there is none."""

    def value(found: re.Match) -> str:
        if found[1] not in os.environ:
            raise InputError(f"url: no environment variable {found[1]}, which {shown(address)} names; set it")
        return os.environ[found[1]]

    return re.sub(r"\$\{(\w+)\}", value, address)


def drive_id(text: str) -> str:
    """Return the id of a Google Drive file, of which the text may be the id or a link to it.

    InputError if it is a link to a folder, a document, or to elsewhere.
    """
    if re.fullmatch(r"[-\w]+", text, re.ASCII):
        return text
    parts = urlsplit(text if "://" in text else f"https://{text}")
    if parts.hostname in _DRIVE_HOSTS:
        in_path = re.search(r"^/file(?:/u/\d+)?/d/([-\w]+)", parts.path, re.ASCII)
        if in_path:
            return in_path[1]
        in_query = parse_qs(parts.query).get("id", [""])[0]
        if parts.path in ("/open", "/uc", "/download") and re.fullmatch(r"[-\w]+", in_query, re.ASCII):
            return in_query
    raise InputError(
        f"gdrive: found '{shown(text)}', expected the id of a file, or a link such as "
        "https://drive.google.com/file/d/ID/view: share the file itself, no folder and no document"
    )


def fingerprint(address: str, salt: str | None = None) -> dict[str, str]:
    """Return what an address is recognised by: the part that may be shown, and a salted hash of all of it."""
    salt = salt or secrets.token_hex(16)
    digest = hashlib.pbkdf2_hmac(
        "sha256", address.encode("utf-8", "surrogatepass"), bytes.fromhex(salt), _ROUNDS
    )
    return {"address": shown(address), "salt": salt, "hash": digest.hex()}


def is_of(note: dict, address: str) -> bool:
    """Tell whether a fingerprint is that of an address."""
    salt = note.get("salt")
    return isinstance(salt, str) and fingerprint(address, salt)["hash"] == note.get("hash")


def write_origin(file: Path, address: str, sha256: str | None, fetched: Path | None = None) -> None:
    """Note a file's address, a sample, and a checksum if it was `fetched`, to where it lies till then."""
    from bgsub.files import write_text  # loads what planning, which asks for `shown`, does without

    note = fingerprint(address) | {"sample": sample_of(fetched or file), "sha256": sha256}
    write_text(origin_path(file), json.dumps(note, indent=2) + "\n")


def expect_origin(file: Path, address: str) -> None:
    """Raise `InputError` if a file came from another address; note this one if nothing is known of it."""
    note = read_origin(file)
    if not note:
        write_origin(file, address, None)
    elif not is_of(note, address):
        same = note.get("address") == shown(address)
        differs = " (it differs in what is not shown of it)" if same else ""
        raise InputError(
            f"{file} came from another address, {note.get('address')}{differs}, not from {shown(address)}: "
            "give the clip a `file` of its own, or delete that file to have it fetched anew"
        )
