"""One certificate for all servers, and one way of TLS for all loads: 1.3 with AES-128-GCM and X25519.

The load decides what is negotiated, by a configuration of OpenSSL that it is started with; so every server does the same work.
"""
import os
import ssl
import subprocess

ONE_WAY = """
openssl_conf = init
[init]
ssl_conf = ssl
[ssl]
system_default = defaults
[defaults]
MinProtocol = TLSv1.3
Ciphersuites = TLS_AES_128_GCM_SHA256
Groups = X25519
"""


def make(folder):
    """Writes certificate.pem and key.pem (P-256, signed by itself) and the load's openssl.cnf, if they are not there."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "openssl.cnf").write_text(ONE_WAY)
    if not (folder / "certificate.pem").exists():
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                        "-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")],
                       check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.chmod(folder / "key.pem", 0o644)
    return folder


def environment(folder):
    """Of a load that speaks TLS."""
    return {**os.environ, "OPENSSL_CONF": str(folder / "openssl.cnf")}


def client_context():
    """Of a client that looks at the bytes, not at the certificate."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
