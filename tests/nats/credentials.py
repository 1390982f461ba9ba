#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""credentials.py: an operator, an account with JetStream and two users, each a key and a JWT.

Writes into the current directory the server's configuration (operator.conf), the user's credentials
(user.creds), and those of a user that the account never signed (stranger.creds). The signatures are
openssl's.
"""
import base64
import hashlib
import json
import os
import pathlib
import subprocess
import tempfile

PREFIXES = {"O": 14 << 3, "A": 0, "U": 20 << 3}
SEED = 18 << 3
PKCS8 = bytes.fromhex("302e020100300506032b657004220420")  # of Ed25519, before the 32 bytes


def crc16(data):
    crc = 0
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = crc << 1 ^ (0x1021 if crc & 0x8000 else 0)
        crc &= 0xFFFF
    return crc


def encode(data):
    return base64.b32encode(data + crc16(data).to_bytes(2, "little")).decode().rstrip("=")


def openssl(*arguments, given=b""):
    return subprocess.run(["openssl", *arguments], input=given, check=True, capture_output=True).stdout


def url64(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


class Key:
    def __init__(self, kind):
        self.prefix = PREFIXES[kind]
        self.secret = os.urandom(32)
        self.der = PKCS8 + self.secret
        public = openssl("pkey", "-inform", "DER", "-pubout", "-outform", "DER", given=self.der)[-32:]
        self.name = encode(bytes([self.prefix]) + public)

    def seed(self):
        return encode(bytes([SEED | self.prefix >> 5, (self.prefix & 31) << 3]) + self.secret)

    def sign(self, data):
        with tempfile.TemporaryDirectory() as folder:
            key, text = pathlib.Path(folder, "key"), pathlib.Path(folder, "text")
            key.write_bytes(self.der)
            text.write_bytes(data)
            return openssl("pkeyutl", "-sign", "-keyform", "DER", "-inkey", key, "-rawin", "-in", text)


def token(issuer, subject, what):
    claims = {"jti": "", "iat": 1, "iss": issuer.name, "name": what["type"], "sub": subject.name,
              "nats": {"version": 2, **what}}
    digest = hashlib.new("sha512_256", json.dumps(claims).encode()).digest()
    claims["jti"] = base64.b32encode(digest).decode().rstrip("=")
    head = url64(json.dumps({"typ": "JWT", "alg": "ed25519-nkey"}).encode())
    text = f"{head}.{url64(json.dumps(claims).encode())}"
    return f"{text}.{url64(issuer.sign(text.encode()))}"


def credentials(issuer):
    user = Key("U")
    jwt = token(issuer, user, {"type": "user", "subs": -1, "data": -1, "payload": -1,
                               "pub": {}, "sub": {}})
    return (f"-----BEGIN NATS USER JWT-----\n{jwt}\n------END NATS USER JWT------\n\n"
            f"-----BEGIN USER NKEY SEED-----\n{user.seed()}\n------END USER NKEY SEED------\n")


def main():
    operator, account, system = Key("O"), Key("A"), Key("A")
    limits = dict.fromkeys(["subs", "conn", "leaf", "imports", "exports", "data", "payload",
                            "mem_storage", "disk_storage", "streams", "consumer"], -1)
    of_operator = token(operator, operator, {"type": "operator"})
    of_account = token(operator, account, {"type": "account",
                                           "limits": {**limits, "wildcards": True}})
    of_system = token(operator, system, {"type": "account", "limits": {"conn": -1, "subs": -1}})
    pathlib.Path("operator.conf").write_text(
        f"operator: {of_operator}\nresolver: MEMORY\n"
        f"system_account: {system.name}\n"
        f"resolver_preload: {{ {account.name}: {of_account}, {system.name}: {of_system} }}\n")
    pathlib.Path("user.creds").write_text(credentials(account))
    pathlib.Path("stranger.creds").write_text(credentials(Key("A")))


main()
