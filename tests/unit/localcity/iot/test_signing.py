"""Certificates that are signed with a remembered key are the same certificates."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from ministack.core import x509_utils

from localcity.iot.signing import Remembering
from trafficctl.registry.keys import new_key, request_for


def test_a_remembered_key_is_the_key() -> None:
    _, secret = x509_utils.generate_ca()
    remembering = Remembering(serialization)
    first = remembering.load_pem_private_key(secret.encode(), password=None)
    again = remembering.load_pem_private_key(secret.encode(), password=None)
    plain = serialization.load_pem_private_key(secret.encode(), password=None)
    assert first is again
    assert first.private_numbers() == plain.private_numbers()


def test_another_key_is_not_mistaken_for_it() -> None:
    remembering = Remembering(serialization)
    numbers = {
        remembering.load_pem_private_key(secret.encode(), password=None).key_size
        for _, secret in (x509_utils.generate_ca(),)
    }
    other = remembering.load_pem_private_key(new_key().encode(), password=None)
    assert other.key_size not in numbers


def test_all_else_is_as_the_module_has_it() -> None:
    assert Remembering(serialization).Encoding is serialization.Encoding


def test_a_certificate_is_signed_for_the_key_that_asked() -> None:
    authority = x509_utils.generate_ca()
    request = request_for("d", new_key())
    signed = x509_utils.sign_certificate_request(*authority, request)
    certificate = x509.load_pem_x509_certificate(signed.encode())
    issuer = x509.load_pem_x509_certificate(authority[0].encode())
    certificate.verify_directly_issued_by(issuer)
    asked = x509.load_pem_x509_csr(request.encode())
    assert certificate.public_key() == asked.public_key()
