"""A certificate authority of this run, and certificates for loopback."""

import ssl

from installation import must


class Authority:
    """A certificate authority that lives as long as the run directory."""

    def __init__(self, directory):
        self.directory = directory
        self.certificate = directory / "ca.pem"
        self.key = directory / "ca.key"
        must([
            "openssl", "req", "-x509", *self.new_key(self.key), "-out", self.certificate,
            "-days", "2", "-subj", "/CN=fedjoin tests, this run only",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign",
        ])  # fmt: skip
        self.tls = ssl.create_default_context(cafile=str(self.certificate))

    def issue(self, label):
        """Makes LABEL.crt and LABEL.key, good for loopback on any port."""
        certificate, key, request, extensions = (
            self.directory / f"{label}.{kind}" for kind in ("crt", "key", "csr", "ext")
        )
        extensions.write_text(
            "subjectAltName=IP:127.0.0.1,DNS:localhost\n"
            "extendedKeyUsage=serverAuth\n"
            "authorityKeyIdentifier=keyid\n"
        )
        must(["openssl", "req", *self.new_key(key), "-out", request, "-subj", f"/CN={label}"])
        must([
            "openssl", "x509", "-req", "-in", request, "-out", certificate, "-days", "2",
            "-CA", self.certificate, "-CAkey", self.key, "-CAcreateserial",
            "-extfile", extensions,
        ])  # fmt: skip
        return certificate, key

    @staticmethod
    def new_key(path):
        curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")
        return (*curve, "-nodes", "-keyout", path)
