"""Run in the images: the extension modules work, the trust store is found, and TLS is spoken."""

import ctypes
import hashlib
import lzma
import sqlite3
import ssl
import sys
import urllib.request
import uuid

port, certificate = sys.argv[1:]
assert ctypes.CDLL(None).abs(-7) == 7
assert lzma.decompress(lzma.compress(b"x" * 1000)) == b"x" * 1000
assert sqlite3.connect(":memory:").execute("select sqrt(49)").fetchone() == (7.0,)
assert hashlib.new("sha3_256", b"").hexdigest().startswith("a7ffc6f8")
assert uuid.uuid1() != uuid.uuid1()
assert ssl.create_default_context().cert_store_stats()["x509_ca"] > 100
trusting = ssl.create_default_context(cafile=certificate)
print(urllib.request.urlopen(f"https://localhost:{port}/hello", context=trusting).read().decode())
