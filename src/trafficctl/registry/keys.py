"""Device keys and certificate signing requests, as PEM."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def new_key() -> str:
    """A new P-256 key."""
    secret = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return secret.decode()


def request_for(name: str, key: str) -> str:
    """A certificate signing request of `name`, signed with its `key`."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject)
    signed = request.sign(_load(key), hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode()


def public_key_of(key: str) -> bytes:
    """The public key of `key`, as DER."""
    return _public_bytes(_load(key).public_key())


def certified_key_of(certificate: str) -> bytes:
    """The public key in a certificate, to compare with `public_key_of`."""
    return _public_bytes(
        x509.load_pem_x509_certificate(certificate.encode()).public_key()
    )


def _load(key: str) -> ec.EllipticCurvePrivateKey:
    private_key = serialization.load_pem_private_key(key.encode(), password=None)
    assert isinstance(private_key, ec.EllipticCurvePrivateKey)  # noqa: S101 - created here
    return private_key


def _public_bytes(key: object) -> bytes:
    encoded: bytes = key.public_bytes(  # type: ignore[attr-defined] # each kind has it
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return encoded
