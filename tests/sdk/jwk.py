"""Keys made by `cryptography`, outside of the gateway, in the form in which the SDK imports them, and the way back."""

import base64
import os

from azure.keyvault.keys import JsonWebKey
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

CURVES = {"P-256": ec.SECP256R1(), "P-256K": ec.SECP256K1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}


def octets(number, length=None):
    """A number as big-endian bytes, the fewest unless a length is given."""
    return number.to_bytes(length or (number.bit_length() + 7) // 8, "big")


def rsa_key(bits=2048):
    """A new private key and its importable form."""
    private = rsa.generate_private_key(65537, bits)
    numbers = private.private_numbers()
    public = numbers.public_numbers
    jwk = JsonWebKey(
        kty="RSA",
        n=octets(public.n),
        e=octets(public.e),
        d=octets(numbers.d),
        p=octets(numbers.p),
        q=octets(numbers.q),
        dp=octets(numbers.dmp1),
        dq=octets(numbers.dmq1),
        qi=octets(numbers.iqmp),
    )
    return private, jwk


def ec_key(curve):
    """A new private key on a curve and its importable form."""
    private = ec.generate_private_key(CURVES[curve])
    numbers = private.private_numbers()
    length = (private.key_size + 7) // 8
    public = numbers.public_numbers
    jwk = JsonWebKey(
        kty="EC", crv=curve, x=octets(public.x, length), y=octets(public.y, length), d=octets(numbers.private_value, length)
    )
    return private, jwk


def oct_key(bits):
    """New bytes of a symmetric key and its importable form."""
    value = os.urandom(bits // 8)
    return value, JsonWebKey(kty="oct", k=value)


def encoded(octets):
    """Bytes as requests and answers hold them."""
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def plain(jwk):
    """The key as JSON, for requests without the SDK."""
    members = {name: value for name, value in vars(jwk).items() if not name.startswith("_") and value is not None}
    return {name: encoded(value) if isinstance(value, bytes) else value for name, value in members.items()}


def public_key(jwk):
    """The public key that an answer tells, for `cryptography`."""
    if jwk.kty == "RSA":
        return rsa.RSAPublicNumbers(int.from_bytes(jwk.e, "big"), int.from_bytes(jwk.n, "big")).public_key()
    x, y = (int.from_bytes(coordinate, "big") for coordinate in (jwk.x, jwk.y))
    return ec.EllipticCurvePublicNumbers(x, y, CURVES[jwk.crv]).public_key()


def private_members(jwk):
    """The private members that an answer tells: always none."""
    return [member for member in ("d", "p", "q", "dp", "dq", "qi", "k", "t") if getattr(jwk, member, None) is not None]


def der_signature(raw):
    """An ECDSA signature of two numbers side by side, as JWA has it, in the form that X.509 knows."""
    half = len(raw) // 2
    return encode_dss_signature(int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))
