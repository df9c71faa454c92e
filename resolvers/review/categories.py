"""What kinds of data there are beyond a person's identity, and the words by which a purpose speaks of each.

A declared table, not a judgement: it serves to point a field out to a human when neither its purpose nor its reason
says a word of its kind. A database that is not named here is a kind of its own that no words speak of: its fields are
always pointed out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from graph.catalog import Catalog
from graph.check import POPULATION
from graph.describe import describe
from graph.roots import fold

__all__ = ["CATEGORIES", "Category", "category_of", "speaks_of"]


@dataclass(frozen=True, slots=True)
class Category:
    """A kind of data: its name, and words (folded: lower case, no marks) one of which a purpose that needs it holds."""

    vi: str
    en: str
    words: tuple[str, ...]


_KINDS = """
residence | nơi ở | residence | cu tru, thuong tru, tam tru, dia chi, noi o, dia ban, tro giup, ngheo, khu vuc, vi pham
residence | | | tiep nhan, thu tuc, tong dat
contact | liên hệ | contact | lien he, thong bao, dien thoai, thu dien tu, tiep nhan
family | người thân, hộ gia đình, hôn nhân | relatives, household, marriage | nguoi than, than nhan, gia dinh, ho ngheo
family | | | thua ke, hon nhan, ket hon, cha me, vo chong, con cai, giam ho, dai dien, tro giup, thu tuc, cu tru
beliefs | dân tộc, tôn giáo | ethnicity, religion | dan toc, ton giao, uu tien, thong ke dan so
health | sức khỏe | health | suc khoe, kham, chua benh, dieu tri, nguoi benh, tiem chung, y te, nhom mau, truyen mau
social_insurance | bảo hiểm | insurance | bao hiem, bhxh, bhyt, tro giup, kham, chua benh, huu tri, that nghiep, thu tuc
transport | phương tiện, giấy phép lái xe | vehicles, licences | giao thong, phuong tien, lai xe, xe, bien so, thu tuc
civil_status | hộ tịch | civil status | ho tich, khai sinh, khai tu, ket hon, hon nhan, thua ke, qua doi, thu tuc
education | học tập, văn bằng | education | hoc, van bang, tuyen sinh, xet tuyen, dao tao, bang cap, thu tuc
"""


def _read_kinds(table: str) -> dict[str, Category]:
    """The categories of a table of name, Vietnamese, English and words; a further line of a name adds words."""
    found: dict[str, Category] = {}
    for line in table.strip().splitlines():
        name, vi, en, words = (cell.strip() for cell in line.split("|"))
        before = found.get(name, Category(vi, en, ()))
        found[name] = Category(before.vi, before.en, (*before.words, *words.split(", ")))
    return found


CATEGORIES: Mapping[str, Category] = _read_kinds(_KINDS)

_FIELDS: Mapping[str, str] = {
    "Citizen.permanentResidence": "residence",
    "Citizen.temporaryResidence": "residence",
    "Citizen.currentResidence": "residence",
    "Citizen.temporaryAbsence": "residence",
    "Citizen.residenceFileNumber": "residence",
    "Citizen.contact": "contact",
    "Citizen.relatives": "family",
    "Citizen.household": "family",
    "Citizen.relationToHouseholdHead": "family",
    "Citizen.maritalStatus": "family",
    "Citizen.ethnicity": "beliefs",
    "Citizen.religion": "beliefs",
    "Citizen.bloodGroup": "health",
}
_TYPES: Mapping[str, str] = {
    "Relative": "family",
    "Household": "family",
    "HouseholdMember": "family",
    "Contact": "contact",
    "AbsenceStatus": "residence",
}


def category_of(catalog: Catalog, coordinate: str) -> Category | None:
    """The kind of a field's data; None for a person's identity, and for parts that are only as telling as their whole.

    The field of a specialised database, and a link from or to one, is of that database's kind.
    """
    type_name = coordinate.partition(".")[0]
    entity = catalog.entities.get(type_name)
    name = _FIELDS.get(coordinate) or _TYPES.get(type_name)
    if name is None and entity is not None and entity.source != POPULATION:
        name = entity.source
    if name is None:
        name = next((source for source in describe(catalog, coordinate).sources if source != POPULATION), None)
    if name is None:
        return None
    return CATEGORIES.get(name) or Category(name, name, ())


def speaks_of(text: str, category: Category) -> bool:
    """Whether a text holds one of the category's words, as whole words."""
    words = fold(re.sub(r"[^\w]+", " ", text))
    return any(f" {word} " in f" {words} " for word in category.words)
