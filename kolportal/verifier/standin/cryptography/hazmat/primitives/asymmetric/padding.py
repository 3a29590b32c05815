"""The two paddings of RSA signatures."""

from cryptography.hazmat.primitives.hashes import HashAlgorithm


class PKCS1v15:
    """RSASSA-PKCS1-v1_5."""


class MGF1:
    """The mask generation function; always with the hash of the message here."""

    def __init__(self, algorithm: HashAlgorithm) -> None:
        self.algorithm = algorithm


class PSS:
    """RSASSA-PSS with a salt of exactly ``salt_length`` bytes."""

    def __init__(self, mgf: MGF1, salt_length: int) -> None:
        self.mgf, self.salt_length = mgf, salt_length
