"""TLS for served fakes: an authority of one's own to trust, and a relay that ends TLS in front of a server.

The certificate names the vendors' hosts too, so an unmodified client can be sent here by a hosts entry.
"""

import asyncio
import contextlib
import os
import ssl
import threading
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

AUTHORITY_FILE, AUTHORITY_KEY_FILE = "fakes-ca.pem", "fakes-ca.key"
_SERVER_FILE = "fakes-server.pem"
_HOSTS = ("localhost", "a.klaviyo.com", "www.klaviyo.com", "cloud.lightspeedapp.com", "api.lightspeedapp.com")
_ADDRESSES = ("127.0.0.1", "::1")
_AUTHORITY_LIFE, _SERVER_LIFE = timedelta(days=3650), timedelta(days=90)
_PIECE_BYTES = 256 * 1024


def context(folder: Path) -> ssl.SSLContext:
    """A server's TLS context. The authority in `folder` is made once and kept, so it is trusted once.

    Raises OSError when the folder cannot be written, ValueError when what it holds is no authority.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / AUTHORITY_FILE).exists():
        _make_authority(folder)
    _make_server(folder)
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(folder / _SERVER_FILE)
    return made


def _make_authority(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("tillproof fakes: an authority for tests")
    built = _certificate(name, name, key, key, _AUTHORITY_LIFE).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    )
    _write(folder / AUTHORITY_KEY_FILE, _pem(key))
    (folder / AUTHORITY_FILE).write_bytes(
        built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    )


def _make_server(folder: Path) -> None:
    authority = x509.load_pem_x509_certificate((folder / AUTHORITY_FILE).read_bytes())
    signer = serialization.load_pem_private_key((folder / AUTHORITY_KEY_FILE).read_bytes(), None)
    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{folder / AUTHORITY_KEY_FILE} is not a key made here; delete it and start again")
    key = ec.generate_private_key(ec.SECP256R1())
    names = [x509.DNSName(host) for host in _HOSTS] + [x509.IPAddress(ip_address(one)) for one in _ADDRESSES]
    built = (
        _certificate(_name("tillproof fakes"), authority.subject, key, signer, _SERVER_LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
    )
    signed = built.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    _write(folder / _SERVER_FILE, _pem(key) + signed)


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    life: timedelta,
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)  # the machine's time, whatever the fakes' clock says: clients check against it
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def _write(path: Path, content: bytes) -> None:
    """Readable by its owner alone."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)


class Relay:
    """Ends TLS on `port` and passes the bytes on to a plain server on the same machine."""

    def __init__(self, context: ssl.SSLContext, host: str, port: int, behind: int) -> None:
        """Listens at once; raises OSError when the port is taken. `port` 0 takes a free one."""
        self._host, self._behind = host, behind
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        listening: Future[int] = Future()
        # In a thread from the start: the caller's may have a loop of its own.
        self._thread = threading.Thread(
            target=self._run, args=(context, port, listening), name=f"tls-{port}", daemon=True
        )
        self._thread.start()
        try:
            self.port = listening.result()
        except OSError:
            self._thread.join()
            raise

    def stop(self) -> None:
        """Stop listening and drop every connection."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def _run(self, context: ssl.SSLContext, port: int, listening: "Future[int]") -> None:
        try:
            self._loop.run_until_complete(self._live(context, port, listening))
        finally:
            self._loop.close()

    async def _live(self, context: ssl.SSLContext, port: int, listening: "Future[int]") -> None:
        try:
            server = await asyncio.start_server(self._serve, self._host, port, ssl=context)
        except OSError as error:
            listening.set_exception(error)
            return
        listening.set_result(int(server.sockets[0].getsockname()[1]))
        await self._stopping.wait()
        server.close()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection(self._host, self._behind)
        # Cancelled only by `stop`, and then there is nobody left to tell.
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(_pass(reader, inner_writer), _pass(inner_reader, writer))


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Everything until either side hangs up."""
    try:
        with contextlib.suppress(OSError, ssl.SSLError):
            while piece := await reader.read(_PIECE_BYTES):
                writer.write(piece)
                await writer.drain()
    finally:
        writer.close()
