"""Revisions of a PDF by incremental update: a signature, validation data, a document time-stamp; earlier bytes stay.

ETSI EN 319 142-1 clause 5: signatures (5.3), document security store (5.4.2; without VRI, which the standard advises
against), document time-stamps (5.4.3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO

from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigFieldSpec
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigMDPSetup, SigObjSetup
from pyhanko.sign.signers.constants import ESIC_EXTENSION_1
from pyhanko.sign.signers.pdf_byterange import PdfSignedData
from pyhanko.sign.validation.dss import DocumentSecurityStore

from kolportal.pades.errors import EncryptedPdf, NotAPdf, ReserveTooSmall, SealingError
from kolportal.pades.validation_data import ValidationData


@contextmanager
def parsing() -> Iterator[None]:
    """Around pyHanko's work on bytes that somebody made up: it reports damage by whatever its parser met; NotAPdf is owed."""
    try:
        yield
    except (SealingError, MemoryError):
        raise
    except Exception as error:
        raise NotAPdf(f"unreadable: {type(error).__name__}: {error}"[:200]) from error


class _Revision(IncrementalPdfFileWriter):
    """A revision that leaves the document's metadata alone.

    pyHanko would write ``/Info`` and XMP anew with its own name and the time of day. The document was made by somebody else
    and at another time; what a seal says of time stands in ``/M`` and in the tokens, and those objects cost a third of a seal.
    """

    def _update_meta(self) -> None:
        return


def read(pdf: bytes) -> PdfFileReader:
    """Reader over ``pdf``; raises NotAPdf, EncryptedPdf."""
    if not pdf.startswith(b"%PDF-"):
        raise NotAPdf("the file does not begin with %PDF-")
    with parsing():
        reader = PdfFileReader(BytesIO(pdf))
        if reader.encrypted:
            raise EncryptedPdf("the file is encrypted")
        reader.embedded_signatures  # noqa: B018 - found now, so that a damaged form shows here
        return reader


def updating(reader: PdfFileReader) -> IncrementalPdfFileWriter:
    """Writer of one more revision after what ``reader`` read; raises NotAPdf."""
    with parsing():
        return _Revision.from_reader(reader)


def with_signature(
    writer: IncrementalPdfFileWriter,
    *,
    field_name: str,
    placeholder: PdfSignedData,
    digest_name: str,
    contents: Callable[[bytes, int], bytes],
    certification: SigMDPSetup | None = None,
) -> bytes:
    """The whole file with one more revision that ends in a signature or document time-stamp.

    ``contents`` gets the digest of everything but ``/Contents`` and the room there in bytes, and returns its DER. Raises
    NotAPdf, ReserveTooSmall, and what ``contents`` raises.
    """
    with parsing():
        # ETSI's extension mark only. ISO/TS 32002 (P-256) would lift the file to PDF 2.0, which PDF/A-3 forbids.
        writer.register_extension(ESIC_EXTENSION_1)
        steps = PdfCMSEmbedder(new_field_spec=SigFieldSpec(field_name)).write_cms(field_name, writer)
        next(steps)
        steps.send(SigObjSetup(sig_placeholder=placeholder, mdp_setup=certification))
        prepared, output = steps.send(SigIOSetup(md_algorithm=digest_name))
    room = (prepared.reserved_region_end - prepared.reserved_region_start - 2) // 2
    der = contents(prepared.document_digest, room)
    if len(der) > room:
        raise ReserveTooSmall(f"the signature takes {len(der)} bytes, {room} were reserved")
    prepared.fill_with_cms(output, der)
    return bytes(output.getvalue())


def store(writer: IncrementalPdfFileWriter, data: ValidationData) -> None:
    """Put ``data`` into the document security store of the revision that ``writer`` is about to write."""
    with parsing():
        DocumentSecurityStore.supply_dss_in_writer(
            writer,
            None,
            certs=[
                asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))
                for certificate in data.certificates
            ],
            crls=[asn1_crl.CertificateList.load(der) for der in data.crls],
            ocsps=[asn1_ocsp.OCSPResponse.load(der) for der in data.ocsp_responses],
        )


def with_validation_data(writer: IncrementalPdfFileWriter, data: ValidationData) -> bytes:
    """The whole file with one more revision that holds ``data``."""
    store(writer, data)
    output = BytesIO()
    with parsing():
        writer.write(output)
    return output.getvalue()
