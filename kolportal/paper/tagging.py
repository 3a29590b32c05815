"""Finishing what WeasyPrint tags: the parts of PDF/A-3a and PDF/UA-1 (ISO 14289-1) that it leaves open.

Works on WeasyPrint's objects just before they are written, so that it costs no second pass over the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pydyf
from weasyprint.formatting_structure import boxes

_UA_IDENTIFICATION: Final = b"""\
<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" pdfuaid:part="1"/>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA identification</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Part of ISO 14289 to which the file conforms</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>
"""
"""What stands in the XMP metadata: ISO 14289-1 clause 5; PDF/A knows its property only through an extension schema (ISO 19005-3 clause 6.6.2.3)."""


# ISO 32000-1 table 347, by the CSS name
_NUMBERING: Final = {"decimal": "/Decimal", "disc": "/Disc", "circle": "/Circle", "square": "/Square"}
_POINTS: Final = 0.75  # of a CSS pixel


def finish(document: Any, pdf: Any) -> None:
    """Complete the structure tree and the metadata of a ``pydyf.PDF`` that WeasyPrint made of its ``document``."""
    elements = {
        entry.reference: entry
        for entry in pdf.objects
        if isinstance(entry, pydyf.Dictionary) and entry.get("Type") == "/StructElem"
    }
    _make_artifacts(pdf, elements)
    for element in list(elements.values()):
        if element.get("S") == "/LI":
            _order_item(pdf, element, elements)
        elif element.get("S") == "/TH":
            element["A"]["Scope"] = "/Row"  # every table of ours has its heads at the left
        elif element.get("S") == "/Figure":
            _place(pdf, element)
    drawn = [box for page in document.pages for box in _below(page._page_box)]
    for box, element in _pairs(drawn, elements, tags={"p"}, kind="/P"):
        if language := box.element.attrib.get("lang"):
            element["Lang"] = pydyf.String(language)
    for box, element in _pairs(drawn, elements, tags={"ul", "ol"}, kind="/L"):
        if numbering := _NUMBERING.get(box.style["list_style_type"]):
            element["A"] = pydyf.Dictionary({"O": "/List", "ListNumbering": numbering})
    metadata = _resolve(pdf, pdf.catalog["Metadata"])
    metadata.stream = [
        part.replace(b"</rdf:RDF>", _UA_IDENTIFICATION + b"</rdf:RDF>") if isinstance(part, bytes) else part
        for part in metadata.stream
    ]


def _make_artifacts(pdf: Any, elements: dict[bytes, Any]) -> None:
    """Page numbers and marks in the margins become pagination artifacts (ISO 14289-1 clause 7.8).

    WeasyPrint makes structure elements of them and hangs these into no tree; whoever listens would get them between two
    halves of a sentence, or not at all.
    """
    (root,) = (element for element in elements.values() if element["S"] == "/Document")
    in_tree = set(root["K"])
    loose = [
        element
        for element in elements.values()
        if element["P"] == root.reference and element.reference not in in_tree
    ]
    parents = _resolve(pdf, _resolve(pdf, pdf.catalog["StructTreeRoot"])["ParentTree"])["Nums"]
    for margin in loose:
        page = _resolve(pdf, margin["Pg"])
        numbers: set[int] = set()
        for element in list(_descendants(margin, elements)):
            numbers.update(kid for kid in element["K"] if isinstance(kid, int))
            element.clear()
        of_page = parents[2 * page["StructParents"] + 1]
        for number in numbers:
            of_page[number] = b"null"
        _unmark(_resolve(pdf, page["Contents"]).stream, numbers)


def _unmark(stream: list[Any], numbers: set[int]) -> None:
    """Turn the marked-content sequences ``numbers`` of a page's content into artifacts."""
    for position, item in enumerate(stream):
        if isinstance(item, pydyf.Dictionary) and item.get("MCID") in numbers:
            stream[position - 1 : position + 1] = ["/Artifact", pydyf.Dictionary({"Type": "/Pagination"})]


def _order_item(pdf: Any, item: Any, elements: dict[bytes, Any]) -> None:
    """A list item holds its label, then one body with all the rest (ISO 32000-1 table 336)."""
    labels: list[Any] = []
    contents: list[Any] = []
    body = None
    for kid in item["K"]:
        element = elements[kid]
        if element["S"] == "/LBody":
            body = body or element
            kids = element["K"]
        else:
            kids = [kid]
        for inner in kids:
            is_label = not isinstance(inner, int) and elements[inner]["S"] == "/Lbl"
            (labels if is_label else contents).append(inner)
    if body is None:
        body = pydyf.Dictionary({"Type": "/StructElem", "S": "/LBody", "Pg": item["Pg"], "P": item.reference})
        pdf.add_object(body)
    for holder, kids in ((item, [*labels, body.reference]), (body, contents)):
        holder["K"] = pydyf.Array(kids)
        for kid in kids:
            if kid in elements:
                elements[kid]["P"] = holder.reference


def _place(pdf: Any, figure: Any) -> None:
    """WeasyPrint writes a figure's place in CSS pixels from the top; readers expect points from the bottom."""
    height = _resolve(pdf, figure["Pg"])["MediaBox"][3]
    left, top, right, bottom = (length * _POINTS for length in figure["A"]["BBox"])
    figure["A"]["BBox"] = pydyf.Array((left, height - bottom, right, height - top))


def _pairs(
    drawn: list[Any], elements: dict[bytes, Any], *, tags: set[str], kind: str
) -> Iterator[tuple[Any, Any]]:
    """Those of WeasyPrint's boxes that are of these HTML tags, each with its structure element.

    No name leads from one to the other, but both stand in the order in which the tree was built.
    """
    found = [box for box in drawn if box.element_tag in tags]
    made = [element for element in elements.values() if element.get("S") == kind]
    return zip(found, made, strict=True)


def _below(box: Any) -> Iterator[Any]:
    """``box`` and all in it that WeasyPrint makes elements of: neither lines nor the texts in them."""
    if not isinstance(box, boxes.LineBox | boxes.TextBox):
        yield box
    for child in getattr(box, "children", ()):
        yield from _below(child)


def _descendants(element: Any, elements: dict[bytes, Any]) -> Iterator[Any]:
    """``element`` and all below it."""
    kids = [elements[kid] for kid in element["K"] if kid in elements]
    yield element
    for kid in kids:
        yield from _descendants(kid, elements)


def _resolve(pdf: Any, reference: bytes) -> Any:
    return pdf.objects[int(reference.split()[0])]
