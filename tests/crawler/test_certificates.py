"""Certificates: one that does not hold is an outcome, unless the portal's registry entry says to read it all the same."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.crawler import pages
from tests.crawler.commands import xxgk
from tests.crawler.servers import serve


@pytest.fixture
def broken(tmp_path: Path) -> ssl.SSLContext:
    """A server's TLS with a certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "qinghe")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def test_a_certificate_that_does_not_hold_makes_a_portal_unreachable(tmp_path: Path, broken: ssl.SSLContext) -> None:
    with serve(pages.portal(1), tls=broken) as portal:
        url = f"https://127.0.0.1:{portal.port}{pages.COLUMN}"
        ran = xxgk("crawl", url, "--json", "--delay", "0", "--allow", f"127.0.0.1:{portal.port}", folder=tmp_path)
        assert portal.seen == []
    assert (ran.status, ran.lines[0]["outcome"]) == (1, "unreachable")
    assert "certificate" in ran.lines[0]["detail"]


def test_a_portal_registered_with_a_broken_certificate_is_read(tmp_path: Path, broken: ssl.SSLContext) -> None:
    with serve(pages.portal(1), tls=broken) as portal:
        name = f"127.0.0.1:{portal.port}"
        added = xxgk(
            "portals",
            "add",
            "qinghe",
            f"https://{name}{pages.COLUMN}",
            "--allow",
            name,
            "--insecure-tls",
            "--reason",
            "its certificate vouches for nobody, and it stands on this machine",
            folder=tmp_path,
        )
        assert added.status == 0, added.err
        ran = xxgk("crawl", "qinghe", "--json", "--delay", "0", folder=tmp_path)
    assert (ran.status, ran.lines[0]["outcome"], ran.lines[0]["articles"]) == (0, "ok", 1), ran.out
