"""openssl's command line, and authorities, certificates and files made with it, outside of the gateway."""

import base64
import subprocess

from cryptography import x509
from cryptography.hazmat.primitives import serialization

KEY_OPTIONS = {
    "RSA": ["-newkey", "rsa:2048"],
    "RSA-3072": ["-newkey", "rsa:3072"],
    "P-256": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "P-256K": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp256k1"],
    "P-384": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"],
    "P-521": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-521"],
}


def openssl(*arguments, given=None):
    """What openssl prints; it must succeed."""
    done = subprocess.run(["openssl", *map(str, arguments)], input=given, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout


def pem_of(der):
    """A certificate in DER as PEM."""
    return x509.load_der_x509_certificate(bytes(der)).public_bytes(serialization.Encoding.PEM)


class Authority:
    """A certificate authority that openssl made in a folder: a root and one below it, which signs."""

    def __init__(self, folder):
        self.folder = folder
        self.root, self.middle = folder / "root.pem", folder / "middle.pem"
        usage = "keyUsage=critical,keyCertSign,cRLSign"
        # fmt: off
        openssl("req", "-x509", *KEY_OPTIONS["P-256"], "-noenc", "-keyout", folder / "root.key", "-out", self.root,
                "-subj", "/CN=Outside root", "-days", "3650", "-addext", usage)
        openssl("req", "-new", *KEY_OPTIONS["P-256"], "-noenc", "-keyout", folder / "middle.key", "-out", folder / "middle.csr",
                "-subj", "/CN=Outside issuing authority")
        (folder / "middle.ext").write_text(f"basicConstraints=critical,CA:TRUE,pathlen:0\n{usage}\n")
        openssl("x509", "-req", "-in", folder / "middle.csr", "-CA", self.root, "-CAkey", folder / "root.key", "-days", "3000",
                "-extfile", folder / "middle.ext", "-out", self.middle)
        # fmt: on

    def sign(self, request, days=90):
        """Signs a request in DER as it asks; gives the certificate in DER."""
        path = self.folder / "leaf.csr"
        path.write_bytes(request)
        # fmt: off
        return openssl("x509", "-req", "-inform", "DER", "-in", path, "-CA", self.middle, "-CAkey", self.folder / "middle.key",
                       "-days", days, "-copy_extensions", "copyall", "-outform", "DER")
        # fmt: on

    def chain(self):
        """The authorities in DER, the signing one first."""
        return [der_of(path) for path in (self.middle, self.root)]

    def verify(self, certificate):
        """Demands that a certificate in DER, signed here, is found good."""
        path = self.folder / "verify.pem"
        path.write_bytes(pem_of(certificate))
        openssl("verify", "-CAfile", self.root, "-untrusted", self.middle, path)

    def leaf(self, kind="RSA", subject="/CN=imported.example", names="DNS:imported.example,DNS:www.imported.example", days=90):
        """Makes a key and a certificate of it; gives the paths of both, in PEM."""
        key, request, leaf = (self.folder / f"leaf-{kind}.{end}" for end in ("key", "csr", "pem"))
        # fmt: off
        openssl("req", "-new", *KEY_OPTIONS[kind], "-noenc", "-keyout", key, "-out", request, "-outform", "DER", "-subj", subject,
                "-addext", f"subjectAltName={names}", "-addext", "keyUsage=critical,digitalSignature",
                "-addext", "extendedKeyUsage=serverAuth")
        # fmt: on
        leaf.write_bytes(pem_of(self.sign(request.read_bytes(), days)))
        return key, leaf

    def pfx(self, kind="RSA", password="", *options, chain=True):
        """A PKCS #12 file of a new certificate, and the certificate in DER."""
        key, leaf = self.leaf(kind)
        more = self.folder / "chain.pem"
        more.write_bytes(self.middle.read_bytes() + self.root.read_bytes())
        bag = ["-certfile", more] if chain else []
        file = openssl("pkcs12", "-export", "-inkey", key, "-in", leaf, *bag, "-passout", f"pass:{password}", *options)
        return file, der_of(leaf)

    def p7b(self, certificate):
        """A PKCS #7 file in DER of a certificate in DER and the authorities."""
        path = self.folder / "p7b.pem"
        path.write_bytes(pem_of(certificate) + self.middle.read_bytes() + self.root.read_bytes())
        return openssl("crl2pkcs7", "-nocrl", "-certfile", path, "-outform", "DER")


def der_of(path):
    """The first certificate of a PEM file in DER."""
    return x509.load_pem_x509_certificate(path.read_bytes()).public_bytes(serialization.Encoding.DER)


def read_pfx(value, folder, password=""):
    """What openssl reads from a PKCS #12 file in base64: private key and certificates in PEM, as text."""
    path = folder / "read.pfx"
    path.write_bytes(base64.b64decode(value))
    return openssl("pkcs12", "-in", path, "-passin", f"pass:{password}", "-noenc").decode()
