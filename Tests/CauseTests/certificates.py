"""Certificates with every fault that a server can have in one."""

import itertools
import subprocess
import threading
from datetime import datetime, timedelta, timezone

CONFIG = """\
[ca]
default_ca = here
[here]
dir = {directory}
database = $dir/index-{label}.txt
serial = $dir/serial-{label}.txt
new_certs_dir = $dir
unique_subject = no
default_md = sha256
policy = any
x509_extensions = extensions
copy_extensions = none
[any]
commonName = supplied
[extensions]
{extensions}
"""


def must(command):
    done = subprocess.run(
        [str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode != 0:
        raise RuntimeError(f"exit {done.returncode} from {command}:\n{done.stdout}")


class Certificate:
    """A certificate, its key, and what a server sends: itself, and after it `chain`."""

    def __init__(self, path, key, chain=()):
        self.path, self.key = path, key
        self.file = path.with_suffix(".chain.pem")
        self.file.write_text("".join(p.read_text() for p in (path, *[c.path for c in chain])))


class Authority:
    """A certificate authority of one run; `intermediate()` is another that it vouches for."""

    numbers = itertools.count(1)
    lock = threading.Lock()

    def __init__(self, directory, label="root", issuer=None):
        self.directory, self.label, self.issuer = directory, label, issuer
        self.certificate = issuer.sign(label, ["basicConstraints=critical,CA:TRUE"]) if issuer else self.root()

    @property
    def path(self):
        return self.certificate.path

    def root(self):
        path, key = self.directory / f"{self.label}.pem", self.directory / f"{self.label}.key"
        must([
            "openssl", "req", "-x509", *new_key(key), "-out", path, "-days", "2",
            "-subj", f"/CN=fedjoin tests {self.label}",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign",
        ])  # fmt: skip
        return Certificate(path, key)

    def intermediate(self):
        return Authority(self.directory, f"intermediate-{next(self.numbers)}", self)

    def issue(self, *names, begins=-1, ends=2, sends_issuer=True, says_issuer=False):
        """For these names (an address is one, too), valid between so many days from now."""
        extensions = [
            "subjectAltName=" + ",".join(f"{'IP' if is_address(n) else 'DNS'}:{n}" for n in names),
            "extendedKeyUsage=serverAuth",
        ]
        if says_issuer:
            extensions.append("authorityInfoAccess=caIssuers;URI:http://ca.invalid/issuer.crt")
        chain = (self.certificate,) if self.issuer and sends_issuer else ()
        return self.sign(f"leaf-{next(self.numbers)}", extensions, begins, ends, chain)

    def sign(self, label, extensions, begins=-1, ends=2, chain=()):
        where = {kind: self.directory / f"{label}.{kind}" for kind in ("pem", "key", "csr", "conf")}
        (self.directory / f"index-{label}.txt").write_text("")
        (self.directory / f"serial-{label}.txt").write_text(f"{next(self.numbers) + 4096:06x}\n")
        where["conf"].write_text(
            CONFIG.format(directory=self.directory, label=label, extensions="\n".join(extensions))
        )
        must(["openssl", "req", *new_key(where["key"]), "-out", where["csr"], "-subj", f"/CN={label}"])
        must([
            "openssl", "ca", "-batch", "-notext", "-config", where["conf"],
            "-cert", self.path, "-keyfile", self.certificate.key,
            "-startdate", moment(begins), "-enddate", moment(ends),
            "-in", where["csr"], "-out", where["pem"],
        ])  # fmt: skip
        return Certificate(where["pem"], where["key"], chain)

    def self_signed(self, name):
        label = f"self-signed-{next(self.numbers)}"
        path, key = self.directory / f"{label}.pem", self.directory / f"{label}.key"
        must([
            "openssl", "req", "-x509", *new_key(key), "-out", path, "-days", "2", "-subj", f"/CN={name}",
            "-addext", f"subjectAltName={'IP' if is_address(name) else 'DNS'}:{name}",
        ])  # fmt: skip
        return Certificate(path, key)


def is_address(name):
    return ":" in name or name.replace(".", "").isdigit()


def moment(days):
    return (datetime.now(timezone.utc) + timedelta(days=days)).strftime("%Y%m%d%H%M%SZ")


def new_key(path):
    return ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", path)
