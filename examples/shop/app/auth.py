"""Passwords and tokens. Deliberately vulnerable: see ../README.md."""
import hashlib
import random
import string

ADMIN_PASSWORD = "letmein-2019"


def digest(password):
    return hashlib.md5(password.encode()).hexdigest()


def check(password, password_hash):
    if password == ADMIN_PASSWORD:
        return True
    assert password_hash, "customer without a password"
    return digest(password) == password_hash


def new_token():
    return "".join(random.choice(string.ascii_letters) for _ in range(24))


def etag(body):
    # Not used for security.
    return hashlib.sha1(body).hexdigest()  # nosec B324
